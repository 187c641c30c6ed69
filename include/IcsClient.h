/*
 * IcsClient.h: the client of the SDK for plugins in C and C++, a static library.
 *
 * A plugin is one function that asks the operator's server, and the export:
 *
 *     static IcsClientDecision check(IcsClientCall *call)
 *     {
 *         bool entitled = false;
 *         const IcsClientResponse *response =
 *             ics_client_send(ics_client_get(call, "/v1/entitlement"));
 *         if (ics_client_response_json_bool(response, "/entitled", &entitled))
 *             return ICS_CLIENT_UNAVAILABLE;
 *         return entitled ? ICS_CLIENT_ENTITLED : ICS_CLIENT_NOT_ENTITLED;
 *     }
 *
 *     ICS_ENTITLEMENT_RESULT IsEntitled(void)
 *     {
 *         return ics_client_check(check, "url = \"https://…\"", NULL);
 *     }
 *
 * It is linked with libics_client.a, which `cargo build -p ics-entitlement-c
 * --profile plugin` makes, and exports IsEntitled alone: use a version script,
 * or -Wl,--exclude-libs,ALL and hidden visibility.
 *
 * Ownership: requests, responses and texts belong to the call. They are valid
 * until the check function returns, and are freed then; there is nothing to
 * free, and nothing may be kept.
 *
 * Null: each function takes a null handle, does nothing, and returns null, 0 or
 * an error. So a chain of calls needs one check at its end, and ics_client_error
 * tells what failed first in it.
 *
 * Texts are UTF-8 and end in a null character. Those that are passed are copied,
 * but for the two of ics_client_check. A text from the server that has a null
 * character in it is an error, since C would compare a part of it.
 *
 * Threads: a call and its handles are used on the thread that the check function
 * runs on. Several calls go on at once, each on a thread of its own, so what the
 * check function shares with others needs a lock or none.
 *
 * Settings, retries, TLS and limits are those of the SDK in Rust, which documents
 * them: the file libNAME.toml beside libNAME.so, https alone, one deadline.
 *
 * Generated from sdk/c-api/src: do not edit.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef ICS_CLIENT_H
#define ICS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "IcsEntitlement.h"

/**
 * What was wrong with an operation. The thousands tell the kind: 1 how the
 * function was called, 2 the settings, 3 the network, 4 the response, 9 the
 * library itself. Later versions may add numbers.
 */
enum IcsClientError
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The operation succeeded.
   */
  ICS_CLIENT_ERROR_NONE = 0,
  /**
   * A handle is null, which is what an operation before has failed with.
   */
  ICS_CLIENT_ERROR_NULL_HANDLE = 1001,
  /**
   * A text is null or not UTF-8, or a pointer for a result is null.
   */
  ICS_CLIENT_ERROR_ARGUMENT = 1002,
  /**
   * The request cannot be sent: a header field is invalid, the JSON is
   * none, or there are two bodies.
   */
  ICS_CLIENT_ERROR_REQUEST = 1003,
  /**
   * The request was sent before.
   */
  ICS_CLIENT_ERROR_SENT = 1004,
  /**
   * A setting is missing, invalid, or of another type.
   */
  ICS_CLIENT_ERROR_SETTING = 2001,
  /**
   * The deadline of the call passed.
   */
  ICS_CLIENT_ERROR_DEADLINE = 3001,
  /**
   * The name look-up, the connection, TLS, or HTTP itself failed, or the
   * response was truncated.
   */
  ICS_CLIENT_ERROR_TRANSPORT = 3002,
  /**
   * The operating system has no descriptor or memory left.
   */
  ICS_CLIENT_ERROR_RUNTIME = 3003,
  /**
   * The status of the response is neither 200 nor one that the request
   * accepts.
   */
  ICS_CLIENT_ERROR_STATUS = 4001,
  /**
   * The body is larger than the setting `body_limit`.
   */
  ICS_CLIENT_ERROR_TOO_LARGE = 4002,
  /**
   * The response is not of the type that is read, or declares none.
   */
  ICS_CLIENT_ERROR_CONTENT_TYPE = 4003,
  /**
   * The body is compressed, which was not asked for.
   */
  ICS_CLIENT_ERROR_ENCODING = 4004,
  /**
   * A text is not UTF-8, or has a null character in it.
   */
  ICS_CLIENT_ERROR_TEXT = 4005,
  /**
   * The body is not one JSON document, or an object in it has two members
   * of one name.
   */
  ICS_CLIENT_ERROR_JSON = 4006,
  /**
   * The document has no such member, or one of another type.
   */
  ICS_CLIENT_ERROR_JSON_MEMBER = 4007,
  /**
   * A defect of this library.
   */
  ICS_CLIENT_ERROR_INTERNAL = 9001,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum IcsClientError IcsClientError;
