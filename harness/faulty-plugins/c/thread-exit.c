/*
 * Breaks load/thread-exit: the calling thread gets a thread-local value whose
 * destructor is in this library and runs after unloading. The main thread gets
 * none, since it never runs such destructors and the key would only be leaked.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "good.h"

static pthread_key_t key;
static int created;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static volatile int ended;

static void at_thread_end(void *value)
{
    (void)value;
    ended += 1;
}

static void create(void)
{
    created = pthread_key_create(&key, at_thread_end) == 0;
}

EXPORT int32_t IsEntitled(void)
{
    if (gettid() != getpid()) {
        (void)pthread_once(&once, create);
        if (created)
            (void)pthread_setspecific(key, &key);
    }
    return good_is_entitled();
}
