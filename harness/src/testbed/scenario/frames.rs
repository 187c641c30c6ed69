//! Faults of HTTP/2 frames.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::testbed::wire::Damage;

/// A fault of the frames of a response in HTTP/2 (RFC 9113).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum FrameFault {
    /// RST_STREAM instead of a response.
    ResetBeforeResponse,
    /// The allow response without END_STREAM, then RST_STREAM.
    ResetInBody,
    /// GOAWAY instead of a response, which says that the request was not processed, then a close.
    GoAway,
    /// The allow response, then GOAWAY and a close.
    GoAwayAfterResponse,
    /// The head of the allow response, and no body.
    Stalled,
    /// Header fields without end in CONTINUATION frames, each of which is one byte that refers to a field of 4 KB.
    HeaderBomb,
    /// The allow response without END_STREAM, then a close.
    CutBody,
    /// Content-Length is larger than the DATA frames. The allow body itself is complete.
    LongerLength,
    /// The request is read and never answered.
    Silent,
    /// DATA frames without end. The first one is the allow body.
    EndlessBody,
}

impl FrameFault {
    pub(super) const fn damage(self) -> Damage {
        match self {
            Self::GoAwayAfterResponse => Damage::None,
            Self::ResetBeforeResponse
            | Self::ResetInBody
            | Self::GoAway
            | Self::Stalled
            | Self::HeaderBomb
            | Self::CutBody
            | Self::LongerLength
            | Self::Silent
            | Self::EndlessBody => Damage::Certain,
        }
    }

    pub(super) const fn stalls(self) -> bool {
        match self {
            Self::Stalled | Self::HeaderBomb | Self::Silent | Self::EndlessBody => true,
            Self::ResetBeforeResponse
            | Self::ResetInBody
            | Self::GoAway
            | Self::GoAwayAfterResponse
            | Self::CutBody
            | Self::LongerLength => false,
        }
    }
}

impl fmt::Display for FrameFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ResetBeforeResponse => "RST_STREAM instead of a response",
            Self::ResetInBody => "the allow response without END_STREAM, then RST_STREAM",
            Self::GoAway => "GOAWAY instead of a response, then a close",
            Self::GoAwayAfterResponse => "the allow response, then GOAWAY and a close",
            Self::Stalled => "the head of the allow response, and no body",
            Self::HeaderBomb => "header fields without end, each of one byte that stands for 4 KB",
            Self::CutBody => "the allow response without END_STREAM, then a close",
            Self::LongerLength => "the allow response with a Content-Length that is too large",
            Self::Silent => "nothing",
            Self::EndlessBody => "the allow response, then DATA frames without end",
        })
    }
}
