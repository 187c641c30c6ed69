//! Authentication of a push's sender: four methods, one HMAC.
//!
//! Source: OMA-WAP-ProvBoot 1.1, section 5. The MAC is HMAC-SHA1 of the body.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac as _};
use sha1::Sha1;

use super::pdu::Push;

/// Shortest half of what a user types for [`Method::UserPinMac`], in digits.
const SHORTEST_HALF: usize = 5;

/// Bytes of an HMAC-SHA1.
const MAC_BYTES: usize = 20;

/// How the sender of a push is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// By the IMSI, which network and device know.
    NetworkPin,
    /// By a PIN that the user types.
    UserPin,
    /// By both.
    UserNetworkPin,
    /// By digits that the user types, which are key and MAC in one.
    UserPinMac,
}

impl Method {
    /// All, by their numbers.
    pub const ALL: [Self; 4] = [
        Self::NetworkPin,
        Self::UserPin,
        Self::UserNetworkPin,
        Self::UserPinMac,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::NetworkPin => "NETWPIN",
            Self::UserPin => "USERPIN",
            Self::UserNetworkPin => "USERNETWPIN",
            Self::UserPinMac => "USERPINMAC",
        }
    }

    /// Its number in the parameter SEC.
    pub fn number(self) -> u8 {
        self as u8
    }

    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A subscriber's number: 6 to 15 digits. Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Imsi(String);

impl Imsi {
    /// None if it is no IMSI.
    pub fn new(digits: &str) -> Option<Self> {
        let fits =
            (6..=15).contains(&digits.len()) && digits.bytes().all(|one| one.is_ascii_digit());
        fits.then(|| Self(digits.to_owned()))
    }

    /// Its semi-octets, as the SIM stores them: two digits a byte with the first
    /// in the lower half. An odd count is marked by a 9 before it, an even one by a
    /// 1 before and an F after it.
    fn semi_octets(&self) -> Vec<u8> {
        let value = |digit: u8| digit - b'0';
        let mut nibbles: Vec<u8> = Vec::with_capacity(self.0.len() + 2);
        let odd = self.0.len() % 2 == 1;
        nibbles.push(if odd { 9 } else { 1 });
        nibbles.extend(self.0.bytes().map(value));
        if !odd {
            nibbles.push(0xF);
        }
        nibbles
            .chunks_exact(2)
            .map(|pair| pair[1] << 4 | pair[0])
            .collect()
    }
}

impl fmt::Debug for Imsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Imsi(…)")
    }
}

/// What the user types: digits. Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

impl Pin {
    /// None if it is empty or has anything but digits.
    pub fn new(digits: &str) -> Option<Self> {
        let fits = !digits.is_empty() && digits.bytes().all(|one| one.is_ascii_digit());
        fits.then(|| Self(digits.to_owned()))
    }

    /// Its digits, for the user who has to type them.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The two halves of what is typed for [`Method::UserPinMac`]: key and proof.
    fn halves(&self) -> Option<(&str, &str)> {
        let half = self.0.len() / 2;
        let fits = self.0.len().is_multiple_of(2) && (SHORTEST_HALF..=MAC_BYTES).contains(&half);
        fits.then(|| self.0.split_at(half))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// The secrets that authenticate a sender.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// The subscriber's number, from the SIM.
    pub imsi: Option<Imsi>,
    /// What the user typed.
    pub pin: Option<Pin>,
}

/// Why a push is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has no authentication.
    #[error("the push says nothing of who sent it: expected the parameter SEC and a MAC")]
    Unsigned,
    /// The method needs a proof that is not there.
    #[error("the push is to be proven by {0} and has no MAC")]
    NoMac(Method),
    /// A MAC may not travel where the user types it.
    #[error("the push is to be proven by {0}, whose MAC the user types, and carries one")]
    NeedlessMac(Method),
    /// The device has not what it takes.
    #[error("the push is to be proven by {0}: expected {1}")]
    NoSecret(Method, &'static str),
    /// The proof does not fit.
    #[error(
        "the push does not fit its {0}: another sender, another device, a mistyped PIN, or changed bytes"
    )]
    Wrong(Method),
}

/// An HMAC-SHA1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mac([u8; MAC_BYTES]);

impl Mac {
    pub(super) fn from_hex(text: &[u8]) -> Option<Self> {
        let digit = |one: u8| char::from(one).to_digit(16);
        let (pairs, rest) = text.as_chunks::<2>();
        if pairs.len() != MAC_BYTES || !rest.is_empty() {
            return None;
        }
        let mut mac = [0; MAC_BYTES];
        for (byte, [upper, lower]) in mac.iter_mut().zip(pairs) {
            *byte = u8::try_from(digit(*upper)? << 4 | digit(*lower)?).ok()?;
        }
        Some(Self(mac))
    }

    /// Forty digits in upper case, as the specification writes them.
    pub(super) fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// The first digits that a user would type for this MAC.
    fn digits(self, count: usize) -> String {
        self.0
            .iter()
            .take(count)
            .map(|byte| char::from(b'0' + byte % 10))
            .collect()
    }
}

/// The HMAC over a body, before it is finished.
fn hmac(key: &[u8], body: &[u8]) -> Hmac<Sha1> {
    let mut hmac = Hmac::<Sha1>::new_from_slice(key).expect("an HMAC takes keys of any length");
    hmac.update(body);
    hmac
}

fn mac(key: &[u8], body: &[u8]) -> Mac {
    Mac(hmac(key, body).finalize().into_bytes().into())
}

