//! Documents that serve several providers, through each command.

use std::fs;
use std::path::Path;

use super::provision;

/// What documents hold for others than HotSpot.
const OTHERS: [&str; 10] = [
    r#"<characteristic type="NAPDEF"><parm name="NAPID" value="N1"/></characteristic>"#,
    r#"<characteristic type="PXLOGICAL"><parm name="PROXY-ID" value="P1"/></characteristic>"#,
    r#"<characteristic type="APPLICATION"><parm name="APPID" value="w4"/></characteristic>"#,
    r#"<characteristic type="BOOTSTRAP"><parm name="NAME" value="Operator"/></characteristic>"#,
    r#"<characteristic type="CM_ProxyEntries"><nocharacteristic type="P1"/></characteristic>"#,
    r#"<characteristic type="CMPolicy"><characteristic type="App"/></characteristic>"#,
    r#"<characteristic type="BrowserFavorite"><characteristic type="Operator"/></characteristic>"#,
    r#"<characteristic type="Registry"><characteristic type="HKLM\Demo"/></characteristic>"#,
    r#"<characteristic type="SecurityPolicy"><parm name="4097" value="1"/></characteristic>"#,
    r#"<characteristic type="EMAIL2"/>"#,
];

const OURS: &str = r#"<characteristic type="HotSpot"><parm name="Enabled" value="true"/><parm name="EntitlementRequired" value="false"/><parm name="MaxUsers" value="3"/></characteristic>"#;

/// Ten documents with five providers each, and their paths.
fn ten(folder: &Path) -> Vec<String> {
    let path = |first: usize| {
        let others: Vec<_> = (first..first + 4).map(|one| OTHERS[one % 10]).collect();
        let (before, after) = others.split_at(first % 5);
        let inside = [&before.concat(), OURS, &after.concat()].concat();
        let path = folder.join(format!("{first}.xml"));
        let text = format!("<wap-provisioningdoc>{inside}</wap-provisioningdoc>");
        fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    (0..10).map(path).collect()
}

#[test]
fn ten_documents_of_five_providers_are_checked_shown_applied_and_queried() {
    let work = tempfile::tempdir().expect("a folder");
    let files = ten(work.path());
    let mut arguments = vec!["check"];
    arguments.extend(files.iter().map(String::as_str));
    let result = provision(&arguments);
    assert_eq!(result.code, 0, "{}", result.err);
    assert!(
        result.err.ends_with("accepted: 10 documents, 40 notes\n"),
        "{}",
        result.err
    );
    for (index, file) in files.iter().enumerate() {
        let shown = provision(&["show", file]);
        assert_eq!(shown.code, 0, "{}", shown.err);
        assert_eq!(
            shown.text().matches("kept unread").count(),
            4,
            "{}",
            shown.text()
        );
        assert!(shown.text().contains("3 users"), "{}", shown.text());
        let state = work
            .path()
            .join(format!("device{index}"))
            .display()
            .to_string();
        let applied = provision(&["apply", file, "--state", &state]);
        assert_eq!(applied.code, 0, "{}", applied.err);
        assert!(
            applied.err.contains("HotSpot/MaxUsers: not set → 3"),
            "{}",
            applied.err
        );
        assert_eq!(
            applied
                .text()
                .matches("\n    <characteristic type=")
                .count(),
            5,
            "{}",
            applied.text()
        );
        let queried = provision(&["query", "HotSpot/MaxUsers", "--state", &state]);
        assert!(
            queried.text().contains(r#"value="3""#),
            "{}",
            queried.text()
        );
        for command in [&["check"][..], &["show"], &["apply", "--state", &state]] {
            let mut arguments = command.to_vec();
            arguments.extend(["--strict-providers", file]);
            let result = provision(&arguments);
            assert_eq!(result.code, 1, "{arguments:?}: {}", result.err);
            assert!(
                result.err.contains("is another provider\n"),
                "{}",
                result.err
            );
        }
    }
}

#[test]
fn a_proven_push_says_what_its_document_does() {
    let work = tempfile::tempdir().expect("a folder");
    let file = &ten(work.path())[0];
    let push = work.path().join("a.push").display().to_string();
    let signed = provision(&[
        "sign", file, "--method", "userpin", "--pin", "1234", "--output", &push,
    ]);
    assert_eq!(signed.code, 0, "{}", signed.err);
    let verified = provision(&["verify", &push, "--pin", "1234"]);
    assert_eq!(verified.code, 0, "{}", verified.err);
    let text = verified.text();
    assert!(text.contains("proven by USERPIN"), "{text}");
    assert!(
        text.contains("on a new device:\n  HotSpot/Enabled: not set → true"),
        "{text}"
    );
    assert!(
        verified.err.contains("note: NAPDEF is another provider"),
        "{}",
        verified.err
    );
    let strict = provision(&["verify", &push, "--pin", "1234", "--strict-providers"]);
    assert_eq!(strict.code, 1, "{}", strict.err);
    assert!(
        !strict.text().contains("on a new device"),
        "{}",
        strict.text()
    );
}

#[test]
fn what_could_be_read_of_a_faulty_document_is_decoded() {
    let work = tempfile::tempdir().expect("a folder");
    let path = |name: &str| work.path().join(name).display().to_string();
    let (whole, cut, out) = (path("a.wbxml"), path("b.wbxml"), path("b.xml"));
    assert_eq!(
        provision(&["encode", "cdma.xml", "--output", &whole]).code,
        0
    );
    let bytes = fs::read(&whole).expect("it was written");
    fs::write(&cut, &bytes[..bytes.len() - 20]).expect("written");
    let result = provision(&["decode", &cut, "--output", &out]);
    assert_eq!(result.code, 1, "{}", result.err);
    assert!(
        result.err.contains("1 error; this is what could be read"),
        "{}",
        result.err
    );
    let text = fs::read_to_string(&out).expect("it was written");
    assert!(text.contains(r#"name="TetheringNAI" value="1""#), "{text}");
    assert!(text.ends_with("</wap-provisioningdoc>\n"), "{text}");
}

#[test]
fn microsoft_s_tokens_are_written_where_that_is_asked_for() {
    let work = tempfile::tempdir().expect("a folder");
    let out = work.path().join("a.wbxml").display().to_string();
    let query = "neighbours/ms-01-query.xml";
    assert_eq!(
        provision(&["encode", "--microsoft", query, "--output", &out]).code,
        0
    );
    let vector = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("device/tests/vectors/neighbours/ms-01-query.wbxml");
    assert_eq!(
        fs::read(&out).expect("written"),
        fs::read(vector).expect("a vector")
    );
    let decoded = provision(&["decode", &out]);
    assert!(
        decoded
            .text()
            .contains(r#"<characteristic-query type="HotSpot"/>"#),
        "{}",
        decoded.text()
    );
}
