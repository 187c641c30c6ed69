//! Hosts that a plugin sends requests to and does not ask, such as that of a connectivity probe.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::dns_response::{OTHER, OTHER_6, SERVER, SERVER_6};

/// Such hosts. The faults of a scenario are faults of the operator's server and of the way to it: these hosts are
/// served as in [`Scenario::ALLOW`](super::Scenario::ALLOW), and what they receive is not counted as traffic with the
/// server.
///
/// There are three exceptions. Without a link no host is reached. A captive portal answers for every host. And a name
/// server is judged by the name in each question, so that one that is silent about the server still answers for these.
///
/// They can be told from the server only in a private network, where they have addresses of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherHosts {
    /// Their names, in lower case.
    pub names: BTreeSet<String>,
    /// The addresses of those that are reached without a DNS query.
    pub addresses: BTreeSet<IpAddr>,
}

impl OtherHosts {
    /// No such host is known.
    pub const NONE: &'static Self = &Self {
        names: BTreeSet::new(),
        addresses: BTreeSet::new(),
    };

    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.addresses.is_empty()
    }

    /// Whether names have this address as long as none is known to be another host's.
    pub(crate) fn are_names_at(address: IpAddr) -> bool {
        [IpAddr::V4(SERVER), IpAddr::V6(SERVER_6)].contains(&address)
    }

    /// Whether a host of that name, with whatever letter case and with or without the final dot, is one of them.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.names.contains(&name)
    }

    /// Where they are served.
    pub(crate) fn served_addresses(&self) -> Vec<IpAddr> {
        if self.is_empty() {
            return Vec::new();
        }
        let of_names = [IpAddr::V4(OTHER), IpAddr::V6(OTHER_6)];
        of_names
            .into_iter()
            .chain(self.addresses.iter().copied())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_whatever_letter_case() {
        let hosts = OtherHosts {
            names: BTreeSet::from(["probe.example".to_owned()]),
            addresses: BTreeSet::new(),
        };
        assert!(hosts.has_name("Probe.Example."));
        assert!(!hosts.has_name("a.probe.example"));
        assert_eq!(hosts.served_addresses().len(), 2);
        assert!(OtherHosts::NONE.served_addresses().is_empty());
    }
}
