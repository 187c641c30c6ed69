//! Reads distributions of a file of habits.

use rand_distr::weighted::WeightedAliasIndex;

use super::distribution::{DAY, Span, TimeOfDay};
use crate::document::names::{one_of, quoted};
use crate::document::{Diagnostic, Diagnostics, Located};
use crate::service::Moment;
use crate::simulation::parse_moment;
use crate::simulation::table::{Fields, TextOrTable, duration};

const SPAN: &str = "a duration such as `\"30m\"`, or a distribution such as `{ exponential = { mean = \"30m\" } }`";
const SPANS: [&str; 4] = ["uniform", "normal", "exponential", "log-normal"];
const TIME: &str = "a time such as `\"19:00\"`, or a distribution such as \
                    `{ normal = { mean = \"19:00\", deviation = \"2h\" } }`";
const TIMES: [&str; 3] = ["uniform", "normal", "hours"];
const HOURS: &str = "24 weights, one for each hour of the day, of which one at least is not 0";

/// The distribution of a duration.
pub(super) fn span(
    fields: &mut Fields<'_>,
    key: &'static str,
    faults: &mut Diagnostics,
) -> Option<Span> {
    let mut fields = match fields.text_or_table(key, SPAN, faults)? {
        TextOrTable::Text(text) => {
            return duration(key, text, faults).map(|fixed| Span::Fixed(millis(fixed)));
        }
        TextOrTable::Table(fields) => fields,
    };
    let kind = kind(&fields, &SPANS, faults)?;
    let mut fields_of = fields.table(kind, faults)?;
    let read = match kind {
        "uniform" => uniform_span(&mut fields_of, faults),
        "normal" => {
            let mean = needed_duration(&mut fields_of, "mean", faults);
            let deviation = needed_duration(&mut fields_of, "deviation", faults);
            mean.zip(deviation)
                .map(|(mean, deviation)| Span::Normal { mean, deviation })
        }
        "exponential" => {
            let mean = needed_duration(&mut fields_of, "mean", faults);
            mean.map(|mean| Span::Exponential { mean })
        }
        _ => {
            let median = needed_duration(&mut fields_of, "median", faults);
            needed(&fields_of, "factor", "2.5", faults);
            let factor = fields_of.real("factor", 1.0..=100.0, faults);
            median
                .zip(factor)
                .map(|(median, factor)| Span::LogNormal { median, factor })
        }
    };
    fields_of.finish("this distribution", faults);
    fields.finish("a distribution", faults);
    read
}

fn uniform_span(fields: &mut Fields<'_>, faults: &mut Diagnostics) -> Option<Span> {
    let from = needed_duration(fields, "from", faults);
    needed(fields, "to", "\"1h\"", faults);
    let to = fields.duration("to", faults);
    let (from, to) = (from?, to?);
    if millis(to) < from {
        let found = "`to` is less than `from`";
        faults.push(Diagnostic::error(to.at, found).expected("a longer duration"));
        return None;
    }
    Some(Span::Uniform(from, millis(to)))
}

/// The distribution of a time of day.
pub(super) fn time_of_day(
    fields: &mut Fields<'_>,
    key: &'static str,
    faults: &mut Diagnostics,
) -> Option<TimeOfDay> {
    needed(
        fields,
        key,
        "{ normal = { mean = \"19:00\", deviation = \"2h\" } }",
        faults,
    );
    let mut fields = match fields.text_or_table(key, TIME, faults)? {
        TextOrTable::Text(text) => {
            let Ok(time) = parse_moment(text.value) else {
                let found = format!("`{key}` is {}", quoted(text.value));
                faults.push(Diagnostic::error(text.at, found).expected(TIME));
                return None;
            };
            let time = of_day(Located::new(time, text.at), DAY - 1, faults);
            return time.map(TimeOfDay::Fixed);
        }
        TextOrTable::Table(fields) => fields,
    };
    let kind = kind(&fields, &TIMES, faults)?;
    let read = match kind {
        "hours" => hours(&mut fields, faults),
        kind => {
            let mut inner = fields.table(kind, faults)?;
            let read = if kind == "uniform" {
                uniform_time(&mut inner, faults)
            } else {
                let mean = time(&mut inner, "mean", DAY - 1, faults);
                let deviation = needed_duration(&mut inner, "deviation", faults);
                mean.zip(deviation)
                    .map(|(mean, deviation)| TimeOfDay::Normal { mean, deviation })
            };
            inner.finish("this distribution", faults);
            read
        }
    };
    fields.finish("a distribution", faults);
    read
}

