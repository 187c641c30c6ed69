//! Scenarios: what each layer of the network does.

mod display;
mod fault_at;
mod frames;
mod tls;

use serde::{Deserialize, Serialize};
use strum::VariantArray;

use super::content::{OtherDenial, Redirect, Refusal, Shape};
use super::wire::{Body, Damage, Ending, Fields, Framing, Pace, WireResponse};

pub use fault_at::FaultAt;
pub use frames::FrameFault;
pub use tls::Tls;

/// One scenario: the behaviour of each layer.
///
/// Scenarios are written as differences from [`Scenario::ALLOW`]:
/// `Scenario { dns: Dns::Nxdomain, ..Scenario::ALLOW }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scenario {
    /// Whether an interface is up.
    pub link: Link,
    pub dns: Dns,
    pub tcp: Tcp,
    /// The behaviour of the https port. The http port is never affected.
    pub tls: Tls,
    /// The response to a request, on both ports.
    pub http: Http,
    /// Which requests the response is for, and which connections the behaviour of TLS.
    pub at: FaultAt,
}

impl Scenario {
    /// Everything works and the server allows.
    pub const ALLOW: Self = Self {
        link: Link::Up,
        dns: Dns::Answers,
        tcp: Tcp::Accepts,
        tls: Tls::Valid,
        http: Http::Allow,
        at: FaultAt::Question,
    };
    /// Everything works and the server denies.
    pub const DENY: Self = Self {
        http: Http::Deny,
        ..Self::ALLOW
    };
}

impl Scenario {
    /// How far what the plugin gets is from an allow response: the worst of its layers.
    pub fn damage(&self) -> Damage {
        let link = match self.link {
            Link::Up => Damage::None,
            Link::Down => Damage::Certain,
        };
        let layers = [
            link,
            self.dns.damage(),
            self.tcp.damage(),
            self.tls.damage(),
        ];
        let http = match self.http {
            Http::Allow | Http::Http2 => Damage::None,
            Http::Broken(fault) => fault
                .response()
                .map_or(Damage::Certain, |response| response.damage()),
            Http::BrokenFrames(fault) => fault.damage(),
            Http::Deny
            | Http::OtherDenial(_)
            | Http::Alternate
            | Http::Status(_)
            | Http::CaptivePortal
            | Http::PortalRedirect
            | Http::RedirectLoop
            | Http::RedirectDowngrade
            | Http::BadSyntax
            | Http::CutBody
            | Http::Named(_)
            | Http::WrongShape(_)
            | Http::OtherRefusal(_)
            | Http::Redirect(_) => Damage::Certain,
        };
        layers.into_iter().fold(http, Damage::max)
    }

    /// Whether a plugin may wait until its own deadline in this scenario.
    pub const fn stalls(&self) -> bool {
        self.dns.stalls() || self.tcp.stalls() || self.tls.stalls() || self.http.stalls()
    }
}

impl Dns {
    fn damage(self) -> Damage {
        match self {
            Self::Answers
            | Self::DeadFirstAddress
            | Self::Slow
            | Self::Ipv4Only
            | Self::Ipv6Only
            | Self::ManyAddresses => Damage::None,
            Self::Nxdomain
            | Self::Servfail
            | Self::Silent
            | Self::Garbage
            | Self::Refused
            | Self::Empty
            | Self::Truncated
            | Self::WrongId
            | Self::WrongQuestion
            | Self::CnameLoop => Damage::Certain,
        }
    }

    const fn stalls(self) -> bool {
        match self {
            Self::Silent
            | Self::Garbage
            | Self::DeadFirstAddress
            | Self::Truncated
            | Self::WrongId
            | Self::WrongQuestion
            | Self::Slow
            | Self::CnameLoop => true,
            Self::Answers
            | Self::Nxdomain
            | Self::Servfail
            | Self::Refused
            | Self::Empty
            | Self::Ipv4Only
            | Self::Ipv6Only
            | Self::ManyAddresses => false,
        }
    }

    /// At which addresses the profile's ports are served.
    pub(crate) fn served_addresses(self) -> ServedAddresses {
        match self {
            Self::DeadFirstAddress => ServedAddresses::AllButOne,
            Self::ManyAddresses => ServedAddresses::One,
            Self::Answers
            | Self::Nxdomain
            | Self::Servfail
            | Self::Silent
            | Self::Garbage
            | Self::Refused
            | Self::Empty
            | Self::Truncated
            | Self::WrongId
            | Self::WrongQuestion
            | Self::Slow
            | Self::Ipv4Only
            | Self::Ipv6Only
            | Self::CnameLoop => ServedAddresses::All,
        }
    }
}

/// At which addresses the profile's ports are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServedAddresses {
    All,
    /// One address drops packets.
    AllButOne,
    /// All addresses but one refuse connections.
    One,
}

