/* Reports the state of the process that a plugin may have changed, without what belongs to the script. */
#include "host.h"

#include <locale.h>
#include <psapi.h>
#include <tlhelp32.h>

#define MAX_INDEXES 8192
#define MAX_MODULES 1024
#define MAX_HANDLES 4096

/* NtQuerySystemInformation(SystemExtendedHandleInformation). */
#define EXTENDED_HANDLES 64

struct system_handle {
    void *object;
    ULONG_PTR process, handle;
    ULONG access;
    USHORT trace, type;
    ULONG attributes, reserved;
};

struct system_handles {
    ULONG_PTR count, reserved;
    struct system_handle handles[1];
};

struct object_type {
    USHORT length, maximum;
    WCHAR *name;
    WCHAR space[256];
};

struct object_name {
    USHORT length, maximum;
    WCHAR *text;
    WCHAR space[MAX_PATH];
};

typedef LONG NTAPI query_system(int, void *, ULONG, ULONG *);
typedef LONG NTAPI query_object(HANDLE, int, void *, ULONG, ULONG *);
typedef HRESULT WINAPI thread_description(HANDLE, WCHAR **);

static BOOL is_of_script(DWORD thread, DWORD main_thread)
{
    int number;
    if (thread == main_thread)
        return TRUE;
    for (number = 0; number < MAX_THREADS; number++)
        if (threads[number].handle && threads[number].id == thread)
            return TRUE;
    return FALSE;
}

static void report_threads(DWORD main_thread)
{
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 thread = {sizeof thread};
    BOOL more;
    if (list == INVALID_HANDLE_VALUE)
        return;
    for (more = Thread32First(list, &thread); more; more = Thread32Next(list, &thread))
        if (thread.th32OwnerProcessID == GetCurrentProcessId() && !is_of_script(thread.th32ThreadID, main_thread))
            report("thread %lu", thread.th32ThreadID);
    CloseHandle(list);
}

/* Children, theirs, and so on. Wine starts processes of its own, which the harness leaves out by their names. */
static void report_children(void)
{
    DWORD family[256];
    int known = 1, before;
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W process = {sizeof process};
    BOOL more;
    if (list == INVALID_HANDLE_VALUE)
        return;
    family[0] = GetCurrentProcessId();
    do {
        before = known;
        for (more = Process32FirstW(list, &process); more; more = Process32NextW(list, &process)) {
            BOOL is_child = FALSE, is_known = FALSE;
            int number;
            for (number = 0; number < known; number++) {
                is_child |= process.th32ParentProcessID == family[number];
                is_known |= process.th32ProcessID == family[number];
            }
            if (is_child && !is_known && known < 256) {
                WCHAR line[400];
                family[known++] = process.th32ProcessID;
                _snwprintf(line, 399, L"%lu %s", process.th32ProcessID, process.szExeFile);
                line[399] = 0;
                report_text("child", line);
            }
        }
    } while (known > before);
    CloseHandle(list);
}

/* Wine's crypt32 forgets to close the file of a list of revoked certificates, each time that it reads one. */
static const WCHAR forgotten[] = L"\\CryptnetUrlCache\\";

static BOOL is_forgotten_by_wine(query_object *object, HANDLE handle)
{
    struct object_name name;
    ZeroMemory(&name, sizeof name);
    return !object(handle, 1, &name, sizeof name - sizeof *name.space, NULL) && name.text && wcsstr(name.text, forgotten);
}

static void report_handles(void)
{
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    query_system *system = (query_system *)(void *)GetProcAddress(ntdll, "NtQuerySystemInformation");
    query_object *object = (query_object *)(void *)GetProcAddress(ntdll, "NtQueryObject");
    ULONG size = 1 << 20, needed = 0;
    ULONG_PTR number;
    struct system_handles *all;
    /* Pages that are given back at once, and no part of a heap. */
    while ((all = VirtualAlloc(NULL, size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE)) &&
           system(EXTENDED_HANDLES, all, size, &needed) && size < (64 << 20)) {
        VirtualFree(all, 0, MEM_RELEASE);
        size *= 4;
    }
    if (!all)
        return;
    for (number = 0; number < all->count; number++) {
        struct object_type type = {0};
        if (all->handles[number].process != GetCurrentProcessId())
            continue;
        if (object((HANDLE)all->handles[number].handle, 2, &type, sizeof type, NULL) || !type.name)
            report("handle %I64u", (ULONGLONG)all->handles[number].handle);
        else if (!is_forgotten_by_wine(object, (HANDLE)all->handles[number].handle))
            report("handle %I64u %.*S", (ULONGLONG)all->handles[number].handle, (int)(type.length / 2), type.name);
    }
    VirtualFree(all, 0, MEM_RELEASE);
}

