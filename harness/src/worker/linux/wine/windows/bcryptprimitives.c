/* Wine has this library of Windows only since version 10. Rust's standard library imports the one function of it. */
#include <windows.h>

BOOLEAN WINAPI SystemFunction036(void *buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *buffer, SIZE_T length)
{
    while (length) {
        ULONG some = length > 0x10000000 ? 0x10000000 : (ULONG)length;
        if (!SystemFunction036(buffer, some))
            return FALSE;
        buffer += some;
        length -= some;
    }
    return TRUE;
}
