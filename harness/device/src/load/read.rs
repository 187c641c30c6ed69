//! Reads a file of habits, which is TOML, and reports every fault with its place.

use std::time::Duration;

use super::distribution::Span;
use super::read_distribution::{needed, span, time_of_day};
use super::{AskAgain, Habits, Outage, Population, Retry};
use crate::document::{Diagnostic, Diagnostics, Span as Place};
use crate::service::CHECK_LIMIT;
use crate::simulation::Clock;
use crate::simulation::table::{Fields, parse};

/// More sessions a day than this are no habit.
const MOST_SESSIONS: f64 = 48.0;
/// So many attempts end each wish.
const MOST_ATTEMPTS: usize = 1000;
const DEFAULT_TAKES: Duration = Duration::from_millis(500);

impl Population {
    /// Reads a file of habits: `[habits]`, `[[outage]]` and `date`.
    ///
    /// # Errors
    /// Every fault, with its place.
    pub fn read(text: &str) -> Result<Self, Diagnostics> {
        let mut faults = Diagnostics::new();
        let root = parse(text, &mut faults);
        // A missing field of the root table is reported at the file's beginning.
        let mut fields = Fields::new(root.get_ref(), Place::point(0));
        let date = fields.date("date", &mut faults);
        if fields.place("habits").is_none() {
            let fault = Diagnostic::error(fields.at(), "`habits` is missing");
            faults.push(fault.expected("a table `[habits]`, which says what users do"));
        }
        let habits = fields.table("habits", &mut faults);
        let habits = habits.and_then(|habits| read_habits(habits, &mut faults));
        let outages = outages(&mut fields, &mut faults);
        fields.finish("the load of many devices", &mut faults);
        match habits.filter(|_| !faults.refuse()) {
            Some(habits) => Ok(Self {
                date,
                habits,
                outages,
            }),
            None => Err(faults),
        }
    }
}

fn read_habits(mut fields: Fields<'_>, faults: &mut Diagnostics) -> Option<Habits> {
    let users = fields.real("users", 0.0..=1.0, faults);
    let sessions = fields.real("sessions", 0.0..=MOST_SESSIONS, faults);
    let on = time_of_day(&mut fields, "on", faults);
    let varies = fields.duration("varies", faults);
    needed(&fields, "lasts", "\"30m\"", faults);
    let lasts = span(&mut fields, "lasts", faults);
    let retry = fields.table("retry", faults);
    let retry = retry.map_or(
        Some(Retry {
            share: 0.0,
            after: Span::Fixed(0),
            most: 0,
        }),
        |retry| read_retry(retry, faults),
    );
    let denied = fields.real("denied", 0.0..=1.0, faults);
    let takes = takes(&mut fields, DEFAULT_TAKES, faults);
    let jitter = jitter(&mut fields, faults);
    fields.finish("habits", faults);
    Some(Habits {
        users: users.unwrap_or(1.0),
        sessions: sessions.unwrap_or(1.0),
        on: on?,
        varies: varies.map(|varies| millis(varies.value)),
        lasts: lasts?,
        retry: retry?,
        denied: denied.unwrap_or(0.0),
        takes,
        jitter,
    })
}

fn read_retry(mut fields: Fields<'_>, faults: &mut Diagnostics) -> Option<Retry> {
    let share = share(&mut fields, faults);
    needed(&fields, "after", "\"1m\"", faults);
    let after = span(&mut fields, "after", faults);
    let at = fields.place("most");
    let most = fields.number("most", faults);
    if let (Some(at), Some(most)) = (at, most.filter(|most| *most > MOST_ATTEMPTS)) {
        let fault = Diagnostic::error(at, format!("`most` is {most}"));
        faults.push(fault.expected(format!("a whole number up to {MOST_ATTEMPTS}")));
    }
    fields.finish("retries", faults);
    Some(Retry {
        share: share?,
        after: after?,
        most: most.unwrap_or(3) as u64,
    })
}

fn outages(fields: &mut Fields<'_>, faults: &mut Diagnostics) -> Vec<Outage> {
    let mut all = Vec::new();
    for table in fields.tables("outage", faults) {
        let at = table.at();
        all.extend(read_outage(table, faults).map(|outage| (outage, at)));
    }
    all.sort_by_key(|(outage, _)| outage.from);
    for pair in all.windows(2) {
        let [(before, _), (outage, at)] = pair else {
            continue;
        };
        if outage.from < before.to {
            let found = "this outage begins before the last one has ended";
            let expected = format!("a beginning from {} on", Clock(before.to));
            faults.push(Diagnostic::error(*at, found).expected(expected));
        }
    }
    all.into_iter().map(|(outage, _)| outage).collect()
}

fn read_outage(mut fields: Fields<'_>, faults: &mut Diagnostics) -> Option<Outage> {
    let from = fields.needed_moment("from", faults);
    let to = fields.needed_moment("to", faults);
    let takes = takes(&mut fields, CHECK_LIMIT, faults);
    let again = fields.table("ask-again", faults);
    let ask_again = again.map_or(
        Some(AskAgain {
            share: 1.0,
            after: Span::Fixed(0),
        }),
        |again| read_ask_again(again, faults),
    );
    fields.finish("an outage", faults);
    let (from, to) = (from?, to?);
    if to.value <= from.value {
        let expected = format!("a time after {}", Clock(from.value));
        faults
            .push(Diagnostic::error(to.at, "the outage ends before it begins").expected(expected));
    }
    Some(Outage {
        from: from.value,
        to: to.value,
        takes,
        ask_again: ask_again?,
    })
}

fn read_ask_again(mut fields: Fields<'_>, faults: &mut Diagnostics) -> Option<AskAgain> {
    let share = share(&mut fields, faults);
    let after = match fields.place("after") {
        Some(_) => span(&mut fields, "after", faults),
        None => Some(Span::Fixed(0)),
    };
    fields.finish("the end of an outage", faults);
    Some(AskAgain {
        share: share?,
        after: after?,
    })
}

fn share(fields: &mut Fields<'_>, faults: &mut Diagnostics) -> Option<f64> {
    needed(fields, "share", "0.5", faults);
    fields.real("share", 0.0..=1.0, faults)
}

fn takes(fields: &mut Fields<'_>, default: Duration, faults: &mut Diagnostics) -> Span {
    let takes = span(fields, "takes", faults);
    takes.unwrap_or(Span::Fixed(millis(default)))
}

fn jitter(fields: &mut Fields<'_>, faults: &mut Diagnostics) -> u64 {
    let Some(jitter) = fields.duration("jitter", faults) else {
        return 0;
    };
    if let Err(expected) = Habits::jitter(jitter.value) {
        let found = "the service would give up before the plugin asks";
        faults.push(Diagnostic::error(jitter.at, found).expected(expected));
    }
    millis(jitter.value)
}

impl Habits {
    /// The longest wait of a plugin before it asks, in milliseconds.
    ///
    /// # Errors
    /// What was expected.
    pub fn jitter(longest: Duration) -> Result<u64, &'static str> {
        if longest >= CHECK_LIMIT {
            return Err("a duration of less than `60s`, after which the service gives up");
        }
        Ok(millis(longest))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
