/* Breaks load/succeeds: loading ends the process, with exit code 0. */
#include <stdlib.h>

#include "good.h"

__attribute__((constructor)) static void leave(void)
{
    exit(EXIT_SUCCESS);
}

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}
