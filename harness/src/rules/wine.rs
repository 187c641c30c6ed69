//! What the rules can show of a plugin for Windows that is run there, or under Wine.
//!
//! A rule about something that Windows does not have does not apply. Under Wine, one about something that Wine does in another
//! way than Windows is skipped, with that reason: the plugin's own part in it cannot be told from Wine's.

use super::judgement::{Judgement, NotPassed};
use super::rule::{Examination, Rule};
use crate::plugin::inspect::Inspection;
use crate::run::{HostEnvironment, RunSpec};
use crate::testbed::{Scenario, Tcp, Tls};
use crate::worker::script::Step;
use crate::worker::wine::WindowsKind;

/// Wine's libraries with HTTP or TLS. A plugin that uses none of them brings its own, which is judged.
const STACK: &[&str] = &[
    "winhttp.dll",
    "wininet.dll",
    "urlmon.dll",
    "secur32.dll",
    "schannel.dll",
];

/// Rules about what Windows does not have, and what that is.
const NOT_OF_WINDOWS: &[(&str, &str)] = &[
    ("host/sigpipe", "signals"),
    ("host/no-stdio", "file descriptors"),
    ("host/few-descriptors", "limit of descriptors"),
    ("host/no-threads", "limit of a user's threads"),
    ("host/after-fork", "fork"),
    ("host/child-handling", "SIGCHLD"),
    ("host/signals", "signals"),
    ("host/umask", "umask"),
    ("host/limits", "resource limits of a process"),
    ("host/credentials", "Unix users, groups and capabilities"),
    ("host/cancel-state", "cancellation of threads"),
    ("host/resolver", "resolver settings of a thread"),
    (
        "host/locked-memory",
        "locked memory that a plugin could forget",
    ),
    ("host/errno", "errno that all libraries share"),
    ("load/signals", "signals"),
    ("threads/signals", "signals"),
    ("threads/cancel", "cancellation of threads"),
];

/// Rules that cannot be examined on Windows, nor under Wine, and why.
const NOT_SEEN: &[(&str, &str)] = &[
    (
        "host/heap",
        "the checks are those of glibc's heap, which no DLL uses: run it on Windows with page heap (gflags)",
    ),
    (
        "host/briefly-changed",
        "a change that is undone is seen by the system calls of Linux only",
    ),
    (
        "host/address-space",
        "the reserved address space of a process is read on Linux only",
    ),
    (
        "time/clock-jump",
        "the clock that one process sees is set by the imported functions of Linux only",
    ),
];

/// Rules that cannot be examined under Wine, whatever the plugin uses, and why.
const NOT_SEEN_UNDER_WINE: &[(&str, &str)] = &[(
    "threads/small-stack",
    "Wine's functions use another amount of stack than those of Windows",
)];

/// Rules about what Wine's HTTP and TLS do in another way than Windows, and how.
const OF_THE_STACK: &[(&str, &str)] = &[
    ("answer/forgets", POOL),
    (
        "answer/same-words",
        "Wine's HTTP takes the status 100 Continue for the response",
    ),
    ("dns/dead-first-address", ADDRESSES),
    ("dns/many-addresses", ADDRESSES),
    ("http/bad-chunks", CUT),
    ("http/bad-status-line", SYNTAX),
    ("http/chunks-without-end", CUT),
    ("http/cut-without-length", CUT),
    ("http/reset-in-body", CUT),
    ("http/short-body", CUT),
    ("http/short-chunks", CUT),
    ("http/two-lengths", SYNTAX),
    ("http/unasked-response", POOL),
    ("tls/common-name-only", CHAINS),
    ("tls/name-constraint", CHAINS),
    ("tls/old-version", VERSIONS),
    ("tls/revoked-stapled", "Wine reads no stapled response"),
    ("tls/sha1-signature", CHAINS),
    ("tls/truncated", CUT),
    ("tls/weak-cipher", VERSIONS),
    ("tls/weak-key", CHAINS),
];

const ADDRESSES: &str = "Wine's HTTP tries one address of a name only";
const CHAINS: &str = "Wine checks less of certificates than Windows";
const CUT: &str = "Wine's HTTP does not report that a body was cut short";
const POOL: &str = "Wine keeps idle connections longer than the session that opened them";
const SYNTAX: &str = "Wine's HTTP reads malformed responses in another way than Windows";
const TIME: &str = "Wine's HTTP does not keep its time limits on a connection that is open";
const VERSIONS: &str = "versions and cipher suites of TLS are those of Wine";

/// How the report names Wine, and what it says of it. Of Windows it says nothing.
pub fn examined_under(on: WindowsKind<'_>) -> Option<String> {
    match on {
        WindowsKind::Windows => None,
        WindowsKind::Wine(version) => Some(format!("Wine {version}, not Windows")),
    }
}

/// Which of Wine's own libraries with HTTP or TLS a plugin uses, if any: of those that it imports, or that were loaded.
pub fn stack<'a>(names: impl IntoIterator<Item = &'a String>) -> Option<&'static str> {
    let mut names = names.into_iter();
    names.find_map(|name| {
        let mut all = STACK.iter();
        all.find(|known| known.eq_ignore_ascii_case(name)).copied()
    })
}

