/* A host that resolves names itself: each name has two addresses, of which the first one never accepts a connection.
 *
 *     counts_look_ups LIBRARY PORT CALLS
 *
 * It prints the answers and the number of look-ups in lines of `name=value`. Link it with -rdynamic, so that the
 * library finds this getaddrinfo.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEAD "127.0.0.9"

static int look_ups;

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
                struct addrinfo **restrict found)
{
    typedef int (*look_up)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    look_up real;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (name && !strcmp(name, "two-addresses.test")) {
        struct addrinfo *second;
        int error;
        __atomic_add_fetch(&look_ups, 1, __ATOMIC_RELAXED);
        error = real(DEAD, service, hints, found);
        if (error || (error = real("127.0.0.1", service, hints, &second)))
            return error;
        struct addrinfo *last = *found;
        while (last->ai_next)
            last = last->ai_next;
        last->ai_next = second;
        return 0;
    }
    return real(name, service, hints, found);
}

/* Fills the queue of a socket that nothing is accepted from: Linux then drops further requests to connect. */
static void make_dead(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, DEAD, &address.sin_addr);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 0))
        fail("the dead address cannot be bound");
    for (int i = 0; i < 4; i++) {
        int filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(filler, (struct sockaddr *)&address, sizeof address);
    }
}

int main(int count, char **arguments)
{
    int (*check)(void);
    if (count != 4)
        fail("counts_look_ups LIBRARY PORT CALLS");
    make_dead(atoi(arguments[2]));
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail(dlerror());
    *(void **)&check = dlsym(library, "IsEntitled");
    for (int i = 0; i < atoi(arguments[3]); i++)
        printf("answer=%d\n", check());
    dlclose(library);
    printf("look-ups=%d\n", look_ups);
    return 0;
}
