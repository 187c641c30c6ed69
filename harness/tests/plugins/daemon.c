/* Starts a daemon and a daemon of the daemon, each in a session of its own and deaf to polite signals. They append
 * their numbers to the file PIDS. Then does what it was compiled to do. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#ifndef THEN
#define THEN return 0
#endif
static void become_daemon(void) {
    char line[32];
    int length, fd = open(getenv("PIDS"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    setsid();
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    length = snprintf(line, sizeof line, "%d\n", (int)getpid());
    if (write(fd, line, (size_t)length) != length)
        abort();
    close(fd);
}
static void for_ever(void) {
    for (;;)
        pause();
}
int IsEntitled(void) {
    int ready[2];
    char byte;
    pid_t child;
    if (pipe(ready) != 0)
        return 99;
    child = fork();
    if (child == 0) {
        if (fork() != 0)
            _exit(0);
        become_daemon();
        if (fork() != 0)
            for_ever();
        become_daemon();
        if (write(ready[1], "x", 1) != 1)
            abort();
        for_ever();
    }
    waitpid(child, 0, 0);
    if (read(ready[0], &byte, 1) != 1)
        return 99;
    close(ready[0]);
    close(ready[1]);
    THEN;
}
