//! Faults in the protocol of the sample `ts43`: what its documents and statuses mean, and how often
//! the server is asked.
//!
//! A [`Manner`] describes a plugin; the default one is correct.

mod document;
#[cfg(test)]
mod tests;

use std::time::Duration;

use document::{Characteristic, Strictness};
use ics_entitlement::{Context, Decision, Response, Unavailable};

use crate::{Checked, lenient};

/// The application that is asked for, as in the sample's settings.
const APP: &str = "ap2099";
/// The token of the first question.
const TOKEN: &str = "4f3c2aZQ";
const XML: &str = "text/vnd.wap.connectivity-xml";
const SHORT_XML: &str = "text/vnd.wap.connectivity";
const ACCEPT: &str = "application/vnd.gsma.eap-relay.v1.0+json, text/vnd.wap.connectivity-xml";
/// The statuses that a fault may give a meaning to.
const STATUSES: [u16; 8] = [302, 400, 403, 405, 406, 500, 503, 511];

/// How a plugin understands the protocol.
#[derive(Clone, Copy)]
struct Manner {
    /// The statuses of an application that allow.
    allows: &'static [&'static str],
    /// Those that deny.
    denies: &'static [&'static str],
    /// The result of every other one.
    unknown: Option<Decision>,
    /// Whose status is read.
    whose: Whose,
    /// Which of two statuses counts.
    of_two: OfTwo,
    /// The result where there is no status.
    without_status: Option<Decision>,
    /// The result of a document that withdraws the configuration, if it is not UNAVAILABLE.
    withdrawn: Withdrawn,
    /// The result of a challenge for the SIM.
    challenge: Option<Decision>,
    /// An HTTP status with another result than the right one.
    http_status: Option<(u16, Option<Decision>)>,
    /// Whether the document counts whatever the HTTP status, except 403.
    ignores_http_status: bool,
    /// How often a stale token is followed by another question, and whether that has a token again.
    after_511: (u32, bool),
    /// What `Retry-After` is followed by.
    after_503: After503,
    /// Whether names are compared with their letter case.
    compares_case: bool,
    strictness: Strictness,
    /// Whether the shorter content type is refused.
    refuses_short_type: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Ours,
    First,
    /// The highest status of all, so that one enabled application is enough.
    Any,
    /// Also a status within a part of the application.
    OursOrNested,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OfTwo {
    Neither,
    First,
    Last,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Withdrawn {
    Unavailable,
    Ignored,
    Denies,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum After503 {
    /// One more question after the time that the server asks for, if the deadline permits.
    OneQuestion,
    /// Questions until the deadline, without a pause.
    Questions,
    /// Waits the whole time.
    LongWait,
    /// A date is taken for no time at all, and asked about again and again.
    DatesAreNow,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            allows: &["1"],
            denies: &["0", "2", "3"],
            unknown: None,
            whose: Whose::Ours,
            of_two: OfTwo::Neither,
            without_status: None,
            withdrawn: Withdrawn::Unavailable,
            challenge: None,
            http_status: None,
            ignores_http_status: false,
            after_511: (1, false),
            after_503: After503::OneQuestion,
            compares_case: false,
            strictness: Strictness::default(),
            refuses_short_type: false,
        }
    }
}

pub(crate) fn check(fault: &str, context: &Context) -> Option<Checked> {
    if fault == "token-in-cleartext" {
        return Some(report_in_cleartext(context));
    }
    Some(ask(context, &manner(fault)?))
}

