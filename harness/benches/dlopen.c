/* The baseline of a worker run: forks, executes itself, and loads and unloads the library there. Repeats this as often
 * as the first argument states, and prints the seconds of one round. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}
int main(int argc, char **argv) {
    int round, rounds, status;
    double started;
    pid_t child;
    if (argc != 3)
        return 2;
    if (strcmp(argv[1], "child") == 0) {
        void *library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
        return library == 0 || dlsym(library, "IsEntitled") == 0 || dlclose(library) != 0;
    }
    rounds = atoi(argv[1]);
    started = now();
    for (round = 0; round < rounds; round++) {
        child = fork();
        if (child == 0) {
            execl("/proc/self/exe", argv[0], "child", argv[2], (char *)0);
            _exit(127);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            return 1;
    }
    printf("%.9f\n", (now() - started) / rounds);
    return 0;
}
