//! A scenario: what each layer of the network does when the plugin uses it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One scenario: what each layer does when the plugin meets it.
///
/// Scenarios are written as a difference from [`Scenario::ALLOW`]:
/// `Scenario { dns: Dns::Nxdomain, ..Scenario::ALLOW }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scenario {
    /// Whether an interface is up.
    pub link: Link,
    /// What the name server answers.
    pub dns: Dns,
    /// What happens to connections.
    pub tcp: Tcp,
    /// What the TLS port shows. The clear port is never affected.
    pub tls: Tls,
    /// What the server says to a request, on both ports.
    pub http: Http,
}

impl Scenario {
    /// Everything works and the server allows.
    pub const ALLOW: Self = Self {
        link: Link::Up,
        dns: Dns::Answers,
        tcp: Tcp::Accepts,
        tls: Tls::Valid,
        http: Http::Allow,
    };
    /// Everything works and the server denies.
    pub const DENY: Self = Self {
        http: Http::Deny,
        ..Self::ALLOW
    };
}

impl Scenario {
    /// Whether a plugin that meets this scenario may wait until its own deadline.
    pub fn stalls(&self) -> bool {
        self.dns.stalls() || self.tcp.stalls() || self.tls.stalls() || self.http.stalls()
    }
}

impl Dns {
    fn stalls(self) -> bool {
        match self {
            Self::Silent | Self::Garbage | Self::DeadFirstAddress => true,
            Self::Answers | Self::Nxdomain | Self::Servfail => false,
        }
    }
}

impl Tcp {
    fn stalls(self) -> bool {
        match self {
            Self::Silent => true,
            Self::Accepts | Self::Refuses | Self::Unreachable | Self::Resets | Self::Closes => {
                false
            }
        }
    }
}

impl Tls {
    fn stalls(self) -> bool {
        match self {
            Self::Silent => true,
            Self::Valid
            | Self::Expired
            | Self::WrongName
            | Self::SelfSigned
            | Self::UnknownIssuer
            | Self::Plaintext
            | Self::Garbage => false,
        }
    }
}

impl Http {
    fn stalls(self) -> bool {
        match self {
            Self::Broken(fault) => fault.stalls(),
            Self::Allow
            | Self::Deny
            | Self::Alternate
            | Self::Status(_)
            | Self::CaptivePortal
            | Self::PortalRedirect
            | Self::RedirectLoop
            | Self::RedirectDowngrade
            | Self::BadSyntax
            | Self::WrongShape(_) => false,
        }
    }
}

impl WireFault {
    fn stalls(self) -> bool {
        match self {
            Self::EndlessHeaders | Self::EndlessBody | Self::DripBody | Self::Silent => true,
            Self::ShortBody
            | Self::ResetInBody
            | Self::BadChunks
            | Self::Closed
            | Self::StaleConnection
            | Self::CloseWhileWriting => false,
        }
    }
}

impl fmt::Display for Scenario {
    /// What is wrong in this scenario, or that nothing is.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<&str> = Vec::new();
        if self.link == Link::Down {
            parts.push("no interface is up");
        }
        match self.dns {
            Dns::Answers => {}
            Dns::Nxdomain => parts.push("DNS says that no name exists"),
            Dns::Servfail => parts.push("DNS says that it failed"),
            Dns::Silent => parts.push("DNS says nothing"),
            Dns::Garbage => parts.push("DNS answers with garbage"),
            Dns::DeadFirstAddress => parts.push("the first address of each name is dead"),
        }
        match self.tcp {
            Tcp::Accepts => {}
            Tcp::Refuses => parts.push("connections are refused"),
            Tcp::Silent => parts.push("connection attempts get no answer"),
            Tcp::Unreachable => parts.push("there is no route to the server"),
            Tcp::Resets => parts.push("connections are reset once accepted"),
            Tcp::Closes => parts.push("connections are closed once accepted"),
        }
        match self.tls {
            Tls::Valid => {}
            Tls::Expired => parts.push("the certificate has expired"),
            Tls::WrongName => parts.push("the certificate is for another name"),
            Tls::SelfSigned => parts.push("the certificate is signed by its own key"),
            Tls::UnknownIssuer => {
                parts.push("the certificate is from an authority that nobody trusts")
            }
            Tls::Plaintext => parts.push("the https port speaks http in clear"),
            Tls::Garbage => parts.push("the https port answers with bytes that are no TLS"),
            Tls::Silent => parts.push("the https port never answers the ClientHello"),
        }
        let status;
        parts.push(match self.http {
            Http::Allow => "the server allows",
            Http::Deny => "the server denies",
            Http::Alternate => "the server allows and denies in turn",
            Http::Status(code) => {
                status = format!("the server says yes under the status {code}");
                &status
            }
            Http::CaptivePortal => "a captive portal's login page answers with 200",
            Http::PortalRedirect => "the answer is a redirect to another host, which says yes",
            Http::RedirectLoop => "the answer is a redirect to itself",
            Http::RedirectDowngrade => {
                "the answer is a redirect to http in clear, where a yes waits"
            }
            Http::Broken(WireFault::ShortBody) => {
                "the body is shorter than its Content-Length, behind a whole yes"
            }
            Http::Broken(WireFault::ResetInBody) => {
                "the body breaks off with a reset, behind a whole yes"
            }
            Http::Broken(WireFault::BadChunks) => {
                "a chunk has a size that is no number, behind a whole yes"
            }
            Http::Broken(WireFault::EndlessHeaders) => "the header fields never end",
            Http::Broken(WireFault::EndlessBody) => "the body begins with a yes and never ends",
            Http::Broken(WireFault::DripBody) => "the body comes a byte at a time",
            Http::Broken(WireFault::Silent) => "the request is never answered",
            Http::Broken(WireFault::Closed) => "the connection is closed instead of an answer",
            Http::BadSyntax => "the yes has a fault of syntax at its end",
            Http::WrongShape(Shape::Missing) => "the answer lacks its deciding member",
            Http::WrongShape(Shape::Null) => "the answer's deciding member is null",
            Http::WrongShape(Shape::OtherType) => "the answer's deciding member is of another type",
            Http::Broken(WireFault::StaleConnection) => {
                "the server allows, promises to keep the connection, and closes it"
            }
            Http::Broken(WireFault::CloseWhileWriting) => {
                "the connection is closed and reset while the request is written"
            }
        });
        formatter.write_str(&parts.join("; "))
    }
}

