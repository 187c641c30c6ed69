//! A request of a call, filled in by functions and sent once.

use std::cell::RefCell;
use std::ffi::c_char;
use std::fmt;
use std::ptr;
use std::rc::{Rc, Weak};

use ics_entitlement::Request;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::call::IcsClientCall;
use crate::error::{Failure, IcsClientError};
use crate::operation::operation;
use crate::response::{IcsClientResponse, receive};
use crate::text::from_c;

/// A request of a call. Nothing is sent until ics_client_send is called.
pub struct IcsClientRequest {
    call: Weak<IcsClientCall>,
    state: RefCell<State>,
}

enum State {
    Open(Box<Open>),
    /// It cannot be sent: the first failure.
    Failed(Failure),
    Sent,
}

impl IcsClientRequest {
    fn new(call: &IcsClientCall, request: Request) -> Self {
        Self {
            call: call.weak(),
            state: RefCell::new(State::Open(Box::new(Open {
                request,
                has_body: false,
                members: Map::new(),
            }))),
        }
    }

    fn call(&self) -> Option<Rc<IcsClientCall>> {
        self.call.upgrade()
    }
}

impl fmt::Debug for IcsClientRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A request can hold tokens and identities.
        formatter
            .debug_struct("IcsClientRequest")
            .finish_non_exhaustive()
    }
}

/// Starts a GET request. `path` is appended to the setting `url`; if it is
/// empty, the request goes to that URL itself. Null if a text is null or not
/// UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_get(
    call: *mut IcsClientCall,
    path: *const c_char,
) -> *mut IcsClientRequest {
    // SAFETY: the header requires a handle of this call, or null.
    operation(unsafe { call.as_ref() }, ptr::null_mut(), |call| {
        // SAFETY: the header requires a string that ends in a null character.
        let path = unsafe { from_c(path, "path") }?;
        let request = call.context.client().get(path);
        Ok(call.lend_request(IcsClientRequest::new(call, request)))
    })
}

/// Starts a POST request. `path` is as for ics_client_get.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_post(
    call: *mut IcsClientCall,
    path: *const c_char,
) -> *mut IcsClientRequest {
    // SAFETY: the header requires a handle of this call, or null.
    operation(unsafe { call.as_ref() }, ptr::null_mut(), |call| {
        // SAFETY: the header requires a string that ends in a null character.
        let path = unsafe { from_c(path, "path") }?;
        let request = call.context.client().post(path);
        Ok(call.lend_request(IcsClientRequest::new(call, request)))
    })
}

/// Sets a header field. An invalid name or value is reported by
/// ics_client_send.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_request_header(
    request: *mut IcsClientRequest,
    name: *const c_char,
    value: *const c_char,
) {
    // SAFETY: the header requires a handle of this call, and strings that end in a null character, or null.
    unsafe {
        change(request, |open| {
            let (name, value) = (from_c(name, "name")?, from_c(value, "value")?);
            Ok(open.with(|request| request.header(name, value)))
        });
    }
}

/// Sends a bearer token (`Authorization: Bearer …`). The token is in no error
/// text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_request_bearer(
    request: *mut IcsClientRequest,
    token: *const c_char,
) {
    // SAFETY: as in `ics_client_request_header`.
    unsafe {
        change(request, |open| {
            let token = from_c(token, "token")?;
            Ok(open.with(|request| request.bearer(token)))
        });
    }
}

/// Adds a parameter to the URL's query, encoded as it has to be. Servers and
/// proxies log URLs, so send identities such as an IMSI in the body instead.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_request_query(
    request: *mut IcsClientRequest,
    name: *const c_char,
    value: *const c_char,
) {
    // SAFETY: as in `ics_client_request_header`.
    unsafe {
        change(request, |open| {
            let (name, value) = (from_c(name, "name")?, from_c(value, "value")?);
            Ok(open.with(|request| request.query(name, value)))
        });
    }
}

/// Sends `length` bytes as the body, with this Content-Type. They are copied.
/// `bytes` may be null if `length` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_request_body(
    request: *mut IcsClientRequest,
    content_type: *const c_char,
    bytes: *const u8,
    length: usize,
) {
    // SAFETY: as in `ics_client_request_header`; and that `length` bytes are readable.
    unsafe {
        change(request, |open| {
            let content_type = from_c(content_type, "content_type")?;
            let bytes = match (bytes.is_null(), length) {
                (_, 0) => Vec::new(),
                (true, _) => return Err(Failure::argument("bytes")),
                (false, _) => std::slice::from_raw_parts(bytes, length).to_vec(),
            };
            open.with_body(|request| request.body(content_type, bytes))
        });
    }
}

