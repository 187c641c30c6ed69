//! What users and the operator's server do: the parameters of a load.

use std::time::Duration;

use super::distribution::{Span, TimeOfDay};
use crate::csp::HotSpot;
use crate::service::Moment;
use crate::simulation::Date;

/// What is read from a file of habits.
#[derive(Clone, Debug)]
pub struct Population {
    /// The date of the first day, if it has one.
    pub date: Option<Date>,
    pub habits: Habits,
    /// In order of time.
    pub outages: Vec<Outage>,
}

/// What users do, and what happens to their devices' requests.
#[derive(Clone, Debug)]
pub struct Habits {
    /// The share of the devices whose users turn sharing on at all.
    pub users: f64,
    /// How often a user turns sharing on in a day, on average: the whole part on each day,
    /// and the rest as the probability of one more.
    pub sessions: f64,
    /// When.
    pub on: TimeOfDay,
    /// If set, each user has times of their own, which `on` distributes, and which differ from
    /// day to day by this standard deviation, in milliseconds. If not, each time is drawn anew.
    pub varies: Option<u64>,
    /// How long a user wants to share.
    pub lasts: Span,
    /// What a user does when the check ended without SUCCESS.
    pub retry: Retry,
    /// The share of the devices whose plugin answers FAILED.
    pub denied: f64,
    /// How long the server's answer takes.
    pub takes: Span,
    /// The longest time that a plugin waits before it asks its server, in milliseconds: each
    /// check waits for a random time up to it.
    pub jitter: u64,
}

/// What a user does when the check ended without SUCCESS: tries again, or gives up.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// The probability of another attempt.
    pub share: f64,
    /// How long after the last one ended.
    pub after: Span,
    /// The most further attempts until one succeeds.
    pub most: u64,
}

/// A time in which the operator's server does not answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Outage {
    /// The first moment without answers.
    pub from: Moment,
    /// The first moment with answers again.
    pub to: Moment,
    /// How long a plugin tries until it returns UNAVAILABLE.
    pub takes: Span,
    /// What users who had no answer do when it has ended.
    pub ask_again: AskAgain,
}

/// What users who had no answer do at the end of an outage.
#[derive(Clone, Debug, PartialEq)]
pub struct AskAgain {
    /// The share of those who turn sharing on again, if they still want to share.
    pub share: f64,
    /// How long after the end.
    pub after: Span,
}

/// What a device is provisioned with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// `EntitlementInterval`.
    pub interval: Duration,
}

impl Terms {
    /// The terms of a device with these settings.
    ///
    /// # Errors
    /// Why such a device never asks.
    pub fn new(settings: &HotSpot) -> Result<Self, &'static str> {
        if !settings.enabled {
            return Err("`Enabled` is not true, so sharing cannot be turned on");
        }
        if !settings.entitlement_required {
            return Err("`EntitlementRequired` is false, so no device asks");
        }
        if settings.entitlement_dll.is_none() {
            return Err("`EntitlementDll` is missing, so no device can ask");
        }
        Ok(Self {
            interval: settings.entitlement_interval,
        })
    }
}
