/* Waits for an event that does not come. With PROTECTED it cannot be cancelled meanwhile, and answers after a moment. */
#include <poll.h>
#include <pthread.h>
int IsEntitled(void) {
#ifdef PROTECTED
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    poll(0, 0, 300);
    pthread_setcancelstate(state, &state);
    return 1;
#else
    poll(0, 0, -1);
    return 2;
#endif
}
