//! What must be shown of a plugin before a rule can be judged.
//!
//! A rule that expects UNAVAILABLE of a fault scenario says something only about a plugin that returns SUCCESS
//! without the fault: one that always returns UNAVAILABLE would pass. What a rule needs is data of the rule. The
//! control runs show it, and the suite skips the rules for which it was not shown.

/// What a rule needs to be shown of the plugin first, in a run without faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Precondition {
    /// It returns SUCCESS after the allow response: answer/entitled held.
    AcceptsAllow,
    /// It sends a request over TLS to a server with a valid certificate of the test bed's authority.
    AcceptsTestCa,
    /// It sends a DNS query.
    ResolvesNames,
    /// It connects to a port that the test bed serves.
    ReachesPort,
    /// It begins a TLS handshake.
    SpeaksTls,
}
