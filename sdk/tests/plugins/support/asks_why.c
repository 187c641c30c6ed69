/* A host that asks why there is no decision: it calls a plugin twice and prints what it is told, as `reason=text`. Whether
 * plugins find its function depends on how it is linked.
 *
 *     asks_why LIBRARY
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

static pthread_t caller;

void ics_entitlement_reason(const uint8_t *text, size_t length)
{
    /* On the plugin's thread. */
    if (pthread_equal(pthread_self(), caller))
        puts("thread=the caller's");
    printf("reason=%.*s\n", (int)length, (const char *)text);
}

int main(int count, char **arguments)
{
    int (*check)(void);
    void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!library)
        return 90;
    *(void **)&check = dlsym(library, "IsEntitled");
    if (!check)
        return 91;
    caller = pthread_self();
    for (int call = 0; call < 2; call++)
        printf("answer=%d\n", check());
    return dlclose(library);
}
