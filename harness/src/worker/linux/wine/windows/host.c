/* The process that a plugin is loaded in: makes the steps that it is told to, one after the other, and reports them.
 *
 * A command is a line of words; the last of them may be a path. The answers are lines, too, of which the last is `done`.
 * Numbers are integers, times are nanoseconds, and text is UTF-8 with `\n` for a line feed and `\\` for a backslash.
 * The harness decides what to do; nothing is judged here.
 *
 * The snapshot of the process is in state.c, unloading in hidden.c and keep.c; they include nothing of this file but host.h.
 */
#include "host.h"

HANDLE reports;
struct job_thread threads[MAX_THREADS + 1];
struct plugin plugin, copy;

static CRITICAL_SECTION one_report;
static DWORD main_thread;

/* --- Reports -------------------------------------------------------------------------------------------------- */

static void write_report(const char *text, DWORD length)
{
    EnterCriticalSection(&one_report);
    while (length) {
        DWORD written = 0;
        if (!WriteFile(reports, text, length, &written, NULL) || !written)
            ExitProcess(1); /* The harness has ended. */
        text += written;
        length -= written;
    }
    LeaveCriticalSection(&one_report);
}

void report(const char *format, ...)
{
    char line[1024];
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = _vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (length < 0 || length >= (int)sizeof line - 1)
        length = sizeof line - 1;
    line[length] = '\n';
    write_report(line, length + 1);
}

void report_text(const char *key, const WCHAR *text)
{
    int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *bytes = HeapAlloc(GetProcessHeap(), 0, length + 1);
    char *line = HeapAlloc(GetProcessHeap(), 0, 2 * length + 64);
    if (bytes && line && length > 0) {
        char *end = line;
        const char *next;
        WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, length, NULL, NULL);
        while (*key)
            *end++ = *key++;
        *end++ = ' ';
        for (next = bytes; *next; next++) {
            if (*next == '\n' || *next == '\\')
                *end++ = '\\';
            *end++ = *next == '\n' ? 'n' : *next;
        }
        *end++ = '\n';
        write_report(line, (DWORD)(end - line));
    }
    HeapFree(GetProcessHeap(), 0, bytes);
    HeapFree(GetProcessHeap(), 0, line);
}

static void report_error(const char *what, DWORD error)
{
    WCHAR message[512], line[700];
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, message,
                                  512, NULL);
    while (length && (message[length - 1] == '\n' || message[length - 1] == '\r' || message[length - 1] == '.'))
        length--;
    message[length] = 0;
    _snwprintf(line, 699, L"%S: Windows error %lu%s%s", what, error, length ? L", " : L"", message);
    line[699] = 0;
    report_text("error", line);
}

/* What a plugin that was made with the SDK says of why it decided nothing. */
__declspec(dllexport) void ics_entitlement_reason(const char *text, SIZE_T length)
{
    WCHAR wide[1024];
    int count = text ? MultiByteToWideChar(CP_UTF8, 0, text, (int)min(length, 1000), wide, 1023) : 0;
    wide[count] = 0;
    if (count)
        report_text("reason", wide);
}

/* --- Time ----------------------------------------------------------------------------------------------------- */

static LONGLONG now(void)
{
    static LARGE_INTEGER frequency;
    LARGE_INTEGER count;
    if (!frequency.QuadPart)
        QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&count);
    return count.QuadPart / frequency.QuadPart * 1000000000 +
           count.QuadPart % frequency.QuadPart * 1000000000 / frequency.QuadPart;
}

/* The processor time of this process, in nanoseconds. Under Wine it is that of the process itself only. */
static LONGLONG processor_time(void)
{
    FILETIME created, ended, kernel, user;
    ULARGE_INTEGER both, part;
    if (!GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user))
        return 0;
    both.LowPart = kernel.dwLowDateTime;
    both.HighPart = kernel.dwHighDateTime;
    part.LowPart = user.dwLowDateTime;
    part.HighPart = user.dwHighDateTime;
    return (LONGLONG)(both.QuadPart + part.QuadPart) * 100;
}

/* --- The plugin ----------------------------------------------------------------------------------------------- */

