//! Access to providers.

/// A capability that a network configuration application can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// `ID_CAP_CSP_FOUNDATION`.
    Foundation,
}

impl Capability {
    pub fn name(self) -> &'static str {
        match self {
            Self::Foundation => "ID_CAP_CSP_FOUNDATION",
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

    /// A caller with `ID_CAP_CSP_FOUNDATION`.
    pub fn foundation() -> Self {
        Self(vec![Capability::Foundation])
    }

    /// Whether the caller has this capability.
    pub fn has(&self, capability: Capability) -> bool {
        self.0.contains(&capability)
    }
}
