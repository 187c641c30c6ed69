//! The results of a check function, and their mapping to the contract's values.

use std::error::Error;
use std::fmt;

use crate::abi::ICS_ENTITLEMENT_RESULT;

/// The server's decision.
///
/// There is no default. A check that has no decision returns [`Unavailable`].
///
/// ```
/// use ics_entitlement::Decision;
///
/// assert_eq!(Decision::from(true), Decision::Entitled);
/// assert_eq!(Decision::from(false), Decision::NotEntitled);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Decision {
    /// The device may share its connection. It becomes `ENTITLEMENT_SUCCESS`.
    Entitled,
    /// The device may not share its connection. It becomes `ENTITLEMENT_FAILED`.
    NotEntitled,
}

impl From<bool> for Decision {
    fn from(entitled: bool) -> Self {
        if entitled {
            Self::Entitled
        } else {
            Self::NotEntitled
        }
    }
}

/// The reason why there is no decision.
///
/// It becomes `ENTITLEMENT_UNAVAILABLE`. The operator `?` converts every error into it, so that an
/// error cannot become a decision by accident. That conversion is why it does not implement [`Error`]
/// itself.
///
/// ```
/// use ics_entitlement::{Decision, Unavailable};
///
/// fn decide(answer: &str) -> Result<Decision, Unavailable> {
///     match answer.trim().parse::<u8>()? {
///         1 => Ok(Decision::Entitled),
///         0 => Ok(Decision::NotEntitled),
///         other => Err(Unavailable::because(format!("the server said {other}"))),
///     }
/// }
///
/// assert_eq!(decide("1").unwrap(), Decision::Entitled);
/// assert_eq!(decide("7").unwrap_err().to_string(), "the server said 7");
/// assert!(decide("yes").is_err());
/// ```
#[must_use]
pub struct Unavailable(Box<dyn Error + Send + Sync>);

impl Unavailable {
    /// No decision, for this reason. The feature `tracing` logs it.
    ///
    /// ```
    /// use ics_entitlement::Unavailable;
    ///
    /// let nothing = Unavailable::because("the account is being moved");
    /// assert_eq!(nothing.to_string(), "the account is being moved");
    /// ```
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into().into())
    }

    /// The error that it was made of, if that is an `E`: for tests that expect a certain error.
    ///
    /// ```
    /// use ics_entitlement::{SettingsError, Unavailable};
    ///
    /// let nothing = Unavailable::from("x".parse::<u8>().unwrap_err());
    /// assert!(nothing.cause::<std::num::ParseIntError>().is_some());
    /// assert!(nothing.cause::<SettingsError>().is_none());
    /// ```
    #[must_use]
    pub fn cause<E: Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Unavailable {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

/// Writes the reason, followed by each of its causes.
impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unavailable({self})")
    }
}

/// The only mapping from a check's result to the contract's values.
pub(crate) fn to_abi(answer: &Result<Decision, Unavailable>) -> ICS_ENTITLEMENT_RESULT {
    match answer {
        Ok(Decision::Entitled) => ICS_ENTITLEMENT_RESULT::ENTITLEMENT_SUCCESS,
        Ok(Decision::NotEntitled) => ICS_ENTITLEMENT_RESULT::ENTITLEMENT_FAILED,
        Err(_) => ICS_ENTITLEMENT_RESULT::ENTITLEMENT_UNAVAILABLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_contracts_values_are_results() {
        for result in [
            ICS_ENTITLEMENT_RESULT::ENTITLEMENT_SUCCESS,
            ICS_ENTITLEMENT_RESULT::ENTITLEMENT_FAILED,
            ICS_ENTITLEMENT_RESULT::ENTITLEMENT_UNAVAILABLE,
        ] {
            assert_eq!(
                ICS_ENTITLEMENT_RESULT::from_raw(result as i32),
                Some(result)
            );
        }
        for value in [-1, 3, i32::MIN, i32::MAX] {
            assert_eq!(ICS_ENTITLEMENT_RESULT::from_raw(value), None, "{value}");
        }
    }

    #[test]
    fn only_entitled_is_success() {
        let value = |answer| to_abi(&answer) as i32;
        assert_eq!(value(Ok(Decision::Entitled)), 0);
        assert_eq!(value(Ok(Decision::NotEntitled)), 1);
        assert_eq!(value(Err(Unavailable::because("no server"))), 2);
    }

    #[test]
    fn every_cause_is_displayed() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] std::num::ParseIntError);

        let cause = "x".parse::<u8>().unwrap_err();
        let text = Unavailable::from(Outer(cause)).to_string();
        assert_eq!(text, "outer: invalid digit found in string");
    }
}