#else
typedef int32_t IcsClientError;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * One call of IsEntitled. Use it, and the handles that come from it, on the
 * thread that the check function runs on, and only until that returns.
 */
typedef struct IcsClientCall IcsClientCall;

/**
 * A request of a call. Nothing is sent until ics_client_send is called.
 */
typedef struct IcsClientRequest IcsClientRequest;

/**
 * A response that was received completely. Its body is read by functions that
 * name the type that is expected.
 */
typedef struct IcsClientResponse IcsClientResponse;

/**
 * What a check function returns: one of the three constants below. Any other
 * number is taken for ICS_CLIENT_UNAVAILABLE.
 *
 * The numbers are none that a function returns by mistake: no truth value, no
 * errno, no HTTP status, no error of this header and no
 * ICS_ENTITLEMENT_RESULT. Zero is UNAVAILABLE.
 */
typedef int32_t IcsClientDecision;

/**
 * Asks the server and returns its decision. It runs on a thread of the
 * library's own, with 512 KiB of stack and signals blocked. It must not leave
 * by longjmp, pthread_exit or an exception (in C++ see IcsClientGuard), and is
 * abandoned half a second after the deadline.
 */
typedef IcsClientDecision (*IcsClientCheck)(struct IcsClientCall *call);

/**
 * There is no decision: the check could not be made. It becomes
 * ENTITLEMENT_UNAVAILABLE.
 */
#define ICS_CLIENT_UNAVAILABLE 0

/**
 * The server allows it: the device may share its connection. It becomes
 * ENTITLEMENT_SUCCESS, if a response was received in this call.
 */
#define ICS_CLIENT_ENTITLED 20001

/**
 * The server denies it: the device may not share its connection. It becomes
 * ENTITLEMENT_FAILED, if a response was received in this call.
 */
#define ICS_CLIENT_NOT_ENTITLED 20002

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Makes one entitlement check. A plugin's exported function is
 *
 * ```c
 * ICS_ENTITLEMENT_RESULT IsEntitled(void)
 * {
 *     return ics_client_check(check, "url = \"https://…\"", NULL);
 * }
 * ```
 *
 * `settings` are the compiled-in settings in TOML, which the settings file
 * beside the library overrides key by key, or null for none. `ca` are roots to
 * trust besides those that the settings name, in PEM, or null for none. Both
 * must remain as they are as long as the library is loaded: pass constants.
 *
 * The result is ENTITLEMENT_UNAVAILABLE if `check` is null or returns anything
 * but a decision, if a text is not UTF-8, if the settings are invalid, and if
 * the deadline passes first.
 */
ICS_ENTITLEMENT_RESULT ics_client_check(IcsClientCheck check, const char *settings, const char *ca);

/**
 * Says why there is no decision, and returns ICS_CLIENT_UNAVAILABLE:
 *
 * ```c
 * return ics_client_because(call, "the code is unknown");
 * ```
 *
 * A host that asks for the reason, as `ics-harness call` does, is told this
 * text, followed by that of ics_client_error_text if the last operation
 * failed. Without it, it is told the latter alone. A null text says nothing.
 */
IcsClientDecision ics_client_because(struct IcsClientCall *call, const char *reason);

/**
 * The error of the last operation of this call: ICS_CLIENT_ERROR_NONE if it
 * succeeded or there was none yet. A function that is given a null handle
 * does nothing, so the error remains that of the operation that failed.
 */
IcsClientError ics_client_error(const struct IcsClientCall *call);

/**
 * The error of the last operation in English, with its causes: for a log of
 * the author's, not for a device's user. It is never null, and empty if there
 * was no error. It has no URL, and may have the name of the host.
 */
const char *ics_client_error_text(const struct IcsClientCall *call);

/**
 * The time until the deadline in milliseconds; 0 if it has passed or the
 * handle is null. Use it as the time limit of everything that blocks in the
 * check function, which the deadline does not interrupt.
 */
uint32_t ics_client_time_left_ms(const struct IcsClientCall *call);

/**
 * A text from the table `[plugin]` of the settings. If the table has no such
 * key, it is `otherwise`, which may be null. If it has one that is not a
 * text, it is null, and the call is UNAVAILABLE whatever the check function
 * returns: a setting that cannot be used is not replaced by a guess.
 */
const char *ics_client_setting(struct IcsClientCall *call, const char *key, const char *otherwise);

/**
 * Starts a GET request. `path` is appended to the setting `url`; if it is
 * empty, the request goes to that URL itself. Null if a text is null or not
 * UTF-8.
 */
struct IcsClientRequest *ics_client_get(struct IcsClientCall *call, const char *path);

/**
 * Starts a POST request. `path` is as for ics_client_get.
 */
