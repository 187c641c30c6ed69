/* Faults that the loader hides: where DllMain of a library that is being unloaded raises an exception, the loader goes on as if
 * nothing had happened, and what that function had still to do is not done.
 *
 * A fault counts if no function of the library could have handled it: the stack is walked from where it was raised up to the
 * first function outside of the library, and none on the way has an exception handler.
 */
#include "host.h"

#define MAX_FRAMES 64

static DWORD thread;
static const char *first, *end;
static DWORD code;

static BOOL is_in_library(ULONG_PTR address)
{
    return address >= (ULONG_PTR)first && address < (ULONG_PTR)end;
}

/* Whether a function of the library, up to the one that the loader called, has an exception handler. */
static BOOL may_be_handled(const CONTEXT *raised)
{
#ifdef __i386__
    /* Handlers are known to the stack alone there, and the loader's own is on it, too. */
    return TRUE;
#else
    CONTEXT context = *raised;
    int frame;
    for (frame = 0; frame < MAX_FRAMES && is_in_library(context.Rip); frame++) {
        ULONG_PTR base = 0;
        void *data = NULL;
        ULONG_PTR stack = 0;
        RUNTIME_FUNCTION *function = RtlLookupFunctionEntry(context.Rip, &base, NULL);
        if (!function) {
            /* One that calls no other, and whose caller is next on the stack. */
            context.Rip = *(ULONG_PTR *)context.Rsp;
            context.Rsp += sizeof context.Rip;
        } else if (RtlVirtualUnwind(UNW_FLAG_EHANDLER, base, context.Rip, function, &context, &data, &stack, NULL)) {
            return TRUE;
        }
    }
    return frame == MAX_FRAMES;
#endif
}

static LONG CALLBACK note(EXCEPTION_POINTERS *raised)
{
    DWORD seen = raised->ExceptionRecord->ExceptionCode;
    if (GetCurrentThreadId() == thread && !code && seen >> 30 == 3 && seen != EXCEPTION_STACK_OVERFLOW &&
        is_in_library((ULONG_PTR)raised->ExceptionRecord->ExceptionAddress) && !may_be_handled(raised->ContextRecord))
        code = seen;
    return EXCEPTION_CONTINUE_SEARCH;
}

BOOL free_library(HMODULE module, DWORD *hidden)
{
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)module;
    const IMAGE_NT_HEADERS *headers;
    void *handler;
    BOOL freed;
    first = (const char *)module;
    headers = (const IMAGE_NT_HEADERS *)(first + dos->e_lfanew);
    end = first + headers->OptionalHeader.SizeOfImage;
    thread = GetCurrentThreadId();
    code = 0;
    handler = AddVectoredExceptionHandler(TRUE, note);
    freed = FreeLibrary(module);
    if (handler)
        RemoveVectoredExceptionHandler(handler);
    thread = 0;
    *hidden = code;
    return freed;
}
