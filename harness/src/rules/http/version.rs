//! Versions of HTTP that the plugin offers.

use super::fault;
use crate::rules::answer::judge_allowed;
use crate::rules::fault::why_no_request;
use crate::rules::judgement::{Judgement, NotPassed};
use crate::rules::precondition::Precondition;
use crate::rules::rule::{Level, Rule};
use crate::run::RunRecord;
use crate::run::scripts::ONE_CALL;
use crate::testbed::Http;
use crate::testbed::transcript::{Event, Handshake};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "http/http-2",
    level: Level::Must,
    title: "If the plugin offers HTTP/2 by ALPN, it accepts the allow response in HTTP/2.",
    clause: "A server may choose every protocol that the ClientHello offers (RFC 7301, section 3.2); the operator's load balancer does without asking.",
    expected: "ENTITLEMENT_SUCCESS.",
    help: "Offer `h2` by ALPN only if the library speaks it, and read afterwards which protocol was chosen; or offer `http/1.1` alone (CURL_HTTP_VERSION_1_1, reqwest `http1_only()`, an empty TLSNextProto in Go).",
    needs: &[Precondition::AcceptsAllow, Precondition::SpeaksTls],
    examination: fault(Http::Http2, ONE_CALL, in_http_2),
}];

fn in_http_2(record: &RunRecord) -> Judgement {
    record.calls_returned()?;
    record.loaded()?;
    let entries = &record.transcript.entries;
    let chosen = entries.iter().any(|entry| {
        matches!(
            &entry.event,
            Event::Handshake {
                outcome: Handshake::CompletedForHttp2(_),
                ..
            }
        )
    });
    match chosen {
        true => judge_allowed(record),
        false if record.transcript.requests() == 0 => {
            Err(NotPassed::skipped(why_no_request(record)))
        }
        false => Err(NotPassed::not_applicable(
            "the plugin does not offer HTTP/2 by ALPN",
        )),
    }
}
