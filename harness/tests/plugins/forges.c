/* Looks for the token of the worker's reports in its own memory, writes the reports in FORGE, and runs THEN.
 * What it has written before THEN can be awaited: it makes the file that READY names. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#define DIGITS 16
static char token[DIGITS + 1];
static int channel = -1;

/* Put together here, so that the search does not find itself. */
static void find_token(void) {
    char line[512], key[16];
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    strcpy(key, "\"tok");
    strcat(key, "en\":\"");
    while (!*token && fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char *block, *at;
        ssize_t length;
        if (sscanf(line, "%lx-%lx rw", &from, &to) != 2 || !strstr(line, " rw") || to - from > 64UL << 20)
            continue;
        block = malloc(to - from);
        length = pread(memory, block, to - from, (off_t)from);
        for (at = block; length > 0 && (at = memmem(at, block + length - at, key, strlen(key))) != 0; at++) {
            char *digits = at + strlen(key);
            if (digits + DIGITS < block + length && digits[DIGITS] == '"' && strspn(digits, "0123456789abcdef") == DIGITS) {
                memcpy(token, digits, DIGITS);
                break;
            }
        }
        free(block);
    }
    close(memory);
    fclose(maps);
}

static int is_socket(int fd) {
    struct stat what;
    return fstat(fd, &what) == 0 && S_ISSOCK(what.st_mode);
}

static void write_report(const char *report) {
    char line[1024];
    int length = snprintf(line, sizeof line, "\n%s %s\n", token, report);
    if (write(channel, line, (size_t)length) < 0)
        _exit(70);
}

__attribute__((unused)) static void done(int step, int calls) {
    char report[512];
    snprintf(report, sizeof report,
             "{\"done\":{\"step\":%d,\"seconds\":0.0,\"calls\":[%s],\"snapshot\":null,\"error\":null}}", step,
             calls ? "{\"value\":2,\"seconds\":0.0,\"cpu\":0.0,\"errno_kept\":true}" : "");
    write_report(report);
}

/* As the supervisor once sent it over this channel. */
__attribute__((unused)) static void gone(void) {
    write_report("{\"gone\":{\"status\":0,\"by_itself\":true,\"steps\":3,\"calls\":0,\"out_of_range\":null,\"channel_lost\":false}}");
}

int IsEntitled(void) {
    const char *ready = getenv("READY");
    int fd;
    find_token();
    for (fd = 3; fd < 70000 && channel < 0; fd++)
        if (is_socket(fd))
            channel = fd;
    if (!*token || channel < 0)
        return 71;
    FORGE;
    if (ready)
        close(open(ready, O_CREAT | O_WRONLY, 0600));
    THEN;
    return 0;
}
