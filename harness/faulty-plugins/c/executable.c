/* Breaks file/format: an executable, which exports the function but cannot be loaded. */
#include "good.h"

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}

int main(void)
{
    return IsEntitled();
}
