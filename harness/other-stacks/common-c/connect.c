/*
 * Connecting to one of several addresses: an attempt that gets no answer soon is left to go on while the next address
 * is tried, as RFC 8305 describes. The first one that is connected is used.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "careful.h"

/* How long an attempt is waited for before the next address is tried as well. */
#define HEAD_START_MILLISECONDS 250

/* Of many addresses the last one still has to be tried in time. */
static int head_start(int addresses)
{
    int share = TOTAL_MILLISECONDS / 4 / addresses;
    return share < HEAD_START_MILLISECONDS ? share : HEAD_START_MILLISECONDS;
}

static int start_attempt(const struct sockaddr_storage *address)
{
    socklen_t size = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    int socket_ = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0)
        return -1;
    if (connect(socket_, (const struct sockaddr *)(const void *)address, size) == 0 || errno == EINPROGRESS)
        return socket_;
    (void)close(socket_);
    return -1;
}

/* Looks at the attempts that poll reported: the index of a connected one, or -1. Failed ones are closed. */
static int connected(struct pollfd *attempts, int count)
{
    for (int index = 0; index < count; index++) {
        int error = 0;
        socklen_t size = sizeof error;
        if (attempts[index].fd < 0 || attempts[index].revents == 0)
            continue;
        if (getsockopt(attempts[index].fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
            return index;
        (void)close(attempts[index].fd);
        attempts[index].fd = -1;
    }
    return -1;
}

static int any_open(const struct pollfd *attempts, int count)
{
    int open = 0;
    for (int index = 0; index < count; index++)
        open += attempts[index].fd >= 0;
    return open;
}

int connect_to_any(const struct addresses *addresses, const struct timespec *deadline)
{
    struct pollfd attempts[MOST_ADDRESSES];
    int started = 0, chosen = -1;
    struct timespec next = deadline_after(0);
    while (chosen < 0) {
        int left = milliseconds_until(deadline);
        int waiting = any_open(attempts, started);
        if (left == 0 || (waiting == 0 && started == addresses->count))
            break;
        if (started < addresses->count && (waiting == 0 || milliseconds_until(&next) == 0)) {
            int socket_ = start_attempt(&addresses->list[started]);
            attempts[started] = (struct pollfd){.fd = socket_, .events = POLLOUT};
            started += 1;
            next = deadline_after(head_start(addresses->count));
            continue;
        }
        if (started < addresses->count && milliseconds_until(&next) < left)
            left = milliseconds_until(&next);
        if (poll(attempts, (nfds_t)started, left) > 0)
            chosen = connected(attempts, started);
    }
    for (int index = 0; index < started; index++)
        if (index != chosen && attempts[index].fd >= 0)
            (void)close(attempts[index].fd);
    return chosen < 0 ? -1 : attempts[chosen].fd;
}

int connect_to(const char *host, uint16_t port, const struct timespec *deadline)
{
    struct addresses addresses;
    if (look_up(host, port, deadline, &addresses) != 0)
        return -1;
    return connect_to_any(&addresses, deadline);
}
