//! Short messages through `provision sms` and `provision sign --sms`.

use std::fs;

use super::provision;

#[test]
fn a_log_of_a_modem_is_joined_shown_and_written() {
    let work = tempfile::tempdir().expect("a folder");
    let push = work.path().join("hotspot.push").display().to_string();
    let result = provision(&["sms", "sms/05-deliver.cmt.txt", "--output", &push]);
    assert_eq!(result.code, 0, "{}", result.err);
    let text = result.text();
    let head = "message 1 (3 parts, 258 octets, reference 0x2a, number +15550001111, a push to be proven by USERPIN)\nHotSpot\n";
    assert!(text.starts_with(head), "{text}");
    assert!(text.contains("├─ Enabled                  true"), "{text}");
    let verified = provision(&["verify", &push, "--pin", "1234"]);
    assert_eq!(verified.code, 0, "{}", verified.err);
    let to_standard = provision(&["sms", "sms/05-deliver.cmt.txt", "--output", "-"]);
    assert_eq!(to_standard.out, fs::read(&push).expect("written"));
}

#[test]
fn parts_come_in_several_files_and_several_messages_go_into_a_folder() {
    let work = tempfile::tempdir().expect("a folder");
    let folder = work.path().join("joined").display().to_string();
    let both = ["sms/03-three.16bit.hex", "sms/02-134.sms.hex"];
    let result = provision(&["sms", both[0], both[1], "-o", &folder]);
    assert_eq!(result.code, 0, "{}", result.err);
    for (made, vector) in [("1.push", "03-three.push"), ("2.push", "02-134.push")] {
        let made = fs::read(work.path().join("joined").join(made)).expect("written");
        let vector = super::folder("device/tests/vectors/sms").join(vector);
        assert_eq!(made, fs::read(vector).expect("a vector"));
    }
    // A file that was read is not written over.
    let first = work.path().join("joined/1.push").display().to_string();
    let before = fs::read(&first).expect("written");
    let refused = provision(&["sms", both[1], &first, "-o", &folder]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(
        refused.err.contains("would overwrite the input"),
        "{}",
        refused.err
    );
    assert_eq!(fs::read(&first).expect("still there"), before);
    let refused = provision(&["sms", both[0], both[1], "-o", "-"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains("name a folder"), "{}", refused.err);
}

#[test]
fn what_is_not_whole_is_refused_with_its_place() {
    for (file, words) in [
        (
            "sms/03-three.missing-2.hex",
            "part 2 is missing\n  --> sms/03-three.missing-2.hex:1:1",
        ),
        (
            "sms/03-three.two-different-part-2.hex",
            "with other content\n  --> sms/03-three.two-different-part-2.hex:3:1",
        ),
        (
            "sms/03-three.part-0.hex",
            "part 0 of 3\n  --> sms/03-three.part-0.hex:1:15",
        ),
        ("cp.xml", "a document in XML"),
    ] {
        let result = provision(&["sms", file]);
        assert_eq!((result.code, result.text()), (1, ""), "{}", result.err);
        assert!(result.err.contains(words), "{words}: {}", result.err);
    }
    let result = provision(&["sms", "no-such-file"]);
    assert_eq!(result.code, 2, "{}", result.err);
    assert!(
        result.err.contains("name a file with short messages"),
        "{}",
        result.err
    );
}

#[test]
fn a_document_that_is_signed_comes_back_from_its_messages() {
    let work = tempfile::tempdir().expect("a folder");
    for (number, form) in ["--sms", "--sms=user-data", "--sms=submit", "--sms=deliver"]
        .iter()
        .enumerate()
    {
        let text = work
            .path()
            .join(format!("{number}.txt"))
            .display()
            .to_string();
        let mut arguments = vec![
            "sign",
            "hotspot_datatype.xml",
            "--method",
            "userpin",
            "--pin",
            "1234",
            form,
            "-o",
            &text,
        ];
        if number > 1 {
            arguments.extend(["--number", "+15551234567", "--reference", "12ab"]);
        }
        let signed = provision(&arguments);
        assert_eq!(signed.code, 0, "{}", signed.err);
        assert!(
            signed.err.contains("octets takes 2 short messages; "),
            "{}",
            signed.err
        );
        let push = work.path().join("back.push").display().to_string();
        let joined = provision(&["sms", &text, "-o", &push]);
        assert_eq!(joined.code, 0, "{}", joined.err);
        let verified = provision(&["verify", &push, "--pin", "1234"]);
        assert_eq!(verified.code, 0, "{}", verified.err);
    }
    for (arguments, words) in [
        (&["--sms=submit"][..], "add --number"),
        (&["--sms", "--number", "one"], "a telephone number has"),
        (
            &["--sms", "--reference", "2"],
            "two or four hexadecimal digits",
        ),
        (&["--number", "1"], "--sms"),
    ] {
        let all = [
            &[
                "sign",
                "hotspot_datatype.xml",
                "--method",
                "userpin",
                "--pin",
                "1234",
            ],
            arguments,
        ]
        .concat();
        let refused = provision(&all);
        assert_eq!(refused.code, 2, "{}", refused.err);
        assert!(refused.err.contains(words), "{words}: {}", refused.err);
    }
}

#[test]
fn a_document_is_asked_for_and_short_messages_are_given() {
    let result = provision(&["check", "sms/04-gateway-log.txt"]);
    assert_eq!(result.code, 1, "{}", result.err);
    assert!(
        result.err.contains("short messages in hexadecimal digits"),
        "{}",
        result.err
    );
    assert!(
        result.err.contains("join them to the push"),
        "{}",
        result.err
    );
}
