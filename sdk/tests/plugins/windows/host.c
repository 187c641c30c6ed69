/* The host of plugins for Windows: as host.c of support/, it loads, calls and unloads a library, and prints what that
 * changed in the process in lines of `name=value`.
 *
 *     host SCENARIO LIBRARY ROUNDS
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <tlhelp32.h>
#include <wchar.h>

#define THREADS 32

/* NtQuerySystemInformation(SystemExtendedHandleInformation) and
 * NtQueryInformationThread(ThreadQuerySetWin32StartAddress). */
#define EXTENDED_HANDLES 64
#define START_ADDRESS 9

/* How long threads of the system may take to end, in milliseconds. */
#define PATIENCE 60000

typedef int (*check_fn)(void);
typedef LONG NTAPI query_system_fn(int, void *, ULONG, ULONG *);
typedef LONG NTAPI query_thread_fn(HANDLE, int, void *, ULONG, ULONG *);
typedef void CALLBACK completion_fn(DWORD error, DWORD bytes, OVERLAPPED *overlapped);
/* What the headers of MinGW-w64 declare otherwise, or not at all. */
typedef INT WSAAPI look_up_fn(PCWSTR, PCWSTR, DWORD, GUID *, const ADDRINFOEXW *, ADDRINFOEXW **, struct timeval *, OVERLAPPED *,
                              completion_fn *, HANDLE *);
typedef INT WSAAPI cancel_fn(HANDLE *);

struct handle {
    void *object;
    ULONG_PTR process, value;
    ULONG access;
    USHORT trace, type;
    ULONG attributes, reserved;
};

struct handles {
    ULONG_PTR count, reserved;
    struct handle all[];
};

static const WCHAR *library;
static int rounds;
static check_fn loaded;
static HANDLE start;
/* The number of answers 0, 1, 2, and any other. */
static LONG answers[4];

static void fail(const char *what)
{
    fprintf(stderr, "%s (error %lu)\n", what, GetLastError());
    exit(90);
}

static void *function(HMODULE module, const char *name)
{
    void *found = (void *)GetProcAddress(module, name);
    if (!found)
        fail(name);
    return found;
}

static HMODULE load(void)
{
    HMODULE module = LoadLibraryW(library);
    if (!module)
        fail("LoadLibraryW");
    loaded = (check_fn)function(module, "IsEntitled");
    return module;
}

static void call(void)
{
    int answer = loaded();
    InterlockedIncrement(&answers[answer < 0 || answer > 2 ? 3 : answer]);
}

static void round_trip(void)
{
    HMODULE module = load();
    call();
    if (!FreeLibrary(module))
        fail("FreeLibrary");
}

/* The process's threads, or those of them that began in the library. */
static int count_threads(BOOL of_library)
{
    query_thread_fn *query = (query_thread_fn *)function(GetModuleHandleW(L"ntdll"), "NtQueryInformationThread");
    HMODULE module = GetModuleHandleW(library);
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 thread = {.dwSize = sizeof thread};
    int found = 0;
    for (BOOL more = Thread32First(list, &thread); more; more = Thread32Next(list, &thread)) {
        void *begin = NULL;
        HMODULE owner = NULL;
        HANDLE handle;
        if (thread.th32OwnerProcessID != GetCurrentProcessId())
            continue;
        if (!of_library) {
            found++;
            continue;
        }
        handle = OpenThread(THREAD_QUERY_INFORMATION, FALSE, thread.th32ThreadID);
        /* It may have ended meanwhile. */
        if (!handle)
            continue;
        if (query(handle, START_ADDRESS, &begin, sizeof begin, NULL))
            fail("NtQueryInformationThread");
        CloseHandle(handle);
        GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, begin,
                           &owner);
        found += module && owner == module;
    }
    CloseHandle(list);
    return found;
}

/* Wine's GetProcessHandleCount returns 0. */
static int count_handles(void)
{
    query_system_fn *query = (query_system_fn *)function(GetModuleHandleW(L"ntdll"), "NtQuerySystemInformation");
    ULONG size = 1 << 20;
    struct handles *handles = malloc(size);
    int found = 0;
    if (!handles || query(EXTENDED_HANDLES, handles, size, NULL))
        fail("NtQuerySystemInformation");
    for (ULONG_PTR i = 0; i < handles->count; i++)
        found += handles->all[i].process == GetCurrentProcessId();
    free(handles);
    return found;
}

