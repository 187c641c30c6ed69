/*
 * One request to the operator's server, with WinHTTP.
 *
 * Everything that WinHTTP would take from the user's settings or do by default
 * (proxies, redirects, cookies, credentials, old versions of TLS) is disabled
 * explicitly, and the sizes of header and body are limited. An option that
 * cannot be set is a failure and not a weaker request, but for TLS 1.3, which
 * not every Windows has.
 */
#include "check.h"

#include <string.h>

/* Closes a session or a connection at the end of its scope. */
class Handle {
public:
    explicit Handle(HINTERNET opened) : handle(opened) {}
    ~Handle()
    {
        if (handle != nullptr)
            WinHttpCloseHandle(handle);
    }
    Handle(const Handle &) = delete;
    Handle &operator=(const Handle &) = delete;
    operator HINTERNET() const { return handle; }

private:
    HINTERNET handle;
};

/* Releases an exchange at the end of its scope, closed. */
class Owned {
public:
    explicit Owned(Exchange *created) : exchange(created) {}
    ~Owned()
    {
        if (exchange == nullptr)
            return;
        exchange->close();
        exchange->release();
    }
    Owned(const Owned &) = delete;
    Owned &operator=(const Owned &) = delete;
    Exchange *operator->() const { return exchange; }
    Exchange *get() const { return exchange; }
    explicit operator bool() const { return exchange != nullptr; }

private:
    Exchange *exchange;
};

struct Server {
    wchar_t host[256];
    wchar_t path[2048];
    INTERNET_PORT port;
};

static bool set(HINTERNET handle, DWORD option, DWORD value)
{
    return WinHttpSetOption(handle, option, &value, sizeof value) != FALSE;
}

/* The parts of the URL. False if it is not one of https. */
static bool find_server(Server *server)
{
    URL_COMPONENTS parts;
    memset(&parts, 0, sizeof parts);
    parts.dwStructSize = sizeof parts;
    parts.lpszHostName = server->host;
    parts.dwHostNameLength = ARRAYSIZE(server->host);
    parts.lpszUrlPath = server->path;
    parts.dwUrlPathLength = ARRAYSIZE(server->path);
    if (!WinHttpCrackUrl(ENTITLEMENT_URL, 0, 0, &parts) || parts.nScheme != INTERNET_SCHEME_HTTPS)
        return false;
    server->port = parts.nPort;
    return true;
}

static bool prepare_session(HINTERNET session, DWORD milliseconds)
{
    int limit = static_cast<int>(milliseconds);
    bool versions = set(session, WINHTTP_OPTION_SECURE_PROTOCOLS,
                        WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2 | WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3) ||
                    set(session, WINHTTP_OPTION_SECURE_PROTOCOLS, WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2);
    /* So that no step of WinHTTP outlasts the call by much, even if it cannot be cancelled. */
    return versions && WinHttpSetTimeouts(session, limit, limit, limit, limit);
}

static bool prepare_request(HINTERNET request)
{
    return set(request, WINHTTP_OPTION_REDIRECT_POLICY, WINHTTP_OPTION_REDIRECT_POLICY_NEVER) &&
           set(request, WINHTTP_OPTION_DISABLE_FEATURE,
               WINHTTP_DISABLE_COOKIES | WINHTTP_DISABLE_REDIRECTS | WINHTTP_DISABLE_AUTHENTICATION |
                   WINHTTP_DISABLE_KEEP_ALIVE) &&
           set(request, WINHTTP_OPTION_AUTOLOGON_POLICY, WINHTTP_AUTOLOGON_SECURITY_LEVEL_HIGH) &&
           set(request, WINHTTP_OPTION_MAX_RESPONSE_HEADER_SIZE, MOST_HEADER_BYTES);
}

/* The number of header fields of this kind: 0, 1, or 2 for more. `text` has the first one's value. */
static int header(HINTERNET request, DWORD query, wchar_t *text, DWORD bytes)
{
    wchar_t second[1];
    DWORD index = 0;
    DWORD size = bytes;
    text[0] = L'\0';
    if (!WinHttpQueryHeaders(request, query, WINHTTP_HEADER_NAME_BY_INDEX, text, &size, &index))
        /* One that is too long to be stored is one that is not understood. */
        return GetLastError() == ERROR_WINHTTP_HEADER_NOT_FOUND ? 0 : 2;
    size = sizeof second;
    if (WinHttpQueryHeaders(request, query, WINHTTP_HEADER_NAME_BY_INDEX, second, &size, &index) ||
        GetLastError() != ERROR_WINHTTP_HEADER_NOT_FOUND)
        return 2;
    return 1;
}

/* A decimal number without sign; false if the text is another one, or the number is larger than `most`. */
static bool number(const wchar_t *text, DWORD most, DWORD *value)
{
    DWORD sum = 0;
    if (text[0] == L'\0')
        return false;
    for (; *text != L'\0'; text++) {
        if (*text < L'0' || *text > L'9')
            return false;
        sum = sum * 10 + static_cast<DWORD>(*text - L'0');
        if (sum > most)
            return false;
    }
    *value = sum;
    return true;
}

