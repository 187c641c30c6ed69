/* Breaks file/export: C++ without extern "C" exports _Z10IsEntitledv. */
#include "good.h"

EXPORT int32_t IsEntitled(void);

int32_t IsEntitled(void)
{
    return good_is_entitled();
}
