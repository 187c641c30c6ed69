//! Why a plugin decided nothing, in one sentence.

use crate::profile::NO_STEP;
use crate::testbed::transcript::{Event, Handshake};

use super::RunRecord;

impl RunRecord {
    /// What the plugin said itself, as plugins made with the SDK do.
    pub fn own_reason(&self) -> Option<&str> {
        let mut steps = self.observation.steps.iter().rev();
        steps.find_map(|step| step.reason.as_deref())
    }

    /// The request that the profile does not know, if the plugin sent one.
    pub fn unknown_request(&self) -> Option<&str> {
        self.transcript
            .entries
            .iter()
            .find_map(|entry| match &entry.event {
                Event::Note { what, .. } if what.starts_with(NO_STEP) => Some(what.as_str()),
                _ => None,
            })
    }

    /// What the network saw last, where the plugin does not say why it decided nothing.
    pub fn seen_reason(&self) -> Option<String> {
        if let Some(unknown) = self.unknown_request() {
            return Some(unknown.to_owned());
        }
        let transcript = &self.transcript;
        if let Some((to, _)) = transcript.unserved().first()
            && transcript.connections() == 0
        {
            return Some(format!("it tried {to}, and nothing listens there"));
        }
        let mut entries = transcript.entries.iter().rev();
        let last = entries.find_map(|entry| match &entry.event {
            Event::Reply { what, .. } => Some(format!("the server answered {what}")),
            Event::Handshake {
                outcome: Handshake::Refused(reason),
                ..
            } => Some(format!("it refused the TLS handshake: {reason}")),
            Event::Unused { secure: true, .. } => {
                Some("it completed the TLS handshake and sent no request".to_owned())
            }
            Event::Fault { what, .. } => Some(format!("the network failed: {what}")),
            Event::Question { name, answer, .. } => {
                Some(format!("it resolved {name}, and got {answer}"))
            }
            _ => None,
        });
        last.or_else(|| Some("it sent nothing at all".to_owned()))
    }
}
