/*
 * The exported function.
 *
 * WinHTTP reports from threads of its own, and such a thread may still execute
 * the last instructions of a function of this library when the call returns. So
 * the library stays loaded once it has been called: GET_MODULE_HANDLE_EX_FLAG_PIN.
 * Nothing happens while it is loaded or unloaded; there is no DllMain here.
 */
#include "check.h"

static bool pin()
{
    HMODULE self = nullptr;
    /* Any address in this library selects it. */
    static const char here = 0;
    return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                              reinterpret_cast<const wchar_t *>(&here), &self) != FALSE;
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    DWORD error = GetLastError();
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    if (pin())
        result = check(Deadline(ENTITLEMENT_MILLISECONDS));
    SetLastError(error);
    return result;
}