/* How many more indexes of thread-local and fiber-local storage can be had: takes all, and gives them back. */
static void report_indexes(void)
{
    static DWORD taken[MAX_INDEXES];
    int tls = 0, fls = 0, number;
    while (tls < MAX_INDEXES && (taken[tls] = TlsAlloc()) != TLS_OUT_OF_INDEXES)
        tls++;
    for (number = 0; number < tls; number++)
        TlsFree(taken[number]);
    while (fls < MAX_INDEXES && (taken[fls] = FlsAlloc(NULL)) != FLS_OUT_OF_INDEXES)
        fls++;
    for (number = 0; number < fls; number++)
        FlsFree(taken[number]);
    report("indexes %d", tls + fls);
}

static void report_modules(void)
{
    static HMODULE modules[MAX_MODULES];
    static WCHAR file[MAX_PATH_LENGTH];
    DWORD size = 0, number;
    if (!EnumProcessModules(GetCurrentProcess(), modules, sizeof modules, &size))
        return;
    for (number = 0; number < min(size / sizeof *modules, MAX_MODULES); number++) {
        if (!GetModuleFileNameW(modules[number], file, MAX_PATH_LENGTH))
            continue;
        if (plugin.file[0] && !lstrcmpiW(file, plugin.file))
            report("mapped");
        report_text("module", wcsrchr(file, '\\') ? wcsrchr(file, '\\') + 1 : file);
    }
}

static void report_environment(void)
{
    WCHAR *all = GetEnvironmentStringsW(), *next;
    if (!all)
        return;
    /* Those that begin with `=` are the current folders of drives. */
    for (next = all; *next; next += lstrlenW(next) + 1)
        if (*next != '=')
            report_text("variable", next);
    FreeEnvironmentStringsW(all);
}

static void report_main_thread(void)
{
    thread_description *describe =
        (thread_description *)(void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "GetThreadDescription");
    DWORD_PTR processors = 0, system = 0;
    WCHAR *name = NULL;
    USHORT x87 = 0;
    unsigned sse = 0;
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    __asm__ volatile("stmxcsr %0" : "=m"(sse));
    /* Without the flags of what has happened so far. */
    report("floating-point x87 %04x, SSE %04x", x87, sse & ~0x3fu);
    GetProcessAffinityMask(GetCurrentProcess(), &processors, &system);
    report("priority thread priority %d", GetThreadPriority(GetCurrentThread()));
    report("priority class %lx", GetPriorityClass(GetCurrentProcess()));
    report("priority processors %I64x", (ULONGLONG)processors);
    report("locale LC_ALL %s", setlocale(LC_ALL, NULL));
    report("locale thread %lx", GetThreadLocale());
    if (describe && describe(GetCurrentThread(), &name) >= 0) {
        report_text("name", name);
        LocalFree(name);
    }
}

static DWORD console_mode(const WCHAR *name)
{
    DWORD mode = 0;
    HANDLE console = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                 OPEN_EXISTING, 0, NULL);
    if (console != INVALID_HANDLE_VALUE) {
        GetConsoleMode(console, &mode);
        CloseHandle(console);
    }
    return mode;
}

/* The standard handles, and the console. The host is started without one, as a service is. */
static void report_console(void)
{
    static const DWORD standard[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    DWORD flags, first;
    int number;
    for (number = 0; number < 3; number++) {
        HANDLE handle = GetStdHandle(standard[number]);
        const char *inherited = "closed";
        if (GetHandleInformation(handle, &flags))
            inherited = flags & HANDLE_FLAG_INHERIT ? "inherited" : "not inherited";
        report("standard %d %I64x %s", number, (ULONGLONG)(ULONG_PTR)handle, inherited);
    }
    if (GetConsoleProcessList(&first, 1))
        report("console code pages %u and %u, modes %lx and %lx", GetConsoleCP(), GetConsoleOutputCP(),
               console_mode(L"CONIN$"), console_mode(L"CONOUT$"));
}

void report_state(DWORD main_thread, BOOL all)
{
    static WCHAR folder[MAX_PATH_LENGTH];
    if (all) {
        report_threads(main_thread);
        report_handles();
        report_indexes();
    }
    report_children();
    report_modules();
    report_console();
    report("heaps %lu", GetProcessHeaps(0, NULL));
    if (GetCurrentDirectoryW(MAX_PATH_LENGTH, folder))
        report_text("folder", folder);
    report_environment();
    report_main_thread();
}