fn uniform_time(fields: &mut Fields<'_>, faults: &mut Diagnostics) -> Option<TimeOfDay> {
    let from = time(fields, "from", DAY - 1, faults);
    let to = time(fields, "to", DAY, faults);
    let (from, to) = (from?, to?);
    if from == to {
        let found = "`from` and `to` are the same time";
        let expected = "two times; the whole day is from `00:00` to `24:00`";
        faults.push(Diagnostic::error(fields.at(), found).expected(expected));
        return None;
    }
    Some(TimeOfDay::Uniform(from, to))
}

fn hours(fields: &mut Fields<'_>, faults: &mut Diagnostics) -> Option<TimeOfDay> {
    let weights = fields.reals("hours", HOURS, faults)?;
    let count = weights.value.len();
    let weighted = (count == 24)
        .then(|| WeightedAliasIndex::new(weights.value).ok())
        .flatten();
    if weighted.is_none() {
        let found = match count {
            24 => "a weight is negative, or all are 0".to_owned(),
            _ => format!("`hours` has {count} weights"),
        };
        faults.push(Diagnostic::error(weights.at, found).expected(HOURS));
    }
    weighted.map(|weights| TimeOfDay::Hours(Box::new(weights)))
}

/// The one distribution that a table names.
fn kind(
    fields: &Fields<'_>,
    kinds: &[&'static str],
    faults: &mut Diagnostics,
) -> Option<&'static str> {
    let mut named = kinds.iter().filter(|kind| fields.place(kind).is_some());
    match (named.next(), named.next()) {
        (Some(kind), None) => Some(kind),
        (first, _) => {
            let found = match first {
                Some(_) => "two distributions stand in one",
                None => "this names no distribution that is known here",
            };
            let expected = one_of(kinds.iter().copied());
            faults.push(Diagnostic::error(fields.at(), found).expected(expected));
            None
        }
    }
}

/// Reports that a field is missing.
pub(super) fn needed(
    fields: &Fields<'_>,
    key: &'static str,
    example: &str,
    faults: &mut Diagnostics,
) {
    if fields.place(key).is_none() {
        let fault = Diagnostic::error(fields.at(), format!("`{key}` is missing"));
        faults.push(fault.expected(format!("`{key} = {example}`")));
    }
}

fn needed_duration(
    fields: &mut Fields<'_>,
    key: &'static str,
    faults: &mut Diagnostics,
) -> Option<u64> {
    needed(fields, key, "\"30m\"", faults);
    fields.duration(key, faults).map(millis)
}

fn time(
    fields: &mut Fields<'_>,
    key: &'static str,
    last: u64,
    faults: &mut Diagnostics,
) -> Option<u64> {
    let moment = fields.needed_moment(key, faults)?;
    of_day(moment, last, faults)
}

fn of_day(moment: Located<Moment>, last: u64, faults: &mut Diagnostics) -> Option<u64> {
    let Moment(millis) = moment.value;
    if millis > last {
        let found = "this is no time of day";
        let fault = Diagnostic::error(moment.at, found);
        faults.push(fault.expected("a time such as `\"19:00\"`, which is meant for each day"));
        return None;
    }
    Some(millis)
}

fn millis(duration: Located<std::time::Duration>) -> u64 {
    u64::try_from(duration.value.as_millis()).unwrap_or(u64::MAX)
}