struct IcsClientRequest *ics_client_post(struct IcsClientCall *call, const char *path);

/**
 * Sets a header field. An invalid name or value is reported by
 * ics_client_send.
 */
void ics_client_request_header(struct IcsClientRequest *request,
                               const char *name,
                               const char *value);

/**
 * Sends a bearer token (`Authorization: Bearer …`). The token is in no error
 * text.
 */
void ics_client_request_bearer(struct IcsClientRequest *request, const char *token);

/**
 * Adds a parameter to the URL's query, encoded as it has to be. Servers and
 * proxies log URLs, so send identities such as an IMSI in the body instead.
 */
void ics_client_request_query(struct IcsClientRequest *request,
                              const char *name,
                              const char *value);

/**
 * Sends `length` bytes as the body, with this Content-Type. They are copied.
 * `bytes` may be null if `length` is 0.
 */
void ics_client_request_body(struct IcsClientRequest *request,
                             const char *content_type,
                             const uint8_t *bytes,
                             size_t length);

/**
 * Sends a JSON document as the body, with `Content-Type: application/json`. A
 * text that is not JSON is reported by ics_client_send. Do not make one with
 * printf from texts that you do not know: ics_client_request_json_string
 * encodes them.
 */
void ics_client_request_json(struct IcsClientRequest *request, const char *document);

/**
 * Adds a member to the JSON object that is sent as the body, with
 * `Content-Type: application/json`. A second value for a name replaces the
 * first.
 */
void ics_client_request_json_string(struct IcsClientRequest *request,
                                    const char *name,
                                    const char *value);

/**
 * Accepts one more status than 200. The check function has to look at
 * ics_client_response_status then, and at the body: portals and proxies send
 * these status codes, too.
 */
void ics_client_request_accept_status(struct IcsClientRequest *request, uint16_t status);

/**
 * Sends the request and waits for the complete response, no longer than until
 * the deadline of the call. Null if there is none: then ics_client_error tells
 * what failed, the building of the request included. A request is sent once.
 */
const struct IcsClientResponse *ics_client_send(struct IcsClientRequest *request);

/**
 * The HTTP status: 200, or one that the request accepts; 0 if the handle is
 * null.
 */
uint16_t ics_client_response_status(const struct IcsClientResponse *response);

/**
 * The value of the first header field of this name, in whatever case; null if
 * there is none, or it is not visible ASCII.
 */
const char *ics_client_response_header(const struct IcsClientResponse *response, const char *name);

/**
 * The body as a text, if it is of the type `content_type` (such as
 * "text/plain") and in UTF-8. Null if it is not, and if it has a null character
 * in it. Line ends and blanks around it remain.
 */
const char *ics_client_response_text(const struct IcsClientResponse *response,
                                     const char *content_type);

/**
 * The body as bytes, if it is of the type `content_type`; null if it is not.
 * Their number is written to `length`, 0 in place of null. A null character,
 * which is not counted, follows them.
 */
const uint8_t *ics_client_response_bytes(const struct IcsClientResponse *response,
                                         const char *content_type,
                                         size_t *length);

/**
 * A text in the body, which has to be JSON. `pointer` is a JSON pointer
 * (RFC 6901): "/user/plan" is the member `plan` of the member `user`, and ""
 * the whole document. Null if there is no such text, and if it has a null
 * character in it.
 */
const char *ics_client_response_json_string(const struct IcsClientResponse *response,
                                            const char *pointer);

/**
 * Writes a truth value in the body to `value`: false if there is none. The
 * pointer is as for ics_client_response_json_string.
 *
 * It returns whether that failed, and not the truth value:
 *
 * ```c
 * bool entitled;
 * if (ics_client_response_json_bool(response, "/entitled", &entitled))
 *     return ICS_CLIENT_UNAVAILABLE;
 * ```
 */
IcsClientError ics_client_response_json_bool(const struct IcsClientResponse *response,
                                             const char *pointer,
                                             bool *value);

/**
 * Writes a whole number in the body to `value`: 0 if there is none, or one of
 * more than 64 bits. The rest is as for ics_client_response_json_bool.
 */
IcsClientError ics_client_response_json_integer(const struct IcsClientResponse *response,
                                                const char *pointer,
                                                int64_t *value);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#if defined(__cplusplus) && (defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND))
/**
 * A check function in C++ that may throw: an exception becomes UNAVAILABLE.
 *
 *     return ics_client_check(IcsClientGuard<check>, SETTINGS, nullptr);
 */
template <IcsClientDecision (*Check)(IcsClientCall *)>
IcsClientDecision IcsClientGuard(IcsClientCall *call) noexcept
{
    try {
        return Check(call);
    } catch (...) {
        return ics_client_because(call, "the check function threw an exception");
    }
}
#endif

#endif  /* ICS_CLIENT_H */
