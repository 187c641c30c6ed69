/*
 * The work is in a library in a folder beside this one, found by $ORIGIN, and the path that is asked for is in a file
 * beside this one.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "careful.h"
#include "carrier.h"

#define SETTINGS "carrier.ini"

/* The value of `path=`, from the file beside this library. */
static int read_path(char *path, int size)
{
    static const char here;
    char name[4096], line[256];
    Dl_info info;
    if (dladdr(&here, &info) == 0 || info.dli_fname == NULL)
        return -1;
    const char *end = strrchr(info.dli_fname, '/');
    int folder = end == NULL ? 0 : (int)(end - info.dli_fname) + 1;
    if (snprintf(name, sizeof name, "%.*s" SETTINGS, folder, info.dli_fname) >= (int)sizeof name)
        return -1;
    FILE *settings = fopen(name, "re");
    if (settings == NULL)
        return -1;
    int found = -1;
    while (found != 0 && fgets(line, sizeof line, settings) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "path=/", 6) == 0 && (int)strlen(line + 5) < size) {
            strcpy(path, line + 5);
            found = 0;
        }
    }
    (void)fclose(settings);
    return found;
}

static ICS_ENTITLEMENT_RESULT ask(const struct timespec *deadline)
{
    char path[128];
    if (read_path(path, sizeof path) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    return carrier_ask(path, deadline);
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return call_on_own_thread(ask);
}
