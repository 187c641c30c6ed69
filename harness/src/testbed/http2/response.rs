//! Responses that h2 sends.

use std::future;

use bytes::Bytes;
use h2::SendStream;
use h2::server::SendResponse;
use hyper::{Response as Head, StatusCode};
use tokio::time::sleep;

use crate::profile::CannedResponse;
use crate::testbed::answer::WellFormed;
use crate::testbed::fault::{DRIP_INTERVAL, PIECE_INTERVAL, PIECE_SIZE, SEGMENT_INTERVAL};
use crate::testbed::transcript::{Excerpt, Meaning};
use crate::testbed::wire::{Damage, Http2Response, Piece};

/// How many bytes more a false length promises than are sent.
const MISSING_BYTES: usize = 1000;

/// Fields about the connection, which HTTP/2 does not permit (RFC 9113, section 8.2.2).
const OF_CONNECTION: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
];

/// A response. Its stream ends after the last piece.
#[derive(Clone, Debug)]
pub(super) struct Response {
    interim: Option<u16>,
    status: u16,
    fields: Vec<(String, String)>,
    data: Vec<Piece>,
    damage: Damage,
}

impl Response {
    /// A response that HTTP/1.1 has as well.
    pub(super) fn of(answer: &WellFormed) -> Self {
        let field = |name: &str, value: String| (name.to_owned(), value);
        let mut fields = vec![field("content-type", answer.content_type.clone())];
        fields.extend(answer.location.clone().map(|to| field("location", to)));
        fields.extend(answer.fields.clone());
        fields.push(field("content-length", answer.body.len().to_string()));
        Self {
            interim: None,
            status: answer.status,
            fields,
            data: vec![Piece::Segment(answer.body.clone())],
            damage: Damage::None,
        }
    }

    /// An allow response, without a length.
    pub(super) fn allow(allow: &CannedResponse) -> Self {
        let mut fields = vec![("content-type".to_owned(), allow.content_type.clone())];
        fields.extend(allow.headers.iter().cloned());
        Self {
            interim: None,
            status: allow.status,
            fields,
            data: vec![Piece::Segment(allow.body.clone())],
            damage: Damage::None,
        }
    }

    pub(super) fn composed(wire: Http2Response) -> Self {
        Self {
            interim: wire.interim,
            status: wire.status,
            fields: wire.fields,
            data: wire.data,
            damage: wire.damage,
        }
    }

    pub(super) fn without_body(&self) -> Self {
        Self {
            data: Vec::new(),
            ..self.clone()
        }
    }

    /// The same with a length that is larger than the body. The end of the stream comes later, since a client that reads
    /// both at once may not hand on the body.
    pub(super) fn with_longer_length(&self) -> Self {
        let mut longer = self.clone();
        let length = self.begin_of_body().len() + MISSING_BYTES;
        let length = ("content-length".to_owned(), length.to_string());
        longer.fields.push(length);
        longer.data.push(Piece::Segment(Vec::new()));
        longer
    }

    /// The same followed by spaces without end.
    pub(super) fn without_end(&self) -> Self {
        let mut endless = self.clone();
        endless.data.push(Piece::endless(b" ", PIECE_SIZE));
        endless
    }

    /// What it means, unless it is damaged.
    pub(super) fn meaning(&self) -> Option<Meaning> {
        (self.damage == Damage::None).then_some(Meaning::Allow)
    }

    /// Its head, to be recorded.
    pub(super) fn head(&self) -> Excerpt {
        let fields = self.fields.iter();
        let fields = fields.map(|(name, value)| (name.as_str(), value.clone()));
        Excerpt::of_head(
            [(":status", self.status.to_string())]
                .into_iter()
                .chain(fields),
        )
    }

    /// The first piece of its body.
    pub(super) fn begin_of_body(&self) -> &[u8] {
        match self.data.first() {
            Some(Piece::Segment(bytes) | Piece::Bytes(bytes) | Piece::Drip(bytes)) => bytes,
            Some(Piece::Spaces(_) | Piece::Endless(_)) | None => &[],
        }
    }

    /// Sends it, and waits until the client has left if it does not end. That the client leaves is no error.
    pub(super) async fn send(&self, mut respond: SendResponse<Bytes>, head_only: bool) {
        let Ok(mut stream) = self.send_head(&mut respond, head_only) else {
            return;
        };
        if head_only {
            return;
        }
        for (number, piece) in self.data.iter().enumerate() {
            if number > 0 {
                sleep(SEGMENT_INTERVAL).await;
            }
            if send_piece(&mut stream, piece).await.is_err() {
                return;
            }
        }
        let _ = stream.send_data(Bytes::new(), true);
    }

    /// Sends its head alone. The stream stays open until the client leaves.
    pub(super) async fn send_open(&self, mut respond: SendResponse<Bytes>) {
        let _stream = self.send_head(&mut respond, false);
        future::pending().await
    }

    fn send_head(
        &self,
        respond: &mut SendResponse<Bytes>,
        is_all: bool,
    ) -> Result<SendStream<Bytes>, h2::Error> {
        if let Some(status) = self.interim {
            respond.send_informational(head(status, &[]))?;
        }
        respond.send_response(head(self.status, &self.fields), is_all)
    }
}

fn head(status: u16, fields: &[(String, String)]) -> Head<()> {
    let mut head = Head::new(());
    *head.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let of_stream = |(name, _): &&(String, String)| {
        !OF_CONNECTION
            .iter()
            .any(|other| name.eq_ignore_ascii_case(other))
    };
    for (name, value) in fields.iter().filter(of_stream) {
        // HTTP/2 has names in lower case, as the type has.
        if let (Ok(name), Ok(value)) = (
            hyper::header::HeaderName::from_bytes(name.as_bytes()),
            value.try_into(),
        ) {
            // Several cookies are several fields.
            head.headers_mut().append(name, value);
        }
    }
    head
}

/// The client left, or reset the stream.
struct Left;

async fn send_piece(stream: &mut SendStream<Bytes>, piece: &Piece) -> Result<(), Left> {
    match piece {
        Piece::Segment(bytes) => send_data(stream, Bytes::copy_from_slice(bytes)).await,
        Piece::Bytes(bytes) => {
            for byte in bytes {
                send_data(stream, Bytes::copy_from_slice(&[*byte])).await?;
            }
            Ok(())
        }
        Piece::Drip(bytes) => {
            for byte in bytes {
                sleep(DRIP_INTERVAL).await;
                send_data(stream, Bytes::copy_from_slice(&[*byte])).await?;
            }
            Ok(())
        }
        Piece::Spaces(number) => {
            let piece = Bytes::from(vec![b' '; PIECE_SIZE]);
            let mut left = *number;
            while left > 0 {
                let length = left.min(PIECE_SIZE);
                send_data(stream, piece.slice(..length)).await?;
                left -= length;
            }
            Ok(())
        }
        Piece::Endless(piece) => {
            let piece = Bytes::from(piece.clone());
            loop {
                send_data(stream, piece.clone()).await?;
                sleep(PIECE_INTERVAL).await;
            }
        }
    }
}

/// Sends bytes as fast as the client permits.
async fn send_data(stream: &mut SendStream<Bytes>, mut bytes: Bytes) -> Result<(), Left> {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len());
        let capacity = future::poll_fn(|context| stream.poll_capacity(context)).await;
        let Some(Ok(capacity)) = capacity else {
            return Err(Left);
        };
        let part = bytes.split_to(capacity.min(bytes.len()));
        stream.send_data(part, false).map_err(|_| Left)?;
    }
    Ok(())
}
