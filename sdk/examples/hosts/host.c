/* A host in C: loads a plugin, asks it once, unloads it, and says what it answered.
 *
 *     cc -I include sdk/examples/hosts/host.c -o host -ldl && ./host /path/of/libplugin.so
 *
 * The exit code is the answer: 0 only if the device may share its connection.
 */
#include <dlfcn.h>
#include <stdio.h>

#include "IcsEntitlement.h"

static const char *name_of(int32_t answer)
{
    switch (answer) {
    case ENTITLEMENT_SUCCESS:
        return "ENTITLEMENT_SUCCESS";
    case ENTITLEMENT_FAILED:
        return "ENTITLEMENT_FAILED";
    default:
        return "ENTITLEMENT_UNAVAILABLE";
    }
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: host PLUGIN\n");
        return ENTITLEMENT_UNAVAILABLE;
    }
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return ENTITLEMENT_UNAVAILABLE;
    }
    ICS_IS_ENTITLED is_entitled;
    /* POSIX promises that this works, and ISO C has no conversion from void * to a function. */
    *(void **)&is_entitled = dlsym(library, ICS_ENTITLEMENT_EXPORT_NAME);
    if (is_entitled == NULL) {
        fprintf(stderr, "%s does not export %s\n", arguments[1], ICS_ENTITLEMENT_EXPORT_NAME);
        dlclose(library);
        return ENTITLEMENT_UNAVAILABLE;
    }
    int32_t answer = is_entitled();
    /* The name is this program's own: nothing of a library may be used once it is unloaded. */
    dlclose(library);
    puts(name_of(answer));
    return answer == ENTITLEMENT_SUCCESS || answer == ENTITLEMENT_FAILED ? answer : ENTITLEMENT_UNAVAILABLE;
}
