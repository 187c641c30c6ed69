/* Fetches a token, then asks with it, both with the same care and within one deadline. */
#include <stdio.h>
#include <string.h>

#include "careful.h"
#include "tls.h"

#define LONGEST_TOKEN 2048

static const struct server server = {.host = OPERATOR_HOST, .port = OPERATOR_PORT};

/* Whether it can be written into a header field (RFC 6750, section 2.1). */
static int is_token(const char *token)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
    return *token != '\0' && token[strspn(token, allowed)] == '\0';
}

static int fetch_token(const struct timespec *deadline, char *token)
{
    static const char request[] = "POST /oauth/token HTTP/1.1\r\nHost: " OPERATOR_HOST "\r\n"
                                  "Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n"
                                  "Content-Length: 29\r\nConnection: close\r\n\r\ngrant_type=client_credentials";
    struct response response;
    if (ask_over_tls(&server, request, deadline, &response) != 0)
        return -1;
    if (response.status != 200 || !is_json(response.content_type))
        return -1;
    if (json_member(response.body, response.length, "access_token", token, LONGEST_TOKEN) != 0)
        return -1;
    return is_token(token) ? 0 : -1;
}

static ICS_ENTITLEMENT_RESULT ask(const struct timespec *deadline)
{
    char token[LONGEST_TOKEN], request[LONGEST_TOKEN + 256];
    struct response response;
    if (fetch_token(deadline, token) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    (void)snprintf(request, sizeof request,
                   "GET /entitlement HTTP/1.1\r\nHost: " OPERATOR_HOST "\r\nAuthorization: Bearer %s\r\n"
                   "Accept: application/json\r\nConnection: close\r\n\r\n",
                   token);
    if (ask_over_tls(&server, request, deadline, &response) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    return judge(&response);
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return call_on_own_thread(ask);
}
