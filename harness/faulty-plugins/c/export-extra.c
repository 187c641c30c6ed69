/* Breaks file/exports-only: a helper is exported beside the function. */
#include "good.h"

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}

EXPORT int32_t CheckHelper(void)
{
    return 7;
}
