//! The request and the meaning of its response, correctly, as in the sample `carrier-json`.

use ics_entitlement::{Client, ClientError, Context, Decision, Response, Unavailable};
use serde::Deserialize;

use crate::Checked;
use crate::lenient::{Answer, End};

/// The body of the request.
pub(crate) const QUESTION: &str = "{}";

/// The body of the allow response.
#[derive(Deserialize)]
pub(crate) struct AllowResponse {
    pub(crate) status: String,
}

/// Asks the server, without a fault.
pub(crate) fn ask(context: &Context) -> Checked {
    ask_and(context, &[], async |response| meaning(response).await)
}

/// Asks the server, accepts more statuses, and lets `meaning` interpret the response.
pub(crate) fn ask_and(
    context: &Context,
    statuses: &[u16],
    meaning: impl AsyncFnOnce(Response) -> Checked,
) -> Checked {
    let client = context.client();
    context.block_on(async { meaning(send(&client, statuses).await?).await })?
}

async fn send(client: &Client, statuses: &[u16]) -> Result<Response, ClientError> {
    let mut request = client
        .post("")
        .body("application/json", QUESTION)
        .accept_status(403);
    for status in statuses {
        request = request.accept_status(*status);
    }
    request.send().await
}

/// Asks the server with a parameter in the URL.
pub(crate) fn ask_with_query(context: &Context, name: &str, value: &str) -> Checked {
    let client = context.client();
    context.block_on(async {
        let request = client.post("").query(name, value);
        let request = request
            .body("application/json", QUESTION)
            .accept_status(403);
        meaning(request.send().await?).await
    })?
}

/// The decision that a response means.
pub(crate) async fn meaning(response: Response) -> Checked {
    if response.status() == 403 {
        refusal(&response.text().await?)
    } else {
        allowed(&response.bytes_of("application/json").await?)
    }
}

/// The same for a response that the lenient client received.
pub(crate) fn meaning_of(answer: &Answer) -> Checked {
    if answer.end != End::Whole {
        return Err(Unavailable::because(format!(
            "the body is incomplete: {:?}",
            answer.end
        )));
    }
    if !answer.defects.is_empty() {
        return Err(Unavailable::because(format!("{:?}", answer.defects)));
    }
    let kind = answer.field("content-type").unwrap_or_default();
    let kind = kind.split_once(';').map_or(kind, |(kind, _)| kind);
    let kind = kind.trim().to_ascii_lowercase();
    match (answer.status, kind.as_str()) {
        (200, "application/json") => allowed(&answer.body),
        (403, "text/plain") => refusal(&String::from_utf8_lossy(&answer.body)),
        (status, kind) => Err(Unavailable::because(format!("{status} with {kind}"))),
    }
}

/// The decision in the body of a 200.
pub(crate) fn allowed(body: &[u8]) -> Checked {
    // `from_slice` does not look at the text of other members.
    decision(&serde_json::from_str::<AllowResponse>(str::from_utf8(
        body,
    )?)?)
}

/// The decision that the status means.
pub(crate) fn decision(response: &AllowResponse) -> Checked {
    match response.status.as_str() {
        "allowed" => Ok(Decision::Entitled),
        other => Err(Unavailable::because(format!("a 200 with status `{other}`"))),
    }
}

fn refusal(code: &str) -> Checked {
    match code.trim_matches(['\r', '\n', ' ']) {
        "1000" | "1003" => Ok(Decision::NotEntitled),
        code => Err(Unavailable::because(format!("a 403 with code `{code}`"))),
    }
}
