/* Files are found from the library's own folder, opened for reading only. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* An object of this library: its address tells which file it was loaded from. */
static const char here;

/* Opens the file of that name beside the library; -1 if there is none. */
int open_beside(const char *name)
{
    Dl_info info;
    if (dladdr(&here, &info) == 0 || info.dli_fname == NULL)
        return -1;
    /* A relative path belongs to the folder of the loading, which the host may have left. */
    if (info.dli_fname[0] != '/')
        return -1;
    const char *slash = strrchr(info.dli_fname, '/');
    char path[PATH_MAX];
    int folder = (int)(slash - info.dli_fname);
    int length = snprintf(path, sizeof path, "%.*s/%s", folder, info.dli_fname, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return -1;
    /* Bytes, not text: the folder may have spaces and letters of any script. */
    return open(path, O_RDONLY | O_CLOEXEC);
}
