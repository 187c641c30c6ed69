//! A complete response, and its body as text, bytes or JSON.

use std::cell::OnceCell;
use std::ffi::{CString, c_char};
use std::fmt;
use std::ptr;
use std::rc::{Rc, Weak};

use ics_entitlement::{__private, ClientError, Request, UniqueJson};
use serde_json::Value;

use crate::call::IcsClientCall;
use crate::error::{Failure, IcsClientError};
use crate::operation::operation;
use crate::text::{for_c, from_c};

/// A response that was received completely. Its body is read by functions that
/// name the type that is expected.
pub struct IcsClientResponse {
    call: Weak<IcsClientCall>,
    status: u16,
    /// The names are in lower case.
    fields: Vec<(String, CString)>,
    /// The value of Content-Type.
    content_type: String,
    /// With a null character at its end, for those who use it as a text nevertheless.
    body: Result<Vec<u8>, Failure>,
    json: OnceCell<Result<Value, Failure>>,
}

/// Sends a request and receives the response, its body included.
pub(crate) fn receive(
    call: &IcsClientCall,
    request: Request,
) -> Result<IcsClientResponse, Failure> {
    // In one go, so that no response is left half read on the connection that the next request uses.
    let received = call.context.block_on(async {
        let response = request.send().await?;
        let fields = response.fields().filter_map(|(name, value)| {
            // Visible ASCII has no null character.
            Some((name.to_owned(), CString::new(value).ok()?))
        });
        let fields = fields.collect();
        let status = response.status();
        let declared = response.header("content-type");
        let content_type = declared.unwrap_or("of a declared type").to_owned();
        let (kind, _) = split(&content_type);
        let body = match response.bytes_of(kind).await {
            Ok(mut body) => {
                body.push(0);
                Ok(body)
            }
            // No type or two: the status can be looked at, and the body cannot.
            Err(error @ ClientError::ContentType { .. }) => Err(error.into()),
            Err(error) => return Err(error),
        };
        Ok(IcsClientResponse {
            call: call.weak(),
            status,
            fields,
            content_type,
            body,
            json: OnceCell::new(),
        })
    });
    Ok(received??)
}

impl IcsClientResponse {
    fn call(&self) -> Option<Rc<IcsClientCall>> {
        self.call.upgrade()
    }

    /// The body without the null character after it, if it is of this type.
    fn body(&self, expected: &str, is_expected: impl Fn(&str) -> bool) -> Result<&[u8], Failure> {
        let body = self.body.as_ref().map_err(Failure::clone)?;
        if !is_expected(split(&self.content_type).0) {
            return Err(Failure::from(ClientError::ContentType {
                expected: expected.to_owned(),
                found: self.content_type.clone(),
            }));
        }
        Ok(&body[..body.len() - 1])
    }

    /// The body as a text, if it is one of this type.
    fn text(&self, expected: &str, is_expected: impl Fn(&str) -> bool) -> Result<&str, Failure> {
        let body = self.body(expected, is_expected)?;
        if !__private::is_utf8(split(&self.content_type).1) {
            return Err(Failure::from(ClientError::ContentType {
                expected: format!("{expected} in UTF-8"),
                found: self.content_type.clone(),
            }));
        }
        std::str::from_utf8(body).map_err(|error| ClientError::Utf8(error).into())
    }

    fn json(&self) -> Result<&Value, Failure> {
        let document = self.json.get_or_init(|| {
            let is_json = |kind: &str| {
                let kind = kind.to_ascii_lowercase();
                kind == "application/json" || kind.ends_with("+json")
            };
            let text = self.text("application/json", is_json)?;
            let parsed = serde_json::from_str(text);
            parsed
                .map(|UniqueJson(value)| value)
                .map_err(|error| ClientError::Json(error).into())
        });
        document.as_ref().map_err(Failure::clone)
    }

    /// The member that a JSON pointer names, which `read` takes if it is of the type `expected`.
    fn member<'a, T>(
        &'a self,
        pointer: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, Failure> {
        let wrong = |text: String| Failure::new(IcsClientError::JsonMember, text);
        let member = self.json()?.pointer(pointer);
        let member = member.ok_or_else(|| wrong(format!("the answer has no `{pointer}`")))?;
        read(member).ok_or_else(|| wrong(format!("`{pointer}` of the answer is not {expected}")))
    }
}

impl fmt::Debug for IcsClientResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("IcsClientResponse")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// The media type and its parameters.
fn split(content_type: &str) -> (&str, &str) {
    let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    (kind.trim(), parameters)
}

/// The HTTP status: 200, or one that the request accepts; 0 if the handle is
/// null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_response_status(response: *const IcsClientResponse) -> u16 {
    // SAFETY: the header requires a handle of this call, or null.
    unsafe { response.as_ref() }.map_or(0, |response| response.status)
}

/// The value of the first header field of this name, in whatever case; null if
/// there is none, or it is not visible ASCII.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_response_header(
    response: *const IcsClientResponse,
    name: *const c_char,
) -> *const c_char {
    // SAFETY: the header requires a handle of this call, and a string that ends in a null character, or null.
    unsafe {
        read(response, ptr::null(), |response| {
            let name = from_c(name, "name")?;
            let mut fields = response.fields.iter();
            let field = fields.find(|(field, _)| field.eq_ignore_ascii_case(name));
            Ok(field.map_or(ptr::null(), |(_, value)| value.as_ptr()))
        })
    }
}

