/*
 * Waiting for WinHTTP until the deadline.
 *
 * WinHTTP's own time-outs are for single steps: a server that sends a byte now
 * and then meets all of them. So each operation is asynchronous, the caller waits
 * for its end as long as the call has time, and closing the request cancels what
 * is running. A synchronous request must not be closed by another thread.
 */
#include "check.h"

#include <stdlib.h>

Exchange *Exchange::create()
{
    void *memory = calloc(1, sizeof(Exchange));
    if (memory == nullptr)
        return nullptr;
    /* All zero is a valid object without a request; there is no constructor to run. */
    Exchange *exchange = static_cast<Exchange *>(memory);
    exchange->owners = 1;
    exchange->finished = CreateEventW(nullptr, FALSE, FALSE, nullptr);
    exchange->closed = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    if (exchange->finished == nullptr || exchange->closed == nullptr) {
        exchange->release();
        return nullptr;
    }
    return exchange;
}

void Exchange::release()
{
    if (InterlockedDecrement(&owners) > 0)
        return;
    if (finished != nullptr)
        CloseHandle(finished);
    if (closed != nullptr)
        CloseHandle(closed);
    free(this);
}

bool Exchange::attach(HINTERNET handle)
{
    DWORD_PTR context = reinterpret_cast<DWORD_PTR>(this);
    if (!WinHttpSetOption(handle, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof context) ||
        WinHttpSetStatusCallback(handle, on_status,
                                 WINHTTP_CALLBACK_FLAG_ALL_COMPLETIONS | WINHTTP_CALLBACK_FLAG_HANDLES,
                                 0) == WINHTTP_INVALID_STATUS_CALLBACK)
        return false;
    request = handle;
    InterlockedIncrement(&owners);
    return true;
}

bool Exchange::wait(const Deadline &deadline)
{
    return WaitForSingleObject(finished, deadline.left()) == WAIT_OBJECT_0 && succeeded;
}

void Exchange::close()
{
    if (request == nullptr)
        return;
    WinHttpCloseHandle(request);
    request = nullptr;
    /* If WinHTTP cannot be stopped in time, it keeps this object, and releases it when it reports at last. */
    (void)WaitForSingleObject(closed, GRACE_MILLISECONDS);
}

void Exchange::finish(bool success, DWORD bytes)
{
    transferred = bytes;
    succeeded = success;
    SetEvent(finished);
}

void CALLBACK Exchange::on_status(HINTERNET, DWORD_PTR context, DWORD status, void *, DWORD length)
{
    Exchange *exchange = reinterpret_cast<Exchange *>(context);
    if (exchange == nullptr)
        return;
    switch (status) {
    case WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE:
        exchange->finish(true, 0);
        break;
    case WINHTTP_CALLBACK_STATUS_READ_COMPLETE:
        exchange->finish(true, length);
        break;
    case WINHTTP_CALLBACK_STATUS_REQUEST_ERROR:
        exchange->finish(false, 0);
        break;
    case WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING:
        /* The last report of this request. */
        SetEvent(exchange->closed);
        exchange->release();
        break;
    default:
        break;
    }
}
