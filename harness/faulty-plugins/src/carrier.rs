//! What the server is asked and what its answers mean: the sample `carrier-json`, as it should be.

use ics_entitlement::{Client, ClientError, Context, Decision, Response, Unavailable};
use serde::Deserialize;

use crate::Checked;
use crate::lenient::{Answer, End};

/// The question.
pub(crate) const QUESTION: &str = "{}";

#[derive(Deserialize)]
struct Yes {
    status: String,
}

/// Asks as one should.
pub(crate) fn ask(context: &Context) -> Checked {
    ask_and(context, &[], async |response| meaning(response).await)
}

/// Asks, takes some more statuses for an answer, and leaves what it means to another.
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

/// What an answer means.
pub(crate) async fn meaning(response: Response) -> Checked {
    if response.status() == 403 {
        refusal(&response.text().await?)
    } else {
        yes(&response.bytes_of("application/json").await?)
    }
}

/// The same for an answer that came by the lenient client.
pub(crate) fn meaning_of(answer: &Answer) -> Checked {
    if answer.end != End::Whole {
        return Err(Unavailable::because(format!(
            "the body is not whole: {:?}",
            answer.end
        )));
    }
    let kind = answer.field("content-type").unwrap_or_default();
    match (answer.status, kind) {
        (200, "application/json") => yes(&answer.body),
        (403, "text/plain") => refusal(&String::from_utf8_lossy(&answer.body)),
        (status, kind) => Err(Unavailable::because(format!("{status} with {kind}"))),
    }
}

fn yes(body: &[u8]) -> Checked {
    match serde_json::from_slice::<Yes>(body)?.status.as_str() {
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
