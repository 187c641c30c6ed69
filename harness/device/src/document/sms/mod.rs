//! Pushes in short messages: hex text, modem and gateway logs, and binary files are read into [`Part`]s, joined to
//! messages, and made again.
//!
//! Source: 3GPP TS 23.040, sections 9.2.2 (PDUs), 9.2.3 (their fields) and 9.2.3.24 (the user data header); WAP-259-WDP
//! (the ports of a push).

mod header;
mod join;
mod octets;
mod split;
mod text;
mod tpdu;

pub use header::{Concatenation, Header, Ports, Reference};
pub use join::{Joined, Message, join};
pub use split::{MOST_PARTS, Split, TooLong, split};
pub use text::{Part, parse};
pub use tpdu::{BadNumber, Direction, Number, write_tpdu};

/// Octets of user data that one message holds, its header included.
pub const USER_DATA: usize = 140;