/// The key of a method.
fn key(method: Method, secrets: &Secrets) -> Result<Vec<u8>, Refusal> {
    let imsi = || {
        let missing = Refusal::NoSecret(method, "the device's IMSI");
        secrets.imsi.as_ref().map(Imsi::semi_octets).ok_or(missing)
    };
    let pin = || {
        let missing = Refusal::NoSecret(method, "the user's PIN");
        secrets
            .pin
            .as_ref()
            .map(|pin| pin.0.as_bytes())
            .ok_or(missing)
    };
    match method {
        Method::NetworkPin => imsi(),
        Method::UserPin => Ok(pin()?.to_vec()),
        Method::UserNetworkPin => Ok([&imsi()?, pin()?].concat()),
        Method::UserPinMac => {
            let typed = secrets.pin.as_ref().and_then(Pin::halves);
            let missing = Refusal::NoSecret(method, "an even count of typed digits, from 10 to 40");
            typed.map(|(key, _)| key.as_bytes().to_vec()).ok_or(missing)
        }
    }
}

/// Whether a push is proven.
pub(super) fn check(push: &Push, secrets: &Secrets) -> Result<(), Refusal> {
    let method = push.method.ok_or(Refusal::Unsigned)?;
    let right = match (method, push.mac) {
        (Method::UserPinMac, Some(_)) => return Err(Refusal::NeedlessMac(method)),
        (Method::UserPinMac, None) => {
            let computed = mac(&key(method, secrets)?, &push.body);
            let typed = secrets.pin.as_ref().and_then(Pin::halves);
            typed.is_some_and(|(_, proof)| computed.digits(proof.len()) == proof)
        }
        (_, None) => return Err(Refusal::NoMac(method)),
        (_, Some(mac)) => hmac(&key(method, secrets)?, &push.body)
            .verify_slice(&mac.0)
            .is_ok(),
    };
    if right {
        Ok(())
    } else {
        Err(Refusal::Wrong(method))
    }
}

/// A push that is ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub push: Push,
    /// What the user has to type, for [`Method::UserPinMac`] alone.
    pub typed: Option<Pin>,
}

/// Makes a push around a document's bytes. For [`Method::UserPinMac`] the secret
/// PIN is the key half; the proof half follows it in what the user types.
///
/// # Errors
/// If the method needs a secret that is not there.
pub fn seal(method: Method, secrets: &Secrets, body: Vec<u8>) -> Result<Sealed, Refusal> {
    let push = |mac, body| Push {
        transaction: 1,
        method: Some(method),
        mac,
        headers: Vec::new(),
        body,
    };
    if method != Method::UserPinMac {
        let mac = mac(&key(method, secrets)?, &body);
        return Ok(Sealed {
            push: push(Some(mac), body),
            typed: None,
        });
    }
    let half = secrets.pin.as_ref().map(|pin| pin.0.as_str());
    let half = half.filter(|half| (SHORTEST_HALF..=MAC_BYTES).contains(&half.len()));
    let half = half.ok_or(Refusal::NoSecret(method, "a PIN of 5 to 20 digits"))?;
    let proof = mac(half.as_bytes(), &body).digits(half.len());
    let typed = Some(Pin(format!("{half}{proof}")));
    Ok(Sealed {
        push: push(None, body),
        typed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body and the IMSI of the public-domain vector.
    const BODY: [u8; 6] = [0x03, 0x0B, 0x6A, 0x00, 0x45, 0x01];

    fn secrets(imsi: &str, pin: &str) -> Secrets {
        Secrets {
            imsi: Imsi::new(imsi),
            pin: Pin::new(pin),
        }
    }

    #[test]
    fn an_imsi_becomes_semi_octets_with_an_odd_and_with_an_even_count() {
        let odd = Imsi::new("466923103145252").expect("fifteen digits");
        assert_eq!(
            odd.semi_octets(),
            [0x49, 0x66, 0x29, 0x13, 0x30, 0x41, 0x25, 0x25]
        );
        let even = Imsi::new("12345678").expect("eight digits");
        assert_eq!(even.semi_octets(), [0x11, 0x32, 0x54, 0x76, 0xF8]);
        assert_eq!(Imsi::new("46692310314525x"), None);
        assert_eq!(Imsi::new("12345"), None);
    }

    #[test]
    fn the_vector_of_netwpin_is_reproduced() {
        let sealed = seal(
            Method::NetworkPin,
            &secrets("466923103145252", ""),
            BODY.to_vec(),
        );
        let mac = sealed
            .expect("the IMSI is given")
            .push
            .mac
            .expect("it travels");
        assert_eq!(mac.to_hex(), "1AF545FE2823DC9347064450F90FF1BBF957E146");
    }

    #[test]
    fn a_key_is_the_imsi_then_the_pin() {
        let key = key(Method::UserNetworkPin, &secrets("466923103145252", "1234"));
        let expected = [
            0x49, 0x66, 0x29, 0x13, 0x30, 0x41, 0x25, 0x25, b'1', b'2', b'3', b'4',
        ];
        assert_eq!(key, Ok(expected.to_vec()));
    }

    #[test]
    fn what_is_typed_for_userpinmac_must_be_even_and_long_enough() {
        for (typed, fits) in [
            ("123456789", false),
            ("1234567890", true),
            ("12345678", false),
        ] {
            let missing = matches!(
                key(Method::UserPinMac, &secrets("", typed)),
                Err(Refusal::NoSecret(..))
            );
            assert_eq!(missing, !fits, "{typed}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = format!("{:?}", secrets("466923103145252", "1234"));
        assert!(
            !shown.contains("4669") && !shown.contains("1234"),
            "{shown}"
        );
    }
}
