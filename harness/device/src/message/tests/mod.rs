//! Tests of the messages to the user.

mod notices;
mod strings;
