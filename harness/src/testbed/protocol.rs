//! The operator's protocol: which responses of the server mean allow and deny.

/// One response of the operator's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannedResponse {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
}

/// A protocol: the two responses, and which member of the allow response decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Its name on the command line.
    pub name: String,
    pub allow: CannedResponse,
    pub deny: CannedResponse,
    /// Other responses that deny as well.
    pub further_denials: Vec<CannedResponse>,
    /// The JSON member of the allow body that decides, where the body is JSON.
    pub deciding_member: Option<String>,
}

impl Protocol {
    /// The names of the protocols that are built in.
    pub const BUILT_IN: &[&str] = &["carrier-json", "minimal"];

    /// The protocol that is used unless another one is named.
    pub const DEFAULT: &str = "carrier-json";

    /// The built-in protocol of that name.
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            Self::DEFAULT => Some(Self::default()),
            // The protocol of the sample `minimal` and of the README's ten lines.
            "minimal" => Some(Self {
                name: name.to_owned(),
                allow: json(br#"{"entitled":true}"#),
                deny: json(br#"{"entitled":false}"#),
                further_denials: Vec::new(),
                deciding_member: Some("entitled".to_owned()),
            }),
            _ => None,
        }
    }
}

impl Default for Protocol {
    /// The tethering check of ChromeOS, with an allow response that a captive portal does not send by chance.
    fn default() -> Self {
        Self {
            name: Self::DEFAULT.to_owned(),
            allow: json(br#"{"status":"allowed"}"#),
            // Not subscribed to tethering.
            deny: refusal(b"1000"),
            // User not recognised.
            further_denials: vec![refusal(b"1003")],
            deciding_member: Some("status".to_owned()),
        }
    }
}

fn refusal(code: &[u8]) -> CannedResponse {
    CannedResponse {
        status: 403,
        content_type: "text/plain".to_owned(),
        body: code.to_vec(),
    }
}

fn json(body: &[u8]) -> CannedResponse {
    CannedResponse {
        status: 200,
        content_type: "application/json".to_owned(),
        body: body.to_vec(),
    }
}
