/* Best is no process at all. One that cannot be avoided is waited for by its own id. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>

/* The exit status, or -1 where it is unknown. posix_spawn runs no code of the host in the child. */
int run(const char *path, char *const arguments[])
{
    static char *const no_environment[] = {NULL};
    pid_t child = 0;
    if (posix_spawn(&child, path, NULL, NULL, arguments, no_environment) != 0)
        return -1;
    int status = 0;
    pid_t ended = 0;
    /* Never waitpid(-1): it would reap a child that the host waits for. */
    do
        ended = waitpid(child, &status, 0);
    while (ended == -1 && errno == EINTR);
    /* ECHILD: the host ignores SIGCHLD, so the kernel has reaped it. It has ended; that is all. */
    return ended == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
