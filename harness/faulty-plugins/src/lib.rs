//! A fixture of the harness's tests: a plugin that breaks one rule of the contract on purpose.
//!
//! The setting `fault` names the rule, which is broken with as few others as possible, so that a test
//! can show that the harness detects each fault and reports no other. Without a fault the plugin
//! conforms like the sample `carrier-json`.
//!
//! The groups `ts43` and `signed-token` are faults in the protocols of those samples. The group alone,
//! as in `fault = "ts43"`, is the sample's protocol without a fault.
//!
//! Do not use this code as an example. `lenient` does what the SDK's client refuses to do, and `entry`
//! what its exported function prevents.

mod answer;
mod carrier;
mod connect;
mod content;
mod dns;
mod entry;
mod host;
mod http;
mod http2;
mod lenient;
mod load;
mod own;
mod privacy;
mod signed_token;
mod steps;
mod threads;
mod time;
mod tls;
mod ts43;

use ics_entitlement::{Context, Decision, Unavailable};
use serde::Deserialize;

/// The table `[plugin]` of the settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    fault: Option<String>,
}

/// The result of a check, or of a step of it.
type Checked<T = Decision> = Result<T, Unavailable>;

/// Checks the entitlement with the fault that the settings name.
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
        "http2" => http2::check(rule, context),
        "load" => load::check(rule, context),
        "privacy" => privacy::check(rule, context),
        "signed-token" => signed_token::check(rule, context),
        "profile" | "steps" => steps::check(rule, context),
        "threads" => threads::check(rule, context),
        "time" => time::check(rule, context),
        "tls" => tls::check(rule, context),
        "ts43" => ts43::check(rule, context),
        _ => None,
    };
    checked.unwrap_or_else(|| Err(Unavailable::because(format!("there is no fault `{fault}`"))))
}
