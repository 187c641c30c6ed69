/* The monotonic clock, which is not affected by setting the system time. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

struct timespec deadline_after(long milliseconds)
{
    struct timespec moment;
    /* It cannot fail on Linux. If it did, zero is a deadline that has passed. */
    if (clock_gettime(CLOCK_MONOTONIC, &moment) != 0)
        return (struct timespec){0, 0};
    moment.tv_sec += milliseconds / 1000;
    moment.tv_nsec += milliseconds % 1000 * 1000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec += 1;
        moment.tv_nsec -= 1000000000;
    }
    return moment;
}

long milliseconds_until(const struct timespec *deadline)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    long left = (long)(deadline->tv_sec - now.tv_sec) * 1000 +
                (deadline->tv_nsec - now.tv_nsec) / 1000000;
    return left > 0 ? left : 0;
}
