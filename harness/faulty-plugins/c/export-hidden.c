/* Breaks file/export: the function has hidden visibility. */
#include "good.h"

__attribute__((visibility("hidden"), used)) int32_t IsEntitled(void)
{
    return good_is_entitled();
}
