//! Access to providers.

/// A capability that a network configuration application can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// `ID_CAP_CSP_FOUNDATION`, which HotSpot needs.
    Foundation,
    /// `ID_CAP_NETWORKING_ADMIN`, which CM_CellularEntries needs.
    NetworkingAdmin,
}

impl Capability {
    pub fn name(self) -> &'static str {
        match self {
            Self::Foundation => "ID_CAP_CSP_FOUNDATION",
            Self::NetworkingAdmin => "ID_CAP_NETWORKING_ADMIN",
        }
    }
}

/// The capabilities of the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access(Vec<Capability>);

impl Access {
    /// A caller without any capability.
    pub fn none() -> Self {
        Self::default()
    }

    /// A caller with all of them.
    pub fn full() -> Self {
        Self::with(&[Capability::Foundation, Capability::NetworkingAdmin])
    }

    /// A caller with these alone.
    pub fn with(capabilities: &[Capability]) -> Self {
        Self(capabilities.to_vec())
    }

    /// Whether the caller has this capability.
    pub fn has(&self, capability: Capability) -> bool {
        self.0.contains(&capability)
    }
}
