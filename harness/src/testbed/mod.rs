//! What a plugin meets: the link, DNS, TCP, TLS and HTTP of one scenario.
//!
//! A [`Scenario`] is data. A [`TestNetwork`](test_network::TestNetwork) makes it real: sockets on the
//! ports of the profile, served by one runtime in the parent process, in a
//! private network where that is to be had and on loopback where it is not.
//! Nothing here knows about rules or plugins.

mod answer;
pub mod authority;
mod connection;
mod connection_tasks;
mod dns;
pub mod error;
mod fault;
mod http;
pub mod isolation;
mod listeners;
#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod os;
#[cfg(windows)]
#[path = "windows.rs"]
mod os;
mod pipe;
pub mod protocol;
mod recorder;
mod rendering;
mod scenario;
mod scenario_state;
pub mod servers;
mod sockets;
pub mod test_network;
mod tls;
pub mod transcript;

pub use scenario::{Dns, Http, Link, Scenario, Shape, Tcp, Tls, WireFault};
