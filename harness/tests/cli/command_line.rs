//! The command line: exit codes, errors that show what to do, and the separation
//! of human-readable from machine-readable output.

use assert_cmd::Command;

fn harness() -> Command {
    let mut command = Command::cargo_bin("ics-harness").expect("cargo builds the program first");
    command.env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR");
    command
}

/// Runs it and returns the exit code, standard output and standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = harness()
        .args(arguments)
        .output()
        .expect("the program starts");
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn help_has_examples_and_exit_codes_in_lines_that_fit() {
    let mut faults = Vec::new();
    each_help(&ics_harness::cli::command(), &mut faults);
    assert!(faults.is_empty(), "{faults:#?}");
}

/// What is wrong with the text after the options in a command's help, and in that of its commands.
fn each_help(command: &clap::Command, faults: &mut Vec<String>) {
    let name = command.get_name();
    let help = command.get_after_help();
    let help = help.map(ToString::to_string).unwrap_or_default();
    for part in ["Examples:", "Exit codes:"] {
        if !help.contains(part) {
            faults.push(format!("{name}: no {part}"));
        }
    }
    // Longer ones are broken anew, each by itself. Tables may be: their cells come from elsewhere.
    let prose = help.lines().filter(|line| !line.starts_with("  "));
    let long = prose.filter(|line| line.chars().count() > 100);
    faults.extend(long.map(|line| format!("{name}: {line}")));
    for command in command.get_subcommands() {
        each_help(command, faults);
    }
}

#[test]
fn a_usage_error_exits_with_2_and_shows_what_to_write() {
    let (code, out, err) = run(&["check", "no/such/library.so"]);
    assert_eq!(code, 2);
    assert!(out.is_empty());
    assert!(err.contains("no/such/library.so"), "{err}");
    assert!(err.contains("name a library file or the folder"), "{err}");

    let (code, _, err) = run(&["check", "x.so", "--rules", "htpp/*"]);
    assert_eq!(code, 2);
    assert!(err.contains("no rule matches `htpp/*`"), "{err}");

    let (code, _, err) = run(&["check", "x.so", "--deadline", "30"]);
    assert_eq!(code, 2);
    assert!(err.contains("30s"), "{err}");

    let (code, _, err) = run(&["check", "x.so", "--protocol", "nonesuch"]);
    assert_eq!(code, 2);
    assert!(err.contains("carrier-json"), "{err}");

    let (code, _, err) = run(&["call", "x.so", "--scenario", "http/501"]);
    assert_eq!(code, 2);
    assert!(err.contains("allow"), "{err}");
}

#[test]
fn a_folder_without_a_recipe_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, _, err) = run(&["check", &folder.path().display().to_string()]);
    assert_eq!(code, 2);
    assert!(err.contains("neither Cargo.toml nor Makefile"), "{err}");
}

#[test]
fn a_crate_that_does_not_build_shows_the_compilers_message() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(
        folder.path().join("Cargo.toml"),
        "[package]\nname = \"broken\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\npath = \"lib.rs\"\n[workspace]\n",
    )
    .expect("written");
    std::fs::write(folder.path().join("lib.rs"), "fn broken( {}").expect("written");
    let (code, _, err) = run(&["check", &folder.path().display().to_string()]);
    assert_eq!(code, 2);
    assert!(
        err.contains("lib.rs:1"),
        "the compiler's own message is shown:\n{err}"
    );
    assert!(err.contains("cargo could not build"), "{err}");
}

#[test]
fn a_file_that_is_no_library_fails_its_rule_and_skips_what_needs_loading() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("text.so");
    std::fs::write(&file, "this is no library").expect("written");
    let report = folder.path().join("report.json");
    let (code, out, err) = run(&[
        "check",
        &file.display().to_string(),
        "--json",
        &report.display().to_string(),
    ]);
    assert_eq!(code, 1, "{err}");
    assert!(
        out.is_empty(),
        "human-readable text goes to standard error: {out}"
    );
    let report: ics_harness::report::Report =
        serde_json::from_str(&std::fs::read_to_string(report).expect("written")).expect("valid");
    let with = |verdict: ics_harness::report::Verdict| -> Vec<&str> {
        let rules = report.plugins[0].rules.iter();
        rules
            .filter(|rule| rule.verdict == verdict)
            .map(|rule| rule.id.as_str())
            .collect()
    };
    assert_eq!(with(ics_harness::report::Verdict::Fail), ["file/format"]);
    // Any file can be searched for keys.
    assert_eq!(with(ics_harness::report::Verdict::Pass), ["file/secrets"]);
}

