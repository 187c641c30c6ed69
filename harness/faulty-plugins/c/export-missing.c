/* Breaks file/export: nothing is called IsEntitled. */
#include "good.h"

EXPORT int32_t CheckEntitlement(void)
{
    return good_is_entitled();
}
