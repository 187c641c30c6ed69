//! One parm: which node it is, and what its value is.

use std::borrow::Cow;

use super::Walk;
use super::scope::{Scope, belongs_inside, names_in};
use crate::csp::fault::unknown;
use crate::csp::{Node, NodePath, Presence, Provider, Spelling, ValueType};
use crate::document::names::{nearest, quoted};
use crate::document::{Diagnostic, Element, ElementTag};

impl<'a> Walk<'a> {
    pub(super) fn parm(&mut self, provider: &dyn Provider, scope: Scope<'a>, element: &'a Element) {
        let name = element.name.value.as_str();
        let full = scope.full(name);
        let named = provider.named(&full);
        // Only for a name that there is not: nearly all are there.
        let names = match named {
            Some(_) => Vec::new(),
            None => names_in(provider, scope),
        };
        let meant = nearest(name, names.iter().copied());
        let meant = meant.and_then(|meant| provider.node(&scope.full(meant)));
        let path = NodePath {
            provider: provider.name(),
            entry: scope.entry.map(str::to_owned),
            node: Some(match (&named, meant) {
                (Some(named), _) => named.name.clone(),
                (None, Some(meant)) => meant.name.to_owned(),
                (None, None) => full,
            }),
        };
        if element.spoilt {
            // Its reader has reported it.
            return self.spoilt.push(path);
        }
        let known = match named {
            Some(named) => {
                if named.spelling == Spelling::OtherCase {
                    let leaf = named.name.rsplit('/').next().unwrap_or_default();
                    self.check_case(element, leaf);
                }
                Some(named.node)
            }
            None if meant.is_some() || provider.is_complete() => {
                return self.misnamed_parm(provider, meant, &names, path, element);
            }
            None => {
                if let Some(fault) = belongs_inside(provider, scope, element) {
                    return self.fail(element, fault);
                }
                let found = format!("{} of {} is not known here", quoted(name), provider.name());
                let warning = Diagnostic::warning(element.name.at, found);
                self.diagnostics
                    .push(warning.expected("a parm that can be checked; it is kept as it is"));
                None
            }
        };
        if let Some(obsolete) = known.filter(|node| node.presence == Presence::Obsolete) {
            return self.obsolete(obsolete, element);
        }
        self.check_listed(provider, element);
        match element.tag {
            ElementTag::Parm => self.set(known, path, element),
            ElementTag::NoParm => self.delete(path, element),
            _ => self.query(element, |room, settings| {
                room.of_parm(provider, settings, &path, element)
            }),
        }
    }

    /// A parm that the provider does not have; the one that seems to be meant is
    /// checked all the same.
    pub(super) fn misnamed_parm(
        &mut self,
        provider: &dyn Provider,
        meant: Option<&Node>,
        names: &[&'static str],
        path: NodePath,
        element: &'a Element,
    ) {
        let name = element.name.value.as_str();
        let found = format!("{} has no parm {}", provider.name(), quoted(name));
        let fault = Diagnostic::error(element.name.at, found);
        let fault = unknown(fault, name, names.iter().copied());
        if let (Some(_), ElementTag::Parm) = (meant, element.tag)
            && let Err(fault) = stored_form(meant, element)
        {
            // The value is checked although the name is wrong.
            self.diagnostics.push_instead(fault);
        }
        self.spoilt.extend(meant.map(|_| path));
        self.fail(element, fault);
    }

    /// An obsolete node accepts any value and stores none.
    pub(super) fn obsolete(&mut self, node: &Node, element: &'a Element) {
        let found = format!("{} is no longer supported and is not stored", node.name);
        let sentence = node.sentence.trim_end_matches('.');
        let warning = Diagnostic::warning(element.at, found)
            .expected("no such parm")
            .help(format!("remove it; the specification says: {sentence}"));
        self.diagnostics.push(warning);
        if element.tag == ElementTag::ParmQuery {
            let absent = Element::new(ElementTag::NoParm, element.name.clone());
            self.walked.answers.insert(element, absent);
        }
    }

    pub(super) fn set(&mut self, known: Option<&Node>, path: NodePath, element: &'a Element) {
        self.check_translation(element);
        if let Some(value) = &element.value {
            if known.is_some_and(|node| node.value_type == ValueType::Secret) {
                self.diagnostics.hide(value.at);
            }
            self.check_macros(value, &element.name);
        }
        let stored = match stored_form(known, element) {
            Ok(stored) => stored,
            Err(fault) => {
                self.fail(element, fault);
                self.spoilt.push(path.clone());
                return self.note_set(path, element);
            }
        };
        self.walked.proposed.set(&path, &stored);
        self.note_set(path, element);
    }

    pub(super) fn note_set(&mut self, path: NodePath, element: &'a Element) {
        if self.set.insert(path, element).is_some() {
            let found = format!("{} is set more than once", element.name.value);
            let warning = Diagnostic::warning(element.at, found);
            self.diagnostics
                .push(warning.expected("one value; the last one counts"));
        }
    }

    pub(super) fn delete(&mut self, path: NodePath, element: &'a Element) {
        if element.spoilt {
            return self.spoilt.push(path);
        }
        let undone: Vec<_> = self
            .set
            .range(path.clone()..)
            .map(|(one, _)| one.clone())
            .take_while(|one| one.is_within(&path))
            .collect();
        if let Some(first) = undone.first() {
            let node = first.node.as_deref().or(first.entry.as_deref());
            let node = node.unwrap_or_default();
            let found = format!("{node} is set before it and deleted here");
            let warning = Diagnostic::warning(element.at, found);
            self.diagnostics
                .push(warning.expected("one of the two; the last one counts"));
        }
        for one in &undone {
            self.set.remove(one);
        }
        self.walked.proposed.delete(&path);
        self.deleted.push((path, element));
    }
}

/// The value of a parm as it is stored, if its node accepts it.
fn stored_form<'a>(known: Option<&Node>, parm: &'a Element) -> Result<Cow<'a, str>, Diagnostic> {
    let name = parm.name.value.as_str();
    let Some(value) = &parm.value else {
        let expected = known.map_or("text".to_owned(), |node| node.value_type.describe());
        return Err(Diagnostic::error(parm.at, format!("{name} has no value"))
            .expected(expected)
            .help(r#"add `value="…"`"#));
    };
    let Some(node) = known else {
        return Ok(Cow::Borrowed(value));
    };
    if let Some(datatype) = &parm.datatype
        && !node.value_type.allows(datatype.value)
    {
        let wanted = node.value_type.datatype().as_str();
        let found = format!("the datatype of {name} is `{}`", datatype.as_str());
        return Err(Diagnostic::error(datatype.at, found)
            .expected(format!("`{wanted}`"))
            .help(format!(r#"write `datatype="{wanted}"`, or leave it out"#)));
    }
    node.value_type.read(value).map_err(|not_taken| {
        let found = format!("{name} is {}", quoted(value));
        Diagnostic {
            help: not_taken.help,
            ..Diagnostic::error(value.at, found).expected(not_taken.expected)
        }
    })
}
