/*
 * Breaks load/anywhere: it looks for its own file by a path that it truncates at
 * the first space or non-ASCII byte, and aborts the process if it is not there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "good.h"

__attribute__((constructor)) static void find_myself(void)
{
    static const char here;
    char path[4096];
    Dl_info info;
    if (dladdr(&here, &info) == 0 || strlen(info.dli_fname) >= sizeof path)
        return;
    strcpy(path, info.dli_fname);
    char *letter = path;
    while (*letter != ' ' && (unsigned char)*letter < 0x80 && *letter != '\0')
        letter += 1;
    *letter = '\0';
    if (access(path, R_OK) != 0)
        abort();
}

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}
