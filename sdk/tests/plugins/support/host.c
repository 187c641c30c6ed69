/* A minimal host of plugins in C: it loads, calls and unloads a library, and prints
 * what that changed in the process in lines of `name=value`.
 *
 *     host SCENARIO LIBRARY ROUNDS
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "silent_network.h"

typedef int (*check_fn)(void);

static const char *library;
static int rounds;
/* The number of answers 0, 1, 2, and any other. */
static int answers[4];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void *load(check_fn *check)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        fail(dlerror());
    *(void **)check = dlsym(handle, "IsEntitled");
    if (!*check)
        fail("no IsEntitled");
    return handle;
}

static void count(int answer)
{
    __atomic_add_fetch(&answers[answer < 0 || answer > 2 ? 3 : answer], 1, __ATOMIC_RELAXED);
}

static void round_trip(void)
{
    check_fn check;
    void *handle = load(&check);
    count(check());
    dlclose(handle);
}

static void *one_round(void *unused)
{
    round_trip();
    return unused;
}

static void *all_rounds(void *unused)
{
    for (int i = 0; i < rounds; i++)
        round_trip();
    return unused;
}

static void *two_calls(void *unused)
{
    check_fn check;
    load(&check);
    count(check());
    count(check());
    return unused;
}

static void on_thread(void *(*body)(void *), size_t stack)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (stack && pthread_attr_setstacksize(&attributes, stack))
        fail("stack size");
    if (pthread_create(&thread, &attributes, body, NULL))
        fail("pthread_create");
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

static long status(const char *field)
{
    char line[256];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, field, strlen(field)))
            value = strtol(line + strlen(field) + 1, NULL, 10);
    if (file)
        fclose(file);
    return value;
}

static int descriptors(void)
{
    int found = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        found++;
    if (folder)
        closedir(folder);
    return found;
}

static int free_keys(void)
{
    pthread_key_t keys[2048];
    int made = 0;
    while (made < 2048 && !pthread_key_create(&keys[made], NULL))
        made++;
    for (int i = 0; i < made; i++)
        pthread_key_delete(keys[i]);
    return made;
}

/* dlopen increments the reference count even with RTLD_NOLOAD, hence dlclose. */
static int mapped(void)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_NOLOAD);
    if (handle)
        dlclose(handle);
    return handle != NULL;
}

static void print_state(const char *when)
{
    printf("%s.kib=%ld\n%s.threads=%ld\n", when, status("VmRSS"), when, status("Threads"));
    printf("%s.descriptors=%d\n%s.keys=%d\n", when, descriptors(), when, free_keys());
    printf("%s.mapped=%d\n", when, mapped());
}

static void late(void)
{
    check_fn check;
    void *handle = load(&check);
    double begun = now();
    count(check());
    printf("seconds=%.3f\n", now() - begun);
    print_state("after");
    dlclose(handle);
    sleep(1);
    puts("alive=1");
}

static void unchanged(void)
{
    sigset_t odd, after;
    struct sigaction before[32];
    check_fn check;
    load(&check);
    /* A host may have been started with signals ignored, as in the background of a shell. */
    for (int i = 1; i < 32; i++)
        sigaction(i, NULL, &before[i]);
    sigemptyset(&odd);
    sigaddset(&odd, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &odd, NULL);
    errno = 4711;
    count(check());
    printf("errno=%d\n", errno);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    /* Signal by signal: the kernel fills only a part of a sigset_t. */
    int same = 1;
    for (int i = 1; i < 32; i++)
        same &= sigismember(&odd, i) == sigismember(&after, i);
    printf("mask=%d\n", same);
    for (int i = 1; i < 32; i++) {
        struct sigaction action;
        sigaction(i, NULL, &action);
        if (action.sa_handler != before[i].sa_handler)
            printf("handler=%d\n", i);
    }
}

static void in_a_child(void)
{
    int child_status;
    check_fn check;
    load(&check);
    count(check());
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(check());
    waitpid(child, &child_status, 0);
    printf("child=%d\n", child_status);
}

/* Loads the library by a relative path, and calls it in another folder, `elsewhere` beside it. */
static void from_elsewhere(void)
{
    static char path[4096];
    check_fn check;
    char *name = strrchr(library, '/');
    snprintf(path, sizeof path, "%.*s", (int)(name - library), library);
    if (chdir(path))
        fail("chdir");
    snprintf(path, sizeof path, ".%s", name);
    library = path;
    void *handle = load(&check);
    if (chdir("elsewhere"))
        fail("chdir");
    for (int i = 0; i < rounds; i++)
        count(check());
    dlclose(handle);
}

int main(int count_, char **arguments)
{
    if (count_ != 4)
        fail("host SCENARIO LIBRARY ROUNDS");
    const char *scenario = arguments[1];
    library = arguments[2];
    rounds = atoi(arguments[3]);

    if (!strcmp(scenario, "one-thread")) {
        for (int i = 0; i < rounds; i++) {
            round_trip();
            if (i == rounds / 5)
                print_state("early");
        }
    } else if (!strcmp(scenario, "short-threads")) {
        for (int i = 0; i < rounds; i++) {
            on_thread(one_round, 0);
            if (i == rounds / 5)
                print_state("early");
        }
    } else if (!strcmp(scenario, "many-threads")) {
        pthread_t threads[32];
        for (int half = 0; half < 2; half++) {
            for (int i = 0; i < 32; i++)
                if (pthread_create(&threads[i], NULL, all_rounds, NULL))
                    fail("pthread_create");
            for (int i = 0; i < 32; i++)
                pthread_join(threads[i], NULL);
            if (half == 0)
                print_state("early");
        }
    } else if (!strcmp(scenario, "calls")) {
        check_fn check;
        void *handle = load(&check);
        for (int i = 0; i < rounds; i++) {
            count(check());
            if (i == rounds / 5)
                print_state("early");
        }
        dlclose(handle);
    } else if (!strcmp(scenario, "only-calls")) {
        check_fn check;
        load(&check);
        for (int i = 0; i < rounds; i++)
            count(check());
    } else if (!strcmp(scenario, "from-elsewhere")) {
        from_elsewhere();
    } else if (!strcmp(scenario, "small-stack")) {
        on_thread(two_calls, 64 << 10);
    } else if (!strcmp(scenario, "unchanged")) {
        unchanged();
    } else if (!strcmp(scenario, "child")) {
        in_a_child();
    } else if (!strcmp(scenario, "late")) {
        late();
    } else if (!strcmp(scenario, "silent-name-server")) {
        enter_network_with_silent_name_server("");
        late();
    } else {
        fail("no such scenario");
    }
    print_state("end");
    printf("success=%d\nfailed=%d\n", answers[0], answers[1]);
    printf("unavailable=%d\nother=%d\n", answers[2], answers[3]);
    return 0;
}
