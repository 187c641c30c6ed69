/*
 * The parts of the plugin, each in a file of its own: plugin.cpp the export,
 * check.cpp the request, exchange.cpp waiting for WinHTTP until the deadline,
 * answer.cpp the meaning of the response.
 *
 * No file uses exceptions, RTTI or the C++ library's run-time part.
 */
#ifndef CARRIER_JSON_CHECK_H
#define CARRIER_JSON_CHECK_H

#include <windows.h>
#include <winhttp.h>

#include <stddef.h>

#include "IcsEntitlement.h"

/* The server's URL, https only. A build may set another: make URL=https://… */
#ifndef ENTITLEMENT_URL
#define ENTITLEMENT_URL L"https://entitlement.operator.example/tethering"
#endif

/* The time limit of a call, from the name look-up to the last byte of the response. */
#ifndef ENTITLEMENT_MILLISECONDS
#define ENTITLEMENT_MILLISECONDS 5000
#endif

/* How long after the deadline WinHTTP may take to end what was cancelled. */
const DWORD GRACE_MILLISECONDS = 500;

/* A valid body has some twenty bytes; a larger one than this is rejected. */
const DWORD MOST_BODY_BYTES = 64 * 1024;
const DWORD MOST_HEADER_BYTES = 16 * 1024;

/* A moment, in milliseconds since the system started; setting the clock does not affect it. */
class Deadline {
public:
    explicit Deadline(ULONGLONG milliseconds) : until(GetTickCount64() + milliseconds) {}

    /* The milliseconds until then; 0 if it has passed. */
    DWORD left() const
    {
        ULONGLONG now = GetTickCount64();
        return now < until ? static_cast<DWORD>(until - now) : 0;
    }

private:
    ULONGLONG until;
};

/*
 * The asynchronous operations of one request, one after another. WinHTTP reports
 * from threads of its own, so two own this: the caller, and WinHTTP until it has
 * reported that the request's handle is closed. The one that releases it last
 * frees it.
 */
class Exchange {
public:
    /* NULL if there is no memory. The caller has to call release(). */
    static Exchange *create();
    void release();

    /* Makes `request` report here, and close() close it. From then on WinHTTP is an owner too. */
    bool attach(HINTERNET request);

    /* Waits for the operation that was started last. False if it failed, or the deadline passed. */
    bool wait(const Deadline &deadline);

    /* Cancels what is running, closes the request, and waits until WinHTTP has no more use for it. */
    void close();

    /* The bytes that the last read operation stored; 0 at the end of the body. */
    DWORD bytes_read() const { return transferred; }

    /* Where the body is stored. It belongs to this object, since a cancelled read may still write to it. */
    char body[MOST_BODY_BYTES + 1];

private:
    static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, void *information,
                                   DWORD length);
    void finish(bool success, DWORD bytes);

    volatile LONG owners;
    HINTERNET request;
    HANDLE finished; /* an operation has ended */
    HANDLE closed;   /* the request's handle is gone */
    volatile bool succeeded;
    volatile DWORD transferred;
};

/* Sends the request, and judges its response. */
ICS_ENTITLEMENT_RESULT check(const Deadline &deadline);

/* The meaning of a complete response. content_type is empty if the response has none. */
ICS_ENTITLEMENT_RESULT judge(DWORD status, const wchar_t *content_type, const char *body, size_t length);

#endif
