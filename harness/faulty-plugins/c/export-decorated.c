/*
 * Breaks file/export: the name is decorated. In ELF an @ introduces a version, so
 * only the underscore of Windows' _IsEntitled@0 is possible here.
 */
#include "good.h"

EXPORT int32_t decorated(void) __asm__("_IsEntitled");

int32_t decorated(void)
{
    return good_is_entitled();
}
