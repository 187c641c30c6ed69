//! Plugins for Windows that break rules on purpose: each is blamed for them, and for nothing else but what is named here.
//!
//! `ICS_WINE=leaves cargo test --test examiner wine` examines only the plugins whose name begins so.

use ics_harness::report::Verdict;

use super::{can_examine, library, own_build};
use crate::check::{Examined, check, print_line};

/// Little time, since most plugins do not wait. What leaks needs many calls, on a busy machine too; where a plugin does both, the
/// wait for one that hangs ends with the deadline.
const HURRIED: &[&str] = &["--deadline", "8s", "--budget", "5s"];
const LENIENT: &[&str] = &["--deadline", "8s", "--budget", "60s"];
const UNHURRIED: &[&str] = &["--deadline", "20s", "--budget", "60s"];

/// A plugin that breaks rules on purpose.
struct Breaker {
    /// The name of its file.
    name: &'static str,
    /// The switches of careful.c, which breaks.h explains.
    switches: &'static [&'static str],
    /// A module-definition file that it is linked with, if any.
    definition: &'static str,
    /// The rules that it breaks, and a part of what is seen.
    rules: &'static [(&'static str, &'static str)],
    /// The rules to examine. Those over all runs are about each scenario, and take as long as all rules do.
    examined: &'static str,
    /// The options of the examination.
    options: &'static [&'static str],
    /// Rules, or groups of rules as `tls/*`, that are broken with it, and why that cannot be helped.
    companions: &'static [(&'static str, &'static str)],
}

impl Breaker {
    const fn new(
        name: &'static str,
        switches: &'static [&'static str],
        rules: &'static [(&'static str, &'static str)],
        examined: &'static str,
    ) -> Self {
        Self {
            name,
            switches,
            definition: "",
            rules,
            examined,
            options: HURRIED,
            companions: &[],
        }
    }

    /// One whose export is wrong. All rules are selected: none but that one is broken, and nothing is run.
    const fn export(
        name: &'static str,
        switches: &'static [&'static str],
        definition: &'static str,
        seen: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self {
            definition,
            ..Self::new(name, switches, seen, "*")
        }
    }
}

/// What is examined of a plugin that does something when it is loaded.
const LOADING: &str = "load/succeeds,load/quiet,load/unload,load/unmapped,answer/entitled";

