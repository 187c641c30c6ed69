/*
 * Breaks nothing: the control, which must pass every rule, and the base of the
 * files that are damaged after linking.
 */
#include "good.h"

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}
