//! What the user is told, tried.

mod notices;
mod strings;