const BREAKERS: &[Breaker] = &[
    Breaker::export(
        "no-export",
        &["NO_EXPORT"],
        "",
        &[("file/export", "not exported")],
    ),
    Breaker::export(
        "mangled",
        &["MANGLED"],
        "",
        &[("file/export", "its mangled name")],
    ),
    Breaker::export(
        "mangled-by-msvc",
        &["BY_DEFINITION"],
        "EXPORTS\n\"?IsEntitled@@YAHXZ\" = IsEntitled\n",
        &[("file/export", "?IsEntitled@@YAHXZ is, its mangled name")],
    ),
    Breaker::export(
        "decorated",
        &["DECORATED"],
        "",
        &[("file/export", "its decorated name")],
    ),
    Breaker::export(
        "data",
        &["DATA"],
        "",
        &[("file/export", "exported as data")],
    ),
    Breaker::export(
        "forwarded",
        &["BY_DEFINITION"],
        "EXPORTS\nIsEntitled = kernel32.GetTickCount\n",
        &[("file/export", "forwarded to kernel32.GetTickCount")],
    ),
    Breaker::export(
        "ordinal-only",
        &["BY_DEFINITION"],
        "EXPORTS\nIsEntitled @1 NONAME\n",
        &[("file/export", "only by ordinal: 1")],
    ),
    Breaker::new(
        "refuses-to-load",
        &["REFUSES_TO_LOAD"],
        &[("load/succeeds", "1114")],
        "*",
    ),
    Breaker::new(
        "blocks",
        &["BLOCKS"],
        &[("load/succeeds", "did not respond")],
        LOADING,
    ),
    Breaker::new(
        "crashes-on-detach",
        &["CRASHES_ON_DETACH"],
        &[("load/succeeds", "0xC0000005 when the library was unloaded")],
        LOADING,
    ),
    Breaker::new(
        "starts-thread",
        &["STARTS_THREAD"],
        &[("load/quiet", "loading started the thread")],
        LOADING,
    ),
    Breaker::new(
        "connects",
        &["CONNECTS"],
        &[("load/quiet", "loading used the network")],
        LOADING,
    ),
    Breaker::new(
        "asks",
        &["ASKS"],
        // WinHTTP has a pool, whose thread is mostly seen before the connection.
        &[("load/quiet", "loading ")],
        LOADING,
    ),
    Breaker {
        companions: &[("tls/*", "no certificate is checked at all")],
        ..Breaker::new(
            "ignores-certificates",
            &["IGNORES_CERTIFICATES"],
            &[("tls/expired", "")],
            "tls/expired*,tls/wrong-name,tls/unknown-issuer,tls/garbage,tls/plaintext,answer/*entitled",
        )
    },
    Breaker::new(
        "any-200",
        &["ANY_200"],
        &[
            ("http/captive-portal", ""),
            // A response without a document has the status 200, and so has one with a damaged document.
            ("http/empty-200", ""),
            ("http/bad-syntax", ""),
        ],
        "http/captive-portal,http/empty-200,http/bad-syntax,http/500,http/redirect-loop,answer/*entitled",
    ),
    Breaker::new(
        "follows-redirects",
        &["FOLLOWS_REDIRECTS"],
        &[
            ("http/redirect-elsewhere", "ENTITLEMENT_SUCCESS"),
            ("http/redirect-same-host", "ENTITLEMENT_SUCCESS"),
        ],
        "http/redirect*,privacy/redirect,http/500,answer/*entitled",
    ),
    Breaker::new(
        "asks-for-proxy",
        &["ASKS_FOR_PROXY"],
        &[("privacy/proxy-environment", "the proxy's name")],
        "privacy/*,tls/expired,http/500,load/reload,load/unmapped,answer/*entitled",
    ),
    Breaker {
        options: LENIENT,
        ..Breaker::new(
            "leaves-index",
            &["LEAVES_INDEX"],
            &[("load/reload", "thread-local keys were not deleted")],
            "load/reload,load/unmapped,load/unload,load/twice,answer/*entitled",
        )
    },
    Breaker {
        options: LENIENT,
        ..Breaker::new(
            "leaves-itself",
            &["LEAVES_ITSELF"],
            &[("load/unmapped", "still mapped")],
            "load/reload,load/unmapped,load/unload,load/twice,answer/*entitled",
        )
    },
    Breaker {
        options: UNHURRIED,
        companions: &[("load/reload", "rounds leave as much as calls")],
        ..Breaker::new(
            "leaves-memory",
            &["LEAVES_MEMORY"],
            &[("host/memory", "private memory grew by")],
            "host/memory,load/reload,load/unmapped,answer/*entitled",
        )
    },
    Breaker {
        options: LENIENT,
        companions: &[("load/reload", "rounds leave as much as calls")],
        ..Breaker::new(
            "leaves-heap",
            &["LEAVES_HEAP"],
            &[("host/memory", "heaps were not destroyed in")],
            "host/memory,load/reload,load/unmapped,answer/*entitled",
        )
    },
    // How a process ends where the server has an error: by two rules that need no other runs.
    Breaker::new(
        "aborts",
        &["AT_500=give_up", "AT_503=overflow"],
        &[
            ("http/500", "the process exited with code 3 during the call"),
            // Wine before version 10 ends the process with code 0, later ones name the overflow.
            ("http/503", "during the call"),
        ],
        "http/500,http/503,http/captive-portal,answer/*entitled",
    ),
    Breaker::new(
        "quits",
        &["AT_500=quit", "AT_503=spin"],
        &[
            (
                "http/500",
                "the process exited with code 300 during the call",
            ),
            ("http/503", "the process did not respond"),
        ],
        "http/500,http/503,http/captive-portal,answer/*entitled",
    ),
    Breaker::new(
        "raises",
        &["AT_500=raise_of_cpp", "AT_503=end_thread"],
        &[
            (
                "http/500",
                "a C++ exception that nothing caught (0xE06D7363) during the call",
            ),
            ("http/503", "the process exited with code"),
        ],
        "http/500,http/503,http/captive-portal,answer/*entitled",
    ),
    // Rules over all runs are about each scenario: all of their faults in one examination, each of which is seen by what only
    // it does.
    Breaker {
        options: LENIENT,
        ..Breaker::new(
            "leaves",
            &[
                "LEAVES_THREAD",
                "LEAVES_HANDLE",
                "LEAVES_TIMER",
                "TAKES_CONSOLE",
                "HIDES_OUTPUT",
                "CHANGES_FOLDER",
                "PRINTS",
                "AT_500=violate",
                "AT_503=leave_child",
                "AT_511=hang",
            ],
            &[
                ("host/threads", "more threads after"),
                ("host/descriptors", "more handles after"),
                ("host/timers", "more waitable timers after"),
                ("host/standard-descriptors", "descriptor 2"),
                ("host/standard-descriptors", "and the console was"),
                ("host/folder", r"C:\\windows"),
                ("host/quiet", "checked"),
                ("host/children", "hostname.exe"),
                ("host/alive", "an access violation (0xC0000005)"),
                ("http/500", "an access violation (0xC0000005)"),
                ("time/deadline", "did not respond"),
                // Rounds leave as many as calls, and the thread's code stays loaded.
                ("load/reload", "additional"),
                ("load/unmapped", "still mapped"),
            ],
            "host/threads,host/descriptors,host/timers,host/standard-descriptors,host/folder,host/environment,host/quiet,host/children,host/priority,host/alive,time/deadline,load/quiet,load/reload,load/unload,load/unmapped,http/500,http/503,http/captive-portal,answer/*entitled",
        )
    },
];