static bool is_chunked(const wchar_t *coding)
{
    return CompareStringOrdinal(coding, -1, L"chunked", -1, TRUE) == CSTR_EQUAL;
}

/*
 * Reads the body to its end. A body that is delimited by the end of the connection
 * could have been truncated by an attacker, and WinHTTP does not report each
 * truncated one: its length has to be announced and is compared.
 */
static bool read_body(HINTERNET request, Exchange *exchange, const Deadline &deadline, DWORD *length)
{
    wchar_t length_field[32];
    wchar_t coding[32];
    int lengths = header(request, WINHTTP_QUERY_CONTENT_LENGTH, length_field, sizeof length_field);
    int codings = header(request, WINHTTP_QUERY_TRANSFER_ENCODING, coding, sizeof coding);
    DWORD announced = 0;
    if (lengths + codings != 1)
        return false;
    if (lengths == 1 ? !number(length_field, MOST_BODY_BYTES, &announced) : !is_chunked(coding))
        return false;

    DWORD stored = 0;
    for (;;) {
        /* One byte more than the limit, so that a body beyond it is noticed. */
        if (!WinHttpReadData(request, exchange->body + stored, MOST_BODY_BYTES + 1 - stored, nullptr) ||
            !exchange->wait(deadline))
            return false;
        if (exchange->bytes_read() == 0)
            break;
        stored += exchange->bytes_read();
        if (stored > MOST_BODY_BYTES)
            return false;
    }
    *length = stored;
    return codings == 1 || stored == announced;
}

static ICS_ENTITLEMENT_RESULT ask(HINTERNET request, Exchange *exchange, const Deadline &deadline)
{
    static const wchar_t headers[] = L"Content-Type: application/json\r\nAccept: application/json\r\n";
    static char question[] = "{}";
    const DWORD size = sizeof question - 1;
    if (!WinHttpSendRequest(request, headers, static_cast<DWORD>(-1), question, size, size,
                            reinterpret_cast<DWORD_PTR>(exchange)) ||
        !exchange->wait(deadline) || !WinHttpReceiveResponse(request, nullptr) || !exchange->wait(deadline))
        return ENTITLEMENT_UNAVAILABLE;

    DWORD status = 0;
    DWORD status_size = sizeof status;
    wchar_t content_type[128];
    wchar_t content_coding[32];
    DWORD length = 0;
    if (!WinHttpQueryHeaders(request, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER,
                             WINHTTP_HEADER_NAME_BY_INDEX, &status, &status_size, WINHTTP_NO_HEADER_INDEX) ||
        header(request, WINHTTP_QUERY_CONTENT_TYPE, content_type, sizeof content_type) > 1 ||
        /* The request offers no content coding. */
        header(request, WINHTTP_QUERY_CONTENT_ENCODING, content_coding, sizeof content_coding) > 0 ||
        !read_body(request, exchange, deadline, &length) || deadline.left() == 0)
        return ENTITLEMENT_UNAVAILABLE;
    return judge(status, content_type, exchange->body, length);
}

ICS_ENTITLEMENT_RESULT check(const Deadline &deadline)
{
    Server server;
    if (!find_server(&server))
        return ENTITLEMENT_UNAVAILABLE;

    /* Destroyed in the reverse order: the request first, which `exchange` closes and waits for. */
    Handle session(WinHttpOpen(L"carrier-json-winhttp/0.1", WINHTTP_ACCESS_TYPE_NO_PROXY,
                               WINHTTP_NO_PROXY_NAME, WINHTTP_NO_PROXY_BYPASS, WINHTTP_FLAG_ASYNC));
    if (session == nullptr || !prepare_session(session, deadline.left()))
        return ENTITLEMENT_UNAVAILABLE;
    Handle connection(WinHttpConnect(session, server.host, server.port, 0));
    if (connection == nullptr)
        return ENTITLEMENT_UNAVAILABLE;
    Owned exchange(Exchange::create());
    if (!exchange)
        return ENTITLEMENT_UNAVAILABLE;
    HINTERNET request =
        WinHttpOpenRequest(connection, L"POST", server.path, nullptr, WINHTTP_NO_REFERER,
                           WINHTTP_DEFAULT_ACCEPT_TYPES, WINHTTP_FLAG_SECURE | WINHTTP_FLAG_REFRESH);
    if (request == nullptr)
        return ENTITLEMENT_UNAVAILABLE;
    if (!exchange->attach(request)) {
        WinHttpCloseHandle(request);
        return ENTITLEMENT_UNAVAILABLE;
    }
    if (!prepare_request(request))
        return ENTITLEMENT_UNAVAILABLE;
    return ask(request, exchange.get(), deadline);
}
