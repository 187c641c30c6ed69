/* Keeping a library in memory after its last dlclose. */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "check.h"

void pin_library_of(const void *address)
{
    Dl_info info;
    if (dladdr(address, &info) == 0 || info.dli_fname == NULL)
        return;
    /* RTLD_NOLOAD finds it, since it is loaded already. */
    void *library = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
    if (library != NULL)
        (void)dlclose(library);
}