static void print_state(const char *when)
{
    printf("%s.threads=%d\n%s.library_threads=%d\n", when, count_threads(FALSE), when, count_threads(TRUE));
    printf("%s.handles=%d\n%s.mapped=%d\n", when, count_handles(), when, GetModuleHandleW(library) != NULL);
}

static void repeat(void (*body)(void))
{
    for (int i = 0; i < rounds; i++) {
        body();
        if (i == rounds / 5)
            print_state("early");
    }
}

static DWORD WINAPI rounds_of_a_thread(void *unused)
{
    (void)unused;
    WaitForSingleObject(start, INFINITE);
    for (int i = 0; i < rounds; i++)
        round_trip();
    return 0;
}

static void many_threads(void)
{
    HANDLE threads[THREADS];
    start = CreateEventW(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < THREADS; i++)
        if (!(threads[i] = CreateThread(NULL, 0, rounds_of_a_thread, NULL, 0, NULL)))
            fail("CreateThread");
    SetEvent(start);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    for (int i = 0; i < THREADS; i++)
        CloseHandle(threads[i]);
    CloseHandle(start);
}

static void unchanged(void)
{
    WCHAR before[MAX_PATH], after[MAX_PATH];
    UINT mode;
    DWORD error;
    load();
    GetCurrentDirectoryW(MAX_PATH, before);
    mode = GetErrorMode();
    SetLastError(4711);
    call();
    error = GetLastError();
    GetCurrentDirectoryW(MAX_PATH, after);
    printf("last_error=%lu\nsame_folder=%d\n", error, !wcscmp(before, after));
    printf("same_error_mode=%d\n", mode == GetErrorMode());
}

/* One call that takes its time, unloading, and the end of what the system still did for it. */
static void late(void)
{
    HMODULE module = load();
    LARGE_INTEGER frequency, begun, ended;
    int threads = count_threads(FALSE);
    ULONGLONG limit;
    print_state("before");
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&begun);
    call();
    QueryPerformanceCounter(&ended);
    printf("seconds=%.3f\n", (double)(ended.QuadPart - begun.QuadPart) / frequency.QuadPart);
    print_state("after");
    if (!FreeLibrary(module))
        fail("FreeLibrary");
    limit = GetTickCount64() + PATIENCE;
    while (count_threads(FALSE) > threads && GetTickCount64() < limit)
        Sleep(20);
    puts("alive=1");
}

/* --- Look-ups that are cancelled ------------------------------------------------------------------------------- */

/* A look-up that no one answers, as the documentation of Windows describes it: it goes on until it is cancelled, and then
 * its completion routine is called once, before or after GetAddrInfoExCancel returns. */
static struct {
    OVERLAPPED *overlapped;
    completion_fn *completed;
    HANDLE thread;
    int begun, cancelled;
    LONG completions;
} look_up;

static DWORD WINAPI complete(void *unused)
{
    (void)unused;
    InterlockedIncrement(&look_up.completions);
    look_up.completed(WSA_E_CANCELLED, 0, look_up.overlapped);
    return 0;
}

static INT WSAAPI begin_look_up(PCWSTR name, PCWSTR service, DWORD provider, GUID *id, const ADDRINFOEXW *hints,
                                ADDRINFOEXW **result, struct timeval *limit, OVERLAPPED *overlapped,
                                completion_fn *completed, HANDLE *handle)
{
    (void)name, (void)service, (void)provider, (void)id, (void)hints, (void)limit;
    look_up.overlapped = overlapped;
    look_up.completed = completed;
    look_up.begun++;
    *result = NULL;
    *handle = &look_up;
    return WSA_IO_PENDING;
}

static INT WSAAPI cancel_look_up(HANDLE *handle)
{
    int way = look_up.cancelled % 3;
    if (*handle != &look_up)
        return WSA_INVALID_HANDLE;
    look_up.cancelled++;
    if (way == 0) {
        complete(NULL);
        return NO_ERROR;
    }
    look_up.thread = CreateThread(NULL, 0, complete, NULL, way == 1 ? 0 : CREATE_SUSPENDED, NULL);
    if (!look_up.thread)
        fail("CreateThread");
    if (way == 1)
        Sleep(20);
    return NO_ERROR;
}

