/* Finding a loaded library, and keeping it in memory after its last dlclose. */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "check.h"

void *handle_of(const void *address, int flags)
{
    Dl_info info;
    if (dladdr(address, &info) == 0 || info.dli_fname == NULL)
        return NULL;
    /* RTLD_NOLOAD finds it, since it is loaded already. */
    return dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | flags);
}

void pin_library_of(const void *address)
{
    void *library = handle_of(address, RTLD_NODELETE);
    if (library != NULL)
        (void)dlclose(library);
}