#[test]
fn listing_examines_nothing() {
    let (code, out, _) = run(&["check", "--list", "--rules", "tls/*"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("tls/expired") && !out.contains("http/500"),
        "{out}"
    );
    assert!(!out.contains('\u{1b}'), "a pipe gets no colour");
}

#[test]
fn explain_describes_a_rule_and_suggests_what_was_meant() {
    let (code, out, _) = run(&["explain", "http/captive-portal"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("Help") && out.contains("call PLUGIN --scenario http/captive-portal"),
        "{out}"
    );
    let (code, _, err) = run(&["explain", "captive-portal"]);
    assert_eq!(code, 2);
    assert!(err.contains("did you mean `http/captive-portal`?"), "{err}");
}

#[test]
fn rules_are_listed_for_machines_too() {
    let (code, out, _) = run(&["rules", "--json"]);
    assert_eq!(code, 0);
    let rules: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        rules.as_array().map(Vec::len),
        Some(ics_harness::rules::all().count())
    );
}

#[test]
fn a_wrong_usage_says_what_is_wrong_and_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty.so");
    std::fs::write(&empty, "").expect("written");
    let empty = empty.to_str().expect("text");
    let gone = folder.path().join("gone/report.html");
    let gone = format!("html={}", gone.display());
    let cases: &[(&[&str], i32, &str)] = &[
        (
            &["check", "x.so", "--jobs", "0"],
            2,
            "it has to be at least 1",
        ),
        (
            &["check", "x.so", "--chaos", "0"],
            2,
            "it has to be at least 1",
        ),
        (
            &[
                "certify", "x.so", "--output", "b.zip", "--public", "key.pem",
            ],
            2,
            "cannot be used with",
        ),
        (
            &["check", "x.so", "--repeat", "many"],
            2,
            "expected a number, such as 4",
        ),
        (
            &["check", ""],
            2,
            "the name is empty; is a variable not set?",
        ),
        (
            &["call", ""],
            2,
            "the name is empty; is a variable not set?",
        ),
        (
            &["check", "-"],
            2,
            "cannot be read from standard input: save it",
        ),
        (
            &["check", empty, "--rules", "file/format"],
            1,
            "the file is empty",
        ),
        (
            &["call", empty],
            1,
            "it cannot be loaded: the file is empty",
        ),
        (
            &["call", "x.so", "--scenario", "htpp/500"],
            2,
            "did you mean `http/500`? Scenarios are",
        ),
        (
            &["call", "x.so", "--scenario", "zzzzzz"],
            2,
            "there is no scenario `zzzzzz`. Scenarios",
        ),
        (
            &["serve", "--http-port", "8080", "--https-port", "8080"],
            2,
            "cannot share the port 8080",
        ),
        (
            &["check", empty, "--http-port", "443"],
            2,
            "cannot share the port 443",
        ),
        (
            &["check", "x.so", "--report", "htm=x"],
            2,
            "there is no format `htm`; did you mean `html`?",
        ),
        (
            &["check", "x.so", "--report", "html"],
            2,
            "expected FORMAT=FILE, such as html=report.html",
        ),
        (&["check", "x.so", "--report", &gone], 3, "cannot write"),
        (
            &["check", "x.so", "--partition", "3/2"],
            2,
            "there is no part 3 of 2",
        ),
        (
            &["check", "x.so", "--json", "-", "--report", "junit=-"],
            2,
            "two reports would be written to standard output",
        ),
        (&["report", "gone.json"], 2, "cannot read gone.json"),
    ];
    for (arguments, expected, words) in cases {
        let (code, _, err) = run(arguments);
        assert_eq!(code, *expected, "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
        // No name of a file that is not on the command line.
        assert!(!err.contains(".new"), "{arguments:?}: {err}");
    }
    let (_, out, _) = run(&["device", "--help"]);
    assert!(out.contains("Examples:"), "{out}");
}

/// Whatever a command reads, it does not write over: each line names one of its inputs as its output.
#[test]
fn no_output_overwrites_an_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let names = [
        "lib.so",
        "roots.pem",
        "known.toml",
        "profile.toml",
        "ca.pem",
    ];
    std::fs::create_dir(folder.path().join("libs")).expect("a folder");
    for name in names.iter().chain(&["libs/one.so"]) {
        std::fs::write(folder.path().join(name), *name).expect("written");
    }
    // `certify` reads its key first.
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key");
    std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).expect("written");
    let cases: &[&[&str]] = &[
        &["check", "lib.so", "--report", "html=lib.so"],
        &["check", "libs", "--report", "html=libs/one.so"],
        &["check", "libs", "--json", "./libs/../libs/one.so"],
        &[
            "check",
            "lib.so",
            "--trust",
            "roots.pem",
            "--report",
            "html=roots.pem",
        ],
        &[
            "check",
            "lib.so",
            "--known-failing",
            "known.toml",
            "--report",
            "jsonl=known.toml",
        ],
        &[
            "check",
            "lib.so",
            "--profile",
            "profile.toml",
            "--json",
            "profile.toml",
        ],
        &[
            "check", "lib.so", "--ca", "ca.pem", "--ca-key", "key.pem", "--json", "key.pem",
        ],
        &[
            "check",
            "lib.so",
            "--report",
            "html=x.html",
            "--report",
            "json=./x.html",
        ],
        &["certify", "lib.so", "--output", "lib.so"],
        &["certify", "libs", "--output", "libs/one.so"],
        &[
            "certify", "lib.so", "--sign", "key.pem", "--output", "key.pem",
        ],
        &[
            "certify",
            "lib.so",
            "--trust",
            "roots.pem",
            "--output",
            "roots.pem",
        ],
        &["discover", "lib.so", "--output", "lib.so"],
        &["record", "lib.so", "--output", "lib.so"],
        &["record", "lib.so", "--har", "lib.so"],
    ];
    for arguments in cases {
        let output = harness()
            .current_dir(&folder)
            .args(*arguments)
            .output()
            .expect("the program starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(
            said.contains("would overwrite the input") || said.contains("two reports"),
            "{arguments:?}: {said}"
        );
        for name in names {
            let kept = std::fs::read_to_string(folder.path().join(name)).expect("read");
            assert_eq!(kept, name, "{arguments:?}");
        }
        let kept = std::fs::read_to_string(folder.path().join("key.pem")).expect("read");
        assert!(
            kept.starts_with("-----BEGIN PRIVATE KEY-----"),
            "{arguments:?}"
        );
        assert!(!folder.path().join("x.html").exists());
    }
}

#[test]
fn what_a_crate_says_of_its_profile_is_checked_before_it_is_built() {
    let folder = tempfile::tempdir().expect("a folder");
    let crate_says = |line: &str| {
        let manifest = format!(
            "[package]\nname = \"p\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n\
             [workspace]\n[package.metadata.ics-harness]\n{line}\n"
        );
        std::fs::create_dir_all(folder.path().join("src")).expect("a folder");
        std::fs::write(folder.path().join("Cargo.toml"), manifest).expect("written");
        // It would not compile.
        std::fs::write(folder.path().join("src/lib.rs"), "no Rust").expect("written");
        run(&["check", folder.path().to_str().expect("text")])
    };
    for (line, words) in [
        (
            "protocol = \"carier-json\"",
            "names the protocol `carier-json` in its Cargo.toml",
        ),
        ("profile = \"gone.toml\"", "gone.toml"),
        (
            "profil = \"conformance.toml\"",
            "there is no key `profil`; did you mean `profile`?",
        ),
        ("protocol = 1", "`protocol` is no string"),
    ] {
        let (code, _, err) = crate_says(line);
        assert!(code == 2 && err.contains(words), "{line}: {code} {err}");
        assert!(!err.contains("Building"), "{err}");
    }
}
