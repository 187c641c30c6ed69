//! Tables of a TOML file, read field by field, with every fault and its place.

use std::ops::RangeInclusive;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::date::Date;
use crate::document::names::{nearest, one_of, quoted};
use crate::document::{Diagnostic, Diagnostics, Located, Span};
use crate::service::Moment;
use crate::units::{DURATION, parse_duration};

/// What some keys can have: a text, or a table with more.
pub(crate) enum TextOrTable<'t> {
    Text(Located<&'t str>),
    Table(Fields<'t>),
}

/// One table, while it is read. A field that was
/// read is known; any other field is a fault at the end.
pub(crate) struct Fields<'t> {
    table: &'t DeTable<'t>,
    at: Span,
    known: Vec<&'static str>,
}

/// A file's root table. Syntax errors are reported, and the rest is read
/// nevertheless.
pub(crate) fn parse<'t>(text: &'t str, faults: &mut Diagnostics) -> Spanned<DeTable<'t>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = error.span().unwrap_or_default();
        let words = error.message().trim().replace('\n', ", ");
        faults.push(Diagnostic::error(Span::new(at.start, at.end), words));
    }
    root
}

impl<'t> Fields<'t> {
    /// The fields of a table that stands at `at`.
    pub(crate) fn new(table: &'t DeTable<'t>, at: Span) -> Self {
        Self {
            table,
            at,
            known: Vec::new(),
        }
    }

    /// The place of a field's value, without reading it.
    pub(crate) fn place(&self, key: &str) -> Option<Span> {
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(span(value))
    }

    /// Where the table stands.
    pub(crate) fn at(&self) -> Span {
        self.at
    }

    fn value(&mut self, key: &'static str) -> Option<(Span, &'t DeValue<'t>)> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some((span(value), value.get_ref()))
    }

