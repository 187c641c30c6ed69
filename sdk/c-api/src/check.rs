//! The function that a plugin's `IsEntitled` consists of, and the decisions of its check function.

use std::ffi::{CStr, c_char};

use ics_entitlement::abi::ICS_ENTITLEMENT_RESULT;
use ics_entitlement::{__private, Context, Decision, Unavailable};

use crate::call::IcsClientCall;

ics_entitlement::__statics!();

/// What a check function returns: one of the three constants below. Any other
/// number is taken for ICS_CLIENT_UNAVAILABLE.
///
/// The numbers are none that a function returns by mistake: no truth value, no
/// errno, no HTTP status, no error of this header and no
/// ICS_ENTITLEMENT_RESULT. Zero is UNAVAILABLE.
pub type IcsClientDecision = i32;

/// There is no decision: the check could not be made. It becomes
/// ENTITLEMENT_UNAVAILABLE.
pub const ICS_CLIENT_UNAVAILABLE: IcsClientDecision = 0;

/// The server allows it: the device may share its connection. It becomes
/// ENTITLEMENT_SUCCESS, if a response was received in this call.
pub const ICS_CLIENT_ENTITLED: IcsClientDecision = 20001;

/// The server denies it: the device may not share its connection. It becomes
/// ENTITLEMENT_FAILED, if a response was received in this call.
pub const ICS_CLIENT_NOT_ENTITLED: IcsClientDecision = 20002;

/// Asks the server and returns its decision. It runs on a thread of the
/// library's own, with 512 KiB of stack and signals blocked. It must not leave
/// by longjmp, pthread_exit or an exception (in C++ see IcsClientGuard), and is
/// abandoned half a second after the deadline.
pub type IcsClientCheck =
    Option<unsafe extern "C" fn(call: *mut IcsClientCall) -> IcsClientDecision>;

/// Makes one entitlement check. A plugin's exported function is
///
/// ```c
/// ICS_ENTITLEMENT_RESULT IsEntitled(void)
/// {
///     return ics_client_check(check, "url = \"https://…\"", NULL);
/// }
/// ```
///
/// `settings` are the compiled-in settings in TOML, which the settings file
/// beside the library overrides key by key, or null for none. `ca` are roots to
/// trust besides those that the settings name, in PEM, or null for none. Both
/// must remain as they are as long as the library is loaded: pass constants.
///
/// The result is ENTITLEMENT_UNAVAILABLE if `check` is null or returns anything
/// but a decision, if a text is not UTF-8, if the settings are invalid, and if
/// the deadline passes first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_check(
    check: IcsClientCheck,
    settings: *const c_char,
    ca: *const c_char,
) -> ICS_ENTITLEMENT_RESULT {
    // Linkers leave out what is marked as used and not referred to: on Windows, and in members of an archive that
    // nothing else is needed from.
    std::hint::black_box(&MARKER);
    #[cfg(all(target_os = "linux", target_env = "gnu", not(test)))]
    std::hint::black_box(&LEAVE);
    // SAFETY: the header requires constants, which outlive every call, or null.
    let (settings, ca) = unsafe { (constant(settings), constant(ca)) };
    let plugin = __private::Plugin::of(move |context: &Context| {
        // Invalid text is never taken for none.
        let check = match (check, settings.to_str()) {
            (Some(check), Ok(_)) => check,
            (None, _) => return Err(Unavailable::because("there is no check function")),
            (_, Err(_)) => return Err(Unavailable::because("the settings are not UTF-8")),
        };
        decide(context, |call| {
            // SAFETY: the header requires a function with this signature that does not unwind.
            unsafe { check(call) }
        })
    });
    __private::enter(
        plugin
            .settings(settings.to_str().unwrap_or_default())
            .ca(ca.to_bytes()),
    )
}

/// Calls a check function and interprets the number that it returns.
fn decide(
    context: &Context,
    check: impl FnOnce(*mut IcsClientCall) -> IcsClientDecision,
) -> Result<Decision, Unavailable> {
    let call = IcsClientCall::new(context);
    let number = check(std::rc::Rc::as_ptr(&call).cast_mut());
    if let Some(failure) = call.bad_setting() {
        return Err(failure.into());
    }
    let decision = match number {
        ICS_CLIENT_ENTITLED => Decision::Entitled,
        ICS_CLIENT_NOT_ENTITLED => Decision::NotEntitled,
        ICS_CLIENT_UNAVAILABLE => return Err(Unavailable::because(call.reason())),
        other => {
            return Err(Unavailable::because(format!(
                "the check function returned {other}, which is no decision"
            )));
        }
    };
    if !call.is_answered.get() {
        return Err(Unavailable::because(format!(
            "the check function decided without a response: {}",
            call.reason()
        )));
    }
    Ok(decision)
}

/// A constant of the plugin; an empty one in place of null.
///
/// # Safety
/// `text` is null, or a string that ends in a null character and never changes.
unsafe fn constant(text: *const c_char) -> &'static CStr {
    match text.is_null() {
        true => c"",
        // SAFETY: the caller upholds the same precondition.
        false => unsafe { CStr::from_ptr(text) },
    }
}
