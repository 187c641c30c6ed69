//! The question: the parameters of TS.43, in a query or in a JSON body.

use std::collections::BTreeMap;

use ics_entitlement::{Client, Request, Unavailable};

use crate::settings::{Method, Settings};
use crate::{answer, eap};

/// The statuses besides 200 that mean something else than UNAVAILABLE, at least once.
const STATUSES: [u16; 5] = [403, 405, 501, 503, 511];

/// How the subscriber is named.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A token of the operator's, and the IMSI it belongs to.
    Token { token: String, imsi: Option<String> },
    /// The identity that the server then authenticates by EAP-AKA.
    Identity(String),
    /// The network tells the server who asks.
    Network,
}

impl Credential {
    /// The credential to begin with.
    pub(crate) fn first(settings: &Settings) -> Result<Self, Unavailable> {
        match &settings.token {
            Some(token) => Ok(Self::Token {
                token: token.clone(),
                imsi: settings.imsi.clone(),
            }),
            None => Self::of_the_sim(settings),
        }
    }

    /// The credential without a token.
    pub(crate) fn of_the_sim(settings: &Settings) -> Result<Self, Unavailable> {
        match &settings.imsi {
            Some(imsi) => Ok(Self::Identity(eap::identity(imsi, settings.mnc_length)?)),
            None => Ok(Self::Network),
        }
    }

    pub(crate) fn is_token(&self) -> bool {
        matches!(self, Self::Token { .. })
    }
}

/// The request, to be sent.
pub(crate) fn of(
    client: &Client,
    settings: &Settings,
    method: Method,
    credential: &Credential,
) -> Request {
    let parameters = parameters(settings, credential);
    let request = match method {
        Method::Get => {
            let request = client.get("");
            parameters
                .iter()
                .fold(request, |request, (name, value)| request.query(name, value))
        }
        Method::Post => client.post("").json(&BTreeMap::from_iter(parameters)),
    };
    let request = request.header("accept", answer::ACCEPT);
    STATUSES
        .iter()
        .fold(request, |request, status| request.accept_status(*status))
}

fn parameters<'a>(
    settings: &'a Settings,
    credential: &'a Credential,
) -> Vec<(&'static str, &'a str)> {
    let mut parameters = vec![
        ("terminal_id", settings.terminal_id.as_str()),
        ("terminal_vendor", &settings.terminal_vendor),
        ("terminal_model", &settings.terminal_model),
        ("terminal_sw_version", &settings.terminal_sw_version),
        ("entitlement_version", &settings.entitlement_version),
        ("app", &settings.app),
        // The version of the configuration that is kept: none.
        ("vers", "0"),
    ];
    match credential {
        Credential::Token { token, imsi } => {
            parameters.push(("token", token));
            parameters.extend(imsi.as_deref().map(|imsi| ("IMSI", imsi)));
        }
        Credential::Identity(identity) => parameters.push(("EAP_ID", identity)),
        Credential::Network => {}
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::settings;

    fn names(settings: &Settings) -> Vec<&'static str> {
        let credential = Credential::first(settings).unwrap();
        let parameters = parameters(settings, &credential);
        parameters.iter().map(|(name, _)| *name).collect()
    }

    #[test]
    fn the_required_parameters_are_always_sent() {
        let required = [
            "terminal_id",
            "terminal_vendor",
            "terminal_model",
            "terminal_sw_version",
            "entitlement_version",
            "app",
        ];
        for extra in ["", "token = \"t\"", "imsi = \"001010000000005\""] {
            let names = names(&settings(extra));
            assert!(required.iter().all(|name| names.contains(name)), "{extra}");
        }
    }

    #[test]
    fn a_token_goes_with_its_imsi_and_without_an_identity() {
        let both = "token = \"t\"\nimsi = \"001010000000005\"";
        let names_of_both = names(&settings(both));
        assert!(names_of_both.ends_with(&["token", "IMSI"]));
        assert!(!names_of_both.contains(&"EAP_ID"));
        assert!(!names(&settings("token = \"t\"")).contains(&"IMSI"));
    }

    #[test]
    fn without_a_token_the_sim_is_named() {
        let settings = settings("imsi = \"001010000000005\"");
        let credential = Credential::first(&settings).unwrap();
        let expected = "0001010000000005@nai.epc.mnc001.mcc001.3gppnetwork.org";
        assert_eq!(credential, Credential::Identity(expected.to_owned()));
        assert!(!credential.is_token());
    }
}
