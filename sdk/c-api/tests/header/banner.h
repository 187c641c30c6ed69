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
