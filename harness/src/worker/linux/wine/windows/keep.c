/* Keeps libraries of Wine loaded that cannot be unloaded without harm, which is no fault of the plugin that they were loaded
 * for. A host on a device has them loaded for itself.
 */
#include "host.h"

static const char *const kept[] = {
    /* Each time they leave an event. */
    "combase.dll",
    "ole32.dll",
    /* A thread of the pool can still be in their code when all their handles have been closed. Windows waits for it. */
    "winhttp.dll",
    "wininet.dll",
};

void keep_system_libraries(void)
{
    HMODULE library;
    size_t number;
    for (number = 0; number < sizeof kept / sizeof *kept; number++)
        GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN, kept[number], &library);
}
