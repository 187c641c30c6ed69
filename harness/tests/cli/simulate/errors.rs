//! Errors before and during a simulation, and what is written of an incomplete one.

use super::{TURN_ON, events, files, folder, plugin, sample, simulate};

#[test]
fn a_plugin_that_is_late_or_hangs_is_unavailable_with_its_reason() {
    let (at, paths) = files(&[("day.toml", TURN_ON)]);
    for body in ["sleep(5); return 0;", "for (;;) pause();"] {
        let Some(plugin) = plugin(at.path(), body) else {
            return;
        };
        let html = at.path().join("day.html");
        let (code, out, err) = simulate(&[
            &sample("minimal.xml"),
            "--timeline",
            &paths[0],
            "--plugin",
            &plugin,
            "--deadline",
            "1s",
            "--html",
            &html.display().to_string(),
        ]);
        assert_eq!(code, 0, "{err}");
        for words in [
            "ENTITLEMENT_UNAVAILABLE after 1 s: no answer within 1 s",
            "does not share: the check had no answer",
        ] {
            assert!(out.contains(words), "{out}");
        }
        let html = std::fs::read_to_string(html).expect("drawn");
        assert!(html.contains("0 yes, 0 no, 1 without answer"), "{body}");
    }
}

#[test]
fn nothing_is_simulated_that_could_not_be_written() {
    let (at, paths) = files(&[
        ("day.toml", TURN_ON),
        (
            "a.xml",
            &std::fs::read_to_string(folder("..").join(sample("unlocked.xml"))).expect("a sample"),
        ),
        ("m.push", "\u{1}\u{6}\u{1}\u{b6}"),
        (
            "pushed.toml",
            "[[event]]\nat = \"10:00\"\ndo = \"apply m.push\"\n",
        ),
        ("answers.toml", ""),
    ]);
    let [day, document, push, pushed, answers] = &paths[..] else {
        unreachable!("five files");
    };
    let nowhere = at.path().join("gone/day.html").display().to_string();
    let here = at.path().display().to_string();
    for (arguments, code, words) in [
        (
            vec![document, "--timeline", day, "--html", &nowhere],
            3,
            "cannot write",
        ),
        (
            vec![document, "--timeline", day, "--html", &here],
            3,
            "cannot write",
        ),
        (
            vec![document, "--timeline", day, "--html", document],
            2,
            "would overwrite",
        ),
        (
            vec![document, "--timeline", day, "--html", day],
            2,
            "would overwrite",
        ),
        (
            vec![
                document,
                "--timeline",
                day,
                "--answers",
                answers,
                "--html",
                answers,
            ],
            2,
            "would overwrite",
        ),
        (vec![push, "--timeline", day], 2, "provision decode"),
        (vec![document, "--timeline", pushed], 2, "provision decode"),
        (vec!["gone.xml", "--timeline", day], 2, "XML or WBXML\n"),
    ] {
        let before = paths
            .iter()
            .map(std::fs::read)
            .map(Result::unwrap)
            .collect::<Vec<_>>();
        let (found, out, err) = simulate(&arguments);
        assert_eq!(found, code, "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
        assert_eq!(out, "", "nothing is simulated");
        let after = paths
            .iter()
            .map(std::fs::read)
            .map(Result::unwrap)
            .collect::<Vec<_>>();
        assert!(before == after, "{arguments:?}: an input was written over");
    }
}

#[test]
fn output_that_cannot_be_written_is_an_error_and_a_reader_that_closes_is_none() {
    let (_folder, paths) = files(&[("day.toml", TURN_ON)]);
    for json in [&[][..], &["--json"]] {
        let document = sample("unlocked.xml");
        let mut arguments = vec![&document[..], "--timeline", &paths[0]];
        arguments.extend(json);
        let spawn = |out: std::process::Stdio| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ics-harness"));
            command
                .current_dir(folder(".."))
                .arg("simulate")
                .args(&arguments);
            command.stdout(out).stderr(std::process::Stdio::piped());
            command.spawn().expect("the program starts")
        };
        let full = std::fs::File::options().write(true).open("/dev/full");
        let output = spawn(full.expect("Linux has it").into()).wait_with_output();
        let output = output.expect("it ends");
        let err = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(3), "{err}");
        assert!(err.contains("cannot write to standard output"), "{err}");

        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = spawn(writer.into()).wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{json:?}");
    }
}

#[test]
fn what_was_simulated_before_an_error_is_kept() {
    let (at, paths) = files(&[(
        "day.toml",
        &format!("begin = \"09:00\"\nend = \"19:00\"\n{TURN_ON}"),
    )]);
    let html = at.path().join("day.html");
    let html = html.display().to_string();
    let (code, out, err) = simulate(&[
        &sample("minimal.xml"),
        "--timeline",
        &paths[0],
        "--json",
        "--html",
        &html,
    ]);
    assert_eq!(code, 2, "{err}");
    assert!(
        err.contains("--plugin") && err.contains("simulated 1 h of 10 h"),
        "{err}"
    );
    let log: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(log["complete"], false);
    assert_eq!(events(&log, "asked").len(), 1);
    let html = std::fs::read_to_string(html).expect("drawn");
    assert!(
        html.contains("stopped before its end at 19:00:00"),
        "{html}"
    );
}

#[test]
fn what_was_simulated_before_an_interruption_is_kept() {
    use std::io::Read;

    let (at, paths) = files(&[
        (
            "often.xml",
            r#"<wap-provisioningdoc><characteristic type="HotSpot"><parm name="Enabled" value="true"/><parm name="EntitlementDll" value="a.dll"/><parm name="EntitlementInterval" value="1"/></characteristic></wap-provisioningdoc>"#,
        ),
        (
            "day.toml",
            &format!(
                "end = \"day 99999 00:00\"\n{TURN_ON}[[event]]\nat = \"10:00\"\ndo = \"join\"\n"
            ),
        ),
        ("answers.toml", ""),
    ]);
    let html = at.path().join("day.html");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_ics-harness"))
        .args([
            "simulate",
            &paths[0],
            "--timeline",
            &paths[1],
            "--answers",
            &paths[2],
            "--json",
            "--html",
        ])
        .arg(&html)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut out = child.stdout.take().expect("a pipe");
    // The log is this long only after the simulation has begun.
    let mut text = vec![0; 200_000];
    out.read_exact(&mut text).expect("the simulation runs");
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("it is there");
    out.read_to_end(&mut text).expect("the rest");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let log: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(log["complete"], false);
    assert!(events(&log, "answered").len() > 100);
    let html = std::fs::read_to_string(html).expect("drawn");
    assert!(html.contains("stopped before its end"), "{}", &html[..500]);
}

#[test]
fn a_missing_image_is_reported_before_anything_is_simulated() {
    let (folder, paths) = files(&[("day.toml", "[[event]]\nat = \"10:00\"\ndo = \"on\"\n")]);
    let image = folder.path().join("no-image").display().to_string();
    let answers = sample("year-answers.toml");
    let document = sample("unlocked.xml");
    for more in [&[][..], &["--answers", &answers]] {
        let mut arguments = vec![document.as_str(), "--timeline", &paths[0]];
        arguments.extend(["--image", &image]);
        arguments.extend(more);
        let (code, out, err) = simulate(&arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains("no-image"), "{err}");
    }
}
