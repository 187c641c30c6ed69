//! What the operator signed, and whether it answers this question.

use ics_entitlement::{Decision, Unavailable};
use serde::Deserialize;

/// The payload of the token. Other members are ignored; one of these that occurs twice is an error.
#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    nonce: String,
    device: String,
    entitled: bool,
    /// When the token was made, in seconds since 1970.
    iat: u64,
    /// When it ceases to be valid.
    exp: u64,
}

/// What the claims have to be. Times are in seconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) nonce: &'a str,
    pub(crate) device: &'a str,
    /// When the question was asked, before which the token cannot have been made.
    pub(crate) asked_at: u64,
    pub(crate) now: u64,
    /// By how many seconds the clocks may differ.
    pub(crate) tolerance: u32,
}

impl Claims {
    /// The decision, if the token answers this question.
    ///
    /// # Errors
    /// If it is about another question, device or time.
    pub(crate) fn decision(&self, expected: &Expected<'_>) -> Result<Decision, Unavailable> {
        let tolerance = u64::from(expected.tolerance);
        let wrong = [
            (
                self.nonce != expected.nonce,
                "the token is about another question",
            ),
            (
                self.device != expected.device,
                "the token is about another device",
            ),
            (
                self.iat.saturating_add(tolerance) < expected.asked_at,
                "the token is older than the question",
            ),
            (
                self.iat > expected.now.saturating_add(tolerance),
                "the token is of the future",
            ),
            (
                self.exp.saturating_add(tolerance) <= expected.now || self.exp <= self.iat,
                "the token has expired",
            ),
        ];
        match wrong.iter().find(|(is_wrong, _)| *is_wrong) {
            Some((_, reason)) => Err(Unavailable::because(*reason)),
            None => Ok(Decision::from(self.entitled)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: Expected<'_> = Expected {
        nonce: "n",
        device: "d",
        asked_at: 1000,
        now: 1003,
        tolerance: 30,
    };

    fn claims() -> Claims {
        Claims {
            nonce: "n".to_owned(),
            device: "d".to_owned(),
            entitled: true,
            iat: 1001,
            exp: 1061,
        }
    }

    #[track_caller]
    fn accepted(claims: Claims) -> bool {
        claims.decision(&EXPECTED).is_ok()
    }

    #[test]
    fn a_token_that_answers_decides() {
        assert_eq!(claims().decision(&EXPECTED).unwrap(), Decision::Entitled);
        let denied = Claims {
            entitled: false,
            ..claims()
        };
        assert_eq!(denied.decision(&EXPECTED).unwrap(), Decision::NotEntitled);
    }

    #[test]
    fn another_nonce_or_device_is_no_answer_whatever_it_says() {
        for text in ["", "N", "n ", "nn"] {
            for entitled in [true, false] {
                let nonce = text.to_owned();
                assert!(
                    !accepted(Claims {
                        nonce,
                        entitled,
                        ..claims()
                    }),
                    "{text}"
                );
                let device = text.replace(['n', 'N'], "D");
                assert!(
                    !accepted(Claims {
                        device,
                        entitled,
                        ..claims()
                    }),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn clocks_may_differ_by_the_tolerance_and_no_more() {
        let iat = |iat| Claims {
            iat,
            exp: 5000,
            ..claims()
        };
        assert!(accepted(iat(970)) && accepted(iat(1033)));
        assert!(!accepted(iat(969)) && !accepted(iat(1034)));
        let exp = |exp| Claims {
            iat: 970,
            exp,
            ..claims()
        };
        assert!(accepted(exp(974)) && !accepted(exp(973)));
    }

    #[test]
    fn a_token_that_was_never_valid_is_no_answer() {
        for exp in [0, 1000, 1001] {
            assert!(!accepted(Claims { exp, ..claims() }), "{exp}");
        }
        assert!(!accepted(Claims {
            iat: u64::MAX,
            exp: u64::MAX,
            ..claims()
        }));
    }

    #[test]
    fn every_claim_is_needed_once_and_of_its_type() {
        let whole = r#"{"nonce":"n","device":"d","entitled":true,"iat":1001,"exp":1061}"#;
        let read = |text: &str| serde_json::from_str::<Claims>(text);
        assert!(accepted(read(whole).unwrap()));
        assert!(accepted(
            read(&whole.replace('}', r#","jti":"7","iss":{}}"#)).unwrap()
        ));
        for (part, instead) in [
            (r#""nonce":"n","#, ""),
            (r#""device":"d","#, ""),
            (r#""entitled":true,"#, ""),
            (r#""iat":1001,"#, ""),
            (r#","exp":1061"#, ""),
            ("true", r#""true""#),
            ("true", "1"),
            ("true", "null"),
            ("true", r#"true,"entitled":false"#),
            (r#""n""#, r#""n","nonce":"n""#),
            ("1061", "1061.5"),
            ("1061", r#""1061""#),
            ("1001", "-1"),
            ("}", "}{}"),
        ] {
            let text = whole.replacen(part, instead, 1);
            assert!(read(&text).is_err(), "{text}");
        }
    }
}
