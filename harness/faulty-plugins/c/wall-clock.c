/*
 * Breaks time/clock-jump: it keeps the record of a call that failed until it is later than when the call began, and its
 * condition variable waits by the wall clock, which is the default.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <time.h>

#include "good.h"

enum { UNAVAILABLE = 2 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t later = PTHREAD_COND_INITIALIZER;

EXPORT int32_t IsEntitled(void)
{
    struct timespec begun;
    (void)clock_gettime(CLOCK_REALTIME, &begun);
    int32_t answer = good_is_entitled();
    if (answer == UNAVAILABLE) {
        (void)pthread_mutex_lock(&lock);
        (void)pthread_cond_timedwait(&later, &lock, &begun);
        (void)pthread_mutex_unlock(&lock);
    }
    return answer;
}
