//! The network interface that the device seems to have.

/// Which interface of a private network has the device's addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interface {
    /// `lo`.
    #[default]
    Loopback,
    /// One of a pair of virtual Ethernet interfaces, with a default gateway: Windows considers no device connected without
    /// both. All addresses are local nevertheless.
    Ethernet,
}
