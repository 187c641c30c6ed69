/*
 * Breaks load/quiet: loading starts a thread. It ends with the first call, or
 * with unloading, so nothing is left behind and no other rule is broken.
 */
#include <pthread.h>
#include <semaphore.h>

#include "good.h"

static pthread_t thread;
static int started;
static sem_t end;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *wait_for_end(void *unused)
{
    while (sem_wait(&end) != 0) {
    }
    return unused;
}

__attribute__((constructor)) static void start(void)
{
    started = sem_init(&end, 0, 0) == 0 && pthread_create(&thread, NULL, wait_for_end, NULL) == 0;
}

__attribute__((destructor)) static void stop(void)
{
    (void)pthread_mutex_lock(&lock);
    if (started) {
        (void)sem_post(&end);
        (void)pthread_join(thread, NULL);
        started = 0;
    }
    (void)pthread_mutex_unlock(&lock);
}

EXPORT int32_t IsEntitled(void)
{
    stop();
    return good_is_entitled();
}
