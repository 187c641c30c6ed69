//! A push cut into short messages.

use std::fmt;

use super::USER_DATA;
use super::header::{Concatenation, Header, Ports, Reference};

/// The most parts that a message can have.
pub const MOST_PARTS: usize = 255;

/// A push as user data of short messages, each with its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub user_data: Vec<Vec<u8>>,
    /// Octets that the push would have to lose to take one message less, if it takes several.
    pub to_one_less: Option<usize>,
}

/// A push that takes more than [`MOST_PARTS`] messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// Its octets.
    pub found: usize,
    /// How many octets fit.
    pub most: usize,
}

impl std::error::Error for TooLong {}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { found, most } = self;
        write!(
            f,
            "a push of {found} octets; {MOST_PARTS} short messages hold {most}: send less at once"
        )
    }
}

/// Cuts a push. One that fits one message (133 octets) gets no reference.
///
/// # Errors
/// It is too long.
pub fn split(push: &[u8], reference: Reference) -> Result<Split, TooLong> {
    let ports = Some(Ports::PUSH);
    let alone = Header {
        ports,
        concatenation: None,
    };
    let room_alone = USER_DATA - alone.to_bytes().len();
    if push.len() <= room_alone {
        let user_data = vec![[alone.to_bytes().as_slice(), push].concat()];
        return Ok(Split {
            user_data,
            to_one_less: None,
        });
    }
    let header = |parts, part| Header {
        ports,
        concatenation: Some(Concatenation {
            reference,
            parts,
            part,
        }),
    };
    let room = USER_DATA - header(1, 1).to_bytes().len();
    let needed = push.len().div_ceil(room);
    let Ok(parts) = u8::try_from(needed) else {
        return Err(TooLong {
            found: push.len(),
            most: MOST_PARTS * room,
        });
    };
    let one_less = match needed - 1 {
        1 => room_alone,
        fewer => fewer * room,
    };
    let user_data = (1..=parts).zip(push.chunks(room));
    Ok(Split {
        user_data: user_data
            .map(|(part, piece)| [header(parts, part).to_bytes().as_slice(), piece].concat())
            .collect(),
        to_one_less: Some(push.len() - one_less),
    })
}
