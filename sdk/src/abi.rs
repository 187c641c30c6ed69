//! The complete C contract of an entitlement plugin, and cbindgen's only input.
//!
//! `include/IcsEntitlement.h` is generated from this file by
//! `ics-harness header`, and the harness uses this module, so that each name
//! and number is defined once. Nothing here may depend on another module. The
//! comments on what cbindgen exports become those of the header, so they are
//! written for C authors.

/// The version of this contract.
///
/// It is incremented when the meaning of a value or the signature of the function
/// changes. It is not the version of the SDK.
pub const ICS_ENTITLEMENT_CONTRACT_VERSION: u32 = 1;

/// The name under which a plugin exports its one function: unmangled and
/// undecorated.
pub const EXPORT_NAME: &str = "IsEntitled";

/// The text of this file, for tools that generate a header from it.
pub const SOURCE: &str = include_str!("abi.rs");

/// The answer of an entitlement check.
///
/// The specification ("HotSpot configuration service provider", Creating an
/// Entitlement DLL) gives the three names and their meaning. The numbers are
/// an ASSUMPTION: the original header is not public, so the values count from
/// 0 in the order in which the specification lists the names. If you have the
/// original header, compare the values before you ship a plugin.
///
/// The type is 32 bits wide and signed, also with -fshort-enums. A host must
/// treat any other number as ENTITLEMENT_UNAVAILABLE.
#[expect(
    non_camel_case_types,
    reason = "the specification spells these names this way"
)]
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ICS_ENTITLEMENT_RESULT {
    /// The operator's server was asked in this call and allows it: the
    /// device may share its connection. Return this only for an
    /// authenticated, complete and well-formed allow response.
    ENTITLEMENT_SUCCESS = 0,
    /// The operator's server was asked in this call and denies it: the
    /// device may not share its connection.
    ENTITLEMENT_FAILED = 1,
    /// The check could not be made: the server could not be contacted, a
    /// connection could not be acquired, the time ran out, or the response was
    /// damaged, unauthenticated or not understood. In doubt, return this.
    ENTITLEMENT_UNAVAILABLE = 2,
}

impl ICS_ENTITLEMENT_RESULT {
    /// The result that a plugin returned as `value`; `None` if the contract
    /// does not define that number. A host in Rust must receive the answer as
    /// an `i32`, since a value outside of the enumeration would be undefined
    /// behaviour.
    #[must_use]
    pub const fn from_raw(value: i32) -> Option<Self> {
        const ALL: [ICS_ENTITLEMENT_RESULT; 3] = [
            ICS_ENTITLEMENT_RESULT::ENTITLEMENT_SUCCESS,
            ICS_ENTITLEMENT_RESULT::ENTITLEMENT_FAILED,
            ICS_ENTITLEMENT_RESULT::ENTITLEMENT_UNAVAILABLE,
        ];
        let mut index = 0;
        while index < ALL.len() {
            if ALL[index] as i32 == value {
                return Some(ALL[index]);
            }
            index += 1;
        }
        None
    }
}

// Declared and not defined: the plugin defines it, so the SDK exports nothing.
unsafe extern "C" {
    /// Asks the operator's server whether this device may share its
    /// connection. A plugin exports this function and nothing else; the
    /// Internet Sharing service loads the plugin, calls it, and shares only
    /// on ENTITLEMENT_SUCCESS.
    ///
    /// The host's promises:
    /// - It may call from any thread, also from one that did not load the
    ///   plugin, from several threads at once, and any number of times.
    /// - It may unload the plugin as soon as no call is in progress, and may
    ///   load it again. Threads that called may end before or after that.
    ///
    /// The plugin's duties:
    /// - Ask the server in each call. An answer is never reused in a later one.
    /// - Return within 30 seconds whatever the network does, name lookup
    ///   included; aim for 5.
    /// - Return one of the three values. No exception or panic may leave the
    ///   function; it must not exit or abort the process.
    /// - Leave the process unchanged: no thread, child process, descriptor or
    ///   handle, thread-local key, signal handler or mask, timer, current
    ///   folder, environment, locale or umask may differ after the call, and
    ///   nothing is printed. A broken pipe (SIGPIPE) must not kill the host.
    /// - Make no network access, and start no thread, while it is being loaded
    ///   or unloaded. Code that may still run after the call (a thread-local
    ///   destructor, a late name lookup) must not be in memory that unloading
    ///   unmaps.
    /// - Need no more than 256 KiB of the caller's stack.
    pub fn IsEntitled() -> ICS_ENTITLEMENT_RESULT;
}
