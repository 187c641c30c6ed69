//! The examiner of entitlement plugins.
