//! A plugin with a switch for each way to break a rule of the contract.
//!
//! Without a fault it is as good as the sample `carrier-json`. The setting `fault` names one rule,
//! and that rule is broken, with as few others as can be: so that a test can show that the harness
//! sees each fault, and blames nothing else for it.
//!
//! Nothing here is to be copied. What the SDK's client refuses to do is done by `lenient`, and
//! what its entry prevents by `entry`.

mod answer;
mod carrier;
mod connect;
mod dns;
mod entry;
mod host;
mod http;
mod lenient;
mod load;
mod own;
mod threads;
mod time;
mod tls;

use ics_entitlement::{Context, Decision, Unavailable};
use serde::Deserialize;

/// The table `[plugin]` of the settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    fault: Option<String>,
}

/// What a check, or a step of it, comes to.
type Checked<T = Decision> = Result<T, Unavailable>;

/// Asks the server, in the way that the settings want it to go wrong.
fn check(context: &Context) -> Checked {
    let Some(fault) = context.settings::<Settings>()?.fault else {
        return carrier::ask(context);
    };
    let (group, rule) = fault.split_once('/').unwrap_or((&fault, ""));
    let checked = match group {
        "answer" => answer::check(rule, context),
        "connect" => connect::check(rule, context),
        "dns" => dns::check(rule, context),
        "host" => host::check(rule, context),
        "http" => http::check(rule, context),
        "load" => load::check(rule, context),
        "threads" => threads::check(rule, context),
        "time" => time::check(rule, context),
        "tls" => tls::check(rule, context),
        _ => None,
    };
    checked.unwrap_or_else(|| Err(Unavailable::because(format!("there is no fault `{fault}`"))))
}