impl Tcp {
    fn damage(self) -> Damage {
        match self {
            Self::Accepts => Damage::None,
            Self::Refuses
            | Self::Silent
            | Self::Unreachable
            | Self::Resets
            | Self::Closes
            | Self::OpenThenDead => Damage::Certain,
        }
    }

    const fn stalls(self) -> bool {
        match self {
            Self::Silent | Self::OpenThenDead => true,
            Self::Accepts | Self::Refuses | Self::Unreachable | Self::Resets | Self::Closes => {
                false
            }
        }
    }
}

impl Http {
    /// Whether the network, and not the operator's server, sends the response, to whatever host the request is.
    pub(crate) const fn is_captive_portal(self) -> bool {
        matches!(self, Self::CaptivePortal | Self::PortalRedirect)
    }

    /// Whether the server chooses HTTP/2 if the client offers it by ALPN.
    pub(crate) const fn prefers_http_2(self) -> bool {
        matches!(self, Self::Http2 | Self::BrokenFrames(_))
    }

    /// Whether only a client that speaks HTTP/1.1 can be sent it. One that speaks HTTP/2 gets another fault.
    pub(crate) const fn exists_only_in_http_1(self) -> bool {
        match self {
            Self::Broken(fault) => match fault {
                WireFault::Silent
                | WireFault::Closed
                | WireFault::CloseWhileWriting
                | WireFault::StaleConnection => false,
                WireFault::AllowAfterDeny
                | WireFault::UnaskedAllow
                | WireFault::ShortBody
                | WireFault::ResetInBody
                | WireFault::BadChunks
                | WireFault::EndlessHeaders
                | WireFault::EndlessBody
                | WireFault::DripBody
                | WireFault::NoCloseNotify
                | WireFault::Response(_) => match fault.response() {
                    Some(response) => !response.exists_in_http_2(),
                    None => true,
                },
            },
            Self::Allow
            | Self::Http2
            | Self::BrokenFrames(_)
            | Self::Named(_)
            | Self::CutBody
            | Self::Deny
            | Self::OtherDenial(_)
            | Self::Alternate
            | Self::Status(_)
            | Self::CaptivePortal
            | Self::PortalRedirect
            | Self::RedirectLoop
            | Self::RedirectDowngrade
            | Self::BadSyntax
            | Self::WrongShape(_)
            | Self::OtherRefusal(_)
            | Self::Redirect(_) => false,
        }
    }

    const fn stalls(self) -> bool {
        match self {
            Self::Broken(fault) => fault.stalls(),
            Self::BrokenFrames(fault) => fault.stalls(),
            Self::Allow
            | Self::Http2
            | Self::Deny
            | Self::OtherDenial(_)
            | Self::Alternate
            | Self::Status(_)
            | Self::CaptivePortal
            | Self::PortalRedirect
            | Self::RedirectLoop
            | Self::RedirectDowngrade
            | Self::BadSyntax
            | Self::CutBody
            | Self::Named(_)
            | Self::WrongShape(_)
            | Self::OtherRefusal(_)
            | Self::Redirect(_) => false,
        }
    }
}

impl WireFault {
    /// The composition that is sent, for a fault that is one.
    pub const fn response(self) -> Option<WireResponse> {
        const ALLOW: WireResponse = WireResponse::ALLOW;
        Some(match self {
            Self::ShortBody => WireResponse {
                framing: Framing::LongerLength,
                ..ALLOW
            },
            Self::ResetInBody => WireResponse {
                framing: Framing::LongerLength,
                ending: Ending::Reset,
                ..ALLOW
            },
            Self::BadChunks => WireResponse {
                framing: Framing::BadChunkSize,
                ..ALLOW
            },
            Self::EndlessHeaders => WireResponse {
                fields: Fields::Endless,
                framing: Framing::UntilClose,
                // The body never comes.
                body: Body::Empty,
                ..ALLOW
            },
            Self::EndlessBody => WireResponse {
                body: Body::EndlessSpaces,
                framing: Framing::UntilClose,
                ..ALLOW
            },
            Self::DripBody => WireResponse {
                body: Body::LongSpaces,
                pace: Pace::DripBody,
                ..ALLOW
            },
            // In one write, so that the connection is not closed between head and body.
            Self::StaleConnection => WireResponse {
                ending: Ending::CloseThoughAnnouncedOpen,
                ..ALLOW
            },
            Self::NoCloseNotify => WireResponse {
                framing: Framing::UntilClose,
                ending: Ending::NoCloseNotify,
                ..ALLOW
            },
            Self::Response(response) => response,
            Self::Silent
            | Self::Closed
            | Self::CloseWhileWriting
            | Self::AllowAfterDeny
            | Self::UnaskedAllow => return None,
        })
    }