/// The body as a text, if it is of the type `content_type` (such as
/// "text/plain") and in UTF-8. Null if it is not, and if it has a null character
/// in it. Line ends and blanks around it remain.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_response_text(
    response: *const IcsClientResponse,
    content_type: *const c_char,
) -> *const c_char {
    // SAFETY: as in `ics_client_response_header`.
    unsafe {
        read(response, ptr::null(), |response| {
            let expected = from_c(content_type, "content_type")?;
            let text = response.text(expected, |kind| kind.eq_ignore_ascii_case(expected))?;
            // The body itself ends in a null character, and is a C string if it is the only one.
            for_c(text).map(|_| text.as_ptr().cast())
        })
    }
}

/// The body as bytes, if it is of the type `content_type`; null if it is not.
/// Their number is written to `length`, 0 in place of null. A null character,
/// which is not counted, follows them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_response_bytes(
    response: *const IcsClientResponse,
    content_type: *const c_char,
    length: *mut usize,
) -> *const u8 {
    // SAFETY: as in `ics_client_response_header`; `length` is null or writable.
    unsafe {
        set(length, 0);
        read(response, ptr::null(), |response| {
            let expected = from_c(content_type, "content_type")?;
            let bytes = response.body(expected, |kind| kind.eq_ignore_ascii_case(expected))?;
            set(length, bytes.len())
                .then_some(bytes.as_ptr())
                .ok_or_else(|| Failure::argument("length"))
        })
    }
}

/// A text in the body, which has to be JSON. `pointer` is a JSON pointer
/// (RFC 6901): "/user/plan" is the member `plan` of the member `user`, and ""
/// the whole document. Null if there is no such text, and if it has a null
/// character in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_response_json_string(
    response: *const IcsClientResponse,
    pointer: *const c_char,
) -> *const c_char {
    // SAFETY: as in `ics_client_response_header`.
    unsafe {
        read(response, ptr::null(), |response| {
            let pointer = from_c(pointer, "pointer")?;
            let text = for_c(response.member(pointer, "a text", Value::as_str)?)?;
            let call = response.call().ok_or_else(ended)?;
            Ok(call.lend_text(text))
        })
    }
}

/// Writes a truth value in the body to `value`: false if there is none. The
/// pointer is as for ics_client_response_json_string.
///
/// It returns whether that failed, and not the truth value:
///
/// ```c
/// bool entitled;
/// if (ics_client_response_json_bool(response, "/entitled", &entitled))
///     return ICS_CLIENT_UNAVAILABLE;
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_response_json_bool(
    response: *const IcsClientResponse,
    pointer: *const c_char,
    value: *mut bool,
) -> IcsClientError {
    // SAFETY: as in `ics_client_response_header`; `value` is null or writable.
    unsafe { read_member(response, pointer, "a truth value", value, Value::as_bool) }
}

/// Writes a whole number in the body to `value`: 0 if there is none, or one of
/// more than 64 bits. The rest is as for ics_client_response_json_bool.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ics_client_response_json_integer(
    response: *const IcsClientResponse,
    pointer: *const c_char,
    value: *mut i64,
) -> IcsClientError {
    // SAFETY: as in `ics_client_response_header`; `value` is null or writable.
    unsafe { read_member(response, pointer, "a whole number", value, Value::as_i64) }
}

/// Reads something of a response.
///
/// # Safety
/// `response` is null or a handle of a call that has not ended.
unsafe fn read<T>(
    response: *const IcsClientResponse,
    failed: T,
    read: impl FnOnce(&IcsClientResponse) -> Result<T, Failure>,
) -> T {
    // SAFETY: the caller upholds the same precondition.
    let Some(response) = (unsafe { response.as_ref() }) else {
        return failed;
    };
    operation(response.call().as_deref(), failed, |_| read(response))
}

/// Writes a member to `value`, or the default if there is none.
///
/// # Safety
/// As for [`read`]; `pointer` is null or ends in a null character, `value` is null or writable.
unsafe fn read_member<T: Default>(
    response: *const IcsClientResponse,
    pointer: *const c_char,
    expected: &str,
    value: *mut T,
    member: impl FnOnce(&Value) -> Option<T>,
) -> IcsClientError {
    let mut error = IcsClientError::NullHandle;
    // SAFETY: the caller upholds the same preconditions.
    unsafe {
        let is_writable = set(value, T::default());
        read(response, (), |response| {
            let found = from_c(pointer, "pointer")
                .and_then(|pointer| response.member(pointer, expected, member));
            let found = match is_writable {
                true => found,
                false => Err(Failure::argument("value")),
            };
            let found = found.inspect_err(|failure| error = failure.code)?;
            set(value, found);
            error = IcsClientError::None;
            Ok(())
        });
    }
    error
}

/// Writes a result, if there is a place for it.
///
/// # Safety
/// `place` is null or writable.
unsafe fn set<T>(place: *mut T, value: T) -> bool {
    if place.is_null() {
        return false;
    }
    // SAFETY: the caller upholds the same precondition.
    unsafe { place.write(value) };
    true
}

fn ended() -> Failure {
    Failure::new(IcsClientError::Internal, "the call has ended")
}
