/* The host of plugins for Windows: as host.c of support/, it loads, calls and unloads a library, and prints what that
 * changed in the process in lines of `name=value`.
 *
 *     host SCENARIO LIBRARY ROUNDS
 */
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
    } else {
        fail("no such scenario");
    }
    print_state("end");
    printf("success=%ld\nfailed=%ld\n", answers[0], answers[1]);
    printf("unavailable=%ld\nother=%ld\n", answers[2], answers[3]);
    return 0;
}