/// The network interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// The interface is up and every address ends here.
    Up,
    /// No interface is up, loopback included.
    Down,
}

/// The name server, over UDP and TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dns {
    /// Every name has one IPv4 and one IPv6 address of documentation networks.
    Answers,
    /// Every name is said not to exist.
    Nxdomain,
    /// The server says that it failed.
    Servfail,
    /// The server takes questions and says nothing.
    Silent,
    /// The answer has the question's identifier and is not a DNS message otherwise.
    Garbage,
    /// Two addresses: the first drops every packet, the second is alive.
    DeadFirstAddress,
}

/// Connections to the ports of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tcp {
    /// Connections are accepted and served.
    Accepts,
    /// Nothing listens: the kernel refuses.
    Refuses,
    /// Packets vanish: no answer to a connection attempt.
    Silent,
    /// There is no route to the server's addresses.
    Unreachable,
    /// Accepted, then reset at once.
    Resets,
    /// Accepted, then closed at once.
    Closes,
}

/// The TLS port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// A certificate for the name asked for, from the test bed's authority.
    Valid,
    /// Valid but for its end, which has passed.
    Expired,
    /// Valid, for another name.
    WrongName,
    /// For the right name, signed by its own key.
    SelfSigned,
    /// For the right name, from an authority that nobody trusts.
    UnknownIssuer,
    /// The port speaks HTTP in clear: a request, or anything else, gets a 400 and a close.
    Plaintext,
    /// Bytes that are no TLS record answer the ClientHello.
    Garbage,
    /// The ClientHello is read and never answered.
    Silent,
}

/// What the server says to a request. Every fault damages the allow answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Http {
    /// The protocol's allow answer.
    Allow,
    /// The protocol's deny answer.
    Deny,
    /// Allow to the first connection, deny to the second, and so on.
    Alternate,
    /// The allow body under another status.
    Status(u16),
    /// 200 with a portal's login page.
    CaptivePortal,
    /// 302 to another host, which says 200 with the allow answer.
    PortalRedirect,
    /// 302 to the same place for ever.
    RedirectLoop,
    /// 302 from https to http, where the allow answer waits.
    RedirectDowngrade,
    /// The allow answer with a fault of syntax at its end.
    BadSyntax,
    /// Well-formed, with the deciding member missing, null or of another type.
    WrongShape(Shape),
    /// An answer that no HTTP library can write.
    Broken(WireFault),
}

/// A fault of the bytes on the connection, which no HTTP library can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireFault {
    /// Fewer bytes than Content-Length promised, then a close. The allow body itself is complete.
    ShortBody,
    /// The body breaks off with a reset. The allow body itself is complete.
    ResetInBody,
    /// Chunked, with a chunk size that is no number after the complete allow body.
    BadChunks,
    /// Header fields without end, before the allow body.
    EndlessHeaders,
    /// A body without end that begins with the allow body.
    EndlessBody,
    /// The allow body, a byte every so often, so slowly that no deadline holds.
    DripBody,
    /// The request is read and never answered.
    Silent,
    /// The request is read and the connection closed.
    Closed,
    /// The allow answer promising keep-alive, then a close.
    StaleConnection,
    /// Closed while the plugin still writes its request, with a reset.
    CloseWhileWriting,
}

/// How the deciding member of an answer is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// It is not there.
    Missing,
    /// It is null.
    Null,
    /// It is of another type.
    OtherType,
}
