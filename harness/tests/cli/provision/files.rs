//! Which files the commands read and write, and what they report where they cannot.

use std::fs;
use std::path::Path;

use super::{CommandOutput, provision};
use crate::support::assert_order;

/// A folder to work in, and the paths of files in it.
struct Work(tempfile::TempDir);

impl Work {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// A copy of a vector.
    fn copy(&self, vector: &str, name: &str) -> String {
        let path = self.path(name);
        let folder = Path::new(&path).parent().expect("it is in the folder");
        fs::create_dir_all(folder).expect("made");
        let vector = super::folder("device/tests/vectors").join(vector);
        fs::copy(vector, &path).expect("copied");
        path
    }

    /// All files, sorted; temporary ones would be among them.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.path().join(folder)).expect("readable");
        let mut names: Vec<_> = entries
            .map(|one| one.expect("readable").file_name().into_string())
            .map(|name| name.expect("text"))
            .collect();
        names.sort();
        names
    }
}

#[test]
fn a_file_that_cannot_be_read_hides_no_other() {
    let result = provision(&["check", "mistakes-names.xml", "gone.xml", "cdma.xml", "."]);
    assert_eq!(result.code, 2);
    assert_order(
        &result.err,
        &[
            "warning: `Hotspot` in other letter case",
            "error: cannot read gone.xml",
            "error: cannot read .: ",
            "refused: 1 document, 2 unreadable, 1 accepted, 3 errors, 3 warnings, 1 note\n",
        ],
    );
    let result = provision(&["check", "gone.xml"]);
    assert!(
        result.err.ends_with("\nunreadable: 1 document\n"),
        "{}",
        result.err
    );
    let result = provision(&[
        "check",
        "--json",
        "cdma.xml",
        "gone.xml",
        "mistakes-names.xml",
    ]);
    assert_eq!(result.code, 2);
    let report: serde_json::Value = serde_json::from_slice(&result.out).expect("JSON");
    let accepted: Vec<_> = (0..3)
        .map(|index| report[index]["accepted"].clone())
        .collect();
    assert_eq!(accepted, [true, false, false]);
    assert_eq!(report[1]["file"], "gone.xml");
    let error = report[1]["error"].as_str().expect("the reason");
    assert!(error.starts_with("cannot read gone.xml"), "{error}");
    assert!(report[0].get("error").is_none() && report[2].get("error").is_none());
}

#[test]
fn what_can_be_converted_is_converted() {
    let work = Work::new();
    let target = work.path("new");
    let files = ["cdma.xml", "gone.xml", "faults-structure.xml", "query.xml"];
    let mut arguments = vec!["encode", "--output", &target];
    arguments.extend(files);
    let result = provision(&arguments);
    assert_eq!(result.code, 2, "the worst that happened");
    assert_order(&result.err, &["cannot read gone.xml"]);
    assert_eq!(work.names("new"), ["cdma.wbxml", "query.wbxml"]);
    let (first, second) = (work.path("new/cdma.wbxml"), work.path("new/gone.wbxml"));
    let back = work.path("back");
    let result = provision(&["decode", &second, &first, "--output", &back]);
    assert_eq!(result.code, 2);
    assert_eq!(work.names("back"), ["cdma.xml"]);
}