    pub(crate) fn text(
        &mut self,
        key: &'static str,
        faults: &mut Diagnostics,
    ) -> Option<Located<&'t str>> {
        let (at, value) = self.value(key)?;
        match value.as_str() {
            Some(text) => Some(Located::new(text, at)),
            None => wrong(faults, at, key, value, "a text in quotes"),
        }
    }

    /// A required text.
    pub(crate) fn needed_text(
        &mut self,
        key: &'static str,
        expected: &str,
        faults: &mut Diagnostics,
    ) -> Option<Located<&'t str>> {
        if self.value(key).is_none() {
            faults.push(
                Diagnostic::error(self.at, format!("`{key}` is missing"))
                    .expected(format!("`{key} = {expected}`")),
            );
        }
        self.text(key, faults)
    }

    /// A moment: a text, or a time as TOML itself writes it.
    pub(crate) fn moment(
        &mut self,
        key: &'static str,
        faults: &mut Diagnostics,
    ) -> Option<Located<Moment>> {
        let (at, value) = self.value(key)?;
        let text = match (value.as_str(), value.as_datetime()) {
            (Some(text), _) => text.to_owned(),
            (None, Some(time)) => time.to_string(),
            (None, None) => return wrong(faults, at, key, value, "a time such as `\"10:00\"`"),
        };
        match super::parse_moment(&text) {
            Ok(moment) => Some(Located::new(moment, at)),
            Err(expected) => {
                let found = format!("`{key}` is {}", quoted(&text));
                faults.push(Diagnostic::error(at, found).expected(expected));
                None
            }
        }
    }

    /// A date: a text, or a date as TOML itself writes it.
    pub(crate) fn date(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<Date> {
        let (at, value) = self.value(key)?;
        let text = match (value.as_str(), value.as_datetime()) {
            (Some(text), _) => text.to_owned(),
            (None, Some(date)) => date.to_string(),
            (None, None) => return wrong(faults, at, key, value, "a date such as `2027-11-27`"),
        };
        let date = Date::parse(&text);
        if date.is_none() {
            let found = format!("`{key}` is {}", quoted(&text));
            faults.push(Diagnostic::error(at, found).expected("a date such as `2027-11-27`"));
        }
        date
    }

    /// A required moment.
    pub(crate) fn needed_moment(
        &mut self,
        key: &'static str,
        faults: &mut Diagnostics,
    ) -> Option<Located<Moment>> {
        if self.value(key).is_none() {
            faults.push(
                Diagnostic::error(self.at, format!("`{key}` is missing"))
                    .expected(format!("`{key} = \"10:00\"`")),
            );
        }
        self.moment(key, faults)
    }

    pub(crate) fn number(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<usize> {
        let (at, value) = self.value(key)?;
        let number = value
            .as_integer()
            .and_then(|one| usize::from_str_radix(one.as_str(), one.radix()).ok());
        if number.is_none() {
            return wrong(faults, at, key, value, "a whole number");
        }
        number
    }

    /// A number within a range, whole or not.
    pub(crate) fn real(
        &mut self,
        key: &'static str,
        range: RangeInclusive<f64>,
        faults: &mut Diagnostics,
    ) -> Option<f64> {
        let (at, value) = self.value(key)?;
        let expected = format!("a number from {} to {}", range.start(), range.end());
        let Some(number) = real(value) else {
            return wrong(faults, at, key, value, &expected);
        };
        if !range.contains(&number) {
            let fault = Diagnostic::error(at, format!("`{key}` is {number}"));
            faults.push(fault.expected(expected));
            return None;
        }
        Some(number)
    }

    /// An array of numbers, with where it stands.
    pub(crate) fn reals(
        &mut self,
        key: &'static str,
        expected: &str,
        faults: &mut Diagnostics,
    ) -> Option<Located<Vec<f64>>> {
        let (at, value) = self.value(key)?;
        let Some(array) = value.as_array() else {
            return wrong(faults, at, key, value, expected);
        };
        let numbers: Option<Vec<_>> = array.iter().map(|one| real(one.get_ref())).collect();
        match numbers {
            Some(numbers) => Some(Located::new(numbers, at)),
            None => {
                let found = format!("`{key}` has something that is no number");
                faults.push(Diagnostic::error(at, found).expected(expected));
                None
            }
        }
    }

    /// A duration.
    pub(crate) fn duration(
        &mut self,
        key: &'static str,
        faults: &mut Diagnostics,
    ) -> Option<Located<Duration>> {
        let text = self.text(key, faults)?;
        duration(key, text, faults)
    }

    /// A text, or a table in braces.
    pub(crate) fn text_or_table(
        &mut self,
        key: &'static str,
        expected: &str,
        faults: &mut Diagnostics,
    ) -> Option<TextOrTable<'t>> {
        let (at, value) = self.value(key)?;
        match (value.as_str(), value.as_table()) {
            (Some(text), _) => Some(TextOrTable::Text(Located::new(text, at))),
            (None, Some(table)) => Some(TextOrTable::Table(Fields::new(table, at))),
            (None, None) => wrong(faults, at, key, value, expected),
        }
    }

    pub(crate) fn flag(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<bool> {
        let (at, value) = self.value(key)?;
        match value.as_bool() {
            Some(flag) => Some(flag),
            None => wrong(faults, at, key, value, "true or false"),
        }
    }

    /// A table, as `key = { … }` makes it.
    pub(crate) fn table(
        &mut self,
        key: &'static str,
        faults: &mut Diagnostics,
    ) -> Option<Fields<'t>> {
        let (at, value) = self.value(key)?;
        match value.as_table() {
            Some(table) => Some(Fields::new(table, at)),
            None => wrong(faults, at, key, value, "a table in braces"),
        }
    }

    /// The tables of an array, as `[[key]]` makes them.
    pub(crate) fn tables(
        &mut self,
        key: &'static str,
        faults: &mut Diagnostics,
    ) -> Vec<Fields<'t>> {
        let Some((at, value)) = self.value(key) else {
            return Vec::new();
        };
        let Some(array) = value.as_array() else {
            let expected = format!("tables that begin with `[[{key}]]`");
            wrong::<()>(faults, at, key, value, &expected);
            return Vec::new();
        };
        array
            .iter()
            .filter_map(|one| match one.get_ref().as_table() {
                Some(table) => Some(Fields::new(table, span(one))),
                None => wrong(faults, span(one), key, one.get_ref(), "a table"),
            })
            .collect()
    }

    /// Reports the fields that were not read.
    pub(crate) fn finish(self, of: &str, faults: &mut Diagnostics) {
        for (key, _) in self.table.iter() {
            let name = key.get_ref().as_ref();
            if self.known.contains(&name) {
                continue;
            }
            let mut fault = Diagnostic::error(
                Span::new(key.span().start, key.span().end),
                format!("{} means nothing for {of}", quoted(name)),
            )
            .expected(one_of(self.known.iter().copied()));
            if let Some(meant) = nearest(name, self.known.iter().copied()) {
                fault = fault.help(format!("write `{meant}`"));
            }
            faults.push(fault);
        }
    }
}

/// The duration that a text is.
pub(crate) fn duration(
    key: &str,
    text: Located<&str>,
    faults: &mut Diagnostics,
) -> Option<Located<Duration>> {
    match parse_duration(text.value) {
        Ok(duration) => Some(Located::new(duration, text.at)),
        Err(_) => {
            let found = format!("`{key}` is {}", quoted(text.value));
            faults.push(Diagnostic::error(text.at, found).expected(DURATION));
            None
        }
    }
}

fn real(value: &DeValue<'_>) -> Option<f64> {
    let number: f64 = match (value.as_float(), value.as_integer()) {
        (Some(number), _) => number.as_str().parse().ok()?,
        (None, Some(number)) => i64::from_str_radix(number.as_str(), number.radix()).ok()? as f64,
        (None, None) => return None,
    };
    number.is_finite().then_some(number)
}

fn span<T>(spanned: &Spanned<T>) -> Span {
    let range = spanned.span();
    Span::new(range.start, range.end)
}

fn wrong<T>(
    faults: &mut Diagnostics,
    at: Span,
    key: &str,
    value: &DeValue<'_>,
    expected: &str,
) -> Option<T> {
    let found = match value.as_integer() {
        Some(number) => format!("`{key}` is {}", number.as_str()),
        None => format!("`{key}` is a {}", value.type_str()),
    };
    faults.push(Diagnostic::error(at, found).expected(expected));
    None
}
