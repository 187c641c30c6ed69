/* The body is one object with exactly one member "status", and nothing follows it. */
#include <string.h>

#include <jansson.h>

#include "IcsEntitlement.h"

ICS_ENTITLEMENT_RESULT judge(const char *body, size_t length)
{
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    /* With the length: the body has no final NUL, and one inside it is an error. */
    json_t *document = json_loadb(body, length, JSON_REJECT_DUPLICATES, NULL);
    /* NULL if the member is missing, or is no text. */
    const char *status = json_string_value(json_object_get(document, "status"));
    if (status != NULL && strcmp(status, "allowed") == 0)
        result = ENTITLEMENT_SUCCESS;
    else if (status != NULL && strcmp(status, "denied") == 0)
        result = ENTITLEMENT_FAILED;
    json_decref(document);
    return result;
}
