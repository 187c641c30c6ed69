//! Content codings that the plugin offers.

use super::{composed, fault};
use crate::rules::answer::judge_allowed;
use crate::rules::fault::why_no_request;
use crate::rules::judgement::{Judgement, NotPassed};
use crate::rules::precondition::Precondition;
use crate::rules::rule::{Level, Rule};
use crate::run::RunRecord;
use crate::run::scripts::ONE_CALL;
use crate::testbed::transcript::Event;
use crate::testbed::wire::{Body, WireResponse};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "http/gzip",
    level: Level::Must,
    title: "If the plugin offers gzip, it accepts the allow response in gzip.",
    clause: "A server or a cache may use every content coding that the request offers (RFC 9110, section 12.5.3).",
    expected: "ENTITLEMENT_SUCCESS.",
    help: "Offer no coding (send no Accept-Encoding), or let the library that offers it decode the body: set CURLOPT_ACCEPT_ENCODING instead of writing the field, and do not set it in Go, whose transport then no longer decodes.",
    needs: &[Precondition::AcceptsAllow],
    examination: fault(
        composed(WireResponse {
            body: Body::Gzip,
            ..WireResponse::ALLOW
        }),
        ONE_CALL,
        decoded,
    ),
}];

fn decoded(record: &RunRecord) -> Judgement {
    record.calls_returned()?;
    record.loaded()?;
    let entries = record.transcript.entries.iter();
    let question = record.control.question.as_ref();
    let mut heads = entries
        .filter_map(|entry| match &entry.event {
            Event::Request {
                head, host, target, ..
            } if question.is_none_or(|known| known.is_for(host, target)) => {
                Some(head.text.as_str())
            }
            _ => None,
        })
        .peekable();
    if heads.peek().is_none() {
        return Err(NotPassed::skipped(why_no_request(record)));
    }
    if !heads.all(offers_gzip) {
        return Err(NotPassed::not_applicable("the plugin does not offer gzip"));
    }
    judge_allowed(record)
}

/// Whether a head, one field a line, accepts a response in gzip.
fn offers_gzip(head: &str) -> bool {
    let offers = head.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("accept-encoding")
            .then_some(value)
    });
    offers.flat_map(|value| value.split(',')).any(|offer| {
        let (coding, quality) = offer.split_once(';').unwrap_or((offer, ""));
        let never = quality
            .trim()
            .strip_prefix("q=")
            .and_then(|quality| quality.parse::<f64>().ok())
            .is_some_and(|quality| quality <= 0.0);
        coding.trim().eq_ignore_ascii_case("gzip") && !never
    })
}

#[cfg(test)]
mod tests {
    use super::offers_gzip;

    #[test]
    fn an_offer_names_gzip_and_does_not_refuse_it() {
        for head in [
            "host: a\naccept-encoding: gzip\n",
            "Accept-Encoding: br, GZIP;q=0.5\n",
            "accept-encoding: br\naccept-encoding: deflate, gzip\n",
        ] {
            assert!(offers_gzip(head), "{head}");
        }
        for head in [
            "host: gzip\n",
            "accept-encoding: identity, gzip;q=0\n",
            "accept-encoding: *;q=0, br\n",
            "",
        ] {
            assert!(!offers_gzip(head), "{head}");
        }
    }
}
