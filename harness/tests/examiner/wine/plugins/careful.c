/* A plugin for Windows that asks the server of the profile carrier-json with WinHTTP, carefully; and, with switches of
 * breaks.h, one that breaks rules on purpose.
 */
#include "breaks.h"

#include <winhttp.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#ifdef ASKS_IF_CONNECTED
#include "connected.h"
#endif

enum { SUCCESS, FAILED, UNAVAILABLE };

/* How long a call may take, in milliseconds. */
#define DEADLINE 8000

/* How long each step of a request may take. The closed library is examined beside others, where Wine is slow. */
#ifdef CLOSED
#define STEP 6000
#else
#define STEP 3000
#endif

/* The longest response that is read, in bytes. */
#define LONGEST 65536

#ifdef CLOSED
#include "closed.h"
#else
#ifdef FROM_SETTINGS
#define SERVER L"localhost"
#else
#define SERVER L"entitlement.operator.example"
#endif
#define QUESTION L"/v1/entitlement"

/* Whether a text is that word, with white space around it or not. */
static BOOL is_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    text += strspn(text, " \t\r\n");
    return !strncmp(text, word, length) && !text[length + strspn(text + length, " \t\r\n")];
}

static int decide(DWORD status, const char *body, const WCHAR *type)
{
#ifdef ANY_200
    if (status == 200)
        return SUCCESS;
#endif
    if (status == 200 && !_wcsnicmp(type, L"application/json", 16) && json_member_is(body, "status", "allowed"))
        return SUCCESS;
    if (status == 403 && !_wcsnicmp(type, L"text/plain", 10) && (is_word(body, "1000") || is_word(body, "1003")))
        return FAILED;
    return UNAVAILABLE;
}
#endif

/* Reads a body up to its end. Returns whether it is complete and not too long. */
static BOOL read_body(HINTERNET request, char *body, ULONGLONG end)
{
    DWORD length = 0, read = 0;
    WCHAR announced[32] = L"";
    DWORD size = sizeof announced;
    BOOL is_announced = WinHttpQueryHeaders(request, WINHTTP_QUERY_CONTENT_LENGTH, NULL, announced, &size, NULL);
    do {
        if (GetTickCount64() >= end || !WinHttpReadData(request, body + length, LONGEST - length, &read))
            return FALSE;
        length += read;
    } while (read && length < LONGEST);
    body[length] = 0;
    /* A body with a zero in it is none that the server sends. */
    return length < LONGEST && strlen(body) == length && (!is_announced || _wtoi(announced) == (int)length);
}

static int ask(HINTERNET request, ULONGLONG end)
{
    char body[LONGEST + 1];
    WCHAR type[128] = L"", coding[32];
    DWORD status = 0, size = sizeof status;
    DWORD no = WINHTTP_DISABLE_COOKIES | WINHTTP_DISABLE_AUTHENTICATION | WINHTTP_DISABLE_KEEP_ALIVE;
#ifndef FOLLOWS_REDIRECTS
    no |= WINHTTP_DISABLE_REDIRECTS;
#endif
    if (!WinHttpSetOption(request, WINHTTP_OPTION_DISABLE_FEATURE, &no, sizeof no))
        return UNAVAILABLE;
#ifdef CHECKS_REVOCATION
    DWORD revocation = WINHTTP_ENABLE_SSL_REVOCATION;
    if (!WinHttpSetOption(request, WINHTTP_OPTION_ENABLE_FEATURE, &revocation, sizeof revocation))
        return UNAVAILABLE;
#endif
#ifdef IGNORES_CERTIFICATES
    DWORD ignored = SECURITY_FLAG_IGNORE_UNKNOWN_CA | SECURITY_FLAG_IGNORE_CERT_CN_INVALID |
                    SECURITY_FLAG_IGNORE_CERT_DATE_INVALID | SECURITY_FLAG_IGNORE_CERT_WRONG_USAGE;
    WinHttpSetOption(request, WINHTTP_OPTION_SECURITY_FLAGS, &ignored, sizeof ignored);
#endif
    if (!WinHttpSendRequest(request, WINHTTP_NO_ADDITIONAL_HEADERS, 0, WINHTTP_NO_REQUEST_DATA, 0, 0, 0) ||
        !WinHttpReceiveResponse(request, NULL) ||
        !WinHttpQueryHeaders(request, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER, NULL, &status, &size, NULL))
        return UNAVAILABLE;
    fail(status);
    size = sizeof type;
    if (!WinHttpQueryHeaders(request, WINHTTP_QUERY_CONTENT_TYPE, NULL, type, &size, NULL))
        type[0] = 0;
    size = sizeof coding;
    /* None was asked for. */
    if (WinHttpQueryHeaders(request, WINHTTP_QUERY_CONTENT_ENCODING, NULL, coding, &size, NULL) ||
        GetLastError() != ERROR_WINHTTP_HEADER_NOT_FOUND || !read_body(request, body, end))
        return UNAVAILABLE;
    return decide(status, body, type);
}

