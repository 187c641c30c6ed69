//! A scenario as text.

use std::fmt;

use super::{Dns, FaultAt, Http, Link, Scenario, Tcp, WireFault};

impl fmt::Display for Scenario {
    /// The faults of the scenario, and how the server responds.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<&str> = Vec::new();
        if self.link == Link::Down {
            parts.push("no interface is up");
        }
        match self.dns {
            Dns::Answers => {}
            Dns::Nxdomain => parts.push("DNS answers NXDOMAIN"),
            Dns::Servfail => parts.push("DNS answers SERVFAIL"),
            Dns::Silent => parts.push("DNS does not answer"),
            Dns::Garbage => parts.push("DNS answers with garbage"),
            Dns::DeadFirstAddress => parts.push("the first address of each name drops packets"),
            Dns::Refused => parts.push("DNS answers REFUSED"),
            Dns::Empty => parts.push("DNS answers without a record"),
            Dns::Truncated => {
                parts.push("DNS answers are truncated over UDP and do not come over TCP");
            }
            Dns::WrongId => parts.push("DNS answers have another identifier than the question"),
            Dns::WrongQuestion => parts.push("DNS answers are for another name than the question"),
            Dns::Slow => parts.push("DNS answers after a second"),
            Dns::Ipv4Only => parts.push("names have IPv4 addresses only"),
            Dns::Ipv6Only => parts.push("names have IPv6 addresses only"),
            Dns::CnameLoop => parts.push("each name is an alias in a loop of aliases"),
            Dns::ManyAddresses => {
                parts
                    .push("each name has 64 addresses, of which only the last accepts connections");
            }
        }
        match self.tcp {
            Tcp::Accepts => {}
            Tcp::Refuses => parts.push("connections are refused"),
            Tcp::Silent => parts.push("connection attempts get no answer"),
            Tcp::Unreachable => parts.push("there is no route to the server"),
            Tcp::Resets => parts.push("connections are reset once accepted"),
            Tcp::Closes => parts.push("connections are closed once accepted"),
            Tcp::OpenThenDead => {
                parts.push("connections are accepted, and every packet after that is dropped");
            }
        }
        parts.extend(self.tls.fault());
        let text;
        parts.push(match self.http {
            Http::Allow => "the server allows",
            Http::Http2 => "the server allows, in HTTP/2 if the plugin offers it",
            Http::BrokenFrames(fault) => {
                text = format!("the server sends in HTTP/2: {fault}");
                &text
            }
            Http::Deny => "the server denies",
            Http::OtherDenial(denial) => {
                text = denial.to_string();
                &text
            }
            Http::Alternate => "the server allows and denies alternately",
            Http::Status(code) => {
                text = format!("the allow response has the status {code}");
                &text
            }
            Http::CaptivePortal => "a captive portal responds with 200 and a login page",
            Http::PortalRedirect => {
                "the response redirects to another host, which sends the allow response"
            }
            Http::RedirectLoop => "the response redirects to itself",
            Http::RedirectDowngrade => {
                "the response redirects to cleartext HTTP, which sends the allow response"
            }
            Http::Broken(WireFault::ShortBody) => {
                "the body is shorter than its Content-Length, after a complete allow response"
            }
            Http::Broken(WireFault::ResetInBody) => {
                "the connection is reset within the body, after a complete allow response"
            }
            Http::Broken(WireFault::BadChunks) => {
                "a chunk size is not a number, after a complete allow response"
            }
            Http::Broken(WireFault::EndlessHeaders) => "the header fields never end",
            Http::Broken(WireFault::EndlessBody) => {
                "the body starts with the allow response and never ends"
            }
            Http::Broken(WireFault::DripBody) => "the body arrives one byte at a time",
            Http::Broken(WireFault::Silent) => "the request is never answered",
            Http::Broken(WireFault::Closed) => "the connection is closed without a response",
            Http::BadSyntax => "the allow response has a syntax error at its end",
            Http::CutBody => "the body is the first half of the allow body",
            Http::Named(_) => "the server sends a response that the profile names",
            Http::WrongShape(shape) => {
                text = shape.to_string();
                &text
            }
            Http::OtherRefusal(refusal) => {
                text = refusal.to_string();
                &text
            }
            Http::Redirect(redirect) => {
                text = redirect.to_string();
                &text
            }
            Http::Broken(WireFault::Response(response)) => {
                text = format!("the server sends {response}");
                &text
            }
            Http::Broken(WireFault::AllowAfterDeny) => {
                "the server denies, and an allow response follows in the same segment"
            }
            Http::Broken(WireFault::UnaskedAllow) => {
                "the server denies, and later sends an allow response that was not asked for"
            }
            Http::Broken(WireFault::StaleConnection) => {
                "the server allows, announces keep-alive, and closes the connection"
            }
            Http::Broken(WireFault::CloseWhileWriting) => {
                "the connection is closed and reset while the request is written"
            }
            Http::Broken(WireFault::NoCloseNotify) => {
                "the body of the allow response ends with the connection, which ends without a close_notify"
            }
        });
        formatter.write_str(&parts.join("; "))?;
        match self.at {
            FaultAt::Question => Ok(()),
            FaultAt::Earlier(number) => write!(formatter, ", at request {}", number + 1),
            FaultAt::LaterConnections => {
                formatter.write_str(", on connections after the first request")
            }
        }
    }
}
