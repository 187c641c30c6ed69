//! The server: its thread, its replies, and the checks that ask it.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use reqwest::Url;
use rustls::ServerConfig;
use serde::Deserialize;
use tokio::sync::oneshot;

use super::certificate::{Authorities, NAME};
use super::connection::serve;
use super::{Fault, Reply};
use crate::config::Document;
use crate::{Check, Context, Decision, Unavailable};

/// An operator's server on loopback, over https, until it is dropped. It replies 404 to what it has no reply for.
///
/// Its functions panic where they cannot do their work, as a test's should.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A request that the server received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recorded {
    /// Such as `GET`.
    pub method: String,
    /// With the query, and with the path of the setting `url`.
    pub path: String,
    /// The header fields, in the order in which they came.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Recorded {
    /// The value of the first header field of this name.
    ///
    /// ```no_run
    /// # fn f(server: ics_entitlement::testing::Server) {
    /// assert_eq!(server.requests()[1].header("authorization"), Some("Bearer t"));
    /// # }
    /// ```
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn of(head: &httparse::Request<'_, '_>) -> Self {
        let field = |field: &httparse::Header<'_>| {
            let value = String::from_utf8_lossy(field.value).into_owned();
            (field.name.to_owned(), value)
        };
        Self {
            method: head.method.unwrap_or_default().to_owned(),
            path: head.path.unwrap_or_default().to_owned(),
            fields: head.headers.iter().map(field).collect(),
            body: Vec::new(),
        }
    }

    /// The length of the body. The SDK's client sends none in chunks.
    pub(super) fn content_length(&self) -> usize {
        let length = self.header("content-length");
        length.and_then(|length| length.parse().ok()).unwrap_or(0)
    }

    /// What [`Server::reply`] calls this request.
    fn route(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        format!("{} {path}", self.method)
    }
}

impl Server {
    /// Starts a server with a certificate of an authority of its own, which the checks that it calls trust.
    ///
    /// # Panics
    /// If no port of 127.0.0.1 can be listened on.
    ///
    /// ```
    /// let server = ics_entitlement::testing::Server::start();
    /// ```
    #[must_use]
    pub fn start() -> Self {
        Self::try_start().expect("a server on 127.0.0.1")
    }

