/*
 * The meaning of the server's response.
 *
 * 200, application/json, {"status":"allowed"}: allow. 403 with the code 1000 (not
 * subscribed to tethering) or 1003 (user not recognised): deny. Everything else
 * is UNAVAILABLE. A captive portal sends 200 too, so the status alone is not
 * sufficient, and neither is a body that deviates from that JSON document.
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

static int is_allow(const char *content_type, const char *body, size_t length)
{
    if (!is_json(content_type))
        return 0;
    /*
     * jansson refuses what is not UTF-8, and anything after the document. Parsers
     * differ in which of two members with one name they use: none may be doubled.
     */
    json_t *document = json_loadb(body, length, JSON_REJECT_DUPLICATES, NULL);
    const char *status = json_string_value(json_object_get(document, "status"));
    int allowed = status != NULL && strcmp(status, "allowed") == 0;
    json_decref(document);
    return allowed;
}

/* One of the two codes, with white space around it at most. */
static int is_deny(const char *body, size_t length)
{
    static const char space[] = "\r\n ";
    const char *code = body + strspn(body, space);
    size_t size = strcspn(code, space);
    if (size != 4 || (memcmp(code, "1000", 4) != 0 && memcmp(code, "1003", 4) != 0))
        return 0;
    code += size;
    /* A NUL byte in the body ends the text, and not the body. */
    return code + strspn(code, space) == body + length;
}

ICS_ENTITLEMENT_RESULT judge(long status, const char *content_type, const char *body,
                             size_t length)
{
    if (status == 200 && is_allow(content_type, body, length))
        return ENTITLEMENT_SUCCESS;
    if (status == 403 && is_deny(body, length))
        return ENTITLEMENT_FAILED;
    return ENTITLEMENT_UNAVAILABLE;
}