/* Has the library's calls of that function go to another one. */
static void replace(HMODULE module, const char *name, void *with)
{
    char *base = (char *)module;
    IMAGE_NT_HEADERS *headers = (IMAGE_NT_HEADERS *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
    IMAGE_IMPORT_DESCRIPTOR *from =
        (void *)(base + headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress);
    for (; from->Name; from++) {
        IMAGE_THUNK_DATA *imported = (void *)(base + from->OriginalFirstThunk), *slot = (void *)(base + from->FirstThunk);
        for (; imported->u1.AddressOfData; imported++, slot++) {
            IMAGE_IMPORT_BY_NAME *by_name = (void *)(base + imported->u1.AddressOfData);
            DWORD before;
            if (IMAGE_SNAP_BY_ORDINAL(imported->u1.Ordinal) || strcmp(by_name->Name, name))
                continue;
            if (!VirtualProtect(&slot->u1, sizeof slot->u1, PAGE_READWRITE, &before))
                fail("VirtualProtect");
            slot->u1.Function = (ULONG_PTR)with;
            return;
        }
    }
    fail(name);
}

/* Calls whose look-ups are cancelled: the completion routine runs on the cancelling thread, on another one that waits for
 * no one, and after the call. */
static void cancelled(void)
{
    HMODULE module = load();
    replace(module, "GetAddrInfoExW", (void *)begin_look_up);
    replace(module, "GetAddrInfoExCancel", (void *)cancel_look_up);
    print_state("before");
    for (int i = 0; i < rounds; i++) {
        look_up.thread = NULL;
        call();
        if (!look_up.thread)
            continue;
        ResumeThread(look_up.thread);
        if (WaitForSingleObject(look_up.thread, PATIENCE))
            fail("the completion routine does not return");
        CloseHandle(look_up.thread);
    }
    printf("begun=%d\ncancelled=%d\ncompletions=%ld\n", look_up.begun, look_up.cancelled, look_up.completions);
}

static void CALLBACK ignored(DWORD error, DWORD bytes, OVERLAPPED *overlapped)
{
    (void)error, (void)bytes, (void)overlapped;
}

/* What the system itself says to a cancellation of a look-up that is going on. */
static void cancel_of_the_system(void)
{
    /* They outlive the look-up. */
    static OVERLAPPED overlapped;
    static ADDRINFOEXW *found;
    HANDLE handle = NULL;
    HMODULE sockets = LoadLibraryW(L"ws2_32");
    look_up_fn *begin = (look_up_fn *)function(sockets, "GetAddrInfoExW");
    cancel_fn *cancel = (cancel_fn *)function(sockets, "GetAddrInfoExCancel");
    WSADATA data;
    WSAStartup(MAKEWORD(2, 2), &data);
    printf("begin=%d\n", begin(L"entitlement.operator.example", NULL, NS_ALL, NULL, NULL, &found, NULL, &overlapped, ignored,
                               &handle));
    printf("handle=%d\ncancel=%d\n", handle != NULL, cancel(&handle));
}

int wmain(int count, WCHAR **arguments)
{
    if (count != 4)
        fail("host SCENARIO LIBRARY ROUNDS");
    library = arguments[2];
    rounds = _wtoi(arguments[3]);
    if (!wcscmp(arguments[1], L"rounds")) {
        repeat(round_trip);
    } else if (!wcscmp(arguments[1], L"calls")) {
        HMODULE module = load();
        repeat(call);
        FreeLibrary(module);
    } else if (!wcscmp(arguments[1], L"many-threads")) {
        many_threads();
    } else if (!wcscmp(arguments[1], L"unchanged")) {
        unchanged();
    } else if (!wcscmp(arguments[1], L"late")) {
        late();
    } else if (!wcscmp(arguments[1], L"cancelled")) {
        cancelled();
    } else if (!wcscmp(arguments[1], L"cancel-of-the-system")) {
        cancel_of_the_system();
    } else {
        fail("no such scenario");
    }
    print_state("end");
    printf("success=%ld\nfailed=%ld\n", answers[0], answers[1]);
    printf("unavailable=%ld\nother=%ld\n", answers[2], answers[3]);
    return 0;
}
