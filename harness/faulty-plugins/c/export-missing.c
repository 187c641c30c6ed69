/* Breaks file/export: no symbol is named IsEntitled. */
#include "good.h"

EXPORT int32_t CheckEntitlement(void)
{
    return good_is_entitled();
}
