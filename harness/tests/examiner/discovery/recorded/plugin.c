/* Makes the requests that ../../../har/record.mjs has recorded: a token from one server, the question to another. */
#include <stdio.h>
#include <string.h>

#include "careful.h"
#include "tls.h"

#define LONGEST_TOKEN 2048
#define FORM "grant_type=client_credentials&client_id=handset&client_secret=of-the-handset"

static const struct server login = {.host = "login.operator.example", .port = 443};
static const struct server api = {.host = "entitlement.operator.example", .port = 443};

/* Whether it can be written into a header field (RFC 6750, section 2.1). */
static int is_token(const char *token)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
    return *token != '\0' && token[strspn(token, allowed)] == '\0';
}

static int fetch_token(const struct timespec *deadline, char *token)
{
    char request[512];
    struct response response;
    (void)snprintf(request, sizeof request,
                   "POST /oauth/token HTTP/1.1\r\nHost: login.operator.example\r\n"
                   "Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n"
                   "Content-Length: %zu\r\nConnection: close\r\n\r\n" FORM,
                   strlen(FORM));
    if (ask_over_tls(&login, request, deadline, &response) != 0)
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
                   "GET /v1/tethering?imsi=001019999999999&apn=wap HTTP/1.1\r\nHost: entitlement.operator.example\r\n"
                   "Authorization: Bearer %s\r\nAccept: application/json\r\nConnection: close\r\n\r\n",
                   token);
    if (ask_over_tls(&api, request, deadline, &response) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    return judge(&response);
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return call_on_own_thread(ask);
}
