/*
 * Breaks threads/cancel: it counts its calls under a lock, and gives the thread's cancellation a point to act at while it
 * holds the lock.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <time.h>

#include "good.h"

enum { UNAVAILABLE = 2 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long calls;

EXPORT int32_t IsEntitled(void)
{
    int32_t answer = good_is_entitled();
    struct timespec limit;
    (void)clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 1;
    if (pthread_mutex_timedlock(&lock, &limit) != 0)
        return UNAVAILABLE;
    calls += 1;
    /* Lets others run. */
    (void)poll(NULL, 0, 0);
    (void)pthread_mutex_unlock(&lock);
    return answer;
}
