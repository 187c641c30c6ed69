/* Breaks file/export: the function is there, and only for the library itself. */
#include "good.h"

__attribute__((visibility("hidden"), used)) int32_t IsEntitled(void)
{
    return good_is_entitled();
}
