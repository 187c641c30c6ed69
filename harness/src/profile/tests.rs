//! Profiles as users write them: what is read, and what is said of faults.

use std::fs;
use std::path::Path;

use super::*;

const TWO_STEPS: &str = r#"
name = "operator"
deadline = "8s"
https-ports = [443, 8443]

[[step]]
name = "token"
method = "POST"
path = "/token"
json = { "client.id" = "*" }
[step.allow]
body = '{"token":"{{ issue("token") }}"}'

[[step]]
name = "question"
method = ["GET", "POST"]
path = "/v2/{line}/tethering"
headers = { authorization = "Bearer {{ issued.token }}" }
deciding = "result.tethering"
[step.allow]
body = '{"result":{"code":0,"tethering":"ALLOWED"},"line":"{{ request.params.line }}"}'
[[step.deny]]
body = '{"result":{"code":0,"tethering":"DENIED"}}'
[[step.deny]]
status = 404
body = '{"error":"unknown-line"}'
deciding = "error"
[[step.response]]
name = "stale-token"
status = 401
answer = "UNAVAILABLE"
"#;

fn request(method: &str, target: &str, authorization: Option<&str>, body: &str) -> Request {
    let field = authorization.map(|value| ("authorization".to_owned(), value.to_owned()));
    Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: field.into_iter().collect(),
        body: body.as_bytes().to_vec(),
        ..Request::default()
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn the_question_is_answered_only_with_the_token_that_was_issued() {
    let profile = parse_text(TWO_STEPS).unwrap();
    let issued = Issued::default();
    let first = request("POST", "/token", None, r#"{"client":{"id":"c"}}"#);
    assert_eq!(profile.step_of(&first, &issued), Ok(0));
    let responses = profile.responses(0, &first, &issued).unwrap();
    let token = issued.values("token").pop().unwrap();
    assert_eq!(
        text(&responses.allow.body),
        format!(r#"{{"token":"{token}"}}"#)
    );
    assert_eq!((responses.deny.status, responses.member), (401, None));

    let wrong = request("GET", "/v2/77/tethering", Some("Bearer x"), "");
    let reason = profile.step_of(&wrong, &issued).unwrap_err().to_string();
    assert!(reason.starts_with(NO_STEP), "{reason}");
    assert!(
        reason.contains("`question`: the header `authorization` is `Bearer x`"),
        "{reason}"
    );
    let right = request(
        "GET",
        "/v2/77/tethering",
        Some(&format!("Bearer {token}")),
        "",
    );
    assert_eq!(profile.step_of(&right, &issued), Ok(1));
    let responses = profile.responses(1, &right, &issued).unwrap();
    assert!(text(&responses.allow.body).ends_with(r#""line":"77"}"#));
    assert_eq!(responses.further_denials[0].status, 404);
    assert_eq!(
        responses
            .deny_member
            .map(|path| path.to_string())
            .as_deref(),
        Some("result.tethering")
    );
    assert_eq!(profile.named_responses().count(), 1);
    assert_eq!(lint::lint(&profile), Vec::<String>::new());
}

#[test]
fn the_response_of_another_server_is_told_by_status_and_member() {
    let profile = built_in("carrier-json").unwrap();
    let responses = profile
        .responses(profile.deciding, &Request::default(), &Issued::default())
        .unwrap();
    let answer = |status, content_type: &str, body: &str| {
        responses.answer_to(&CannedResponse {
            status,
            content_type: content_type.to_owned(),
            headers: Vec::new(),
            body: body.into(),
        })
    };
    let json = "application/json";
    assert_eq!(
        answer(200, json, r#"{"id":7,"status":"allowed"}"#),
        Answer::Success
    );
    assert_eq!(
        answer(200, json, r#"{"status":"denied"}"#),
        Answer::Unavailable
    );
    assert_eq!(
        answer(500, json, r#"{"status":"allowed"}"#),
        Answer::Unavailable
    );
    assert_eq!(
        answer(403, "Text/Plain; charset=utf-8", "1003\n"),
        Answer::Failed
    );
    assert_eq!(answer(403, json, "1003"), Answer::Unavailable);
    assert_eq!(answer(403, "text/plain", "Blocked"), Answer::Unavailable);
}

/// The faults of a text, without colours.
fn faults(text: &str) -> String {
    parse_text(text).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn each_fault_is_told_with_its_line_and_what_to_write() {
    for (from, to, line, expected) in [
        (
            "method = \"POST\"",
            "methd = \"POST\"",
            "8:1",
            "write `method`",
        ),
        (
            "method = \"POST\"",
            "method = \"post\"",
            "8:10",
            "in capitals",
        ),
        (
            "answer = \"UNAVAILABLE\"",
            "answer = \"UNAVAILBLE\"",
            "31:10",
            "write `UNAVAILABLE`",
        ),
        ("\"8s\"", "\"8\"", "3:12", "a number and a unit"),
        (
            "path = \"/token\"",
            "path = \"token\"",
            "9:8",
            "begin it with `/`",
        ),
        (
            "path = \"/token\"",
            "path = \"/token?a=1\"",
            "9:8",
            "query = {",
        ),
        (
            "result.tethering\"\n[step.allow]",
            "result.none\"\n[step.allow]",
            "19:12",
            "name a member of the allow body",
        ),
        ("status = 401", "status = 101", "30:10", "from 200 to 599"),
        (
            "name = \"stale-token\"",
            "name = \"Stale token\"",
            "29:8",
            "lower-case letters",
        ),
        (
            "name = \"question\"",
            "name = \"token\"",
            "15:8",
            "a name of its own",
        ),
        ("{{ issued.token }}", "{{ token }}", "18:29", "issued.token"),
        (
            "{{ issue(\"token\") }}",
            "{{ issue(\"token\" }}",
            "12:8",
            "line 1 of this template",
        ),
        (
            "[[step.deny]]\nbody",
            "[[step.deny]]\nbody-file = \"none.json\"\nx = 1\nbody",
            "24:1",
            "unknown key `x`",
        ),
    ] {
        let broken = TWO_STEPS.replacen(from, to, 1);
        assert_ne!(broken, TWO_STEPS, "{from}");
        // A templated allow body is not known before a request; the fixed one is.
        let broken = broken.replace(",\"line\":\"{{ request.params.line }}\"", "");
        let told = faults(&broken);
        assert!(told.contains(&format!(":{line}")), "{to}: {told}");
        assert!(told.contains(expected), "{to}: {told}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let told = faults(
        "name = \"\"\nhttps-ports = []\n[[step]]\nname = \"A\"\npath = \"x\"\n[[exception]]\nrule = \"http/*\"\nreason = \"\"\n",
    );
    for expected in [
        "an empty name",
        "`A`",
        "begin it with `/`",
        "without an allow response",
        "without a deny response",
        "without a reason",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

#[test]
fn what_is_probably_not_meant_is_said() {
    let text = TWO_STEPS.replace("{{ issue(\"token\") }}", "fixed");
    let profile = parse_text(&text).unwrap();
    let notes = lint::lint(&profile).join("\n");
    assert!(notes.contains("no template issues it"), "{notes}");
}

#[test]
fn a_recording_takes_the_place_of_steps() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/har");
    for name in ["chromium", "mitmproxy"] {
        fs::copy(
            recordings.join(format!("{name}.har")),
            folder.path().join("allow.har"),
        )
        .unwrap();
        let file = folder.path().join("conformance.toml");
        fs::write(&file, "name = \"recorded\"\nallow = \"allow.har\"\ndeciding = \"status\"\n[deny]\nstatus = 403\n").unwrap();
        let profile = read(&file).unwrap();
        let steps: Vec<_> = profile
            .steps
            .iter()
            .map(|step| step.name.as_str())
            .collect();
        assert_eq!(steps, ["step-1", "question"], "{name}");
        assert_eq!(profile.deciding, 1);
        let body = "grant_type=client_credentials&client_id=other&client_secret=other";
        let mut token = request("POST", "/oauth/token", None, body);
        token.host = "login.operator.example".to_owned();
        assert_eq!(profile.step_of(&token, &Issued::default()), Ok(0), "{name}");
        let mut question = request("GET", "/v1/tethering?imsi=1&apn=2", Some("Bearer new"), "");
        question.host = "entitlement.operator.example".to_owned();
        assert_eq!(
            profile.step_of(&question, &Issued::default()),
            Ok(1),
            "{name}"
        );
        let responses = profile.responses(1, &question, &Issued::default()).unwrap();
        assert_eq!(
            text(&responses.allow.body),
            r#"{"status":"allowed","validFor":86400}"#
        );
        let notes = profile.notes.join("\n");
        assert!(notes.contains("query parameter imsi"), "{notes}");
        assert_eq!(
            notes.contains("it is the page itself"),
            name == "chromium",
            "{notes}"
        );
    }
}

#[test]
fn a_recording_needs_what_denies() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("conformance.toml");
    fs::write(&file, "name = \"recorded\"\nallow = \"none.har\"\n").unwrap();
    let error = read(&file).unwrap_err().to_string();
    assert!(error.contains("none.har"), "{error}");
    let har = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/har/mitmproxy.har");
    fs::write(&file, format!("name = \"recorded\"\nallow = {har:?}\n")).unwrap();
    let error = read(&file).unwrap_err().to_string();
    assert!(error.contains("none of what is denied"), "{error}");
}
