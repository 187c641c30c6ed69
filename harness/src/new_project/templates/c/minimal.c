/*
 * The meaning of the server's response.
 *
 * 200, application/json, {"entitled":true}: allow. The same with false: deny.
 * Everything else is UNAVAILABLE. A captive portal sends 200 too, so the status
 * alone is not sufficient.
 */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "check.h"

static int is_json(const char *content_type)
{
    static const char json[] = "application/json";
    if (content_type == NULL || strncasecmp(content_type, json, sizeof json - 1) != 0)
        return 0;
    /* Only a parameter may follow, as in "application/json; charset=utf-8". */
    const char *rest = content_type + sizeof json - 1;
    return rest[strspn(rest, " \t")] == '\0' || rest[strspn(rest, " \t")] == ';';
}

ICS_ENTITLEMENT_RESULT judge(long status, const char *content_type, const char *body,
                             size_t length)
{
    if (status != 200 || !is_json(content_type))
        return ENTITLEMENT_UNAVAILABLE;
    /*
     * jansson refuses what is not UTF-8, and anything after the document. Parsers
     * differ in which of two members with one name they use: none may be doubled.
     */
    json_t *document = json_loadb(body, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *entitled = json_object_get(document, "entitled");
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    if (json_is_true(entitled))
        result = ENTITLEMENT_SUCCESS;
    else if (json_is_false(entitled))
        result = ENTITLEMENT_FAILED;
    json_decref(document);
    return result;
}
