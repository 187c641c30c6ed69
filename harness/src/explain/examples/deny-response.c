/* A 403 is a denial only if it is the operator's own: its type and one of its codes. */
#include <string.h>
#include <strings.h>

#include "IcsEntitlement.h"

static int is_plain_text(const char *content_type)
{
    static const char plain[] = "text/plain";
    if (content_type == NULL || strncasecmp(content_type, plain, sizeof plain - 1) != 0)
        return 0;
    char next = content_type[sizeof plain - 1];
    return next == '\0' || next == ';' || next == ' ';
}

ICS_ENTITLEMENT_RESULT judge_403(const char *content_type, const char *body, size_t length)
{
    while (length > 0 && (body[length - 1] == '\n' || body[length - 1] == '\r'))
        length -= 1;
    /* The whole body is the code: "1000" somewhere in a page of HTML means nothing. */
    if (is_plain_text(content_type) && length == 4 &&
        (memcmp(body, "1000", 4) == 0 || memcmp(body, "1003", 4) == 0))
        return ENTITLEMENT_FAILED;
    return ENTITLEMENT_UNAVAILABLE;
}
