/* Answers with the size of the calling thread's stack in KiB, negated on the main thread. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
int IsEntitled(void) {
    pthread_attr_t attributes;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0 || pthread_attr_getstacksize(&attributes, &size) != 0)
        return 0;
    return syscall(SYS_gettid) == getpid() ? -1 : (int)(size / 1024);
}
