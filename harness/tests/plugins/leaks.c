/* Each call leaks a megabyte that it has touched and a thread-local key, and changes errno. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
void *volatile leaked;
int IsEntitled(void) {
    pthread_key_t key;
    leaked = malloc(1 << 20);
    memset(leaked, 1, 1 << 20);
    errno = ENOENT;
    return pthread_key_create(&key, 0) == 0 ? 0 : 2;
}
