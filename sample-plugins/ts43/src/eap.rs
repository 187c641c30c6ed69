//! The authentication of the SIM: EAP-AKA (RFC 4187), relayed over HTTP.
//!
//! The server sends EAP packets, the SIM answers them, and the plugin carries them until a document comes. A challenge can
//! be answered only by the SIM, which holds the key. How a SIM is reached is the device's business, so it is a trait here;
//! this sample has none, and depends on the token in its settings or on a server that knows the subscriber's connection.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ics_entitlement::{Client, Response, Unavailable};
use serde::Serialize;

use crate::answer::{self, Answer, Document};

/// The type of an EAP packet in JSON.
const PACKET: &str = "application/vnd.gsma.eap-relay.v1.0+json";

/// The most packets that are relayed: identity, challenge, a challenge after a resynchronisation, notification.
const ROUNDS: usize = 4;

/// What answers the server's challenges.
pub(crate) trait Sim {
    /// Answers an EAP request with an EAP response.
    ///
    /// It must use no more time than [`Context::time_left`](ics_entitlement::Context::time_left).
    ///
    /// # Errors
    /// If there is no SIM, or it does not accept the request.
    fn answer(&self, packet: &[u8]) -> Result<Vec<u8>, Unavailable>;
}

/// A device whose SIM this sample cannot reach.
pub(crate) struct NoSim;

impl Sim for NoSim {
    fn answer(&self, _: &[u8]) -> Result<Vec<u8>, Unavailable> {
        Err(Unavailable::because(
            "the server authenticates the SIM, which this sample cannot reach",
        ))
    }
}

/// The identity of a subscriber (3GPP TS 23.003, section 19.3.2), for EAP-AKA.
///
/// # Errors
/// If the settings are no IMSI, or the network's code has neither two nor three digits.
pub(crate) fn identity(imsi: &str, mnc_length: usize) -> Result<String, Unavailable> {
    let is_imsi = (6..=15).contains(&imsi.len()) && imsi.bytes().all(|byte| byte.is_ascii_digit());
    if !is_imsi || !matches!(mnc_length, 2 | 3) {
        return Err(Unavailable::because("`imsi` or `mnc_length` is wrong"));
    }
    let (mcc, rest) = imsi.split_at(3);
    let mnc = &rest[..mnc_length];
    Ok(format!(
        "0{imsi}@nai.epc.mnc{mnc:0>3}.mcc{mcc}.3gppnetwork.org"
    ))
}

/// The cookie by which the server recognises the authentication.
pub(crate) fn cookie(response: &Response) -> Option<String> {
    let value = response.header("set-cookie")?;
    // What follows says when the cookie expires and where it may be sent.
    Some(value.split(';').next()?.trim().to_owned())
}

/// Relays packets between server and SIM until a document comes.
///
/// # Errors
/// If a packet cannot be answered, the server says anything else, or it never ends.
pub(crate) async fn relay(
    client: &Client,
    app: &str,
    sim: &impl Sim,
    mut packet: String,
    mut session: Option<String>,
) -> Result<Document, Unavailable> {
    for _ in 0..ROUNDS {
        let answer = sim.answer(&BASE64_STANDARD.decode(&packet)?)?;
        let body = Packet {
            packet: BASE64_STANDARD.encode(answer),
        };
        let request = client.post("").json(&body);
        let mut request = request
            .header("content-type", PACKET)
            .header("accept", answer::ACCEPT);
        if let Some(session) = &session {
            request = request.header("cookie", session);
        }
        let response = request.send().await?;
        session = cookie(&response).or(session);
        match answer::read(response, app).await? {
            Answer::Document(document) => return Ok(document),
            Answer::Challenge(next) => packet = next,
        }
    }
    Err(Unavailable::because("the authentication does not end"))
}

#[derive(Serialize)]
struct Packet {
    #[serde(rename = "eap-relay-packet")]
    packet: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_the_network_has_three_digits() {
        let two = identity("001010000000005", 2).unwrap();
        assert_eq!(
            two,
            "0001010000000005@nai.epc.mnc001.mcc001.3gppnetwork.org"
        );
        let three = identity("310260000000005", 3).unwrap();
        assert_eq!(
            three,
            "0310260000000005@nai.epc.mnc260.mcc310.3gppnetwork.org"
        );
    }

    #[test]
    fn what_is_no_imsi_is_an_error() {
        for imsi in [
            "",
            "00101",
            "0010100000000055",
            "00101000000000a",
            "001010000000٥",
        ] {
            assert!(identity(imsi, 2).is_err(), "{imsi}");
        }
        for length in [0, 1, 4] {
            assert!(identity("001010000000005", length).is_err(), "{length}");
        }
    }
}
