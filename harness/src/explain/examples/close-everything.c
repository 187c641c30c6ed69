/* One way out of the function, which releases all that was acquired. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "IcsEntitlement.h"

/* Elsewhere: one exchange over the socket. */
ICS_ENTITLEMENT_RESULT exchange(int fd, int settings, char *buffer, size_t size);

ICS_ENTITLEMENT_RESULT ask(const struct sockaddr *address, socklen_t length, const char *path)
{
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    int fd = -1;
    int settings = -1;
    char *buffer = malloc(4096);
    if (buffer == NULL)
        goto out;
    /* CLOEXEC: a process that the host starts meanwhile does not inherit them. */
    settings = open(path, O_RDONLY | O_CLOEXEC);
    fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (settings < 0 || fd < 0 || connect(fd, address, length) != 0)
        goto out; /* The error path is the one that leaks in practice. */
    result = exchange(fd, settings, buffer, 4096);
out:
    if (fd >= 0)
        (void)close(fd);
    if (settings >= 0)
        (void)close(settings);
    free(buffer);
    return result;
}
