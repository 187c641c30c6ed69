//! Refusals that are not the operator's deny response.

use serde_json::json;

use super::WellFormed;
use crate::profile::{CannedResponse, Responses};
use crate::testbed::content::Refusal;
use crate::testbed::shape::with_value;

/// The page of a proxy or a firewall that refuses a request.
const REFUSAL_PAGE: &str = "<!DOCTYPE html><html><head><title>Access denied</title></head><body>\
    <h1>Access denied</h1><p>Your request was blocked.</p></body></html>\n";

/// Whether a refusal of this kind is different from the deny response.
pub(in crate::testbed) fn is_another_refusal(kind: Refusal, responses: &Responses) -> bool {
    let by_status = |status| {
        let mut denials = [&responses.deny]
            .into_iter()
            .chain(&responses.further_denials);
        denials.any(|deny| deny.status == status && deny.body.trim_ascii().is_empty())
    };
    match kind {
        // Where the status alone denies, the body says nothing.
        Refusal::Page | Refusal::Empty => !by_status(403),
        Refusal::UnknownCode | Refusal::NearCode | Refusal::CodeInText => {
            refusal(kind, responses).is_some()
        }
        Refusal::Status(status) => !by_status(status),
        Refusal::ProxyLogin => true,
    }
}

/// A refusal that is not the operator's deny response. None if what denies in that is not known.
pub(super) fn refusal(kind: Refusal, responses: &Responses) -> Option<WellFormed> {
    let page = |status| WellFormed {
        status,
        content_type: "text/html".to_owned(),
        body: REFUSAL_PAGE.into(),
        location: None,
        fields: Vec::new(),
        close: false,
        meaning: None,
    };
    let deny = &responses.deny;
    let with = |body: Vec<u8>| WellFormed {
        body,
        ..WellFormed::canned(deny, None)
    };
    // The body as a whole denies if it is one word.
    let is_word = !deny.body.is_empty() && deny.body.iter().all(u8::is_ascii_alphanumeric);
    let other = |value: &dyn Fn(&str) -> String| match &responses.deny_member {
        Some(path) => with_value(&deny.body, path, value).map(with),
        None if is_word => Some(with(
            value(&String::from_utf8_lossy(&deny.body)).into_bytes(),
        )),
        None => None,
    };
    match kind {
        Refusal::Page => Some(page(403)),
        Refusal::Status(status) => Some(page(status)),
        Refusal::ProxyLogin => Some(WellFormed {
            fields: vec![(
                "Proxy-Authenticate".to_owned(),
                "Basic realm=\"proxy\"".to_owned(),
            )],
            ..page(407)
        }),
        Refusal::Empty => Some(WellFormed {
            body: Vec::new(),
            ..page(403)
        }),
        Refusal::UnknownCode => other(&|_| "9999".to_owned()),
        Refusal::NearCode => other(&near),
        Refusal::CodeInText if is_word => {
            other(&|code| format!("request 2{code}7 failed after {code} ms"))
        }
        Refusal::CodeInText => {
            let path = responses.deny_member.as_ref()?;
            let code = path.value(&deny.body)?;
            Some(with(match is_json(deny) {
                true => json!({ "request": code }).to_string().into_bytes(),
                false => format!("<request>{code}</request>").into_bytes(),
            }))
        }
    }
}

/// A value that differs in the last letter or digit: no protocol's code ends with `x`.
fn near(code: &str) -> String {
    let mut code = code.to_owned();
    if let Some((last, letter)) = code
        .char_indices()
        .rfind(|(_, letter)| letter.is_ascii_alphanumeric())
    {
        let other = if letter == 'x' { "y" } else { "x" };
        code.replace_range(last..=last, other);
    }
    code
}

fn is_json(response: &CannedResponse) -> bool {
    response.content_type.ends_with("json")
}
