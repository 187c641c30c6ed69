/* The work is done on a thread of the plugin's own, which has ended before the call returns. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>

#include "IcsEntitlement.h"

#define STACK_BYTES (512 * 1024)

/* `check` writes its answer to *result. It must end by its own deadline. */
ICS_ENTITLEMENT_RESULT apart(void *(*check)(void *))
{
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;
    int cancelable;
    if (pthread_attr_init(&attributes) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    /* If the host cancelled this thread in the join, the other one would be left behind. */
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelable);
    /* The new thread inherits the mask: no handler runs on it, and SIGPIPE is blocked. */
    (void)sigfillset(&all);
    int failed = pthread_attr_setstacksize(&attributes, STACK_BYTES) != 0 ||
                 pthread_sigmask(SIG_SETMASK, &all, &before) != 0;
    if (!failed) {
        failed = pthread_create(&thread, &attributes, check, &result) != 0;
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    if (!failed && pthread_join(thread, NULL) != 0)
        failed = 1;
    (void)pthread_attr_destroy(&attributes);
    (void)pthread_setcancelstate(cancelable, NULL);
    return failed ? ENTITLEMENT_UNAVAILABLE : result;
}