    const fn stalls(self) -> bool {
        match self.response() {
            Some(response) => response.stalls(),
            None => matches!(self, Self::Silent),
        }
    }
}

/// The network interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// The interface is up, and every address is routed to the test bed.
    Up,
    /// No interface is up, loopback included.
    Down,
}

/// The name server, over UDP and TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum Dns {
    /// Every name has one IPv4 and one IPv6 address, of documentation networks.
    Answers,
    /// The response code is NXDOMAIN for every name.
    Nxdomain,
    /// The response code is SERVFAIL for every name.
    Servfail,
    /// Questions are received and not answered.
    Silent,
    /// The answer has the question's identifier, and is otherwise not a DNS message.
    Garbage,
    /// Two IPv4 addresses: the first drops every packet, the second is the server's.
    DeadFirstAddress,
    /// The response code is REFUSED for every name.
    Refused,
    /// The answer has no error and no record.
    Empty,
    /// The answer over UDP is truncated. Questions over TCP are not answered, and the connection is closed after a while.
    Truncated,
    /// The answer has another identifier than the question.
    WrongId,
    /// The answer has the question's identifier, and is for another name.
    WrongQuestion,
    /// The answer comes after a second.
    Slow,
    /// Every name has one IPv4 address and no IPv6 address.
    Ipv4Only,
    /// Every name has one IPv6 address and no IPv4 address.
    Ipv6Only,
    /// Every name is an alias of a name that is an alias of itself, by way of another one.
    CnameLoop,
    /// 64 IPv4 addresses: the last is the server's, and all others refuse connections.
    ManyAddresses,
}

/// Connections to the ports of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "kebab-case")]
pub enum Tcp {
    /// Connections are accepted and served.
    Accepts,
    /// Nothing listens: the kernel refuses connections.
    Refuses,
    /// Packets are dropped: connection attempts are not answered.
    Silent,
    /// There is no route to the server's addresses.
    Unreachable,
    /// Accepted, then reset at once.
    Resets,
    /// Accepted, then closed at once.
    Closes,
    /// Accepted, then every packet of the client is dropped: nothing that it sends is acknowledged.
    OpenThenDead,
}

/// The response to a request. Every fault is derived from the allow response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Http {
    /// The protocol's allow response.
    Allow,
    /// The protocol's deny response.
    Deny,
    /// Allow on the first connection, deny on the second, and so on.
    Alternate,
    /// The allow body with another status.
    Status(u16),
    /// 200 with a portal's login page.
    CaptivePortal,
    /// 302 to another host, which sends 200 with the allow response.
    PortalRedirect,
    /// 302 to the same URL, without end.
    RedirectLoop,
    /// 302 from https to http, which sends the allow response.
    RedirectDowngrade,
    /// The allow response with a syntax error at its end.
    BadSyntax,
    /// The first half of the allow body, as a complete response.
    CutBody,
    /// A response of the profile that has a name, by its number from 0.
    Named(u16),
    /// Well-formed, with the deciding member missing, of another type, or with another value.
    WrongShape(Shape),
    /// The allow response, in HTTP/2 if the client offers that by ALPN.
    Http2,
    /// Another response that denies.
    OtherDenial(OtherDenial),
    /// A refusal that is not the operator's deny response.
    OtherRefusal(Refusal),
    /// A redirect to a URL that sends the allow response.
    Redirect(Redirect),
    /// A response that no HTTP library can write.
    Broken(WireFault),
    /// The allow response in HTTP/2, with a fault of its frames. Requests in HTTP/1.1 get no response.
    BrokenFrames(FrameFault),
}

/// A fault of the bytes on the connection, which no HTTP library can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireFault {
    /// Fewer bytes than Content-Length promised, then a close. The allow body itself is complete.
    ShortBody,
    /// The connection is reset within the body. The allow body itself is complete.
    ResetInBody,
    /// Chunked, with a chunk size that is not a number after the complete allow body.
    BadChunks,
    /// Header fields without end, before the allow body.
    EndlessHeaders,
    /// An endless body that starts with the allow body.
    EndlessBody,
    /// The allow body, one byte at a time, and so slowly that it exceeds any deadline.
    DripBody,
    /// The request is read and never answered.
    Silent,
    /// The request is read, and the connection closed.
    Closed,
    /// The allow response with keep-alive, then a close.
    StaleConnection,
    /// Closed and reset while the plugin writes its request.
    CloseWhileWriting,
    /// The deny response with keep-alive, and in the same segment an allow response that no request asked for.
    AllowAfterDeny,
    /// The deny response with keep-alive, and a moment later an allow response that no request asked for.
    UnaskedAllow,
    /// The allow response, whose body ends with the connection; over TLS, the connection ends without a close_notify.
    NoCloseNotify,
    /// A composition.
    Response(WireResponse),
}
