/*
 * Exactly one export, in C and in C++:
 *
 *   cc -shared -fPIC -fvisibility=hidden -Wl,--version-script=exports.map …
 *   exports.map:  { global: IsEntitled; local: *; };
 *
 * On Windows: a .def file with the line "EXPORTS IsEntitled". The version script also hides what
 * static libraries bring, and the unique symbols of C++ templates, which keep a library mapped.
 */
#include "IcsEntitlement.h"

/* Hidden by -fvisibility=hidden; `static` where one file is enough. */
ICS_ENTITLEMENT_RESULT check(void);

static ICS_ENTITLEMENT_RESULT in_range(ICS_ENTITLEMENT_RESULT result)
{
    return result == ENTITLEMENT_SUCCESS || result == ENTITLEMENT_FAILED ? result
                                                                         : ENTITLEMENT_UNAVAILABLE;
}

/* The header declares it exported, and extern "C" where the compiler is one of C++. */
ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return in_range(check());
}
