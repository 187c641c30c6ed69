/* The parent, on the Windows side, of the process that a plugin is loaded in.
 *
 * It starts that process suspended, puts it into a job that ends it and all that it starts, and only then lets it run.
 * What it and its child write is sent on as frames: a letter, the length as four bytes (the lowest first), the bytes.
 *
 *   r  what the host reports    o  standard output    e  standard error
 *   x  the host's exit code     f  why it could not be started
 *
 * The standard input and output of this process are the channel to the harness. The plugin's process has neither.
 */
#include <windows.h>

static HANDLE channel;
static CRITICAL_SECTION one_frame;

static BOOL write_all(HANDLE to, const void *bytes, DWORD length)
{
    const char *next = bytes;
    while (length) {
        DWORD written = 0;
        if (!WriteFile(to, next, length, &written, NULL) || !written)
            return FALSE;
        next += written;
        length -= written;
    }
    return TRUE;
}

static void send_frame(char kind, const void *bytes, DWORD length)
{
    BYTE head[5] = {(BYTE)kind, (BYTE)length, (BYTE)(length >> 8), (BYTE)(length >> 16), (BYTE)(length >> 24)};
    EnterCriticalSection(&one_frame);
    if (!write_all(channel, head, sizeof head) || !write_all(channel, bytes, length))
        ExitProcess(1); /* The harness has ended. */
    LeaveCriticalSection(&one_frame);
}

static void fail(const char *what)
{
    char text[256];
    int length = wsprintfA(text, "%s: Windows error %lu", what, GetLastError());
    send_frame('f', text, length);
    ExitProcess(1);
}

struct stream {
    HANDLE from;
    char kind;
};

static DWORD WINAPI send_on(void *argument)
{
    struct stream *stream = argument;
    char buffer[16384];
    DWORD length;
    while (ReadFile(stream->from, buffer, sizeof buffer, &length, NULL) && length)
        send_frame(stream->kind, buffer, length);
    return 0;
}

static DWORD WINAPI send_commands(void *to)
{
    HANDLE from = GetStdHandle(STD_INPUT_HANDLE);
    char buffer[4096];
    DWORD length;
    while (ReadFile(from, buffer, sizeof buffer, &length, NULL) && length)
        if (!write_all(to, buffer, length))
            break;
    CloseHandle(to);
    return 0;
}

/* A pipe of which the child inherits one end. */
static void make_pipe(HANDLE *own, HANDLE *childs, BOOL child_writes)
{
    HANDLE read, write;
    if (!CreatePipe(&read, &write, NULL, 65536))
        fail("CreatePipe");
    *own = child_writes ? read : write;
    *childs = child_writes ? write : read;
    if (!SetHandleInformation(*childs, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT))
        fail("SetHandleInformation");
}

int WINAPI WinMain(HINSTANCE instance, HINSTANCE none, LPSTR program, int show)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    HANDLE job, commands, childs_commands, childs_reports, childs_output, childs_errors, threads[3];
    struct stream streams[3] = {{NULL, 'r'}, {NULL, 'o'}, {NULL, 'e'}};
    STARTUPINFOA startup = {sizeof startup};
    PROCESS_INFORMATION host;
    char line[512];
    DWORD code = 0;
    int i;

    channel = GetStdHandle(STD_OUTPUT_HANDLE);
    InitializeCriticalSection(&one_frame);
    job = CreateJobObjectA(NULL, NULL);
    limits.BasicLimitInformation.LimitFlags =
        JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
    if (!job || !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits))
        fail("CreateJobObject");
    make_pipe(&commands, &childs_commands, FALSE);
    make_pipe(&streams[0].from, &childs_reports, TRUE);
    make_pipe(&streams[1].from, &childs_output, TRUE);
    make_pipe(&streams[2].from, &childs_errors, TRUE);
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput =
        CreateFileA("NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_EXISTING, 0, NULL);
    startup.hStdOutput = childs_output;
    startup.hStdError = childs_errors;
    wsprintfA(line, "%.400s %lu %lu", program, (ULONG)(ULONG_PTR)childs_commands, (ULONG)(ULONG_PTR)childs_reports);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED | DETACHED_PROCESS, NULL, NULL, &startup, &host))
        fail("CreateProcess");
    if (!AssignProcessToJobObject(job, host.hProcess)) {
        TerminateProcess(host.hProcess, 1);
        fail("AssignProcessToJobObject");
    }
    CloseHandle(childs_commands);
    CloseHandle(childs_reports);
    CloseHandle(childs_output);
    CloseHandle(childs_errors);
    for (i = 0; i < 3; i++) {
        threads[i] = CreateThread(NULL, 0, send_on, &streams[i], 0, NULL);
        if (!threads[i])
            fail("CreateThread");
    }
    if (!CreateThread(NULL, 0, send_commands, commands, 0, NULL))
        fail("CreateThread");
    if (ResumeThread(host.hThread) == (DWORD)-1)
        fail("ResumeThread");
    WaitForSingleObject(host.hProcess, INFINITE);
    GetExitCodeProcess(host.hProcess, &code);
    /* Whatever the plugin started holds the pipes open, and ends now. */
    TerminateJobObject(job, 1);
    WaitForMultipleObjects(3, threads, TRUE, 2000);
    send_frame('x', &code, sizeof code);
    ExitProcess(0);
}
