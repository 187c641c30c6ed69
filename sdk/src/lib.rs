//! The SDK of entitlement plugins.
