/*
 * Breaks load/unload: a thread runs for 700 ms after the call, and its code may be
 * unmapped by then. If the library is not unloaded, it ends normally.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <time.h>

#include "good.h"

static volatile int awake;

static void *linger(void *unused)
{
    const struct timespec pause = {0, 700 * 1000 * 1000};
    (void)nanosleep(&pause, NULL);
    awake += 1;
    return unused;
}

EXPORT int32_t IsEntitled(void)
{
    int32_t answer = good_is_entitled();
    pthread_t thread;
    if (pthread_create(&thread, NULL, linger, NULL) == 0)
        (void)pthread_detach(thread);
    return answer;
}
