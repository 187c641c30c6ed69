//! Faulty responses in HTTP/2. They apply to plugins that speak it, by ALPN or with prior knowledge.

use super::answer::judge_allowed;
use super::fault::{self, Exposure, ServerResponse};
use super::http::size::{GROWTH_LIMIT, WATCHED};
use super::http::{CLAUSE, EXPECTED, HELP_FRAMING, HELP_SIZE};
use super::judgement::{Consequence, Judgement, NotPassed};
use super::precondition::Precondition;
use super::rule::{Examination, Level, Rule, RunJudge};
use crate::run::RunRecord;
use crate::run::scripts::{self, TWO_CALLS};
use crate::testbed::{FrameFault, Http, Scenario};
use crate::worker::script::Step;

const NEEDS: &[Precondition] = &[Precondition::AcceptsAllow, Precondition::SpeaksHttp2];

const HELP_ERROR: &str = "Treat every error of a stream or a connection as no response: map it to ENTITLEMENT_UNAVAILABLE, whatever its error code.";
const HELP_DEADLINE: &str = "Put the whole call under one deadline: in HTTP/2 the connection can live on, with PING and SETTINGS, while the stream gets nothing.";

pub(super) const RULES: &[Rule] = &[
    broken(
        "http2/reset-stream",
        "If the server resets the stream before the response, the plugin returns UNAVAILABLE.",
        HELP_ERROR,
        FrameFault::ResetBeforeResponse,
        unanswered,
    ),
    broken(
        "http2/reset-in-body",
        "If the stream is reset before its end, the plugin returns UNAVAILABLE, even if the allow response arrived completely.",
        HELP_FRAMING,
        FrameFault::ResetInBody,
        damaged,
    ),
    broken(
        "http2/goaway",
        "If the server sends GOAWAY instead of a response, the plugin returns UNAVAILABLE.",
        HELP_ERROR,
        FrameFault::GoAway,
        unanswered,
    ),
    Rule {
        clause: "A server sends GOAWAY whenever it restarts or is busy, and the Internet Sharing service checks again and again.",
        expected: "ENTITLEMENT_SUCCESS from both calls.",
        examination: examined(FrameFault::GoAwayAfterResponse, TWO_CALLS, after_goaway),
        ..broken(
            "http2/goaway-after-response",
            "A GOAWAY after the complete response makes neither this call fail nor the next one.",
            "Use the response of a stream that has ended, whatever happens to the connection afterwards; open a new connection for each call, or retry once on a new one if a kept one is closed.",
            FrameFault::GoAwayAfterResponse,
            after_goaway,
        )
    },
    broken(
        "http2/stalled-body",
        "If the head of the response arrives and its body does not, the plugin returns UNAVAILABLE within the deadline.",
        HELP_DEADLINE,
        FrameFault::Stalled,
        damaged,
    ),
    Rule {
        clause: "Compressed header fields (RFC 7541) stand for many times their size, and CONTINUATION frames need not end; the process belongs to the service.",
        expected: "ENTITLEMENT_UNAVAILABLE within the deadline; the process grows by at most 64 MiB.",
        examination: examined(FrameFault::HeaderBomb, WATCHED, bomb),
        ..broken(
            "http2/header-bomb",
            "If compressed header fields never end, the plugin returns UNAVAILABLE within the deadline, and the process does not grow by more than 64 MiB.",
            "Limit the size of the header fields after they are decoded, to some KiB, and end the connection when the limit is passed (h2 `max_header_list_size`, Go's MaxResponseHeaderBytes; libcurl has a limit of its own).",
            FrameFault::HeaderBomb,
            bomb,
        )
    },
    broken(
        "http2/cut-body",
        "If the connection is closed before the stream has ended, the plugin returns UNAVAILABLE, even if the allow response arrived completely.",
        HELP_FRAMING,
        FrameFault::CutBody,
        damaged,
    ),
    broken(
        "http2/longer-length",
        "If the body is shorter than its Content-Length, the plugin returns UNAVAILABLE, even if the allow response arrived completely.",
        "Compare the sum of the DATA frames with Content-Length where the library does not: such a response is malformed (RFC 9113, section 8.1.1).",
        FrameFault::LongerLength,
        damaged,
    ),
    broken(
        "http2/silent",
        "If the server reads the request and does not respond, the plugin returns UNAVAILABLE within the deadline.",
        HELP_DEADLINE,
        FrameFault::Silent,
        unanswered,
    ),
    broken(
        "http2/endless-body",
        "If the body never ends, the plugin returns UNAVAILABLE within the deadline, even if the body begins with the allow response.",
        HELP_SIZE,
        FrameFault::EndlessBody,
        damaged,
    ),
];

/// A rule about a fault of frames.
const fn broken(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    fault: FrameFault,
    judge: RunJudge,
) -> Rule {
    let scenario = scenario(fault);
    Rule {
        id,
        level: Level::Must,
        title,
        clause: CLAUSE,
        expected: EXPECTED,
        help,
        needs: NEEDS,
        examination: Examination::run(scenario, scripts::usual(&scenario), judge),
    }
}

const fn examined(fault: FrameFault, script: &'static [Step], judge: RunJudge) -> Examination {
    Examination::run(scenario(fault), script, judge)
}

const fn scenario(fault: FrameFault) -> Scenario {
    Scenario {
        http: Http::BrokenFrames(fault),
        ..Scenario::ALLOW
    }
}

fn damaged(record: &RunRecord) -> Judgement {
    fault::judge(record, Exposure::Http2Request, ServerResponse::Damaged)
}

fn unanswered(record: &RunRecord) -> Judgement {
    fault::judge(record, Exposure::Http2Request, ServerResponse::None)
}

fn after_goaway(record: &RunRecord) -> Judgement {
    record.calls_returned()?;
    record.loaded()?;
    if record.transcript.http_2_requests() == 0 {
        return Err(NotPassed::skipped(fault::NOT_IN_HTTP_2));
    }
    judge_allowed(record)
}

/// Header fields cannot have been complete, and they must not have been kept.
fn bomb(record: &RunRecord) -> Judgement {
    let seen = unanswered(record)?;
    let Some((before, after)) = record.before_and_after() else {
        return Err(NotPassed::skipped("there is no second snapshot"));
    };
    let growth = after.peak_memory.saturating_sub(before.peak_memory);
    let grown = format!("the process grew by {} MiB in the call", growth >> 10);
    if growth > GROWTH_LIMIT {
        return Err(NotPassed::failed(grown).with_consequence(Consequence::Leaks));
    }
    Ok(format!("{seen}; {grown}"))
}
