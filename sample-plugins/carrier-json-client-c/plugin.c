/*
 * The protocol of carrier-json-c with the SDK's client: POST, and
 *
 * - 200, application/json, {"status":"allowed"}: allow;
 * - 403, text/plain, the code 1000 (not subscribed to tethering) or 1003 (user
 *   not recognised): deny;
 * - everything else is UNAVAILABLE. A captive portal sends 200 too, so the
 *   status alone is not sufficient.
 *
 * The thread, the deadline, signals, the name look-up, TLS and the limits on what
 * a server may send are the client's. This file compiles as C++ as well.
 */
#include <string.h>

#include "IcsClient.h"

/* A file libcarrier_json_client_c.toml beside the library overrides them key by key. */
static const char settings[] = "url = \"https://entitlement.operator.example/tethering\"\n"
                               "deadline = \"5s\"\n";

static IcsClientDecision allow(IcsClientCall *call, const IcsClientResponse *response)
{
    /* A document with two such members is none. */
    const char *status = ics_client_response_json_string(response, "/status");
    if (status != NULL && strcmp(status, "allowed") == 0)
        return ICS_CLIENT_ENTITLED;
    return ics_client_because(call, "a 200 whose status is not allowed");
}

/* Whether the text is this code, with white space around it at most. */
static bool is_code(const char *text, const char *code)
{
    static const char space[] = "\r\n ";
    const size_t size = strlen(code);
    text += strspn(text, space);
    return strncmp(text, code, size) == 0 && text[size + strspn(text + size, space)] == '\0';
}

static IcsClientDecision deny(IcsClientCall *call, const IcsClientResponse *response)
{
    const char *text = ics_client_response_text(response, "text/plain");
    if (text != NULL && (is_code(text, "1000") || is_code(text, "1003")))
        return ICS_CLIENT_NOT_ENTITLED;
    return ics_client_because(call, "a 403 without a code that denies");
}

static IcsClientDecision check(IcsClientCall *call)
{
    /* The setting `url` is the whole URL: no path is appended to it. */
    IcsClientRequest *request = ics_client_post(call, "");
    ics_client_request_json(request, "{}");
    ics_client_request_header(request, "accept", "application/json");
    ics_client_request_accept_status(request, 403);

    const IcsClientResponse *response = ics_client_send(request);
    switch (ics_client_response_status(response)) {
    case 200:
        return allow(call, response);
    case 403:
        return deny(call, response);
    default:
        /* There is no response. The client knows why, and tells a host that asks. */
        return ICS_CLIENT_UNAVAILABLE;
    }
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return ics_client_check(check, settings, NULL);
}