/// Sends a JSON document as the body, with `Content-Type: application/json`. A
/// text that is not JSON is reported by ics_client_send. Do not make one with
/// printf from texts that you do not know: ics_client_request_json_string
/// encodes them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_request_json(
    request: *mut IcsClientRequest,
    document: *const c_char,
) {
    // SAFETY: as in `ics_client_request_header`.
    unsafe {
        change(request, |open| {
            let document = from_c(document, "document")?;
            serde_json::from_str::<IgnoredAny>(document).map_err(|error| {
                Failure::new(
                    IcsClientError::Request,
                    format!("the body is not JSON: {error}"),
                )
            })?;
            open.with_body(|request| request.body("application/json", document))
        });
    }
}

/// Adds a member to the JSON object that is sent as the body, with
/// `Content-Type: application/json`. A second value for a name replaces the
/// first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_request_json_string(
    request: *mut IcsClientRequest,
    name: *const c_char,
    value: *const c_char,
) {
    // SAFETY: as in `ics_client_request_header`.
    unsafe {
        change(request, |open| {
            let (name, value) = (from_c(name, "name")?, from_c(value, "value")?);
            open.with_member(name, value)
        });
    }
}

/// Accepts one more status than 200. The check function has to look at
/// ics_client_response_status then, and at the body: portals and proxies send
/// these status codes, too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_request_accept_status(
    request: *mut IcsClientRequest,
    status: u16,
) {
    // SAFETY: as in `ics_client_request_header`.
    unsafe {
        change(request, |open| {
            Ok(open.with(|request| request.accept_status(status)))
        });
    }
}

/// Sends the request and waits for the complete response, no longer than until
/// the deadline of the call. Null if there is none: then ics_client_error tells
/// what failed, the building of the request included. A request is sent once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_send(
    request: *mut IcsClientRequest,
) -> *const IcsClientResponse {
    // SAFETY: the header requires a handle of this call, or null.
    let Some(request) = (unsafe { request.as_ref() }) else {
        return ptr::null();
    };
    operation(request.call().as_deref(), ptr::null(), |call| {
        let request = match request.state.replace(State::Sent) {
            State::Open(open) if open.members.is_empty() => open.request,
            State::Open(open) => open.request.json(&open.members),
            State::Failed(failure) => return Err(failure),
            State::Sent => return Err(sent()),
        };
        let response = receive(call, request)?;
        call.is_answered.set(true);
        Ok(call.lend_response(response))
    })
}

fn sent() -> Failure {
    Failure::new(IcsClientError::Sent, "the request was sent before")
}

/// A request that can still be changed.
struct Open {
    request: Request,
    /// Whether it has a body that is not made of members.
    has_body: bool,
    /// The members of a body in JSON.
    members: Map<String, Value>,
}

impl Open {
    fn with(self, change: impl FnOnce(Request) -> Request) -> Self {
        Self {
            request: change(self.request),
            ..self
        }
    }

    fn with_body(self, change: impl FnOnce(Request) -> Request) -> Result<Self, Failure> {
        if self.has_body || !self.members.is_empty() {
            return Err(two_bodies());
        }
        Ok(Self {
            has_body: true,
            ..self.with(change)
        })
    }

    fn with_member(mut self, name: &str, value: &str) -> Result<Self, Failure> {
        if self.has_body {
            return Err(two_bodies());
        }
        self.members.insert(name.to_owned(), value.into());
        Ok(self)
    }
}

fn two_bodies() -> Failure {
    Failure::new(IcsClientError::Request, "the request has two bodies")
}

/// Changes a request that was not sent. The first failure is kept for [`ics_client_send`].
///
/// # Safety
/// `request` is null or a handle of a call that has not ended.
unsafe fn change(
    request: *mut IcsClientRequest,
    change: impl FnOnce(Open) -> Result<Open, Failure>,
) {
    // SAFETY: the caller upholds the same precondition.
    let Some(request) = (unsafe { request.as_ref() }) else {
        return;
    };
    operation(request.call().as_deref(), (), |_| {
        let open = match request.state.replace(State::Sent) {
            State::Open(open) => open,
            State::Failed(failure) => {
                request.state.replace(State::Failed(failure.clone()));
                return Err(failure);
            }
            State::Sent => return Err(sent()),
        };
        let (state, result) = match change(*open) {
            Ok(open) => (State::Open(Box::new(open)), Ok(())),
            Err(failure) => (State::Failed(failure.clone()), Err(failure)),
        };
        request.state.replace(state);
        result
    });
}
