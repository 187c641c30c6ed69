/* The monotonic clock, which is not affected by setting the system time. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <poll.h>

#include "careful.h"

struct timespec deadline_after(int milliseconds)
{
    struct timespec moment;
    /* It cannot fail on Linux. If it did, zero is a deadline that has passed. */
    if (clock_gettime(CLOCK_MONOTONIC, &moment) != 0)
        return (struct timespec){0, 0};
    moment.tv_sec += milliseconds / 1000;
    moment.tv_nsec += milliseconds % 1000 * 1000000L;
    if (moment.tv_nsec >= 1000000000L) {
        moment.tv_sec += 1;
        moment.tv_nsec -= 1000000000L;
    }
    return moment;
}

int milliseconds_until(const struct timespec *deadline)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    long left = (long)(deadline->tv_sec - now.tv_sec) * 1000 + (deadline->tv_nsec - now.tv_nsec) / 1000000;
    return left > 0 ? (int)left : 0;
}

int wait_for(int descriptor, short events, const struct timespec *deadline)
{
    for (;;) {
        struct pollfd poller = {.fd = descriptor, .events = events};
        int left = milliseconds_until(deadline);
        if (left == 0)
            return -1;
        int ready = poll(&poller, 1, left);
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return -1;
    }
}
