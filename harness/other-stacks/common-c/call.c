/*
 * The boundary to the host.
 *
 * The request runs on a thread of its own: every signal is blocked there, so that SIGPIPE cannot kill the host and no
 * handler of the host runs on it; and its stack is large enough, so that the host's may be small. Every wait on it ends
 * at the deadline, so it can be joined.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "careful.h"

#define STACK_BYTES (1024 * 1024)

struct call {
    ICS_ENTITLEMENT_RESULT (*ask)(const struct timespec *deadline);
    struct timespec deadline;
    ICS_ENTITLEMENT_RESULT result;
};

static void *run(void *argument)
{
    struct call *call = argument;
    call->result = call->ask(&call->deadline);
    return NULL;
}

/* The thread inherits the mask that is set while it is created. */
static int start(pthread_t *thread, struct call *call)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return -1;
    sigset_t all, before;
    (void)sigfillset(&all);
    int failed = pthread_attr_setstacksize(&attributes, STACK_BYTES) != 0 ||
                 pthread_sigmask(SIG_SETMASK, &all, &before) != 0;
    if (!failed) {
        failed = pthread_create(thread, &attributes, run, call) != 0;
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    (void)pthread_attr_destroy(&attributes);
    return failed ? -1 : 0;
}

ICS_ENTITLEMENT_RESULT call_on_own_thread(ICS_ENTITLEMENT_RESULT (*ask)(const struct timespec *deadline))
{
    int error = errno;
    /* If the host cancelled its thread while it waits, ours would be left running. */
    int cancelable;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelable);
    struct call call = {
        .ask = ask, .deadline = deadline_after(TOTAL_MILLISECONDS), .result = ENTITLEMENT_UNAVAILABLE};
    pthread_t thread;
    if (start(&thread, &call) == 0)
        (void)pthread_join(thread, NULL);
    (void)pthread_setcancelstate(cancelable, NULL);
    errno = error;
    return call.result;
}
