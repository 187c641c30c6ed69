//! The constraints on the settings that the document would leave.

use super::Walk;
use crate::csp::fault::describe;
use crate::csp::{NodePath, PROVIDERS};
use crate::document::{Diagnostic, Document, Element, ElementTag, Level};

impl<'a> Walk<'a> {
    /// The element that last changed this node.
    pub(super) fn changed_by(&self, path: &NodePath) -> Option<&'a Element> {
        // What was set and deleted after that is not in `set` any more.
        let set = self.set.get(path).copied().or_else(|| {
            let all = self.set.iter().filter(|_| path.node.is_none());
            let within = all.filter(|(one, _)| one.is_within(path));
            within
                .map(|(_, element)| *element)
                .min_by_key(|element| element.at)
        });
        set.or_else(|| {
            let covers = |(deleted, _): &&(NodePath, _)| path.is_within(deleted);
            Some(self.deleted.iter().rev().find(covers)?.1)
        })
    }

    /// Checks the constraints on the settings as a whole.
    pub(super) fn review(&mut self, document: &Document, own: &[&str]) {
        for provider in PROVIDERS {
            for finding in provider.review(&self.walked.proposed, own) {
                let is_spoilt =
                    |path: &NodePath| self.spoilt.iter().any(|spoilt| path.is_within(spoilt));
                if finding.about.iter().any(is_spoilt) {
                    continue;
                }
                let by = finding.about.iter().find_map(|one| self.changed_by(one));
                if by.is_none() && finding.level != Level::Error {
                    continue;
                }
                let at = match by.and_then(|by| by.value.as_ref()) {
                    Some(value) if finding.at_value => value.at,
                    _ => by.map_or(document.at, |element| element.at),
                };
                let diagnostic = Diagnostic {
                    at,
                    level: finding.level,
                    found: finding.found,
                    expected: Some(finding.expected),
                    help: Some(
                        match by.and_then(|by| instead_of_deleting(by, &finding.about)) {
                            Some(help) => help,
                            None => finding.help,
                        },
                    ),
                };
                if let Some(element) = by
                    && finding.level == Level::Error
                {
                    let faults = self.walked.faults.entry(element);
                    faults.or_insert_with(|| describe(&diagnostic));
                }
                self.diagnostics.push(diagnostic);
            }
        }
    }
}

/// The help for a fault that is caused by a deletion.
fn instead_of_deleting(deletes: &Element, about: &[NodePath]) -> Option<String> {
    if !matches!(
        deletes.tag,
        ElementTag::NoParm | ElementTag::NoCharacteristic
    ) {
        return None;
    }
    let names = about.iter().filter_map(|path| path.node.as_deref());
    let other = names.into_iter().find(|node| *node != *deletes.name)?;
    Some(format!("leave this out, or change {other} as well"))
}
