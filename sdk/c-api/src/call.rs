//! One call of `IsEntitled`, and what belongs to it: its error, its settings, its time, and everything that it lends to C.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char};
use std::fmt;
use std::ptr;
use std::rc::{Rc, Weak};

use ics_entitlement::Context;
use serde_json::Value;

use crate::check::{ICS_CLIENT_UNAVAILABLE, IcsClientDecision};
use crate::error::{Failure, IcsClientError};
use crate::operation::operation;
use crate::request::IcsClientRequest;
use crate::response::IcsClientResponse;
use crate::text::{for_c, from_c};

/// One call of IsEntitled. Use it, and the handles that come from it, on the
/// thread that the check function runs on, and only until that returns.
pub struct IcsClientCall {
    me: Weak<IcsClientCall>,
    pub(crate) context: Context,
    /// Whether a response was received, without which there is no decision.
    pub(crate) is_answered: Cell<bool>,
    /// A setting that cannot be used, with which there is no decision.
    bad_setting: RefCell<Option<Failure>>,
    failure: RefCell<Option<Failure>>,
    reason: RefCell<Option<String>>,
    lent: RefCell<Lent>,
}

/// What C has pointers to until the call ends.
#[derive(Default)]
struct Lent {
    texts: Vec<Rc<CStr>>,
    requests: Vec<Rc<IcsClientRequest>>,
    responses: Vec<Rc<IcsClientResponse>>,
}

impl IcsClientCall {
    pub(crate) fn new(context: &Context) -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            me: me.clone(),
            context: context.clone(),
            is_answered: Cell::new(false),
            bad_setting: RefCell::default(),
            failure: RefCell::default(),
            reason: RefCell::default(),
            lent: RefCell::default(),
        })
    }

    /// For handles, which must not keep the call: the call keeps them.
    pub(crate) fn weak(&self) -> Weak<Self> {
        self.me.clone()
    }

    pub(crate) fn set_failure(&self, failure: Option<Failure>) {
        *self.failure.borrow_mut() = failure;
    }

    /// Why there is no decision: what the check function said, and the error of its last operation.
    pub(crate) fn reason(&self) -> String {
        let failure = self.failure.borrow();
        match (self.reason.borrow().as_deref(), failure.as_ref()) {
            (Some(reason), Some(failure)) => format!("{reason}: {failure}"),
            (Some(reason), None) => reason.to_owned(),
            (None, Some(failure)) => failure.text.clone(),
            (None, None) => "the check function gave no reason".to_owned(),
        }
    }

    pub(crate) fn bad_setting(&self) -> Option<Failure> {
        self.bad_setting.borrow().clone()
    }

    pub(crate) fn lend_text(&self, text: CString) -> *const c_char {
        let text: Rc<CStr> = text.into();
        let pointer = text.as_ptr();
        self.lent.borrow_mut().texts.push(text);
        pointer
    }

    pub(crate) fn lend_request(&self, request: IcsClientRequest) -> *mut IcsClientRequest {
        let request = Rc::new(request);
        let pointer = Rc::as_ptr(&request).cast_mut();
        self.lent.borrow_mut().requests.push(request);
        pointer
    }

    pub(crate) fn lend_response(&self, response: IcsClientResponse) -> *const IcsClientResponse {
        let response = Rc::new(response);
        let pointer = Rc::as_ptr(&response);
        self.lent.borrow_mut().responses.push(response);
        pointer
    }

    fn setting(&self, key: &str) -> Result<Option<String>, Failure> {
        let table: BTreeMap<String, Value> = self.context.settings()?;
        match table.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Failure::new(
                IcsClientError::Setting,
                format!("setting `{key}` of [plugin]: expected a text in quotation marks"),
            )),
        }
    }
}

impl fmt::Debug for IcsClientCall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("IcsClientCall")
            .field("context", &self.context)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

/// Says why there is no decision, and returns ICS_CLIENT_UNAVAILABLE:
///
/// ```c
/// return ics_client_because(call, "the code is unknown");
/// ```
///
/// A host that asks for the reason, as `ics-harness call` does, is told this
/// text, followed by that of ics_client_error_text if the last operation
/// failed. Without it, it is told the latter alone. A null text says nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_because(
    call: *mut IcsClientCall,
    reason: *const c_char,
) -> IcsClientDecision {
    // SAFETY: the header requires a handle of this call, or null.
    if let Some(call) = unsafe { call.as_ref() }
        && !reason.is_null()
    {
        // SAFETY: the header requires a string that ends in a null character.
        let reason = unsafe { CStr::from_ptr(reason) };
        *call.reason.borrow_mut() = Some(reason.to_string_lossy().into_owned());
    }
    ICS_CLIENT_UNAVAILABLE
}

/// The error of the last operation of this call: ICS_CLIENT_ERROR_NONE if it
/// succeeded or there was none yet. A function that is given a null handle
/// does nothing, so the error remains that of the operation that failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_error(call: *const IcsClientCall) -> IcsClientError {
    // SAFETY: the header requires a handle of this call, or null.
    match unsafe { call.as_ref() } {
        None => IcsClientError::NullHandle,
        Some(call) => match &*call.failure.borrow() {
            None => IcsClientError::None,
            Some(failure) => failure.code,
        },
    }
}

/// The error of the last operation in English, with its causes: for a log of
/// the author's, not for a device's user. It is never null, and empty if there
/// was no error. It has no URL, and may have the name of the host.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_error_text(call: *const IcsClientCall) -> *const c_char {
    // SAFETY: the header requires a handle of this call, or null.
    let Some(call) = (unsafe { call.as_ref() }) else {
        return c"there is no call: the handle is null".as_ptr();
    };
    let text = match &*call.failure.borrow() {
        None => return c"".as_ptr(),
        Some(failure) => failure.text.replace('\0', " "),
    };
    for_c(&text).map_or(c"".as_ptr(), |text| call.lend_text(text))
}

/// The time until the deadline in milliseconds; 0 if it has passed or the
/// handle is null. Use it as the time limit of everything that blocks in the
/// check function, which the deadline does not interrupt.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_time_left_ms(call: *const IcsClientCall) -> u32 {
    // SAFETY: the header requires a handle of this call, or null.
    let Some(call) = (unsafe { call.as_ref() }) else {
        return 0;
    };
    u32::try_from(call.context.time_left().as_millis()).unwrap_or(u32::MAX)
}

/// A text from the table `[plugin]` of the settings. If the table has no such
/// key, it is `otherwise`, which may be null. If it has one that is not a
/// text, it is null, and the call is UNAVAILABLE whatever the check function
/// returns: a setting that cannot be used is not replaced by a guess.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_setting(
    call: *mut IcsClientCall,
    key: *const c_char,
    otherwise: *const c_char,
) -> *const c_char {
    // SAFETY: the header requires a handle of this call, or null.
    operation(unsafe { call.as_ref() }, ptr::null(), |call| {
        // SAFETY: the header requires a string that ends in a null character.
        let key = unsafe { from_c(key, "key") }?;
        let found = call.setting(key).and_then(|found| match found {
            None => Ok(otherwise),
            Some(text) => Ok(call.lend_text(for_c(&text)?)),
        });
        found.inspect_err(|failure| {
            call.bad_setting
                .borrow_mut()
                .get_or_insert_with(|| failure.clone());
        })
    })
}
