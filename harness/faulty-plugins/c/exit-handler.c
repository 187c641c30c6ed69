/*
 * Breaks load/unload: the call registers an exit handler. Unlike a handler of
 * atexit, one of on_exit is not removed when the library is unloaded.
 */
#define _DEFAULT_SOURCE
#include <stdatomic.h>
#include <stdlib.h>

#include "good.h"

static atomic_flag registered = ATOMIC_FLAG_INIT;
static volatile int status_at_exit;

static void at_exit(int status, void *unused)
{
    (void)unused;
    status_at_exit = status;
}

EXPORT int32_t IsEntitled(void)
{
    if (!atomic_flag_test_and_set(&registered))
        (void)on_exit(at_exit, NULL);
    return good_is_entitled();
}
