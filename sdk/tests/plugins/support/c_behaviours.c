/*
 * A plugin in C or C++ with the SDK's client. The setting `behaviour` selects what it does: mistakes that authors make,
 * each of which has to be UNAVAILABLE, and `ask`, which is correct.
 */
#include <limits.h>
#include <string.h>

#include "IcsClient.h"

static IcsClientRequest *post(IcsClientCall *call)
{
    IcsClientRequest *request = ics_client_post(call, "");
    ics_client_request_json_string(request, "imsi", "00101\"\\");
    ics_client_request_query(request, "terminal", "a b&c");
    ics_client_request_header(request, "accept", "application/json");
    ics_client_request_bearer(request, "secret");
    return request;
}

static IcsClientDecision ask(IcsClientCall *call)
{
    const IcsClientResponse *response = ics_client_send(post(call));
    const char *status = ics_client_response_json_string(response, "/status");
    if (ics_client_error(call) != ICS_CLIENT_ERROR_NONE)
        return ICS_CLIENT_UNAVAILABLE;
    return strcmp(status, "allowed") == 0 ? ICS_CLIENT_ENTITLED : ICS_CLIENT_NOT_ENTITLED;
}

/* Gives null handles to each function: each must return what it returns on errors. */
static IcsClientDecision nulls(IcsClientCall *call)
{
    bool truth = true;
    int64_t number = 1;
    size_t length = 1;
    IcsClientRequest *request = ics_client_post(NULL, "");
    ics_client_request_header(request, "a", "b");
    ics_client_request_bearer(request, "b");
    ics_client_request_query(request, "a", "b");
    ics_client_request_body(request, "text/plain", NULL, 3);
    ics_client_request_json(request, "{}");
    ics_client_request_json_string(request, "a", "b");
    ics_client_request_accept_status(request, 403);
    const IcsClientResponse *response = ics_client_send(request);
    int is_safe = request == NULL && response == NULL && ics_client_get(NULL, NULL) == NULL &&
                  ics_client_response_status(response) == 0 &&
                  ics_client_response_header(response, "a") == NULL &&
                  ics_client_response_text(response, "text/plain") == NULL &&
                  ics_client_response_bytes(response, "text/plain", &length) == NULL &&
                  length == 0 && ics_client_response_json_string(response, "") == NULL &&
                  ics_client_response_json_bool(response, "", &truth) == ICS_CLIENT_ERROR_NULL_HANDLE &&
                  !truth &&
                  ics_client_response_json_integer(response, "", &number) ==
                      ICS_CLIENT_ERROR_NULL_HANDLE &&
                  number == 0 && ics_client_error(NULL) == ICS_CLIENT_ERROR_NULL_HANDLE &&
                  strlen(ics_client_error_text(NULL)) > 0 && ics_client_time_left_ms(NULL) == 0 &&
                  ics_client_setting(NULL, "a", "b") == NULL &&
                  ics_client_because(NULL, NULL) == ICS_CLIENT_UNAVAILABLE &&
                  /* They have left the call as it was. */
                  ics_client_error(call) == ICS_CLIENT_ERROR_NONE;
    /* And null texts and places for a handle that is none. */
    request = ics_client_post(call, "");
    ics_client_request_header(request, NULL, "b");
    ics_client_request_body(request, "text/plain", NULL, 3);
    is_safe = is_safe && ics_client_send(request) == NULL &&
              ics_client_error(call) == ICS_CLIENT_ERROR_ARGUMENT &&
              ics_client_get(call, "\xff") == NULL && ics_client_setting(call, "none", NULL) == NULL;
    return is_safe ? ics_client_because(call, "all is null") : ICS_CLIENT_ENTITLED;
}

/* Uses everything again after it has failed or was used. */
static IcsClientDecision again(IcsClientCall *call)
{
    IcsClientRequest *request = post(call);
    ics_client_request_json(request, "{}");
    int is_safe = ics_client_error(call) == ICS_CLIENT_ERROR_REQUEST &&
                  ics_client_send(request) == NULL &&
                  ics_client_error(call) == ICS_CLIENT_ERROR_REQUEST &&
                  ics_client_send(request) == NULL &&
                  ics_client_error(call) == ICS_CLIENT_ERROR_SENT;
    ics_client_request_header(request, "a", "b");
    is_safe = is_safe && ics_client_error(call) == ICS_CLIENT_ERROR_SENT;
    request = ics_client_get(call, "");
    const IcsClientResponse *response = ics_client_send(request);
    bool truth = true;
    is_safe = is_safe && response != NULL && ics_client_send(request) == NULL &&
              ics_client_response_text(response, "text/plain") == NULL &&
              ics_client_error(call) == ICS_CLIENT_ERROR_CONTENT_TYPE &&
              ics_client_response_json_bool(response, "/status", &truth) ==
                  ICS_CLIENT_ERROR_JSON_MEMBER &&
              !truth &&
              ics_client_response_json_bool(response, "/status", NULL) == ICS_CLIENT_ERROR_ARGUMENT &&
              ics_client_response_json_string(response, "/none") == NULL &&
              ics_client_error(call) == ICS_CLIENT_ERROR_JSON_MEMBER;
    return is_safe ? ics_client_because(call, "all is an error") : ICS_CLIENT_ENTITLED;
}

static IcsClientDecision check(IcsClientCall *call)
{
    const char *behaviour = ics_client_setting(call, "behaviour", "ask");
    if (behaviour == NULL)
        return ask(call) == ICS_CLIENT_UNAVAILABLE ? 7 : ICS_CLIENT_ENTITLED;
    if (strcmp(behaviour, "ask") == 0)
        return ask(call);
    if (strcmp(behaviour, "nulls") == 0)
        return nulls(call);
    if (strcmp(behaviour, "again") == 0)
        return again(call);
    if (strcmp(behaviour, "without-asking") == 0)
        return ICS_CLIENT_ENTITLED;
    /* The rest has the allow response. */
    if (ask(call) != ICS_CLIENT_ENTITLED)
        return 7;
    if (strcmp(behaviour, "success") == 0)
        return ENTITLEMENT_SUCCESS;
    if (strcmp(behaviour, "true") == 0)
        return true;
    if (strcmp(behaviour, "far") == 0)
        return INT_MIN;
#if defined(__cplusplus)
    if (strcmp(behaviour, "throw") == 0)
        throw 7;
#endif
    return ics_client_because(call, "no such behaviour");
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
#if defined(__cplusplus)
    return ics_client_check(IcsClientGuard<check>, NULL, NULL);
#else
    return ics_client_check(check, NULL, NULL);
#endif
}