/// What is wrong with the verdicts on these breakers, each of which `examine` examines with those options.
fn wrongly_blamed(
    breakers: impl Iterator<Item = &'static Breaker>,
    examine: impl Fn(&Breaker, &[&str]) -> Examined,
) -> Vec<String> {
    let only = std::env::var("ICS_WINE").unwrap_or_default();
    let mut wrong = Vec::new();
    for breaker in breakers.filter(|breaker| breaker.name.starts_with(&only)) {
        let Breaker {
            name,
            rules,
            examined: patterns,
            options,
            companions,
            ..
        } = breaker;
        let examine_with =
            |options: &[&str]| examine(breaker, &[options, &["--rules", patterns][..]].concat());
        let is_skipped = |examined: &Examined| {
            let skipped = examined.rules(Verdict::Skip);
            rules
                .iter()
                .any(|(rule, _)| skipped.iter().any(|(id, _)| id == rule))
        };
        let mut examined = examine_with(options);
        if is_skipped(&examined) {
            // A busy machine left no time for it.
            print_line(&format!("{name}: {:?}", examined.rules(Verdict::Skip)));
            examined = examine_with(UNHURRIED);
        }
        let failed = examined.rules(Verdict::Fail);
        if !only.is_empty() {
            print_line(&format!("{name}: {failed:?}"));
        }
        for (rule, part) in *rules {
            if !failed
                .iter()
                .any(|(id, seen)| id == rule && seen.contains(part))
            {
                let skipped = examined.rules(Verdict::Skip);
                wrong.push(format!(
                    "{name} is not blamed for {rule} with {part:?}: {failed:?}; skipped: {skipped:?}"
                ));
            }
        }
        let is_companion = |failed: &str| {
            companions.iter().any(|(companion, _)| {
                let group = companion.strip_suffix('*');
                failed == *companion || group.is_some_and(|group| failed.starts_with(group))
            })
        };
        let is_broken = |failed: &str| rules.iter().any(|(rule, _)| *rule == failed);
        let others: Vec<_> = failed
            .iter()
            .filter(|(failed, _)| !is_broken(failed) && !is_companion(failed))
            .collect();
        if !others.is_empty() {
            wrong.push(format!("{name} is blamed for {others:?}"));
        }
    }
    wrong
}

#[test]
fn each_breaker_is_blamed_for_its_rule_and_for_no_other() {
    if !can_examine() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = wrongly_blamed(BREAKERS.iter(), |breaker, options| {
        let Breaker {
            name,
            switches,
            definition,
            ..
        } = breaker;
        let library = library(folder.path(), name, switches, definition);
        check(&library, options)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is not seen on loopback, and why.
const NOT_ON_LOOPBACK: &[(&str, &str)] = &[
    ("connects", "a connection to another address is not seen"),
    ("asks", "it asks before it has settings"),
    (
        "asks-for-proxy",
        "the Internet settings are those of the user, which are not changed",
    ),
    (
        "ignores-certificates",
        "each of these plugins does there, since WinHTTP trusts no other authority",
    ),
];

#[test]
fn the_build_for_windows_blames_each_breaker_for_its_rule_and_for_no_other() {
    let Some(build) = own_build::prepared("the harness's build for Windows finds the breakers")
    else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let shown = BREAKERS.iter().filter(|breaker| {
        let mut left_out = NOT_ON_LOOPBACK.iter();
        left_out.all(|(name, _)| *name != breaker.name)
    });
    let wrong = wrongly_blamed(shown, |breaker, options| {
        let own = ["FROM_SETTINGS", "IGNORES_CERTIFICATES"];
        let switches = [breaker.switches, &own].concat();
        let library = library(folder.path(), breaker.name, &switches, breaker.definition);
        build.check(&library, options)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
