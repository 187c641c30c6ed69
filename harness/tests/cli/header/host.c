/* A host that prints the number that a plugin gave, and its name. */
#include <dlfcn.h>
#include <stdio.h>

#include "IcsEntitlement.h"

int main(int count, char **arguments)
{
    if (count != 2)
        return 2;
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    ICS_ENTITLEMENT_RESULT (*function)(void);
    *(void **)&function = dlsym(library, ICS_ENTITLEMENT_EXPORT_NAME);
    if (function == NULL)
        return 1;
    ICS_ENTITLEMENT_RESULT answer = function();
    const char *name = answer == ENTITLEMENT_SUCCESS       ? "ENTITLEMENT_SUCCESS"
                       : answer == ENTITLEMENT_FAILED      ? "ENTITLEMENT_FAILED"
                       : answer == ENTITLEMENT_UNAVAILABLE ? "ENTITLEMENT_UNAVAILABLE"
                                                           : "none of the three";
    printf("%ld %s\n", (long)answer, name);
    return dlclose(library);
}