/// Why a rule is not judged of a plugin there, if it is not. `stack` is the system's library that it uses for HTTP or TLS.
pub fn excluded(rule: &Rule, on: WindowsKind<'_>, stack: Option<&str>) -> Option<NotPassed> {
    let of = |table: &[(&str, &'static str)]| {
        let mut entries = table.iter();
        entries
            .find(|(id, _)| *id == rule.id)
            .map(|(_, reason)| *reason)
    };
    if let Some(what) = of(NOT_OF_WINDOWS) {
        return Some(NotPassed::not_applicable(format!("Windows has no {what}")));
    }
    if let Some(reason) = of(NOT_SEEN) {
        return Some(not_judged(on, reason));
    }
    if on == WindowsKind::Windows {
        return None;
    }
    if let Some(reason) = of(NOT_SEEN_UNDER_WINE) {
        return Some(not_judged(on, reason));
    }
    let library = stack?;
    let reason = of(OF_THE_STACK).or_else(|| match &rule.examination {
        Examination::Run(spec, _) => excluded_run(spec, on, stack),
        Examination::File(_) | Examination::AllRuns(_) => None,
    })?;
    Some(not_judged(
        on,
        &format!("{reason}, and the plugin uses its {library}"),
    ))
}

/// Why a run shows nothing of a plugin there, if it does not: for rules over all runs, too.
pub fn excluded_run(
    spec: &RunSpec<'_>,
    on: WindowsKind<'_>,
    stack: Option<&str>,
) -> Option<&'static str> {
    if spec.environment == HostEnvironment::CheckedHeap {
        return Some("it is about glibc's heap");
    }
    let foreign = |step: &Step| {
        matches!(
            step,
            Step::CancelledCall { .. }
                | Step::CallInFork
                | Step::CallWithClockSetBack
                | Step::CallUnder { .. }
                | Step::LeaveZombie
                | Step::Watch
        )
    };
    if spec.script.iter().any(foreign) {
        return Some("Windows has no such condition");
    }
    // What follows is about Wine's own stack.
    stack.filter(|_| on != WindowsKind::Windows)?;
    let waits = |scenario: &Scenario| {
        scenario.tls == Tls::Silent
            || scenario.tcp == Tcp::OpenThenDead
            || (scenario.stalls()
                && !Scenario {
                    http: Scenario::ALLOW.http,
                    ..*scenario
                }
                .stalls())
    };
    let changes = spec.script.iter().filter_map(|step| match step {
        Step::ChangeScenario(scenario) => Some(scenario),
        _ => None,
    });
    std::iter::once(&spec.scenario)
        .chain(changes)
        .any(waits)
        .then_some(TIME)
}

fn not_judged(on: WindowsKind<'_>, reason: &str) -> NotPassed {
    let place = match on {
        WindowsKind::Windows => "on Windows",
        WindowsKind::Wine(_) => "under Wine",
    };
    NotPassed::skipped(format!("not judged {place}: {reason}"))
}

/// file/machine of a library that Wine loads.
pub fn machine(inspection: &Inspection) -> Judgement {
    match &inspection.machine {
        Some(machine) => Ok(format!("{machine}, for Windows")),
        None => Err(NotPassed::skipped("the file names no machine")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    const WINE: WindowsKind<'static> = WindowsKind::Wine("8.0");

    #[test]
    fn each_name_is_that_of_a_rule() {
        let tables = [NOT_OF_WINDOWS, NOT_SEEN, NOT_SEEN_UNDER_WINE, OF_THE_STACK];
        for (id, _) in tables.into_iter().flatten() {
            assert!(rules::find(id).is_some(), "{id}");
        }
    }

    #[test]
    fn a_library_of_its_own_is_judged_where_wines_is_not() {
        let rule = rules::find("http/short-body").unwrap();
        assert!(excluded(rule, WINE, None).is_none());
        let library = Some("winhttp.dll");
        assert!(excluded(rule, WindowsKind::Windows, library).is_none());
        assert!(matches!(
            excluded(rule, WINE, library),
            Some(NotPassed::Skipped(reason)) if reason.contains("winhttp.dll")
        ));
        let names = ["KERNEL32.dll".to_owned(), "WINHTTP.dll".to_owned()];
        assert_eq!(stack(&names), Some("winhttp.dll"));
        assert_eq!(stack(&names[..1]), None);
    }

    #[test]
    fn what_windows_does_not_have_does_not_apply() {
        let rule = rules::find("host/umask").unwrap();
        assert!(matches!(
            excluded(rule, WINE, None),
            Some(NotPassed::NotApplicable(_))
        ));
        let on_windows = excluded(rule, WindowsKind::Windows, None);
        assert!(matches!(on_windows, Some(NotPassed::NotApplicable(_))));
    }

    #[test]
    fn a_rule_whose_script_windows_cannot_execute_is_never_run() {
        for rule in rules::all() {
            if let Examination::Run(spec, _) = &rule.examination
                && excluded_run(spec, WINE, None).is_some()
            {
                for on in [WINE, WindowsKind::Windows] {
                    assert!(excluded(rule, on, None).is_some(), "{}", rule.id);
                }
            }
        }
    }
}