/// The manner with that fault.
fn manner(fault: &str) -> Option<Manner> {
    let mut manner = Manner::default();
    match fault {
        "" => {}
        // Takes 0 for "no error".
        "zero-allows" => (manner.allows, manner.denies) = (&["0", "1"], &["2", "3"]),
        // Everything but "disabled" is some kind of enabled.
        "incompatible-allows" => (manner.allows, manner.denies) = (&["1", "2"], &["0", "3"]),
        "provisioning-allows" => (manner.allows, manner.denies) = (&["1", "3"], &["0", "2"]),
        // Waits for the end of the provisioning, and never hears that there is no service until then.
        "provisioning-undecided" => manner.denies = &["0", "2"],
        "unknown-status-denies" => manner.unknown = Some(Decision::NotEntitled),
        "first-application" => manner.whose = Whose::First,
        "any-application" => manner.whose = Whose::Any,
        "nested-status" => manner.whose = Whose::OursOrNested,
        "first-of-two" => manner.of_two = OfTwo::First,
        "last-of-two" => manner.of_two = OfTwo::Last,
        // The document came, so the service is known.
        "version-allows" => manner.without_status = Some(Decision::Entitled),
        "no-status-denies" => manner.without_status = Some(Decision::NotEntitled),
        "ignores-version" => manner.withdrawn = Withdrawn::Ignored,
        "withdrawn-denies" => manner.withdrawn = Withdrawn::Denies,
        "challenge-denies" => manner.challenge = Some(Decision::NotEntitled),
        "ignores-http-status" => manner.ignores_http_status = true,
        "302-denies" => manner.http_status = Some((302, Some(Decision::NotEntitled))),
        "400-denies" => manner.http_status = Some((400, Some(Decision::NotEntitled))),
        "406-denies" => manner.http_status = Some((406, Some(Decision::NotEntitled))),
        "500-denies" => manner.http_status = Some((500, Some(Decision::NotEntitled))),
        "503-denies" => manner.http_status = Some((503, Some(Decision::NotEntitled))),
        "511-denies" => manner.http_status = Some((511, Some(Decision::NotEntitled))),
        // The last answer is unknown, but users should not suffer from it.
        "503-allows" => manner.http_status = Some((503, Some(Decision::Entitled))),
        "403-undecided" => manner.http_status = Some((403, None)),
        "511-loop" => manner.after_511 = (1000, true),
        "503-loop" => manner.after_503 = After503::Questions,
        "503-waits" => manner.after_503 = After503::LongWait,
        "503-date-loop" => manner.after_503 = After503::DatesAreNow,
        "compares-case" => manner.compares_case = true,
        "strict-ampersands" => manner.strictness.ampersands = true,
        "takes-fragments" => manner.strictness.takes_fragments = true,
        "refuses-short-type" => manner.refuses_short_type = true,
        _ => return None,
    }
    Some(manner)
}

/// Asks, and tells a server for statistics the token over cleartext HTTP.
fn report_in_cleartext(context: &Context) -> Checked {
    let decision = ask(context, &Manner::default())?;
    // The report is not needed for the answer.
    let _ = lenient::ask_in_cleartext(context, Some(&format!("/statistics?token={TOKEN}")));
    Ok(decision)
}

fn ask(context: &Context, manner: &Manner) -> Checked {
    let client = context.client();
    context.block_on(async {
        let mut token = Some(TOKEN);
        let (mut stale_left, keeps_token) = manner.after_511;
        let mut may_wait = true;
        loop {
            let mut request = client
                .get("")
                .query(
                    "terminal_id",
                    "urn:uuid:f3a1cbe2-ad5e-4c1b-b6fe-d4e0c2fb7a91",
                )
                .query("terminal_vendor", "OEM")
                .query("terminal_model", "hotspot")
                .query("terminal_sw_version", "1.0")
                .query("entitlement_version", "11.0")
                .query("app", APP)
                .query("vers", "0")
                .header("accept", ACCEPT);
            if let Some(token) = token {
                request = request.query("token", token);
            }
            for status in STATUSES {
                request = request.accept_status(status);
            }
            let response = request.send().await?;
            let status = response.status();
            if let Some((_, decision)) = manner.http_status.filter(|(of, _)| *of == status) {
                let reason = || Unavailable::because(format!("status {status}"));
                return decision.ok_or_else(reason);
            }
            match status {
                200 => return meaning(response, manner).await,
                403 => return Ok(Decision::NotEntitled),
                _ if manner.ignores_http_status => return meaning(response, manner).await,
                503 => wait(context, &response, manner, &mut may_wait)?,
                511 if stale_left > 0 => {
                    stale_left -= 1;
                    token = token.filter(|_| keeps_token);
                }
                status => return Err(Unavailable::because(format!("status {status}"))),
            }
        }
    })?
}

