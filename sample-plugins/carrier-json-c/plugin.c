/*
 * The exported function. It isolates the check from the host.
 *
 * The check runs on a thread of its own. That thread has every signal blocked,
 * so SIGPIPE cannot kill the host and no signal handler of the host runs on it;
 * it has its own stack, so the host's may be small; and it has its own resolver
 * settings, which glibc keeps for each thread. The host's thread waits for it
 * until shortly after the deadline.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "IcsEntitlement.h"
#include "check.h"

/* OpenSSL and getaddrinfo need about a quarter of it. */
#define STACK_BYTES (512 * 1024)

/* How long after the deadline the check is abandoned. */
#define GRACE_MILLISECONDS 200

/* One call. Two threads own it; the one that releases it last frees it. */
struct call {
    struct timespec deadline;
    ICS_ENTITLEMENT_RESULT result;
    atomic_int owners;
};

static void release(struct call *call)
{
    if (atomic_fetch_sub(&call->owners, 1) == 1)
        free(call);
}

static void *run(void *argument)
{
    struct call *call = argument;
    call->result = check(&call->deadline);
    release(call);
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

static ICS_ENTITLEMENT_RESULT call_and_wait(void)
{
    struct call *call = malloc(sizeof *call);
    if (call == NULL)
        return ENTITLEMENT_UNAVAILABLE;
    call->deadline = deadline_after(TOTAL_MILLISECONDS);
    call->result = ENTITLEMENT_UNAVAILABLE;
    atomic_init(&call->owners, 2);

    pthread_t thread;
    if (start(&thread, call) != 0) {
        free(call);
        return ENTITLEMENT_UNAVAILABLE;
    }
    struct timespec patience = deadline_after(TOTAL_MILLISECONDS + GRACE_MILLISECONDS);
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &patience) == 0) {
        result = call->result;
    } else {
        /* The thread still runs, so its code must not be unmapped. */
        static const char here;
        pin_library_of(&here);
        (void)pthread_detach(thread);
    }
    release(call);
    return result;
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    int error = errno;
    /* If the host cancelled its thread while it waits, ours would be left running. */
    int cancelable;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelable);
    ICS_ENTITLEMENT_RESULT result = call_and_wait();
    (void)pthread_setcancelstate(cancelable, NULL);
    errno = error;
    return result;
}
