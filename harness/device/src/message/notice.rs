//! Which of the operator's texts are shown when.

use serde::{Deserialize, Serialize};

use crate::csp::{HotSpot, StringReference};

/// The reason for a message to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// The user wanted to share and no document has set `Enabled`.
    NotProvisioned,
    /// The user wanted to share, or shared, and `Enabled` is false.
    Disabled,
    /// The service did not start: the device is not entitled.
    NotEntitled,
    /// The service did not start: the check had no answer.
    CheckUnavailable,
    /// The service did not start: there is no connection to share.
    NoConnection,
    /// The service did not start: there is no library to ask.
    NoLibrary,
    /// A periodic check answered FAILED, which disabled sharing.
    DisabledByCheck,
    /// A periodic check had no answer, which disabled sharing.
    DisabledUnanswered,
    /// A periodic check had no library to ask, which disabled sharing.
    DisabledUnasked,
}

/// Which of the operator's texts an occasion shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// MOHelpNumber: the service failed to start.
    pub help_number: bool,
    /// MOInfoLink: sharing is disabled, or the device is not entitled.
    pub info_link: bool,
    /// MOAppLink: sharing is not provisioned, or entitlement failed.
    pub app_link: bool,
    /// MOHelpMessage: sharing is not enabled due to entitlement failure.
    pub help_message: bool,
}

/// Which texts belong to an occasion.
///
/// An UNAVAILABLE answer is a failure of entitlement, so it shows MOAppLink and
/// MOHelpMessage; it does not say that the device is not entitled, so MOInfoLink
/// comes only once it has disabled sharing that was on.
pub const fn shown(occasion: Occasion) -> Shown {
    let starts_not = matches!(
        occasion,
        Occasion::NotEntitled
            | Occasion::NoLibrary
            | Occasion::CheckUnavailable
            | Occasion::NoConnection
    );
    let by_check = matches!(
        occasion,
        Occasion::DisabledByCheck | Occasion::DisabledUnanswered | Occasion::DisabledUnasked
    );
    // Without a library every check counts as FAILED.
    let not_entitled = matches!(occasion, Occasion::NotEntitled | Occasion::NoLibrary);
    let is_disabled = by_check || matches!(occasion, Occasion::NotProvisioned | Occasion::Disabled);
    let entitlement_fails =
        by_check || not_entitled || matches!(occasion, Occasion::CheckUnavailable);
    Shown {
        help_number: starts_not,
        info_link: is_disabled || not_entitled,
        app_link: entitlement_fails || matches!(occasion, Occasion::NotProvisioned),
        help_message: entitlement_fails,
    }
}

impl Occasion {
    pub const ALL: [Self; 9] = [
        Self::NotProvisioned,
        Self::Disabled,
        Self::NotEntitled,
        Self::CheckUnavailable,
        Self::NoConnection,
        Self::NoLibrary,
        Self::DisabledByCheck,
        Self::DisabledUnanswered,
        Self::DisabledUnasked,
    ];

    /// The system's own text.
    fn headline(self) -> &'static str {
        match self {
            Self::NotProvisioned => "Internet sharing is not set up on this device.",
            Self::Disabled => "Internet sharing is turned off by your mobile operator.",
            Self::NotEntitled => "Your mobile operator does not let this device share.",
            Self::CheckUnavailable => {
                "Your mobile operator could not be asked whether this device may share."
            }
            Self::NoConnection => "There is no cellular connection to share.",
            Self::NoLibrary => {
                "This device has no way to ask your mobile operator whether it may share."
            }
            Self::DisabledByCheck => "Internet sharing was turned off by your mobile operator.",
            Self::DisabledUnanswered => {
                "Internet sharing was turned off: your mobile operator could not be asked whether this device may share."
            }
            Self::DisabledUnasked => {
                "Internet sharing was turned off: this device has no way to ask your mobile operator whether it may share."
            }
        }
    }
}

/// A message to the user: the occasion and those of the operator's texts that
/// belong to it and are set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Notice {
    pub occasion: Occasion,
    pub help_number: Option<String>,
    pub info_link: Option<String>,
    pub app_link: Option<String>,
    /// MOHelpMessage; never without MOAppLink.
    pub help_message: Option<StringReference>,
}

impl Notice {
    /// The message for an occasion, with the texts that are set.
    pub fn new(occasion: Occasion, settings: &HotSpot) -> Self {
        let Shown {
            help_number,
            info_link,
            app_link,
            help_message,
        } = shown(occasion);
        let if_shown = |shown: bool, text: &Option<String>| text.clone().filter(|_| shown);
        let app_link = if_shown(app_link, &settings.app_link);
        Self {
            occasion,
            help_number: if_shown(help_number, &settings.help_number),
            info_link: if_shown(info_link, &settings.info_link),
            help_message: settings
                .help_message
                .clone()
                .filter(|_| help_message && app_link.is_some()),
            app_link,
        }
    }

    /// The message as the user reads it, a line an item. `help_message` is the
    /// string that MOHelpMessage refers to, if it could be found.
    pub fn lines(&self, help_message: Option<&str>) -> Vec<String> {
        let operator = help_message.filter(|_| self.help_message.is_some());
        let call = self.help_number.iter();
        let visit = self.info_link.iter();
        let open = self.app_link.iter();
        let mut lines = vec![self.occasion.headline().to_owned()];
        // The operator may have written several lines.
        lines.extend(operator.into_iter().flat_map(str::lines).map(str::to_owned));
        lines.extend(call.map(|number| format!("You can call {number} for help.")));
        lines.extend(visit.map(|link| {
            format!("Visit {link} for more information about how to enable Internet sharing.")
        }));
        lines.extend(open.map(|link| format!("Open {link} to subscribe to Internet sharing.")));
        lines
    }
}
