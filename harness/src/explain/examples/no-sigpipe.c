/* A closed peer is an error, not a signal, and the host's disposition of SIGPIPE is not touched. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

/* For a socket of one's own: the flag. */
int send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return -1; /* EPIPE, ECONNRESET: UNAVAILABLE */
        bytes += sent;
        length -= (size_t)sent;
    }
    return 0;
}

/*
 * For a library that calls write(): block the signal on this thread, and consume the one it
 * caused.
 */
void without_sigpipe(void (*work)(void *), void *context)
{
    sigset_t pipe, before, pending;
    (void)sigemptyset(&pipe);
    (void)sigaddset(&pipe, SIGPIPE);
    (void)sigpending(&pending);
    int was_pending = sigismember(&pending, SIGPIPE);
    if (pthread_sigmask(SIG_BLOCK, &pipe, &before) != 0)
        return;
    work(context);
    static const struct timespec now = {0, 0};
    while (!was_pending && sigtimedwait(&pipe, NULL, &now) == -1 && errno == EINTR)
        continue;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}
