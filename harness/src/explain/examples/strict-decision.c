/* The body is one object with exactly one member "status", and nothing follows it. */
#include <string.h>

#include <cjson/cJSON.h>

#include "IcsEntitlement.h"

static const char space[] = " \t\r\n";

ICS_ENTITLEMENT_RESULT judge(const char *body, size_t length)
{
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    const char *end = NULL;
    /* With the length: the body has no final NUL, and one inside it is an error. */
    cJSON *document = cJSON_ParseWithLengthOpts(body, length, &end, 0);
    const cJSON *status = NULL;
    const cJSON *member = NULL;
    int count = 0;
    if (!cJSON_IsObject(document))
        goto out;
    cJSON_ArrayForEach(member, document)
    {
        if (strcmp(member->string, "status") == 0) {
            status = member;
            count += 1;
        }
    }
    while (end < body + length && memchr(space, *end, sizeof space - 1) != NULL)
        end += 1;
    /* cJSON_GetObjectItem would ignore letter case and take the first of two. */
    if (count != 1 || end != body + length || !cJSON_IsString(status))
        goto out;
    if (strcmp(status->valuestring, "allowed") == 0)
        result = ENTITLEMENT_SUCCESS;
    else if (strcmp(status->valuestring, "denied") == 0)
        result = ENTITLEMENT_FAILED;
out:
    cJSON_Delete(document);
    return result;
}
