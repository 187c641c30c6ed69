/* Nothing but one of the three values leaves the function, and no path ends the process. */
#include <stdlib.h>

#include "IcsEntitlement.h"

/* A code of the server is mapped by name; it is never returned as it is. */
static ICS_ENTITLEMENT_RESULT from_code(long code)
{
    switch (code) {
    case 1:
        return ENTITLEMENT_SUCCESS;
    case 2:
        return ENTITLEMENT_FAILED;
    default:
        return ENTITLEMENT_UNAVAILABLE;
    }
}

/* Every allocation may fail, and every pointer from a parser may be null. No exit, no assert. */
ICS_ENTITLEMENT_RESULT read_code(const char *field)
{
    if (field == NULL)
        return ENTITLEMENT_UNAVAILABLE;
    char *end = NULL;
    long code = strtol(field, &end, 10);
    if (end == field || *end != '\0')
        return ENTITLEMENT_UNAVAILABLE;
    return from_code(code);
}

/*
 * In C++ the exported function also needs a barrier, since an exception must not leave it:
 *
 *     try { return check(); } catch (...) { return ENTITLEMENT_UNAVAILABLE; }
 */
