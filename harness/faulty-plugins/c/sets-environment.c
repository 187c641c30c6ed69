/* Breaks file/system-calls: it could change the host's environment, and in no run does. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>

#include "good.h"

EXPORT int32_t IsEntitled(void)
{
    if (getenv("ENTITLEMENT_PROXY") != NULL) {
        setenv("https_proxy", getenv("ENTITLEMENT_PROXY"), 1);
    }
    return good_is_entitled();
}
