/*
 * Breaks threads/at-once: the answer of a call is in a variable that all threads share, for as long as it takes to write
 * a line to a log.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>

#include "good.h"

static volatile int32_t answer;

EXPORT int32_t IsEntitled(void)
{
    static const struct timespec writing = {.tv_nsec = 200000};
    answer = good_is_entitled();
    int error = errno;
    (void)nanosleep(&writing, NULL);
    errno = error;
    return answer;
}