static BOOL load(struct plugin *which)
{
    HMODULE module;
    FARPROC function;
    if (which->module) {
        report("error the plugin is already loaded");
        return FALSE;
    }
    /* Libraries that it needs are found in its own folder. */
    module = LoadLibraryExW(which->path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (!module) {
        report_error("LoadLibrary", GetLastError());
        return FALSE;
    }
    function = GetProcAddress(module, "IsEntitled");
    if (!function) {
        report_error("GetProcAddress(\"IsEntitled\")", GetLastError());
        return FALSE;
    }
    keep_system_libraries();
    GetModuleFileNameW(module, which->file, MAX_PATH_LENGTH);
    which->module = module;
    which->function = (entitlement *)(void *)function;
    return TRUE;
}

static BOOL unload(struct plugin *which)
{
    HMODULE module = which->module;
    DWORD hidden;
    if (!module) {
        report("error no plugin is loaded");
        return FALSE;
    }
    which->module = NULL;
    which->function = NULL;
    if (!free_library(module, &hidden)) {
        report_error("FreeLibrary", GetLastError());
        return FALSE;
    }
    if (hidden)
        report("error DllMain raised the exception 0x%08lX when the library was unloaded, which the loader hides", hidden);
    return !hidden;
}

static BOOL call(struct plugin *which)
{
    LONGLONG started, cpu;
    int value;
    if (!which->function) {
        report("error no plugin is loaded");
        return FALSE;
    }
    cpu = processor_time();
    started = now();
    value = which->function();
    started = now() - started;
    cpu = processor_time() - cpu;
    keep_system_libraries();
    report("call %d %I64d %I64d", value, started, cpu);
    return TRUE;
}

/* --- Threads of the script ------------------------------------------------------------------------------------ */

static DWORD WINAPI wait_for_jobs(void *argument)
{
    struct job_thread *own = argument;
    for (;;) {
        WaitForSingleObject(own->begin, INFINITE);
        if (!own->job)
            return 0;
        own->job(own->argument);
        own->job = NULL;
        SetEvent(own->end);
    }
}

static void spawn_thread(int number, SIZE_T stack)
{
    struct job_thread *thread = &threads[number];
    if (thread->handle) {
        report("error thread %d is already running", number);
        return;
    }
    thread->begin = CreateEventW(NULL, FALSE, FALSE, NULL);
    thread->end = CreateEventW(NULL, FALSE, FALSE, NULL);
    thread->job = NULL;
    thread->handle = CreateThread(NULL, stack * 1024, wait_for_jobs, thread,
                                  stack ? STACK_SIZE_PARAM_IS_A_RESERVATION : 0, &thread->id);
    if (!thread->handle)
        report_error("CreateThread", GetLastError());
}

static void join_thread(int number)
{
    struct job_thread *thread = &threads[number];
    if (!thread->handle) {
        report("error there is no thread %d", number);
        return;
    }
    thread->job = NULL;
    SetEvent(thread->begin);
    WaitForSingleObject(thread->handle, INFINITE);
    CloseHandle(thread->handle);
    CloseHandle(thread->begin);
    CloseHandle(thread->end);
    thread->handle = NULL;
    thread->id = 0;
}

/* Has a thread of the script do a job, or does it here. */
static void run_on(int number, void (*job)(void *), void *argument)
{
    struct job_thread *thread = &threads[number < 0 ? MAX_THREADS : number];
    HANDLE either[2];
    if (number < 0) {
        job(argument);
        return;
    }
    if (!thread->handle) {
        report("error there is no thread %d", number);
        return;
    }
    thread->argument = argument;
    thread->job = job;
    SetEvent(thread->begin);
    either[0] = thread->end;
    either[1] = thread->handle;
    if (WaitForMultipleObjects(2, either, FALSE, INFINITE) != WAIT_OBJECT_0)
        report("error thread %d ended before its work was done", number);
}

/* --- Steps ---------------------------------------------------------------------------------------------------- */

struct calls {
    int times;
    LONGLONG until;
    BOOL own_thread;
};

static void load_job(void *which)
{
    load(which);
}

static void unload_job(void *which)
{
    unload(which);
}

static void call_repeatedly(void *argument)
{
    struct calls *calls = argument;
    int made;
    for (made = 0; made < calls->times; made++)
        if (!call(&plugin) || now() >= calls->until)
            break;
}

static volatile LONG waiting;
static HANDLE gate;
static BOOL may_call;

static DWORD WINAPI call_at_the_gate(void *argument)
{
    InterlockedIncrement(&waiting);
    WaitForSingleObject(gate, INFINITE);
    if (may_call)
        call_repeatedly(argument);
    return 0;
}

/* Calls on many threads that begin at the same time. */
static void call_concurrently(int count, struct calls *calls)
{
    HANDLE started[MAX_CONCURRENT];
    int number, joined;
    gate = CreateEventW(NULL, TRUE, FALSE, NULL);
    waiting = 0;
    may_call = TRUE;
    for (number = 0; number < count && number < MAX_CONCURRENT; number++) {
        started[number] = CreateThread(NULL, 0, call_at_the_gate, calls, 0, NULL);
        if (!started[number]) {
            report_error("CreateThread", GetLastError());
            may_call = FALSE;
            break;
        }
    }
    while (waiting < number)
        Sleep(1);
    SetEvent(gate);
    for (joined = 0; joined < number; joined++) {
        WaitForSingleObject(started[joined], INFINITE);
        CloseHandle(started[joined]);
    }
    CloseHandle(gate);
}

static DWORD WINAPI on_a_thread(void *argument)
{
    BOOL *made = argument;
    *made = call(&plugin);
    return 0;
}

static BOOL make_round(void)
{
    BOOL called;
    if (!load(&plugin))
        return FALSE;
    called = call(&plugin);
    return unload(&plugin) && called;
}

static DWORD WINAPI round_on_a_thread(void *argument)
{
    BOOL *made = argument;
    *made = make_round();
    return 0;
}

static BOOL joined(LPTHREAD_START_ROUTINE job)
{
    BOOL made = FALSE;
    HANDLE thread = CreateThread(NULL, 0, job, &made, 0, NULL);
    if (!thread) {
        report_error("CreateThread", GetLastError());
        return FALSE;
    }
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    return made;
}

static void make_rounds(struct calls *rounds)
{
    int made;
    for (made = 0; made < rounds->times; made++)
        if (!(rounds->own_thread ? joined(round_on_a_thread) : make_round()) || now() >= rounds->until)
            break;
}

static void call_sequentially(struct calls *calls)
{
    int made;
    for (made = 0; made < calls->times; made++)
        if (!joined(on_a_thread) || now() >= calls->until)
            break;
}

static volatile LONG idle_is_over;

/* What a host's other threads do: damage that a plugin left in the process has an effect there. */
static DWORD WINAPI work(void *argument)
{
    SIZE_T size = 1;
    while (!idle_is_over) {
        char *memory = HeapAlloc(GetProcessHeap(), 0, size);
        HANDLE file = CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0,
                                  NULL);
        if (memory)
            FillMemory(memory, size, 1);
        HeapFree(GetProcessHeap(), 0, memory);
        if (file != INVALID_HANDLE_VALUE)
            CloseHandle(file);
        size = size % 100000 * 3 + 1;
        Sleep(1);
    }
    return 0;
}

