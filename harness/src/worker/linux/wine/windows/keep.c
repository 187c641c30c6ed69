/* Keeps libraries of Wine loaded that leave something in the process each time they are unloaded, which is no fault of the
 * plugin that they were loaded for. A host on a device has them loaded for itself.
 */
#include "host.h"

/* COM: an event for each time. */
static const char *const leaving[] = {"combase.dll", "ole32.dll"};

void keep_system_libraries(void)
{
    HMODULE library;
    size_t number;
    for (number = 0; number < sizeof leaving / sizeof *leaving; number++)
        GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN, leaving[number], &library);
}
