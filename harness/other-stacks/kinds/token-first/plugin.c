/* Fetches a token, then asks with it: two requests, of which the first one's response is not the decision. */
#include <stdio.h>

#include "careful.h"
#include "tls.h"

#define LONGEST_TOKEN 1024

static const struct server server = {.host = OPERATOR_HOST, .port = OPERATOR_PORT};

static int fetch_token(const struct timespec *deadline, char *token)
{
    static const char request[] = "POST /token HTTP/1.1\r\nHost: " OPERATOR_HOST "\r\n"
                                  "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\n"
                                  "Connection: close\r\n\r\ngrant_type=client_credentials";
    struct response response;
    if (ask_over_tls(&server, request, deadline, &response) != 0 || response.status != 200)
        return -1;
    return json_member(response.body, response.length, "access_token", token, LONGEST_TOKEN);
}

static ICS_ENTITLEMENT_RESULT ask(const struct timespec *deadline)
{
    char token[LONGEST_TOKEN], request[LONGEST_TOKEN + 256];
    struct response response;
    if (fetch_token(deadline, token) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    (void)snprintf(request, sizeof request,
                   "GET /tethering HTTP/1.1\r\nHost: " OPERATOR_HOST "\r\nAuthorization: Bearer %s\r\n"
                   "Connection: close\r\n\r\n",
                   token);
    if (ask_over_tls(&server, request, deadline, &response) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    return judge(&response);
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return call_on_own_thread(ask);
}
