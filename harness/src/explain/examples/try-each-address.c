/* Each address of the server gets a share of the time, so that a dead one does not use it up. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* A connected socket, or -1. `milliseconds` is what all addresses have together. */
int connect_to_any(const struct addrinfo *addresses, int milliseconds)
{
    int count = 0;
    for (const struct addrinfo *each = addresses; each != NULL; each = each->ai_next)
        count += 1;
    for (const struct addrinfo *each = addresses; each != NULL; each = each->ai_next, count--) {
        int share = milliseconds / count;
        int type = each->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC;
        int fd = socket(each->ai_family, type, each->ai_protocol);
        if (fd < 0)
            continue; /* No IPv6 here, for example. */
        int error = 0;
        socklen_t size = sizeof error;
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        if (connect(fd, each->ai_addr, each->ai_addrlen) == 0)
            return fd;
        if (errno == EINPROGRESS && poll(&ready, 1, share) == 1 &&
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
            return fd;
        (void)close(fd);
        milliseconds -= share;
    }
    return -1;
}
