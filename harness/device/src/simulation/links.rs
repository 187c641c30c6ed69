//! The links of a device's connections: what brings them up and down, and what keeps
//! them from coming up.

use std::mem;

use super::action::LinkChange;
use super::device::{Device, Observer, log_link};
use super::log::{LogEntry, Record, Withheld};
use crate::csp::cellular;
use crate::service::{Connection, Event, Link, Moment};

impl Device {
    pub(super) fn connect(
        &mut self,
        at: Moment,
        name: &str,
        change: LinkChange,
        observer: &mut dyn Observer,
    ) {
        let (link, event) = match change {
            LinkChange::Up => {
                if let Some(because) = self.withholds(name) {
                    return self.withhold(at, name, because, observer);
                }
                (Some(Link::Up), Event::ConnectionUp(name.to_owned()))
            }
            LinkChange::Down => (Some(Link::Down), Event::ConnectionDown(name.to_owned())),
            LinkChange::Gone => (None, Event::ConnectionRemoved(name.to_owned())),
        };
        self.withheld.retain(|one| one != name);
        log_link(at, name, link, observer);
        self.send(at, event, observer);
        self.keep_connections();
    }

    /// Why this connection cannot come up.
    fn withholds(&self, name: &str) -> Option<Withheld> {
        let settings = &self.state.settings;
        if cellular::is_disabled(settings, name) {
            return Some(Withheld::Disabled);
        }
        let may = cellular::may_connect(settings, name, self.whereabouts);
        (!may).then_some(Withheld::Roaming)
    }

    fn withhold(&mut self, at: Moment, name: &str, because: Withheld, observer: &mut dyn Observer) {
        if because == Withheld::Roaming && !self.withheld.iter().any(|one| one == name) {
            self.withheld.push(name.to_owned());
        }
        let connection = name.to_owned();
        observer.observe(LogEntry::new(
            at,
            Record::Withheld {
                connection,
                because,
            },
        ));
    }

    /// Connections that their Roaming does not allow here go down; those that it
    /// allows again come up.
    pub(super) fn enforce_roaming(&mut self, at: Moment, observer: &mut dyn Observer) {
        let up = self.service.connections().iter();
        let up = up.filter(|one| one.link != Link::Down);
        let names: Vec<_> = up.map(|one| one.name.clone()).collect();
        for name in names {
            if let Some(because) = self.withholds(&name) {
                self.withhold(at, &name, because, observer);
                log_link(at, &name, Some(Link::Down), observer);
                self.send(at, Event::ConnectionDown(name), observer);
            }
        }
        for name in mem::take(&mut self.withheld) {
            match self.withholds(&name) {
                Some(Withheld::Roaming) => self.withheld.push(name),
                Some(Withheld::Disabled) => {}
                None => {
                    log_link(at, &name, Some(Link::Up), observer);
                    self.send(at, Event::ConnectionUp(name), observer);
                }
            }
        }
    }

    /// Stores the connections that no document provisioned: those that were stored
    /// before, and those that no document names.
    fn keep_connections(&mut self) {
        let settings = &self.state.settings;
        let provisioned: Vec<_> = cellular::connections(settings).collect();
        let before = mem::take(&mut self.state.connections);
        let is_kept = |one: &Connection| {
            before.iter().any(|kept| kept.name == one.name)
                || !provisioned.iter().any(|name| *name == one.name)
        };
        let there = self.service.connections().iter();
        let mut kept: Vec<_> = there
            .filter(|one| is_kept(one))
            .map(|one| Connection {
                name: one.name.clone(),
                link: match one.link {
                    Link::Down => Link::Down,
                    Link::Up | Link::Suspended => Link::Up,
                },
            })
            .collect();
        // The service does not see those that are disabled.
        let disabled = before.into_iter();
        kept.extend(disabled.filter(|one| cellular::is_disabled(settings, &one.name)));
        self.state.connections = kept;
    }
}
