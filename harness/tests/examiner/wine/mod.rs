//! Plugins for Windows, examined under Wine: careful ones break no rule. `own_build` is the harness's own build for Windows
//! under Wine, the other modules are about DLLs on Linux.

mod breakers;
mod closed;
mod connected;
mod killed;
mod not_run;
mod ordinary_user;
mod own_build;
mod sdk;
mod signing;
#[path = "../../../../sdk/tests/common/windows_cargo.rs"]
mod windows_cargo;
mod x86;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::assertions::assert_passed;
use crate::check::{Examined, check, degraded, harness, stderr, workspace};
use crate::prerequisites::{missing, not_shown};
use ics_harness::report::Verdict;
use ics_harness::worker::wine::Wine;

/// The plugins made with the SDK: those that its own tests build together, so that they are built once.
const SDK_PLUGINS: &[&str] = &["behaviours", "carrier-json", "minimal", "ts43"];

/// The compiler of the plugins.
const COMPILER: &str = "x86_64-w64-mingw32-gcc";

/// Whether DLLs can be examined here. If not, it is said what is missing.
fn can_examine() -> bool {
    static ANSWER: OnceLock<Option<String>> = OnceLock::new();
    let reason = ANSWER.get_or_init(|| {
        let wine = || Wine::find(&|_| {}).err().map(|error| error.to_string());
        missing(COMPILER)
            .or_else(signing::lacks)
            .or_else(wine)
            .or_else(|| degraded().map(str::to_owned))
    });
    if let Some(reason) = reason {
        not_shown("the examination of plugins for Windows", reason);
    }
    reason.is_none()
}

/// The library that is made of careful.c with those switches, and linked as a module-definition file says if there is one.
fn library(folder: &Path, name: &str, switches: &[&str], definition: &str) -> PathBuf {
    library_by(COMPILER, folder, name, switches, definition)
}

/// The same by that compiler.
fn library_by(
    compiler: &str,
    folder: &Path,
    name: &str,
    switches: &[&str],
    definition: &str,
) -> PathBuf {
    let source = workspace().join("harness/tests/examiner/wine/plugins/careful.c");
    let library = folder.join(format!("{name}.dll"));
    let mut command = Command::new(compiler);
    command
        .args(["-shared", "-O2", "-s", "-static-libgcc", "-Wall", "-Werror"])
        .args(switches.iter().map(|switch| format!("-D{switch}")))
        .arg("-o")
        .args([&library, &source]);
    if !definition.is_empty() {
        let file = folder.join(format!("{name}.def"));
        fs::write(&file, definition).expect("written");
        command.arg(file);
    }
    let libraries = ["winhttp", "ws2_32", "wininet", "iphlpapi", "ole32", "uuid"];
    command.args(libraries.map(|name| format!("-l{name}")));
    let status = command.status();
    assert!(status.expect("the compiler starts").success(), "{name}");
    signing::sign(&library);
    library
}

fn failed(examined: &Examined) -> BTreeSet<String> {
    let rules = examined.rules(Verdict::Fail);
    rules.iter().map(|(rule, _)| (*rule).to_owned()).collect()
}

/// How a plugin is examined by all rules.
const ALL_RULES: &[&str] = &["--budget", "20s"];

/// The careful plugin, examined by all rules by the user who runs the tests. Once, since it takes long.
fn examined_as_root() -> &'static Examined {
    static EXAMINED: OnceLock<Examined> = OnceLock::new();
    EXAMINED.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        check(&library(folder.path(), "careful", &[], ""), ALL_RULES)
    })
}

#[test]
fn a_careful_plugin_breaks_no_rule() {
    if !can_examine() {
        return;
    }
    let examined = examined_as_root();
    let report = &examined.report;
    for verdict in [Verdict::Fail, Verdict::Error] {
        let rules = examined.rules(verdict);
        assert!(rules.is_empty(), "{verdict:?}: {rules:?}");
    }
    let under = report.examined_under.as_deref().unwrap_or_default();
    assert!(
        under.starts_with("Wine ") && under.ends_with(", not Windows"),
        "{under}"
    );
    assert!(stderr(&examined.output).contains(under));
    let verdict = |id: &str| {
        let rule = report.rules.iter().find(|rule| rule.id == id);
        let rule = rule.unwrap_or_else(|| panic!("{id} was not selected"));
        (rule.verdict, rule.applicable, rule.seen.as_str())
    };
    for shown in [
        "file/machine",
        "answer/entitled",
        "answer/not-entitled",
        "tls/expired",
        "tls/wrong-name",
        "dns/silent",
        "load/anywhere",
        "load/twice",
        "threads/at-once",
        "host/threads",
        "host/descriptors",
        "host/folder",
        "host/memory",
    ] {
        assert_eq!(
            verdict(shown).0,
            Verdict::Pass,
            "{shown}: {}",
            verdict(shown).2
        );
    }
    // What Wine does in another way than Windows is no verdict on the plugin.
    let (skipped, applicable, why) = verdict("http/short-body");
    assert_eq!((skipped, applicable), (Verdict::Skip, true));
    assert!(why.contains("winhttp.dll"), "{why}");
    let (skipped, applicable, _) = verdict("host/umask");
    assert_eq!((skipped, applicable), (Verdict::Skip, false));
    assert!(report.summary.undecided && !report.summary.conformant);
    assert_eq!(examined.output.status.code(), Some(4));
}

