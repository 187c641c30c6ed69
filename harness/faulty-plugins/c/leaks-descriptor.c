/*
 * Breaks load/reload, and with it load/wears-out: each load opens a descriptor
 * that no unload closes.
 */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>

#include "good.h"

static int descriptor = -1;

__attribute__((constructor)) static void open_it(void)
{
    descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}