/* The port of the server: that of https, or that of the URL in the settings file beside the library. */
static INTERNET_PORT port(void)
{
#ifdef FROM_SETTINGS
    WCHAR path[4096];
    char text[4096], *found;
    DWORD length, read = 0;
    HANDLE file;
    HMODULE own;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, (void *)port,
                       &own);
    length = GetModuleFileNameW(own, path, 4096);
    wcscpy(path + length - 3, L"toml");
    file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return 1;
    ReadFile(file, text, sizeof text - 1, &read, NULL);
    CloseHandle(file);
    text[read] = 0;
    found = strstr(text, "localhost:");
    return found ? (INTERNET_PORT)atoi(found + strlen("localhost:")) : 1;
#else
    return INTERNET_DEFAULT_HTTPS_PORT;
#endif
}

static int check(void)
{
    int result = UNAVAILABLE;
    ULONGLONG end = GetTickCount64() + DEADLINE;
#ifdef ASKS_FOR_PROXY
    WINHTTP_CURRENT_USER_IE_PROXY_CONFIG users = {0};
    BOOL has_proxy = WinHttpGetIEProxyConfigForCurrentUser(&users) && users.lpszProxy;
    HINTERNET session =
        WinHttpOpen(L"careful/1", has_proxy ? WINHTTP_ACCESS_TYPE_NAMED_PROXY : WINHTTP_ACCESS_TYPE_NO_PROXY,
                    users.lpszProxy, users.lpszProxyBypass, 0);
    GlobalFree(users.lpszProxy);
    GlobalFree(users.lpszProxyBypass);
    GlobalFree(users.lpszAutoConfigUrl);
#else
    HINTERNET session = WinHttpOpen(L"careful/1", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, 0);
#endif
    HINTERNET connection = NULL, request = NULL;
    if (session && WinHttpSetTimeouts(session, STEP, STEP, STEP, STEP))
        connection = WinHttpConnect(session, SERVER, port(), 0);
    if (connection)
        request = WinHttpOpenRequest(connection, L"GET", QUESTION, NULL, WINHTTP_NO_REFERER,
                                     WINHTTP_DEFAULT_ACCEPT_TYPES, WINHTTP_FLAG_SECURE);
    if (request)
        result = ask(request, end);
    if (request)
        WinHttpCloseHandle(request);
    if (connection)
        WinHttpCloseHandle(connection);
    if (session)
        WinHttpCloseHandle(session);
    return result;
}

#ifdef BY_DEFINITION
#define EXPORTED
#else
#define EXPORTED __declspec(dllexport)
#endif

#if defined(MANGLED)
EXPORTED int function(void) __asm__("_Z10IsEntitledv");
#elif defined(MANGLED_BY_MSVC)
EXPORTED int function(void) __asm__("?IsEntitled@@YAHXZ");
#elif defined(DECORATED)
EXPORTED int function(void) __asm__("_IsEntitled@0");
#elif defined(NO_EXPORT)
EXPORTED int function(void) __asm__("IsNotEntitled");
#elif defined(DATA)
static int function(void);
EXPORTED int (*IsEntitled)(void) = function;
#elif defined(__i386__)
/* Names of functions have a prefix there. */
#define function IsEntitled
EXPORTED int function(void);
#else
EXPORTED int function(void) __asm__("IsEntitled");
#endif
int function(void)
{
    int result = UNAVAILABLE;
#ifdef ASKS_IF_CONNECTED
    if (is_connected())
#endif
        result = check();
    leave();
    return result;
}

#ifdef FROM_SETTINGS
/* What the SDK adds to a library, so that the harness writes settings for it. */
#define TEXT_OF_MARKER "{\"sdk\":\"0.1.0\",\"settings\":1}"
__attribute__((section(".icsent"), used, aligned(4))) static const struct {
    unsigned name_size, text_size, type;
    char name[16], text[sizeof TEXT_OF_MARKER - 1];
} marker = {16, sizeof TEXT_OF_MARKER - 1, 1, "ICS-Entitlement", TEXT_OF_MARKER};
#endif

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *reserved)
{
    if (reason == DLL_PROCESS_ATTACH) {
#ifdef REFUSES_TO_LOAD
        return FALSE;
#endif
#ifdef BLOCKS
        hang();
#endif
#ifdef STARTS_THREAD
        start_thread();
#endif
#ifdef CONNECTS
        open_connection();
#endif
#ifdef ASKS
        check();
#endif
    }
#ifdef CRASHES_ON_DETACH
    if (reason == DLL_PROCESS_DETACH)
        violate();
#endif
    return TRUE;
}
