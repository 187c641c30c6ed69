//! The meaning of a complete response: 200 with `{"status":"allowed"}` allows, 403 with the code 1000 or 1003 denies, and
//! everything else is no decision.

use serde::Deserialize;

use crate::Decision;

/// A response that arrived completely.
pub struct Response {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
}

/// The body of an allow response. serde rejects a second member of that name.
#[derive(Deserialize)]
struct Answer {
    status: String,
}

/// The meaning of a response.
pub fn judge(response: &Response) -> Decision {
    match response.status {
        200 if is_json(&response.content_type) => {
            match serde_json::from_slice::<Answer>(&response.body) {
                Ok(answer) if answer.status == "allowed" => Decision::Success,
                Ok(_) | Err(_) => Decision::Unavailable,
            }
        }
        403 => match response.body.trim_ascii() {
            b"1000" | b"1003" => Decision::Failed,
            _ => Decision::Unavailable,
        },
        _ => Decision::Unavailable,
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(status: u16, content_type: &str, body: &str) -> Decision {
        let body = body.as_bytes().to_vec();
        judge(&Response {
            status,
            content_type: content_type.to_owned(),
            body,
        })
    }

    #[test]
    fn only_the_exact_answers_decide() {
        let json = "application/json";
        assert_eq!(
            decision(200, json, r#"{"status":"allowed"}"#),
            Decision::Success
        );
        assert_eq!(
            decision(
                200,
                "Application/JSON; charset=utf-8",
                r#" {"n":1,"status":"allowed"} "#
            ),
            Decision::Success
        );
        assert_eq!(decision(403, "text/plain", "1003\r\n"), Decision::Failed);
        for (status, content_type, body) in [
            (200, "text/html", r#"{"status":"allowed"}"#),
            (200, json, r#"{"status":"disallowed"}"#),
            (200, json, r#"{"status":"allowed","status":"denied"}"#),
            (200, json, r#"{"status":"allowed"} x"#),
            (206, json, r#"{"status":"allowed"}"#),
            (403, "text/plain", "10001"),
            (407, "text/plain", "1000"),
        ] {
            assert_eq!(
                decision(status, content_type, body),
                Decision::Unavailable,
                "{status} {body}"
            );
        }
    }
}
