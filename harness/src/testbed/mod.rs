//! The network of a plugin under test: link, DNS, TCP, TLS and HTTP.
//!
//! A [`Scenario`] is data. A [`TestNetwork`](test_network::TestNetwork) implements it: sockets on the
//! ports of the profile, served by one runtime in the parent process, in a
//! private network where one is available and on loopback elsewhere.
//! Nothing here knows about rules or plugins.

mod answer;
pub mod applicable;
pub mod authority;
pub mod capture;
mod connection;
mod connection_tasks;
pub mod containment;
pub mod content;
mod dns;
mod dns_response;
pub mod error;
mod excerpt;
pub mod exchanges;
mod fault;
mod held_responses;
mod http;
mod http2;
mod interface;
pub mod isolation;
mod listeners;
pub mod mask;
#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod os;
#[cfg(windows)]
#[path = "windows.rs"]
mod os;
mod other_hosts;
mod pipe;
mod recorder;
mod rendering;
mod scenario;
mod scenario_state;
pub mod servers;
mod shape;
mod sockets;
mod tally;
pub mod test_network;
mod tls;
pub mod transcript;
pub mod upstream;
pub mod wire;

pub use content::Shape;
pub use interface::Interface;
#[cfg(target_os = "linux")]
pub(crate) use os::containment::{confine_signals, enter as enter_view, restrict};
#[cfg(target_os = "linux")]
pub(crate) use os::enter_as_user;
pub(crate) use os::most_runs_at_once;
pub use other_hosts::OtherHosts;
pub use scenario::{Dns, FaultAt, FrameFault, Http, Link, Scenario, Tcp, Tls, WireFault};
