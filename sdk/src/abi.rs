//! The C contract of an entitlement plugin.

/// What `IsEntitled` answers.
#[expect(non_camel_case_types, reason = "the name in the specification")]
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ICS_ENTITLEMENT_RESULT {
    /// The device may share its connection.
    ENTITLEMENT_SUCCESS = 0,
    /// The device may not share its connection.
    ENTITLEMENT_FAILED = 1,
    /// The server could not be asked.
    ENTITLEMENT_UNAVAILABLE = 2,
}
