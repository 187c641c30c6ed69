/* Fetches a token, opens a session with it, and asks in that session: each with the same care, within one deadline. */
#include <stdio.h>
#include <string.h>

#include "careful.h"
#include "tls.h"

#define LONGEST 1024

static const struct server server = {.host = OPERATOR_HOST, .port = OPERATOR_PORT};

/* Whether it can be written into a header field and a path. */
static int is_word(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    return *text != '\0' && text[strspn(text, allowed)] == '\0';
}

/* Sends a request, and reads one member of the JSON that comes back. */
static int fetch(const char *request, const char *member, const struct timespec *deadline, char *value)
{
    struct response response;
    if (ask_over_tls(&server, request, deadline, &response) != 0)
        return -1;
    if (response.status != 200 || !is_json(response.content_type))
        return -1;
    if (json_member(response.body, response.length, member, value, LONGEST) != 0)
        return -1;
    return is_word(value) ? 0 : -1;
}

static ICS_ENTITLEMENT_RESULT ask(const struct timespec *deadline)
{
    static const char token_request[] = "POST /oauth/token HTTP/1.1\r\nHost: " OPERATOR_HOST "\r\n"
                                        "Content-Type: application/x-www-form-urlencoded\r\n"
                                        "Accept: application/json\r\nContent-Length: 29\r\nConnection: close\r\n\r\n"
                                        "grant_type=client_credentials";
    char token[LONGEST], session[LONGEST], request[2 * LONGEST + 256];
    struct response response;
    if (fetch(token_request, "access_token", deadline, token) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    (void)snprintf(request, sizeof request,
                   "POST /sessions HTTP/1.1\r\nHost: " OPERATOR_HOST "\r\nAuthorization: Bearer %s\r\n"
                   "Accept: application/json\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                   token);
    if (fetch(request, "session", deadline, session) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    (void)snprintf(request, sizeof request,
                   "GET /sessions/%s/entitlement HTTP/1.1\r\nHost: " OPERATOR_HOST "\r\nAuthorization: Bearer %s\r\n"
                   "Accept: application/json\r\nConnection: close\r\n\r\n",
                   session, token);
    if (ask_over_tls(&server, request, deadline, &response) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    return judge(&response);
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return call_on_own_thread(ask);
}
