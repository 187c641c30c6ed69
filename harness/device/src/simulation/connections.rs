//! The connections that a timeline names.

use super::action::{Action, LinkChange, TimelineEvent};
use super::command::unknown_connection;
use super::table::Fields;
use crate::csp::{Access, cellular};
use crate::document::names::quoted;
use crate::document::{Diagnostic, Diagnostics, Role, Span, read};
use crate::service::{Connection, Link};
use crate::state::State;

/// One connection that is up, if the file names none.
pub(super) fn connections(fields: &mut Fields<'_>, faults: &mut Diagnostics) -> Vec<Connection> {
    let mut connections: Vec<Connection> = Vec::new();
    for mut table in fields.tables("connection", faults) {
        let name = table.needed_text("name", "\"Internet\"", faults);
        let up = table.flag("up", faults).unwrap_or(true);
        table.finish("a connection", faults);
        let Some(name) = name else { continue };
        if connections.iter().any(|one| one.name == name.value) {
            let found = format!("{} stands twice", quoted(name.value));
            faults.push(Diagnostic::error(name.at, found).expected("names that differ"));
        }
        connections.push(Connection {
            name: name.value.to_owned(),
            link: if up { Link::Up } else { Link::Down },
        });
    }
    if connections.is_empty() {
        connections.push(Connection {
            name: "Internet".to_owned(),
            link: Link::Up,
        });
    }
    connections
}

/// A connection that goes down or goes away has to be there: the timeline begins
/// with it or has had it come up, or a document has provisioned it.
pub(super) fn introduced(
    events: &[(TimelineEvent, Option<Span>)],
    connections: &[Connection],
    document: &[u8],
    faults: &mut Diagnostics,
) {
    let mut names: Vec<String> = connections.iter().map(|one| one.name.clone()).collect();
    let mut state = State::default();
    if !provisioned(document, &mut state, &mut names) {
        return;
    }
    for (one, place) in events {
        match &one.action {
            Action::Apply(file) if !provisioned(&file.bytes, &mut state, &mut names) => return,
            // Whether it is proven shows only when it is received.
            Action::Push { .. } => return,
            Action::Connection { name, change } => {
                let there = names.iter().position(|one| one == name);
                match (change, there) {
                    (LinkChange::Up, None) => names.push(name.clone()),
                    (LinkChange::Up | LinkChange::Down, Some(_)) => {}
                    (LinkChange::Gone, Some(index)) => {
                        names.remove(index);
                    }
                    (LinkChange::Down | LinkChange::Gone, None) => {
                        let at = place.unwrap_or(Span::point(0));
                        let known = names.iter().map(String::as_str);
                        let mut fault = unknown_connection(name, at, known);
                        fault.found.push_str(" by then");
                        faults.push(fault);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Keeps the names of the connections that there are up to date with what this
/// document makes and deletes; false if it is refused, so that they are unknown.
fn provisioned(document: &[u8], state: &mut State, names: &mut Vec<String>) -> bool {
    let mut reading = read(document, Role::Request);
    let connections = |state: &State| -> Vec<String> {
        let names = cellular::connections(&state.settings);
        names.map(std::borrow::Cow::into_owned).collect()
    };
    let had = connections(state);
    let applied = reading.document.as_ref().is_some_and(|document| {
        let outcome = state.apply(document, &Access::full(), &mut reading.faults);
        outcome.settings.is_some()
    });
    let has = connections(state);
    names.retain(|name| !had.contains(name) || has.contains(name));
    names.extend(has.into_iter().filter(|name| !had.contains(name)));
    applied
}