#[test]
fn no_file_is_overwritten_that_was_not_meant() {
    let work = Work::new();
    let [one, two] = ["one/cdma.xml", "two/cdma.xml"].map(|name| work.copy("cdma.xml", name));
    let binary = work.copy("empty_prov.wbxml", "one/cdma.wbxml");
    let [new, state, folder] = ["new", "state", "one"].map(|name| work.path(name));
    let inputs = [&one, &two, &binary].map(|path| fs::read(path).expect("readable"));
    let cases: &[(&[&str], &[&str])] = &[
        (&["encode", &one, &two, "--output", &new], &[&one, &two]),
        (
            &["decode", &one, &binary, "--output", &new],
            &[&one, &binary],
        ),
        (
            &["apply", &one, &two, "--state", &state, "--output", &new],
            &[&one, &two],
        ),
        // Each would become the other.
        (&["encode", &one, &binary, "--output", &folder], &[&binary]),
        (&["encode", &one, "--output", &one], &[&one]),
        (&["decode", &one, "--output", &folder], &[&one]),
        (
            &["apply", &one, "--state", &state, "--output", &one],
            &[&one],
        ),
        (
            &[
                "sign", &one, "--method", "userpin", "--pin", "1", "--output", &one,
            ],
            &[&one],
        ),
        (
            &[
                "query",
                "--document",
                &one,
                "--state",
                &state,
                "--output",
                &one,
            ],
            &[&one],
        ),
        (
            &["encode", &one, &two, "--output", "-"],
            &["not to standard output", "--output"],
        ),
        (&["apply", &one, &two, "--state", &state], &["--output"]),
        (
            &["apply", &one, &two, "--state", &state, "--output", "-"],
            &["not to standard output", "--output"],
        ),
    ];
    for (arguments, named) in cases {
        let result = provision(arguments);
        assert_eq!(result.code, 2, "{arguments:?}: {}", result.err);
        for name in *named {
            assert!(result.err.contains(name), "{arguments:?}: {}", result.err);
        }
        let after = [&one, &two, &binary].map(|path| fs::read(path).expect("readable"));
        assert_eq!(after, inputs, "{arguments:?}");
        assert_eq!(work.names(""), ["one", "two"], "{arguments:?}");
        assert_eq!(
            work.names("one"),
            ["cdma.wbxml", "cdma.xml"],
            "{arguments:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_an_input_is_that_input() {
    let work = Work::new();
    let input = work.copy("cdma.xml", "a.xml");
    let link = work.path("link.xml");
    std::os::unix::fs::symlink("a.xml", &link).expect("made");
    let result = provision(&["encode", &input, "--output", &link]);
    assert_eq!(result.code, 2, "{}", result.err);
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_and_stays_as_it_was() {
    let work = Work::new();
    let result = provision(&["encode", "cdma.xml", "--output", &work.path("gone/a")]);
    assert_eq!(result.code, 3);
    assert!(result.err.contains("gone/a"), "{}", result.err);
    assert!(work.names("").is_empty());
}

#[test]
fn each_answer_is_a_document_of_its_own() {
    let work = Work::new();
    let [state, answers] = ["device", "answers"].map(|name| work.path(name));
    let result = provision(&[
        "apply",
        "cdma.xml",
        "mistakes-values.xml",
        "--state",
        &state,
        "--output",
        &answers,
    ]);
    assert_eq!(result.code, 1, "{}", result.err);
    assert!(result.out.is_empty());
    assert_eq!(
        work.names("answers"),
        ["cdma.response.xml", "mistakes-values.response.xml"]
    );
    for name in work.names("answers") {
        let answer = work.path(&format!("answers/{name}"));
        let result = provision(&["decode", &answer]);
        assert_eq!(result.code, 0, "{name}: {}", result.err);
    }
    // One answer goes to a file of any name, or into a folder that is there.
    let one = work.path("one.xml");
    for (target, file) in [
        (&one, &one),
        (&state, &work.path("device/cdma.response.xml")),
    ] {
        let result = provision(&["apply", "cdma.xml", "--state", &state, "--output", target]);
        assert_eq!(result.code, 0, "{}", result.err);
        assert!(Path::new(file).is_file(), "{file}");
    }
}

#[test]
fn every_error_is_reported_before_a_document_is_applied() {
    let work = Work::new();
    let state = work.path("device");
    let push = work.path("a.push");
    let sign = [
        "sign", "cdma.xml", "--method", "userpin", "--pin", "1234", "--output", &push,
    ];
    assert_eq!(provision(&sign).code, 0);
    let [answers, nowhere, image] =
        ["answers", "gone/answer.xml", "no-image"].map(|one| work.path(one));
    fs::write(work.path("file"), "").expect("written");
    let in_a_file = work.path("file/answers");
    let several = ["cdma.xml", &push];
    let cases: &[(&[&str], &[&str], i32, &str)] = &[
        (
            &several,
            &["--output", &answers, "--pin", "abc"],
            2,
            "--pin",
        ),
        (
            &several,
            &["--output", &answers, "--imsi", "12"],
            2,
            "--imsi",
        ),
        (
            &several,
            &["--output", &in_a_file, "--pin", "1234"],
            2,
            "file/answers",
        ),
        (
            &several,
            &["--output", &answers, "--image", &image],
            2,
            "no-image",
        ),
        (&["cdma.xml"], &["--output", &nowhere], 3, "gone/answer.xml"),
        (
            &["cdma.xml", "gone.xml"],
            &["--output", &answers],
            2,
            "gone.xml",
        ),
    ];
    for (files, more, code, message) in cases {
        let mut arguments = vec!["apply", "--state", &state];
        arguments.extend(*files);
        arguments.extend(*more);
        let result = provision(&arguments);
        assert_eq!(result.code, *code, "{arguments:?}: {}", result.err);
        assert!(
            result.err.contains(message),
            "{arguments:?}: {}",
            result.err
        );
        assert!(!Path::new(&state).exists(), "{arguments:?}");
    }
}

#[test]
fn an_image_that_is_not_there_is_a_usage_error() {
    let work = Work::new();
    fs::write(work.path("file"), "").expect("written");
    for image in ["gone", "file"].map(|name| work.path(name)) {
        let result = provision(&["check", "cdma.xml", "--image", &image]);
        assert_eq!(result.code, 2, "{}", result.err);
        assert!(result.err.contains(&image), "{}", result.err);
        assert!(result.err.contains("drive C"), "{}", result.err);
    }
}

#[test]
fn every_command_has_examples_in_its_help() {
    for command in [
        "check", "show", "apply", "query", "encode", "decode", "sign", "verify", "nodes",
    ] {
        let CommandOutput { code, out, .. } = provision(&[command, "--help"]);
        let out = String::from_utf8(out).expect("text");
        assert_eq!(code, 0);
        let example = format!("ics-harness provision {command}");
        assert_order(&out, &["Examples:", &example]);
    }
    assert_order(provision(&["--help"]).text(), &["Examples:", "Exit codes:"]);
}

#[test]
fn a_missing_secret_is_reported_with_its_option() {
    let work = Work::new();
    let state = work.path("device");
    for (method, secrets, options) in [
        ("netwpin", &[][..], "--imsi\n"),
        ("userpin", &[], "--pin\n"),
        ("usernetwpin", &[], "--imsi and --pin\n"),
        ("usernetwpin", &["--pin", "1234567890"], "--imsi\n"),
        ("usernetwpin", &["--imsi", "466923103145252"], "--pin\n"),
        ("userpinmac", &["--pin", "1234567"], "--pin\n"),
    ] {
        let push = work.path(&format!("{method}.push"));
        let all = [
            "sign",
            "cdma.xml",
            "--method",
            method,
            "--output",
            &push,
            "--pin",
            "1234567890",
            "--imsi",
            "466923103145252",
        ];
        let result = provision(&all);
        assert_eq!(result.code, 0, "{}", result.err);
        for (command, ending) in [("verify", ""), ("apply", "; nothing of it is stored")] {
            let mut arguments = vec![command, push.as_str()];
            if command == "apply" {
                arguments.extend(["--state", &state]);
            }
            arguments.extend(secrets);
            let result = provision(&arguments);
            assert_eq!(result.code, 1, "{arguments:?}");
            let ending = format!("; give it with {}{ending}\n", options.trim_end());
            assert!(
                result.err.ends_with(&ending),
                "{arguments:?}: {}",
                result.err
            );
        }
    }
    let result = provision(&["sign", "cdma.xml", "--method", "netwpin"]);
    assert_eq!(result.code, 2);
    assert!(
        result.err.ends_with("give it with --imsi\n"),
        "{}",
        result.err
    );
}

#[test]
fn a_proven_push_is_looked_into() {
    let work = Work::new();
    let push = work.path("a.push");
    let secrets = ics_device::document::push::Secrets {
        pin: ics_device::document::push::Pin::new("1234"),
        imsi: None,
    };
    let sign = |body: &[u8]| {
        use ics_device::document::push::{Method, seal};
        let sealed = seal(Method::UserPin, &secrets, body.to_vec()).expect("it has a PIN");
        fs::write(&push, sealed.push.to_bytes()).expect("written");
        provision(&["verify", &push, "--pin", "1234"])
    };
    let result = sign(b"<wap-provisioningdoc>\n<parm/></wap-provisioningdoc>");
    assert_eq!(result.code, 1);
    assert!(
        result.text().contains("proven by USERPIN"),
        "{}",
        result.text()
    );
    assert_order(
        &result.err,
        &["error:", "(the document in the push):2:", ": refused\n"],
    );
    let result = sign(b"<wap-provisioningdoc/>");
    assert_eq!(result.code, 0, "{}", result.err);
    // A device would refuse it, and the file keeps its name for machines.
    let refused = br#"<wap-provisioningdoc><characteristic type="HotSpot"><parm name="MaxUsers" value="9"/></characteristic></wap-provisioningdoc>"#;
    let result = sign(refused);
    assert_eq!(result.code, 1, "{}", result.err);
    assert_order(&result.err, &["error: MaxUsers is `9`", ": refused\n"]);
    let result = provision(&["check", "--json", &push]);
    let report: serde_json::Value = serde_json::from_slice(&result.out).expect("JSON");
    assert_eq!(report[0]["file"], push, "{report}");
    assert_eq!(report[0]["encoding"], "push", "{report}");
}

#[test]
fn what_a_device_would_refuse_is_reported_and_signed() {
    let work = Work::new();
    let document = work.copy("mistakes-values.xml", "a.xml");
    let push = work.path("a.push");
    let arguments = ["sign", &document, "--method", "userpin", "--pin", "1234"];
    let result = provision(&[&arguments[..], &["--output", &push]].concat());
    assert_eq!(result.code, 0, "{}", result.err);
    assert!(
        result.err.contains("error: MaxUsers is `9`"),
        "{}",
        result.err
    );
    assert!(Path::new(&push).exists());
}
