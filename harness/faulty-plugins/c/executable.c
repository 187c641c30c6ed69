/* Breaks file/format: a program, which exports the function and cannot be loaded. */
#include "good.h"

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}

int main(void)
{
    return IsEntitled();
}
