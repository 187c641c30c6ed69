//! What a plugin meets: the link, DNS, TCP, TLS and HTTP of one world.
//!
//! A [`World`] is data. A [`Stage`](stage::Stage) makes it real: sockets on the
//! ports of the profile, served by one runtime in the parent process, in a
//! private network where that is to be had and on loopback where it is not.
//! Nothing here knows about rules or plugins.

mod answer;
pub mod authority;
mod connection;
mod crew;
mod dns;
mod doors;
pub mod error;
pub mod exchange;
mod fault;
mod http;
pub mod isolation;
#[cfg(target_os = "linux")]
mod namespace;
#[cfg(target_os = "linux")]
mod netlink;
#[cfg(target_os = "linux")]
mod network;
#[cfg(target_os = "linux")]
mod overlay;
mod pipe;
mod recorder;
mod rendering;
mod scene;
pub mod servers;
mod sockets;
pub mod stage;
mod tls;
pub mod transcript;

use serde::{Deserialize, Serialize};

/// One world: what each layer does when the plugin meets it.
///
/// Worlds are written as a difference from [`World::ALLOW`]:
/// `World { dns: Dns::Nxdomain, ..World::ALLOW }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct World {
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

impl World {
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
    /// Two addresses: the first swallows every packet, the second is alive.
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
    /// A certificate for the name asked for, from the world's authority.
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
    /// Fewer bytes than Content-Length promised, then a close. The yes itself is whole.
    ShortBody,
    /// The body breaks off with a reset. The yes itself is whole.
    ResetInBody,
    /// Chunked, with a chunk size that is no number after the whole yes.
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
    /// The allow answer with a fault of syntax at its end.
    BadSyntax,
    /// Well-formed, with the deciding member missing, null or of another type.
    WrongShape(Shape),
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
