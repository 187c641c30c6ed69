/* Does one act while it is loaded, and prints what came of it. ACT is the statement; TARGET a folder of the user's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

__attribute__((visibility("default"))) int32_t IsEntitled(void)
{
    return 2;
}

__attribute__((unused)) static int opens(const char *path, int flags)
{
    int fd = open(path, flags, 0600);
    if (fd >= 0)
        close(fd);
    return fd;
}

__attribute__((unused)) static int connects(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return fd < 0 ? fd : connect(fd, (struct sockaddr *)&address, sizeof address);
}

/* Where this library was loaded from, with something after the folder that many levels up. */
__attribute__((unused)) static const char *beside(int up, const char *name)
{
    static char path[4096];
    Dl_info info;
    if (!dladdr((void *)IsEntitled, &info))
        return "";
    snprintf(path, sizeof path, "%s", info.dli_fname);
    for (int i = 0; i <= up; i++)
        *strrchr(path, '/') = 0;
    strncat(path, name, sizeof path - strlen(path) - 1);
    return path;
}

__attribute__((unused)) static int swaps(void)
{
    Dl_info info;
    return dladdr((void *)IsEntitled, &info) ? rename(TARGET "/other.so", info.dli_fname) : -1;
}

/* The harness: the parent of the supervisor. */
__attribute__((unused)) static pid_t harness(void)
{
    char path[64];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", getppid());
    FILE *stat = fopen(path, "r");
    if (stat == NULL || fscanf(stat, "%*d %*s %*c %d", &parent) != 1)
        return -1;
    fclose(stat);
    return parent;
}

__attribute__((unused)) static int daemons(void)
{
    pid_t child = fork();
    if (child == 0) {
        setsid();
        if (fork() == 0)
            for (;;)
                pause();
        _exit(0);
    }
    return child;
}

/* Starts processes, each with a session of its own, that start processes. There are at most 2,000, so that a machine
 * survives if nothing else stops them. */
__attribute__((unused)) static int bombs(void)
{
    int *left = mmap(NULL, sizeof *left, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (left == MAP_FAILED)
        return -1;
    *left = 2000;
    for (;;) {
        if (__atomic_fetch_sub(left, 1, __ATOMIC_SEQ_CST) <= 0)
            break;
        if (fork() == 0)
            setsid();
        usleep(1000);
    }
    for (int waited = 0; waited < 30; waited++)
        sleep(1);
    return 0;
}

/* Writes until it is refused; done, if a quarter of a gibibyte was written. */
__attribute__((unused)) static int fills(const char *name)
{
    static char block[1 << 20];
    char path[4096];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "/tmp", name);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    if (fd < 0)
        return fd;
    memset(block, 1, sizeof block);
    for (int i = 0; i < 256; i++)
        if (write(fd, block, sizeof block) != (ssize_t)sizeof block)
            return -1;
    return 0;
}

__attribute__((constructor)) static void act(void)
{
    signal(SIGXFSZ, SIG_IGN);
    errno = 0;
    if ((ACT) >= 0)
        printf("done\n");
    else
        printf("refused: %s\n", strerror(errno));
    fflush(stdout);
}
