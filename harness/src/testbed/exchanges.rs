//! The exchanges of a run as they were, for a profile that is made from them.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::profile::{CannedResponse, Request};

/// How many exchanges are kept.
const MAX_EXCHANGES: usize = 256;

/// One request and its response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub request: Request,
    pub response: CannedResponse,
    /// When the request had been received.
    pub received: SystemTime,
    /// How long it took from then until there was a response.
    pub took: Duration,
    /// The step of the profile that the request belongs to.
    pub step: Option<usize>,
    /// Whether the request was sent in HTTP/2.
    pub http_2: bool,
}

/// The first exchanges of one or more runs. Unlike a transcript, nothing in them is masked or cut.
#[derive(Debug, Default)]
pub struct ExchangeLog(Mutex<Vec<Exchange>>);

impl ExchangeLog {
    pub(crate) fn add(&self, exchange: Exchange) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < MAX_EXCHANGES {
            all.push(exchange);
        }
    }

    /// Takes all exchanges so far, in order.
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