static void idle_with_load(LONGLONG milliseconds)
{
    LONGLONG end = now() + milliseconds * 1000000;
    HANDLE workers[2];
    int number;
    idle_is_over = 0;
    for (number = 0; number < 2; number++)
        workers[number] = CreateThread(NULL, 0, work, NULL, 0, NULL);
    while (now() < end) {
        Sleep((DWORD)min(milliseconds, 100));
        report("alive");
    }
    idle_is_over = 1;
    for (number = 0; number < 2; number++) {
        WaitForSingleObject(workers[number], INFINITE);
        CloseHandle(workers[number]);
    }
}

/* --- The end -------------------------------------------------------------------------------------------------- */

struct unloaded {
    void *base;
    SIZE_T size;
    ULONG sequence, time, checksum;
    WCHAR name[32];
};

/* The library that was at an address and has been unloaded: the plugin, or else one of the system. */
static void name_of_unloaded(const void *address, WCHAR *name)
{
    typedef struct unloaded *WINAPI trace(void);
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    trace *unloaded = (trace *)(void *)GetProcAddress(ntdll, "RtlGetUnloadEventTrace");
    const struct unloaded *all = unloaded ? unloaded() : NULL;
    const WCHAR *own = wcsrchr(plugin.file, '\\') ? wcsrchr(plugin.file, '\\') + 1 : plugin.file;
    int number;
    for (number = 0; all && number < 64; number++) {
        const char *base = all[number].base;
        if ((const char *)address < base || (const char *)address >= base + all[number].size)
            continue;
        _snwprintf(name, 100, lstrcmpiW(all[number].name, own) ? L"C:\\windows\\system32\\%.32s (unloaded)" : L"%.32s",
                   all[number].name);
    }
}

/* What Wine raises where a function that it lacks is called, with the names of its library and the function. */
#define LACKING 0x80000100

static void name_of_lacking(const EXCEPTION_RECORD *record, WCHAR *name)
{
    const char *library = (const char *)record->ExceptionInformation[0];
    ULONG_PTR function = record->ExceptionInformation[1];
    if (record->NumberParameters < 2 || !library)
        return;
    if (function < 0x10000)
        _snwprintf(name, 300, L"#%u of %.200S", (unsigned)function, library);
    else
        _snwprintf(name, 300, L"%.80S of %.200S", (const char *)function, library);
}

