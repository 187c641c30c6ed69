// The meaning of the server's response.
//
// TODO: let `decide` return ENTITLEMENT_SUCCESS for the allow response alone, and ENTITLEMENT_FAILED for a deny response.
// Everything else stays UNAVAILABLE: a captive portal sends 200, too. jansson is linked, for JSON. The responses of
// conformance.toml:
//
{{responses}}
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string_view>

extern "C" {
#include "check.h"
}

namespace {

ICS_ENTITLEMENT_RESULT decide(long, std::string_view, std::string_view)
{
    return ENTITLEMENT_UNAVAILABLE;
}

} // namespace

// What check.c calls. No exception leaves the library: one is UNAVAILABLE, as everything that is not understood.
extern "C" ICS_ENTITLEMENT_RESULT judge(long status, const char *content_type, const char *body,
                                        size_t length)
{
    try {
        return decide(status, content_type == nullptr ? "" : content_type, {body, length});
    } catch (...) {
        return ENTITLEMENT_UNAVAILABLE;
    }
}
