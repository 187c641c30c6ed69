//! Why a plugin decided nothing, in one sentence.

use crate::profile::NO_STEP;
use crate::testbed::transcript::{Event, Handshake};
use crate::testbed::upstream::{NO_PERMISSION, NO_RESPONSE};

use super::RunRecord;

impl RunRecord {
    /// What the plugin said itself, as plugins made with the SDK do.
    pub fn own_reason(&self) -> Option<&str> {
        let mut steps = self.observation.steps.iter().rev();
        steps.find_map(|step| step.reason.as_deref())
    }

    /// The request that the profile does not know, if the plugin sent one.
    pub fn unknown_request(&self) -> Option<&str> {
        self.note(NO_STEP)
    }

    /// That the real server behind the test bed did not respond, if so. What the plugin then did shows nothing about it.
    pub fn upstream_failure(&self) -> Option<&str> {
        self.note(NO_RESPONSE)
    }

    /// That the real server behind the test bed did not send what the profile knows as its allow response, if so. A call
    /// shows this as the reason; for a rule that needs permission the plugin's answer shows nothing.
    pub fn upstream_without_permission(&self) -> Option<&str> {
        self.note(NO_PERMISSION)
    }

    /// The first note that begins so.
    fn note(&self, begins: &str) -> Option<&str> {
        let mut entries = self.transcript.entries.iter();
        entries.find_map(|entry| match &entry.event {
            Event::Note { what, .. } if what.starts_with(begins) => Some(what.as_str()),
            _ => None,
        })
    }

    /// What made the test bed respond with an error that no scenario asked for, and the plugin cannot know.
    pub fn test_bed_reason(&self) -> Option<&str> {
        self.unknown_request()
            .or_else(|| self.upstream_failure())
            .or_else(|| self.upstream_without_permission())
    }

    /// What the network saw last, where the plugin does not say why it decided nothing.
    pub fn seen_reason(&self) -> Option<String> {
        if let Some(reason) = self.test_bed_reason() {
            return Some(reason.to_owned());
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
