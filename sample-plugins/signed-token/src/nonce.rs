//! A number that is used once, so that an answer cannot be older than its question.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ics_entitlement::Unavailable;
use ring::rand::{SecureRandom as _, SystemRandom};

/// 128 random bits in base64url.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Nonce(String);

impl Nonce {
    /// A nonce from the system's random source.
    ///
    /// # Errors
    /// If the system has no random bytes.
    pub(crate) fn new() -> Result<Self, Unavailable> {
        let mut bytes = [0; 16];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| Unavailable::because("there are no random bytes"))?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_nonce_has_128_bits_and_none_comes_twice() {
        let nonces: BTreeSet<String> = (0..1000).map(|_| Nonce::new().unwrap().0).collect();
        assert_eq!(nonces.len(), 1000);
        for nonce in nonces {
            assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(nonce).unwrap().len(), 16);
        }
    }
}
