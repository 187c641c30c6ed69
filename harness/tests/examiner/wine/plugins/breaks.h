/* What careful.c does wrong on purpose, by switches of the compiler's option -D. Several of them can be defined together where
 * each breaks a rule of its own.
 *
 * No fault, but more than the least
 *   ASKS_IF_CONNECTED     asks Windows first              CHECKS_REVOCATION has WinHTTP check revocation
 *   CLOSED                the server and the protocol of another operator (closed.h)
 * The answer
 *   IGNORES_CERTIFICATES  accepts any certificate         ANY_200  allows by the status alone
 *   FOLLOWS_REDIRECTS     as WinHTTP does unless told     ASKS_FOR_PROXY    uses the proxy of the user's settings
 *   FROM_SETTINGS         asks the server that a settings file names, as plugins of the SDK do
 * What a call does where the server responds with that status: a function of this file
 *   AT_500=violate        accesses memory that it has not AT_503=quit       ends the process
 *   AT_500=overflow       recurses without end            AT_503=give_up    aborts
 *   AT_500=hang           never returns                   AT_503=spin       the same, and uses the processor
 *   AT_503=leave_child    leaves a process behind         AT_500=raise_of_cpp   raises an exception of C++
 *   AT_503=end_thread     ends the calling thread         AT_500=violate_in_system   has a function of Windows violate
 * and AT_511=…
 * What each call leaves
 *   LEAVES_THREAD         a thread                        LEAVES_HANDLE     an event
 *   LEAVES_MEMORY         a block of the process's heap   LEAVES_INDEX      an index of thread-local storage
 *   LEAVES_ITSELF         a reference to its own library  CHANGES_FOLDER    another current folder
 *   LEAVES_TIMER          a waitable timer                LEAVES_HEAP       a heap of its own
 *   TAKES_CONSOLE         a console                       PRINTS            a line on standard output
 *   HIDES_OUTPUT          standard error that children do not inherit
 * What loading does
 *   REFUSES_TO_LOAD       DllMain returns FALSE           BLOCKS            DllMain never returns
 *   STARTS_THREAD         DllMain starts a thread         CONNECTS          DllMain opens a connection
 *   ASKS                  DllMain asks by WinHTTP         CRASHES_ON_DETACH DllMain crashes when it is unloaded
 * The export
 *   NO_EXPORT             of another name                 MANGLED           the name of C++, by GCC
 *   MANGLED_BY_MSVC       the same by MSVC                DECORATED         the name of a function that is __stdcall
 *   DATA                  a variable                      BY_DEFINITION     what a module-definition file says
 */
#ifndef BREAKS_H
#define BREAKS_H

#include <winsock2.h>
#include <windows.h>
#include <stdlib.h>

#ifndef AT_500
#define AT_500 nothing
#endif
#ifndef AT_503
#define AT_503 nothing
#endif
#ifndef AT_511
#define AT_511 nothing
#endif

/* Below, `inline` stands for: may be unused. */

static inline void nothing(void)
{
}

static inline void violate(void)
{
    static volatile ULONG_PTR nowhere = 8;
    *(volatile int *)nowhere = 1;
}

/* The instruction that does it is none of this library. */
static inline void violate_in_system(void)
{
    typedef void WINAPI fill(void *, SIZE_T, BYTE);
    fill *memory = (fill *)(void *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "RtlFillMemory");
    memory((void *)8, 8, 1);
}

static inline void quit(void)
{
    ExitProcess(300);
}

static inline int deeper(volatile char *above)
{
    volatile char frame[4096];
    frame[0] = above ? *above : 0;
    return above ? deeper(frame) + frame[0] : 0;
}

static inline void overflow(void)
{
    volatile char first = 1;
    deeper(&first);
}

static inline void give_up(void)
{
    abort();
}

static inline void raise_of_cpp(void)
{
    RaiseException(0xE06D7363, EXCEPTION_NONCONTINUABLE, 0, NULL);
}

static inline void end_thread(void)
{
    ExitThread(9);
}

static inline void hang(void)
{
    Sleep(INFINITE);
}

static inline void spin(void)
{
    static volatile BOOL is_over;
    while (!is_over)
        ;
}

static inline void leave_child(void)
{
    /* It never runs: what is left is a process, and nothing that it does. */
    STARTUPINFOW startup = {sizeof startup};
    PROCESS_INFORMATION child;
    WCHAR line[] = L"C:\\windows\\system32\\hostname.exe";
    if (CreateProcessW(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED | DETACHED_PROCESS, NULL, NULL, &startup, &child)) {
        CloseHandle(child.hThread);
        CloseHandle(child.hProcess);
    }
}

/* What happens where the server had an error of its own. */
static void fail(DWORD status)
{
    if (status == 500)
        AT_500();
    if (status == 503)
        AT_503();
    if (status == 511)
        AT_511();
}

static inline DWORD WINAPI remain(void *argument)
{
    Sleep(INFINITE);
    return 0;
}

static inline void start_thread(void)
{
    CloseHandle(CreateThread(NULL, 65536, remain, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL));
}

static inline void open_connection(void)
{
    struct sockaddr_in server = {0};
    WSADATA data;
    SOCKET connection;
    if (WSAStartup(MAKEWORD(2, 2), &data))
        return;
    server.sin_family = AF_INET;
    server.sin_port = htons(443);
    server.sin_addr.s_addr = htonl(0xcb007101); /* 203.0.113.1, which is for documentation. */
    connection = socket(AF_INET, SOCK_STREAM, 0);
    connect(connection, (struct sockaddr *)&server, sizeof server);
    closesocket(connection);
    WSACleanup();
}

/* What each call leaves behind. */
static void leave(void)
{
#if defined(LEAVES_THREAD) || defined(LEAVES_ITSELF)
    HMODULE own;
#endif
#ifdef LEAVES_THREAD
    /* It runs in code that is pinned, so that nothing else happens. */
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN, (void *)remain, &own);
    start_thread();
#endif
#ifdef LEAVES_HANDLE
    CreateEventW(NULL, TRUE, FALSE, NULL);
#endif
#ifdef LEAVES_TIMER
    CreateWaitableTimerW(NULL, TRUE, NULL);
#endif
#ifdef LEAVES_HEAP
    HeapCreate(0, 0, 0);
#endif
#ifdef TAKES_CONSOLE
    AllocConsole();
#endif
#ifdef HIDES_OUTPUT
    SetHandleInformation(GetStdHandle(STD_ERROR_HANDLE), HANDLE_FLAG_INHERIT, 0);
#endif
#ifdef LEAVES_MEMORY
    FillMemory(HeapAlloc(GetProcessHeap(), 0, 65536), 65536, 1);
#endif
#ifdef LEAVES_INDEX
    TlsAlloc();
#endif
#ifdef LEAVES_ITSELF
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (void *)leave, &own);
#endif
#ifdef CHANGES_FOLDER
    SetCurrentDirectoryW(L"C:\\windows");
#endif
#ifdef PRINTS
    DWORD written;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "checked\n", 8, &written, NULL);
#endif
}

#endif
