/* Leaves one of each behind: a descriptor, a thread, a child, a signal handler, a blocked signal, a variable, another
 * folder. With LEAVES_NOTHING it does the same things properly. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void *stays(void *unused) {
    for (;;)
        pause();
    return unused;
}
static void *ends(void *unused) { return unused; }
static void handler(int signal) { (void)signal; }
int IsEntitled(void) {
    pthread_t thread;
    int tidy = getenv("LEAVES_NOTHING") != 0;
    int fd = open("/dev/zero", O_RDONLY);
    pid_t child;
    if (pthread_create(&thread, 0, tidy ? ends : stays, 0) != 0)
        return 99;
    child = fork();
    if (child == 0) {
        if (tidy)
            _exit(0);
        for (;;)
            pause();
    }
    if (tidy) {
        close(fd);
        pthread_join(thread, 0);
        waitpid(child, 0, 0);
        return 0;
    }
    {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR2);
        sigprocmask(SIG_BLOCK, &set, 0);
    }
    signal(SIGUSR1, handler);
    signal(SIGALRM, SIG_IGN);
    setenv("LEFT", "behind", 1);
    return chdir("/");
}
