/* EINTR means "try again with the time that is left", not "the network failed". */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

static long now(void)
{
    struct timespec moment = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &moment);
    return (long)moment.tv_sec * 1000 + moment.tv_nsec / 1000000;
}

/* SA_RESTART is of no help: poll and nanosleep are never restarted (signal(7)). */
ssize_t receive(int fd, void *buffer, size_t size, long deadline)
{
    for (;;) {
        long left = deadline - now();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (left <= 0)
            return -1;
        int count = poll(&ready, 1, (int)left);
        if (count == 0)
            return -1; /* the deadline */
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        ssize_t received = recv(fd, buffer, size, MSG_DONTWAIT);
        if (received < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        return received;
    }
}
