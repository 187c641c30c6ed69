/* Answers how many calls there were before this one. With AT_ONCE each call waits until so many calls are there. */
#include <pthread.h>
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
#ifdef AT_ONCE
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
#endif
static int calls;
int IsEntitled(void) {
    int before;
    pthread_mutex_lock(&mutex);
    before = calls++;
#ifdef AT_ONCE
    pthread_cond_broadcast(&changed);
    while (calls < AT_ONCE)
        pthread_cond_wait(&changed, &mutex);
#endif
    pthread_mutex_unlock(&mutex);
    return before;
}
