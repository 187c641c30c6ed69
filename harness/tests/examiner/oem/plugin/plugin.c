/*
 * An OEM's plugin for an operator with two servers: a token from auth.operator.example, then the question to
 * api.operator.example:8443. Each response is used only if it is exactly what the operator's document has.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "careful.h"
#include "tls.h"

#define LONGEST_TOKEN 512
#define LONGEST_REQUEST 2048

static const struct server auth = {.host = "auth.operator.example", .port = 443};
static const struct server api = {.host = "api.operator.example", .port = 8443};

/* Sends a request with a JSON body. -1 without a complete response in JSON. */
static int post(const struct server *server, const char *host, const char *path, const char *fields, const char *body,
                const struct timespec *deadline, struct response *response)
{
    char request[LONGEST_REQUEST];
    int length = snprintf(request, sizeof request,
                          "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: application/json\r\n"
                          "Accept: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                          path, host, fields, strlen(body), body);
    if (length < 0 || (size_t)length >= sizeof request)
        return -1;
    if (ask_over_tls(server, request, deadline, response) != 0)
        return -1;
    return is_json(response->content_type) ? 0 : -1;
}

static json_t *parse(const struct response *response)
{
    return json_loadb(response->body, response->length, JSON_REJECT_DUPLICATES, NULL);
}

/* Whether it can be written into a header field (RFC 6750, section 2.1). */
static int is_token(const char *token)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
    size_t length = strspn(token, allowed);
    return length > 0 && length < LONGEST_TOKEN && token[length] == '\0';
}

static int read_token(const struct response *response, char *token)
{
    json_t *root = parse(response);
    const char *text = json_string_value(json_object_get(root, "token"));
    int usable = text != NULL && is_token(text);
    if (usable)
        (void)snprintf(token, LONGEST_TOKEN, "%s", text);
    json_decref(root);
    return usable ? 0 : -1;
}

static int fetch_token(const struct timespec *deadline, char *token)
{
    static const char body[] = "{\"clientId\":\"oem-7\",\"clientSecret\":\"n0t-a-real-one\"}";
    struct response response;
    if (post(&auth, "auth.operator.example", "/token", "", body, deadline, &response) != 0)
        return -1;
    if (response.status != 200)
        return -1;
    return read_token(&response, token);
}

static int has_error(const struct response *response, const char *expected)
{
    json_t *root = parse(response);
    const char *text = json_string_value(json_object_get(root, "error"));
    int same = text != NULL && strcmp(text, expected) == 0;
    json_decref(root);
    return same;
}

static ICS_ENTITLEMENT_RESULT decision(const struct response *response)
{
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    json_t *root = parse(response);
    const char *text = json_string_value(json_object_get(json_object_get(root, "result"), "tethering"));
    if (text != NULL && strcmp(text, "ALLOWED") == 0)
        result = ENTITLEMENT_SUCCESS;
    else if (text != NULL && strcmp(text, "DENIED") == 0)
        result = ENTITLEMENT_FAILED;
    json_decref(root);
    return result;
}

static ICS_ENTITLEMENT_RESULT meaning(const struct response *response)
{
    switch (response->status) {
    case 200:
        return decision(response);
    case 404:
        return has_error(response, "UNKNOWN_SUBSCRIBER") ? ENTITLEMENT_FAILED : ENTITLEMENT_UNAVAILABLE;
    default:
        return ENTITLEMENT_UNAVAILABLE;
    }
}

static ICS_ENTITLEMENT_RESULT ask(const struct timespec *deadline)
{
    char token[LONGEST_TOKEN], fields[LONGEST_TOKEN + 128];
    struct response response;
    if (fetch_token(deadline, token) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    (void)snprintf(fields, sizeof fields, "Authorization: Bearer %s\r\nX-Api-Key: k-2026\r\n", token);
    if (post(&api, "api.operator.example:8443", "/v2/tethering", fields, "{\"device\":\"hotspot\"}", deadline,
             &response) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    return meaning(&response);
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return call_on_own_thread(ask);
}