/// Waits as `Retry-After` says.
fn wait(
    context: &Context,
    response: &Response,
    manner: &Manner,
    may_wait: &mut bool,
) -> Result<(), Unavailable> {
    let value = response.header("retry-after").unwrap_or_default();
    // The correct plugin here reads seconds alone, which is enough for a fixture.
    let seconds = value.parse::<u64>().ok().map(Duration::from_secs);
    let fits = |pause: &Duration| *pause < context.time_left();
    let pause = match manner.after_503 {
        After503::Questions => return Ok(()),
        After503::DatesAreNow if seconds.is_none() => return Ok(()),
        After503::LongWait => seconds.map(|pause| pause.min(Duration::from_secs(20))),
        After503::OneQuestion | After503::DatesAreNow => {
            seconds.filter(fits).filter(|_| std::mem::take(may_wait))
        }
    };
    let pause = pause.ok_or_else(|| Unavailable::because("status 503"))?;
    std::thread::sleep(pause);
    Ok(())
}

/// The decision that a response means.
async fn meaning(response: Response, manner: &Manner) -> Checked {
    let kind = response.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_xml = kind.eq_ignore_ascii_case(XML)
        || (kind.eq_ignore_ascii_case(SHORT_XML) && !manner.refuses_short_type);
    let characteristics = if is_xml {
        let kind = kind.to_ascii_lowercase();
        document::of_xml(&response.text_of(&kind).await?, manner.strictness)?
    } else {
        let kind = match kind {
            "application/json" => kind.to_owned(),
            _ => "application/vnd.gsma.eap-relay.v1.0+json".to_owned(),
        };
        let (characteristics, packet) = document::of_json(&response.text_of(&kind).await?)?;
        if packet.is_some() {
            return manner
                .challenge
                .ok_or_else(|| Unavailable::because("there is no SIM"));
        }
        characteristics
    };
    decide(&characteristics, manner)
}

fn decide(characteristics: &[Characteristic], manner: &Manner) -> Checked {
    let same = |one: &str, other: &str| match manner.compares_case {
        true => one == other,
        false => one.eq_ignore_ascii_case(other),
    };
    let values = |parms: &[(String, String)], name: &str| -> Vec<String> {
        let named = parms.iter().filter(|(other, _)| same(other, name));
        named.map(|(_, value)| value.clone()).collect()
    };
    // In JSON it is `Vers`.
    let versions = characteristics
        .iter()
        .filter(|one| one.kind.eq_ignore_ascii_case("VERS"));
    for vers in versions {
        let number = |name| values(&vers.parms, name).first()?.parse::<i64>().ok();
        let is_valid = number("version").is_some_and(|version| version > 0)
            && number("validity").is_some_and(|validity| validity >= 0);
        match manner.withdrawn {
            _ if is_valid => {}
            Withdrawn::Ignored => {}
            Withdrawn::Denies => return Ok(Decision::NotEntitled),
            Withdrawn::Unavailable => {
                return Err(Unavailable::because("the configuration is withdrawn"));
            }
        }
    }
    let is_ours = |one: &&Characteristic| {
        let ids = values(&one.parms, "AppID");
        manner.whose == Whose::First || manner.whose == Whose::Any || ids.iter().any(|id| id == APP)
    };
    let applications = characteristics
        .iter()
        .filter(|one| same(&one.kind, "APPLICATION"))
        .filter(is_ours);
    let mut statuses: Vec<String> = Vec::new();
    for application in applications {
        statuses.extend(values(&application.parms, "EntitlementStatus"));
        if manner.whose == Whose::OursOrNested {
            statuses.extend(values(&application.nested, "EntitlementStatus"));
        }
    }
    if manner.whose == Whose::Any {
        statuses.sort_by_key(|status| status != "1");
    }
    let is_one = statuses.len() == 1 || matches!(manner.whose, Whose::First | Whose::Any);
    let status = match manner.of_two {
        OfTwo::Last => statuses.last(),
        OfTwo::First => statuses.first(),
        OfTwo::Neither => statuses.first().filter(|_| is_one),
    };
    let Some(status) = status.map(String::as_str) else {
        return match manner.without_status.filter(|_| statuses.is_empty()) {
            Some(decision) => Ok(decision),
            None => Err(Unavailable::because("not one status of the application")),
        };
    };
    if manner.allows.contains(&status) {
        Ok(Decision::Entitled)
    } else if manner.denies.contains(&status) {
        Ok(Decision::NotEntitled)
    } else {
        let unknown = || Unavailable::because(format!("status {status}"));
        manner.unknown.ok_or_else(unknown)
    }
}
