//! Which files the commands read and write, and what they say where they cannot.

use std::fs;
use std::path::Path;

use super::{Said, provision};
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
    let said = provision(&["check", "mistakes-names.xml", "gone.xml", "cdma.xml", "."]);
    assert_eq!(said.code, 2);
    assert_order(
        &said.err,
        &[
            "error: no provider is called `Hotspot`",
            "error: cannot read gone.xml",
            "error: cannot read .: ",
            "refused: 1 document, 2 unreadable, 1 accepted, 5 errors\n",
        ],
    );
    let said = provision(&["check", "gone.xml"]);
    assert!(
        said.err.ends_with("\nunreadable: 1 document\n"),
        "{}",
        said.err
    );
    let said = provision(&[
        "check",
        "--json",
        "cdma.xml",
        "gone.xml",
        "mistakes-names.xml",
    ]);
    assert_eq!(said.code, 2);
    let report: serde_json::Value = serde_json::from_slice(&said.out).expect("JSON");
    let accepted: Vec<_> = (0..3)
        .map(|index| report[index]["accepted"].clone())
        .collect();
    assert_eq!(accepted, [true, false, false]);
    assert_eq!(report[1]["file"], "gone.xml");
    let error = report[1]["error"].as_str().expect("it says why");
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
    let said = provision(&arguments);
    assert_eq!(said.code, 2, "the worst that happened");
    assert_order(&said.err, &["cannot read gone.xml"]);
    assert_eq!(work.names("new"), ["cdma.wbxml", "query.wbxml"]);
    let (first, second) = (work.path("new/cdma.wbxml"), work.path("new/gone.wbxml"));
    let back = work.path("back");
    let said = provision(&["decode", &second, &first, "--output", &back]);
    assert_eq!(said.code, 2);
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
        let said = provision(arguments);
        assert_eq!(said.code, 2, "{arguments:?}: {}", said.err);
        for name in *named {
            assert!(said.err.contains(name), "{arguments:?}: {}", said.err);
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
    let said = provision(&["encode", &input, "--output", &link]);
    assert_eq!(said.code, 2, "{}", said.err);
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_and_stays_as_it_was() {
    let work = Work::new();
    let said = provision(&["encode", "cdma.xml", "--output", &work.path("gone/a")]);
    assert_eq!(said.code, 3);
    assert!(said.err.contains("gone/a"), "{}", said.err);
    assert!(work.names("").is_empty());
}

#[test]
fn each_answer_is_a_document_of_its_own() {
    let work = Work::new();
    let [state, answers] = ["device", "answers"].map(|name| work.path(name));
    let said = provision(&[
        "apply",
        "cdma.xml",
        "mistakes-values.xml",
        "--state",
        &state,
        "--output",
        &answers,
    ]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.out.is_empty());
    assert_eq!(
        work.names("answers"),
        ["cdma.response.xml", "mistakes-values.response.xml"]
    );
    for name in work.names("answers") {
        let answer = work.path(&format!("answers/{name}"));
        let said = provision(&["decode", &answer]);
        assert_eq!(said.code, 0, "{name}: {}", said.err);
    }
    // One answer goes to a file of any name, or into a folder that is there.
    let one = work.path("one.xml");
    for (target, file) in [
        (&one, &one),
        (&state, &work.path("device/cdma.response.xml")),
    ] {
        let said = provision(&["apply", "cdma.xml", "--state", &state, "--output", target]);
        assert_eq!(said.code, 0, "{}", said.err);
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
    for (files, more, code, told) in cases {
        let mut arguments = vec!["apply", "--state", &state];
        arguments.extend(*files);
        arguments.extend(*more);
        let said = provision(&arguments);
        assert_eq!(said.code, *code, "{arguments:?}: {}", said.err);
        assert!(said.err.contains(told), "{arguments:?}: {}", said.err);
        assert!(!Path::new(&state).exists(), "{arguments:?}");
    }
}

#[test]
fn an_image_that_is_not_there_is_a_usage_error() {
    let work = Work::new();
    fs::write(work.path("file"), "").expect("written");
    for image in ["gone", "file"].map(|name| work.path(name)) {
        let said = provision(&["check", "cdma.xml", "--image", &image]);
        assert_eq!(said.code, 2, "{}", said.err);
        assert!(said.err.contains(&image), "{}", said.err);
        assert!(said.err.contains("drive C"), "{}", said.err);
    }
}

#[test]
fn every_command_has_examples_in_its_help() {
    for command in [
        "check", "show", "apply", "query", "encode", "decode", "sign", "verify", "nodes",
    ] {
        let Said { code, out, .. } = provision(&[command, "--help"]);
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
        let said = provision(&all);
        assert_eq!(said.code, 0, "{}", said.err);
        for (command, ending) in [("verify", ""), ("apply", "; nothing of it is stored")] {
            let mut arguments = vec![command, push.as_str()];
            if command == "apply" {
                arguments.extend(["--state", &state]);
            }
            arguments.extend(secrets);
            let said = provision(&arguments);
            assert_eq!(said.code, 1, "{arguments:?}");
            let told = format!("; give it with {}{ending}\n", options.trim_end());
            assert!(said.err.ends_with(&told), "{arguments:?}: {}", said.err);
        }
    }
    let said = provision(&["sign", "cdma.xml", "--method", "netwpin"]);
    assert_eq!(said.code, 2);
    assert!(said.err.ends_with("give it with --imsi\n"), "{}", said.err);
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
    let said = sign(b"<wap-provisioningdoc>\n<parm/></wap-provisioningdoc>");
    assert_eq!(said.code, 1);
    assert!(said.text().contains("proven by USERPIN"), "{}", said.text());
    assert_order(
        &said.err,
        &["error:", "(the document in the push):2:", ": refused\n"],
    );
    let said = sign(b"<wap-provisioningdoc/>");
    assert_eq!(said.code, 0, "{}", said.err);
    // A device would refuse it, and the file keeps its name for machines.
    let refused = br#"<wap-provisioningdoc><characteristic type="HotSpot"><parm name="MaxUsers" value="9"/></characteristic></wap-provisioningdoc>"#;
    let said = sign(refused);
    assert_eq!(said.code, 1, "{}", said.err);
    assert_order(&said.err, &["error: MaxUsers is `9`", ": refused\n"]);
    let said = provision(&["check", "--json", &push]);
    let report: serde_json::Value = serde_json::from_slice(&said.out).expect("JSON");
    assert_eq!(report[0]["file"], push, "{report}");
    assert_eq!(report[0]["encoding"], "push", "{report}");
}

#[test]
fn what_a_device_would_refuse_is_reported_and_signed() {
    let work = Work::new();
    let document = work.copy("mistakes-values.xml", "a.xml");
    let push = work.path("a.push");
    let arguments = ["sign", &document, "--method", "userpin", "--pin", "1234"];
    let said = provision(&[&arguments[..], &["--output", &push]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("error: MaxUsers is `9`"), "{}", said.err);
    assert!(Path::new(&push).exists());
}
