//! Steps that are made from recordings: HAR files of a check that was permitted and of one that was denied.

use std::collections::BTreeSet;

use ics_device::printable::Printable;

use super::har::{Exchange, Recording, Request, is_volatile};
use super::matcher::{Matcher, Pattern};
use super::suggest::{form_pattern, header_pattern, members, path_shape};
use super::{Response, Step, Text};

/// The steps of a recording, the last of which decides, and what was taken loosely.
pub(super) fn steps(allow: &Recording) -> (Vec<Step>, Vec<String>) {
    let mut notes: Vec<String> = allow.remarks.iter().map(ToString::to_string).collect();
    let mut steps: Vec<Step> = Vec::new();
    let (mut loose, mut dropped) = (BTreeSet::new(), BTreeSet::new());
    for exchange in &allow.exchanges {
        if let Some(what) = is_of_a_page(exchange) {
            notes.push(format!("{} is left out: {what}", title(&exchange.request)));
            continue;
        }
        let matcher = matcher(&exchange.request, &mut loose);
        if steps.iter().any(|step| step.matcher == matcher) {
            notes.push(format!(
                "{} is left out: the same request came before",
                title(&exchange.request)
            ));
            continue;
        }
        steps.push(Step {
            name: format!("step-{}", steps.len() + 1),
            matcher,
            allow: response(exchange, &mut dropped),
            deny: Vec::new(),
            named: Vec::new(),
        });
    }
    if let Some(last) = steps.last_mut() {
        "question".clone_into(&mut last.name);
    }
    let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
    if !loose.is_empty() {
        notes.push(format!("these are matched with any value: {}", list(loose)));
    }
    if !dropped.is_empty() {
        notes.push(format!("these header fields of responses are left out, since they change or belong to browsers: {}", list(dropped)));
    }
    (steps, notes)
}

/// The responses to the deciding request in the recording of a check that was denied.
pub(super) fn denials(question: &Step, deny: &Recording) -> Vec<Response> {
    let mut ignored = (BTreeSet::new(), BTreeSet::new());
    let mut same = |exchange: &&Exchange| {
        let matcher = matcher(&exchange.request, &mut ignored.0);
        (&matcher.methods, &matcher.host, &matcher.path)
            == (
                &question.matcher.methods,
                &question.matcher.host,
                &question.matcher.path,
            )
    };
    let exchanges: Vec<_> = deny
        .exchanges
        .iter()
        .filter(|exchange| same(exchange))
        .collect();
    exchanges
        .into_iter()
        .map(|exchange| response(exchange, &mut ignored.1))
        .collect()
}

/// Whether a browser asked for it to show a page.
fn is_of_a_page(exchange: &Exchange) -> Option<&'static str> {
    let header = |name: &str| {
        let mut all = exchange.request.headers.iter();
        all.find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.as_str())
    };
    match header("sec-fetch-dest") {
        Some("document" | "iframe") => Some("it is the page itself"),
        Some("image" | "style" | "script" | "font") => Some("it is a part of a page"),
        _ => None,
    }
}

fn title(request: &Request) -> Printable<String> {
    Printable(format!(
        "{} {}://{}{}",
        request.method, request.scheme, request.host, request.path
    ))
}

fn matcher(request: &Request, loose: &mut BTreeSet<String>) -> Matcher {
    let mut any = |what: &str, name: &str, pattern: &str| {
        if pattern.contains('*') {
            loose.insert(format!("{what} {name}"));
        }
        (name.to_owned(), Pattern::literal_or_wildcard(pattern))
    };
    let usual = if request.scheme == "https" { 443 } else { 80 };
    let query = request
        .query
        .iter()
        .map(|(name, _)| any("query parameter", name, "*"))
        .collect();
    let mut headers: Vec<(String, Pattern)> = Vec::new();
    for header in &request.headers {
        let name = header.name.to_ascii_lowercase();
        if let Some(pattern) = header_pattern(&name, &header.value)
            && !headers.iter().any(|(other, _)| *other == name)
        {
            headers.push(any("header", &name, &pattern));
        }
    }
    let body = request.body.as_deref().unwrap_or_default();
    let (mut json, mut form) = (Vec::new(), Vec::new());
    if let Ok(value) = serde_json::from_slice::<serde_json::Value>(body) {
        let mut paths = Vec::new();
        members(&value, "", &mut paths);
        json = paths
            .iter()
            .map(|path| any("JSON member", path, "*"))
            .collect();
    } else if request.headers.iter().any(|header| {
        header.name.eq_ignore_ascii_case("content-type")
            && header
                .value
                .starts_with("application/x-www-form-urlencoded")
    }) {
        form = form_urlencoded::parse(body)
            .map(|(name, value)| any("form field", &name, &form_pattern(&name, &value)))
            .collect();
    }
    Matcher {
        methods: vec![request.method.clone()],
        host: Some(Pattern::literal_or_wildcard(&request.host)),
        port: (request.port != usual).then_some(request.port),
        path: Some(path_shape(&request.path)),
        query,
        headers,
        json,
        xml: Vec::new(),
        form,
    }
}

fn response(exchange: &Exchange, dropped: &mut BTreeSet<String>) -> Response {
    let recorded = &exchange.response;
    let mut content_type = String::new();
    let mut headers = Vec::new();
    for header in &recorded.headers {
        let name = header.name.to_ascii_lowercase();
        if name == "content-type" {
            content_type.clone_from(&header.value);
        } else if is_volatile(&name) {
            dropped.insert(name);
        } else {
            headers.push((name, Text::Fixed(header.value.clone().into_bytes())));
        }
    }
    Response {
        status: recorded.status,
        content_type,
        headers,
        body: Text::Fixed(recorded.body.clone()),
        member: None,
    }
}