/* Tells where an exception that nothing handled was raised, and ends the process with its code. */
static LONG WINAPI crashed(EXCEPTION_POINTERS *pointers)
{
    DWORD code = pointers->ExceptionRecord->ExceptionCode;
    /* There is no stack left to find out more with. */
    if (code != EXCEPTION_STACK_OVERFLOW) {
        HMODULE module = NULL;
        WCHAR name[MAX_PATH_LENGTH];
        name[0] = 0;
        if (code == LACKING)
            name_of_lacking(pointers->ExceptionRecord, name);
        else if (GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                               pointers->ExceptionRecord->ExceptionAddress, &module))
            GetModuleFileNameW(module, name, MAX_PATH_LENGTH);
        else
            name_of_unloaded(pointers->ExceptionRecord->ExceptionAddress, name);
        report_text("crash", name);
    }
    TerminateProcess(GetCurrentProcess(), code);
    return EXCEPTION_EXECUTE_HANDLER;
}

/* --- Commands ------------------------------------------------------------------------------------------------- */

/* Takes the next word of a command; an empty one at its end. */
static char *word(char **rest)
{
    char *first = *rest, *next = first;
    while (*next && *next != ' ')
        next++;
    if (*next)
        *next++ = 0;
    *rest = next;
    return first;
}

static LONGLONG number(char **rest)
{
    return _atoi64(word(rest));
}

static BOOL is(const char *name, const char *other)
{
    return !lstrcmpA(name, other);
}

static void set_path(struct plugin *which, const char *path)
{
    MultiByteToWideChar(CP_UTF8, 0, path, -1, which->path, MAX_PATH_LENGTH);
}

static void execute(char *command)
{
    char *rest = command;
    char *name = word(&rest);
    struct calls calls = {0};
    LONGLONG started = now();
    if (is(name, "plugin")) {
        set_path(&plugin, rest);
    } else if (is(name, "copy")) {
        set_path(&copy, rest);
    } else if (is(name, "load")) {
        run_on((int)number(&rest), load_job, &plugin);
    } else if (is(name, "unload")) {
        run_on((int)number(&rest), unload_job, &plugin);
    } else if (is(name, "load-copy")) {
        load(&copy);
    } else if (is(name, "call-copy")) {
        call(&copy);
    } else if (is(name, "unload-copy")) {
        unload(&copy);
    } else if (is(name, "spawn")) {
        int thread = (int)number(&rest);
        spawn_thread(thread, (SIZE_T)number(&rest));
    } else if (is(name, "join")) {
        join_thread((int)number(&rest));
    } else if (is(name, "call")) {
        int thread = (int)number(&rest);
        calls.times = (int)number(&rest);
        calls.until = started + number(&rest);
        run_on(thread, call_repeatedly, &calls);
    } else if (is(name, "concurrent")) {
        int count = (int)number(&rest);
        calls.times = (int)number(&rest);
        calls.until = started + number(&rest);
        call_concurrently(count, &calls);
    } else if (is(name, "sequential") || is(name, "rounds")) {
        calls.times = (int)number(&rest);
        calls.own_thread = (BOOL)number(&rest);
        calls.until = started + number(&rest);
        is(name, "rounds") ? make_rounds(&calls) : call_sequentially(&calls);
    } else if (is(name, "idle")) {
        idle_with_load(number(&rest));
    } else if (is(name, "state")) {
        report_state(main_thread, (BOOL)number(&rest));
    } else if (is(name, "quit")) {
        exit(0);
    } else {
        report("error there is no command of that name");
    }
    report("done %I64d", now() - started);
}

/* The arguments are the handles of the pipes with the commands and for the reports. */
int WINAPI WinMain(HINSTANCE instance, HINSTANCE none, LPSTR arguments, int show)
{
    static char command[4 * MAX_PATH_LENGTH];
    DWORD length = 0, read;
    HANDLE commands = (HANDLE)(ULONG_PTR)number(&arguments);
    reports = (HANDLE)(ULONG_PTR)number(&arguments);
    SetHandleInformation(commands, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(reports, HANDLE_FLAG_INHERIT, 0);
    InitializeCriticalSection(&one_report);
    main_thread = GetCurrentThreadId();
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    SetUnhandledExceptionFilter(crashed);
    report("hello %lu", GetCurrentProcessId());
    while (ReadFile(commands, command + length, sizeof command - 1 - length, &read, NULL) && read) {
        char *end;
        length += read;
        command[length] = 0;
        while ((end = strchr(command, '\n'))) {
            DWORD used = (DWORD)(end + 1 - command);
            *end = 0;
            execute(command);
            length -= used;
            memmove(command, end + 1, length + 1);
        }
    }
    return 0;
}
