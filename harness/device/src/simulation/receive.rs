//! What the operator sends a device: documents, alone and in pushes.

use super::action::ProvisioningFile;
use super::change::describe_change;
use super::device::{Device, Observer, log_link};
use super::log::{Actor, LogEntry, Record};
use crate::csp::hotspot::NotReadable;
use crate::csp::{Access, refuse_other_providers};
use crate::document::push::{Pin, Push, Secrets};
use crate::document::{Counts, Reading, Role, read};
use crate::service::{Event, Link, Moment, Restart};

impl Device {
    pub(super) fn receive(
        &mut self,
        at: Moment,
        file: &ProvisioningFile,
        first: bool,
        observer: &mut dyn Observer,
    ) -> Result<(), NotReadable> {
        let reading = read(&file.bytes, Role::Request);
        self.take_document(at, file, reading, first, observer)
    }

    /// Authenticates the sender of a push, then takes the document in it.
    pub(super) fn receive_push(
        &mut self,
        at: Moment,
        file: &ProvisioningFile,
        pin: Option<&Pin>,
        observer: &mut dyn Observer,
    ) -> Result<(), NotReadable> {
        let secrets = Secrets {
            imsi: self.environment.imsi.clone(),
            pin: pin.cloned(),
        };
        let opened = match Push::parse(&file.bytes) {
            Ok(push) => match push.open(&secrets, Role::Request) {
                Ok(reading) => Ok((push.body, reading)),
                Err(refusal) => Err(refusal.to_string()),
            },
            Err(fault) => Err(fault.found),
        };
        match opened {
            Ok((bytes, reading)) => {
                let document = ProvisioningFile {
                    name: file.name.clone(),
                    bytes,
                };
                self.take_document(at, &document, reading, false, observer)
            }
            Err(because) => {
                let record = Record::Document {
                    document: file.name.clone(),
                    applied: false,
                    found: Counts {
                        errors: 1,
                        ..Counts::default()
                    },
                    changes: Vec::new(),
                };
                let text = format!("sends {}, which is refused: {because}", file.name);
                observer.observe(LogEntry::with(at, Actor::Operator, text, record));
                Ok(())
            }
        }
    }

    fn take_document(
        &mut self,
        at: Moment,
        file: &ProvisioningFile,
        mut reading: Reading,
        first: bool,
        observer: &mut dyn Observer,
    ) -> Result<(), NotReadable> {
        let before = self.state.settings.clone();
        let mut changes = None;
        if let Some(document) = &reading.document {
            let access = Access::full();
            if self.environment.strict_providers {
                refuse_other_providers(document, &mut reading.faults);
            }
            let outcome = self.state.apply(document, &access, &mut reading.faults);
            changes = outcome.settings.map(|_| outcome.changes);
        }
        if !reading.faults.is_empty() {
            observer.report_faults(file, &reading.faults);
        }
        let applied = changes.is_some();
        let changes = changes.unwrap_or_default();
        observer.observe(LogEntry::new(
            at,
            Record::Document {
                document: file.name.clone(),
                applied,
                found: reading.faults.counts(),
                changes: changes.iter().map(describe_change).collect(),
            },
        ));
        if applied {
            if first {
                self.state.restarted(Restart::Device);
                self.service = self.state.service()?;
            }
            for event in self.state.events_after(&before)? {
                match &event {
                    Event::ConnectionAdded(name) => {
                        log_link(at, name, Some(Link::Down), observer);
                    }
                    Event::ConnectionRemoved(name) => log_link(at, name, None, observer),
                    _ => {}
                }
                self.send(at, event, observer);
            }
            self.enforce_roaming(at, observer);
        }
        Ok(())
    }
}
