/*
 * The JSON of GSMA TS.43: {"Vers":{…},"Token":{…},"ap2009":{"EntitlementStatus":1}}. The status is a number in an object
 * of its application; 1 allows, 2 denies, and everything else is no decision.
 */
#include <jansson.h>

#include "careful.h"
#include "tls.h"

static const struct server server = {.host = OPERATOR_HOST, .port = OPERATOR_PORT};

static ICS_ENTITLEMENT_RESULT meaning(const struct response *response)
{
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    if (response->status != 200 || !is_json(response->content_type))
        return result;
    json_t *root = json_loadb(response->body, response->length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *status = json_object_get(json_object_get(root, "ap2009"), "EntitlementStatus");
    if (json_is_integer(status)) {
        if (json_integer_value(status) == 1)
            result = ENTITLEMENT_SUCCESS;
        else if (json_integer_value(status) == 2)
            result = ENTITLEMENT_FAILED;
    }
    json_decref(root);
    return result;
}

static ICS_ENTITLEMENT_RESULT ask(const struct timespec *deadline)
{
    static const char request[] = "GET /?app=ap2009&terminal_vendor=X&entitlement_version=8.0 HTTP/1.1\r\n"
                                  "Host: " OPERATOR_HOST "\r\nAccept: application/json\r\nConnection: close\r\n\r\n";
    struct response response;
    if (ask_over_tls(&server, request, deadline, &response) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    return meaning(&response);
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return call_on_own_thread(ask);
}
