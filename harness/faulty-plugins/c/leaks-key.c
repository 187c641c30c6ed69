/*
 * Breaks load/wears-out: each load creates a thread-local key and no unload
 * deletes it. Like some language runtimes, it aborts when no key is left.
 */
#include <pthread.h>
#include <stdlib.h>

#include "good.h"

static pthread_key_t key;

__attribute__((constructor)) static void take_key(void)
{
    if (pthread_key_create(&key, NULL) != 0)
        abort();
}

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}