/// How plugins are examined of which a function of Windows crashes where the server has an error.
const CRASH: &[&str] = &[
    "--rules",
    "http/500,http/503,answer/entitled",
    "--deadline",
    "5s",
    "--budget",
    "5s",
];

fn assert_crash_shows_nothing(examined: &Examined) {
    let output = stderr(&examined.output);
    assert_eq!(failed(examined), BTreeSet::new(), "{output}");
    assert_eq!(examined.rules(Verdict::Error), [], "{output}");
    assert_passed(examined, &["answer/entitled", "http/503"]);
    let skipped = examined.rules(Verdict::Skip);
    let why = skipped.iter().find(|(rule, _)| *rule == "http/500");
    let why = why.unwrap_or_else(|| panic!("{skipped:?} {output}")).1;
    assert!(
        why.contains("an access violation (0xC0000005) in Wine's ntdll.dll"),
        "{why}"
    );
    assert_eq!(examined.output.status.code(), Some(4), "{output}");
}

#[test]
fn a_crash_in_one_of_wines_libraries_shows_nothing() {
    if !can_examine() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let switches = ["AT_500=violate_in_system"];
    let library = library(folder.path(), "crashes", &switches, "");
    assert_crash_shows_nothing(&check(&library, CRASH));
}

fn missing_rapidjson() -> Option<&'static str> {
    (!Path::new("/usr/include/rapidjson/rapidjson.h").is_file())
        .then_some("the headers of RapidJSON are missing (apt-get install rapidjson-dev)")
}

/// The sample in C++. It keeps its library loaded on purpose, which is advice and no must.
#[test]
fn the_sample_with_winhttp_breaks_no_rule_but_stays_loaded() {
    const CLAIM: &str = "the sample with WinHTTP is examined";
    if !can_examine() {
        return;
    }
    let compiler = "x86_64-w64-mingw32-g++";
    if let Some(how) = missing(compiler).or_else(|| missing("make")) {
        return not_shown(CLAIM, &how);
    }
    if let Some(how) = missing_rapidjson() {
        return not_shown(CLAIM, how);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let made = Command::new("make")
        .args(["-s", "-C"])
        .arg(workspace().join("sample-plugins/carrier-json-winhttp"))
        .arg(format!("OUT={}", folder.path().display()))
        .env_remove("MAKEFLAGS")
        .status();
    assert!(made.expect("make starts").success());
    let library = folder.path().join("carrier_json_winhttp.dll");
    signing::sign(&library);
    let examined = check(&library, &["--budget", "20s"]);
    let output = stderr(&examined.output);
    assert_eq!(
        failed(&examined),
        BTreeSet::from(["load/unmapped".to_owned()]),
        "{output}"
    );
    assert_eq!(examined.rules(Verdict::Error), [], "{output}");
    assert_passed(
        &examined,
        &[
            "answer/entitled",
            "answer/not-entitled",
            "tls/wrong-name",
            "http/500",
            "host/threads",
        ],
    );
    assert_eq!(examined.output.status.code(), Some(4), "{output}");
}

#[test]
fn the_sample_with_winhttp_is_the_same_by_a_compiler_in_msvc_mode() {
    const CLAIM: &str = "the sample with WinHTTP is built in MSVC mode";
    if !can_examine() {
        return;
    }
    let programs = [
        "clang++",
        "lld-link",
        "llvm-dlltool",
        "x86_64-w64-mingw32-g++",
    ];
    if let Some(how) = programs.iter().find_map(|program| missing(program)) {
        return not_shown(CLAIM, &how);
    }
    if let Some(how) = missing_rapidjson() {
        return not_shown(CLAIM, how);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let made = Command::new(workspace().join("sample-plugins/carrier-json-winhttp/msvc-mode"))
        .args(["https://entitlement.operator.example/tethering", "5000"])
        .arg(folder.path())
        .status();
    assert!(made.expect("the script starts").success());
    let library = folder.path().join("carrier_json_winhttp.dll");
    signing::sign(&library);
    let rules = "file/*,answer/entitled,answer/not-entitled,tls/wrong-name,http/500";
    let examined = check(&library, &["--rules", rules]);
    let output = stderr(&examined.output);
    assert_eq!(failed(&examined), BTreeSet::new(), "{output}");
    assert_passed(
        &examined,
        &[
            "file/export",
            "answer/entitled",
            "answer/not-entitled",
            "tls/wrong-name",
            "http/500",
        ],
    );
}

#[test]
fn without_wine_only_the_file_is_judged_and_the_report_says_what_to_install() {
    if missing(COMPILER).is_some() {
        return not_shown("a DLL without Wine", "the compiler is missing");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let library = library(folder.path(), "careful", &[], "");
    // A folder for the cache that cannot be made stands for a Wine that cannot be used.
    let output = harness(&["check", "--rules", "file/*,answer/entitled"])
        .arg(&library)
        .env("XDG_CACHE_HOME", "/dev/null")
        .output()
        .expect("the program starts");
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(
        said.contains("PASS") && said.contains("file/export"),
        "{said}"
    );
    assert!(
        said.contains("SKIP") && said.contains("it is for Windows"),
        "{said}"
    );
}
