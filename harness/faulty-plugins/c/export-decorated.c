/*
 * Breaks file/export: the name is decorated. ELF takes what follows an @ for a
 * version, so of Windows' _IsEntitled@0 only the underscore can be had here.
 */
#include "good.h"

EXPORT int32_t decorated(void) __asm__("_IsEntitled");

int32_t decorated(void)
{
    return good_is_entitled();
}
