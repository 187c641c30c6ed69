// carrier-json in C++ with libcurl's multi interface and c-ares. No exception leaves the library.
#include "careful.h"
#include "request.hpp"

static ICS_ENTITLEMENT_RESULT ask(const struct timespec *deadline) noexcept
{
    try {
        // The response has 64 KiB: it is not for the stack of every call below.
        auto response = request(*deadline);
        return response ? judge(response.get()) : ENTITLEMENT_UNAVAILABLE;
    } catch (...) {
        return ENTITLEMENT_UNAVAILABLE;
    }
}

extern "C" ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return call_on_own_thread(ask);
}