    fn try_start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::new()?);
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let served = Arc::clone(&state);
        let thread = thread::Builder::new().spawn(move || {
            runtime.block_on(async {
                tokio::spawn(accept(listener, served));
                // It ends when the server is dropped.
                let _ = stopped.await;
            });
        })?;
        Ok(Self {
            address,
            state,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Sets the reply to the requests of this method and path, such as `"GET /v1/entitlement"`. The path begins with that
    /// of the setting `url`; the query is ignored.
    ///
    /// ```
    /// use ics_entitlement::testing::{Reply, Server};
    ///
    /// let server = Server::start();
    /// server.reply("POST /token", Reply::json(r#"{"access_token": "t"}"#));
    /// ```
    pub fn reply(&self, route: &str, reply: Reply) {
        self.state.inner().replies.insert(route.to_owned(), reply);
    }

    /// Damages all responses from now on, in place of an earlier fault.
    ///
    /// ```
    /// use ics_entitlement::testing::{Fault, Server};
    ///
    /// let server = Server::start();
    /// server.fault(Fault::TruncatedBody);
    /// ```
    pub fn fault(&self, fault: Fault) {
        self.state.inner().fault = Some((fault, None));
    }

    /// Damages the responses to these requests only, such as those to the second of two steps. A fault of the connection or
    /// of TLS concerns all requests all the same.
    ///
    /// ```
    /// use ics_entitlement::testing::{Fault, Server};
    ///
    /// let server = Server::start();
    /// server.fault_at("GET /v1/entitlement", Fault::TruncatedBody);
    /// ```
    pub fn fault_at(&self, route: &str, fault: Fault) {
        self.state.inner().fault = Some((fault, Some(route.to_owned())));
    }

    /// Ends the fault.
    ///
    /// ```
    /// # let server = ics_entitlement::testing::Server::start();
    /// server.no_fault();
    /// ```
    pub fn no_fault(&self) {
        self.state.inner().fault = None;
    }

    /// The requests since the server was started, in the order in which they came. Those that were not complete, or came
    /// over a connection with a fault of its own, are not among them.
    ///
    /// ```
    /// # let server = ics_entitlement::testing::Server::start();
    /// assert!(server.requests().is_empty());
    /// ```
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.inner().requests.clone()
    }

    /// The context of a call with the plugin's settings, in which this server stands for the operator's: host and port of
    /// `url` are replaced, and only this server's authority is trusted. With a fault that a check can only wait for, the
    /// deadline is 300 ms. Paths in the settings are relative to the current folder.
    ///
    /// # Panics
    /// If the settings are invalid.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # let server = ics_entitlement::testing::Server::start();
    /// let context = server.context("url = \"https://operator.example/api\"\ndeadline = \"60 min\"");
    /// assert!(context.time_left() > Duration::from_secs(3_000));
    /// ```
    #[must_use]
    pub fn context(&self, settings: &str) -> Context {
        #[derive(Deserialize)]
        struct Base {
            url: Option<String>,
        }

        let base = toml::from_str::<Base>(settings).unwrap_or_else(|error| panic!("{error}"));
        let url = base.url.as_deref().unwrap_or("https://operator.example");
        let mut url = Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        let fault = self.state.fault_of_connection();
        let port = match fault {
            Some(Fault::Refused) => 1,
            _ => self.address.port(),
        };
        let replaced = url.set_host(Some(NAME)).is_ok() && url.set_port(Some(port)).is_ok();
        assert!(replaced, "{url} is not the URL of a server");
        let mut overrides =
            format!("url = \"{url}\"\nca = []\nroots = \"settings\"\npinned_keys = []\n");
        if self.state.takes_the_deadline() {
            overrides += "deadline = \"300 ms\"\n";
        }
        let document = Document::with_overrides(settings, &overrides);
        Context::of(document, self.state.authorities.pem().as_bytes())
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Calls a check function, with the plugin's settings, as [`context`](Self::context) changes them.
    ///
    /// # Errors
    /// As [`Check::check`].
    ///
    /// # Panics
    /// If the settings are invalid.
    ///
    /// ```
    /// use ics_entitlement::{Client, Decision, Unavailable};
    ///
    /// async fn check(client: Client) -> Result<Decision, Unavailable> {
    ///     let check = client.check(client.get("/v1/entitlement"));
    ///     Ok(check.allow("/entitled", true).deny("/entitled", false).decide().await?)
    /// }
    ///
    /// # let server = ics_entitlement::testing::Server::start();
    /// // There is no reply yet.
    /// let answer = server.ask(check, "");
    /// assert_eq!(answer.unwrap_err().to_string(), "the question: the server answered with status 404");
    /// ```
    pub fn ask<Kind>(
        &self,
        check: impl Check<Kind>,
        settings: &str,
    ) -> Result<Decision, Unavailable> {
        check.check(&self.context(settings))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has already been printed.
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            // With a fault, it is the client that is expected to end the connection.
            let _ = serve(stream, &state).await;
        });
    }
}

/// What the server's thread shares with the test.
pub(super) struct State {
    authorities: Authorities,
    good: Arc<ServerConfig>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    replies: HashMap<String, Reply>,
    /// With the route that it is for; all, if there is none.
    fault: Option<(Fault, Option<String>)>,
    requests: Vec<Recorded>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner().fmt(f)
    }
}

impl State {
    fn new() -> io::Result<Self> {
        let authorities = Authorities::new().map_err(io::Error::other)?;
        Ok(Self {
            good: authorities.config(None)?,
            authorities,
            inner: Mutex::default(),
        })
    }

    /// The TLS configuration with this fault, if it is one of TLS.
    pub(super) fn tls(&self, fault: Option<Fault>) -> io::Result<Arc<ServerConfig>> {
        match fault {
            None => Ok(Arc::clone(&self.good)),
            fault => self.authorities.config(fault),
        }
    }

    /// The fault of the connections that are accepted now; `None` if it is one of HTTP.
    pub(super) fn fault_of_connection(&self) -> Option<Fault> {
        let fault = self.inner().fault.as_ref().map(|(fault, _)| *fault);
        fault.filter(|fault| fault.is_of_connection())
    }

    fn takes_the_deadline(&self) -> bool {
        let fault = self.inner().fault.as_ref().map(|(fault, _)| *fault);
        fault.is_some_and(Fault::takes_the_deadline)
    }

    /// Keeps the request, and returns the reply to it, and the fault of the response if it is one of HTTP.
    pub(super) fn record(&self, request: Recorded) -> (Reply, Option<Fault>) {
        let mut inner = self.inner();
        let route = request.route();
        inner.requests.push(request);
        let reply = inner.replies.get(&route).cloned();
        let fault = inner.fault.as_ref();
        let fault = fault
            .filter(|(fault, only)| {
                !fault.is_of_connection() && only.as_ref().is_none_or(|only| *only == route)
            })
            .map(|(fault, _)| *fault);
        let not_found = || Reply::new(404, "text/plain", "there is no reply for this request");
        (reply.unwrap_or_else(not_found), fault)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
