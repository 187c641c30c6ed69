/* Does ACT and undoes it with UNDO, with BETWEEN in between, before the call returns. */
#define _GNU_SOURCE
#pragma GCC diagnostic ignored "-Wunused-result"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The state that is changed is the host's, on whichever thread this runs. */
static int on_this_thread(void)
{
    ACT;
    BETWEEN;
    UNDO;
    return 0;
}

#ifdef ON_A_THREAD
static void *enter(void *unused)
{
    on_this_thread();
    return unused;
}
#endif

__attribute__((visibility("default"))) int IsEntitled(void)
{
#ifdef ON_A_THREAD
    pthread_t thread;
    if (pthread_create(&thread, 0, enter, 0) != 0)
        return 2;
    pthread_join(thread, 0);
    return 0;
#else
    return on_this_thread();
#endif
}
