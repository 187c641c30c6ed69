// The meaning of the server's response.
//
// 200, application/json, {"status":"allowed"}: allow. 403 with the code 1000 (not subscribed to tethering) or 1003 (user
// not recognised): deny. Everything else is UNAVAILABLE. A captive portal sends 200 too, so the status alone is not
// sufficient.
#include <cstddef>
#include <cstdint>
#include <ctime>

#include <algorithm>
#include <memory>
#include <string_view>

#include <strings.h>

#include <jansson.h>

extern "C" {
#include "check.h"
}

namespace {

struct Release {
    void operator()(json_t *document) const { json_decref(document); }
};
using Json = std::unique_ptr<json_t, Release>;

bool is_json(std::string_view content_type)
{
    constexpr std::string_view json = "application/json";
    if (content_type.size() < json.size() ||
        strncasecmp(content_type.data(), json.data(), json.size()) != 0)
        return false;
    // Only a parameter may follow, as in "application/json; charset=utf-8".
    auto rest = content_type.substr(json.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    return rest.empty() || rest.front() == ';';
}

// jansson refuses what is not UTF-8, and anything after the document. Parsers differ in which of two members with one
// name they use: none may be doubled.
Json parse(std::string_view body)
{
    return Json(json_loadb(body.data(), body.size(), JSON_REJECT_DUPLICATES, nullptr));
}

bool is_allow(std::string_view content_type, std::string_view body)
{
    if (!is_json(content_type))
        return false;
    Json document = parse(body);
    const char *status = json_string_value(json_object_get(document.get(), "status"));
    return status != nullptr && std::string_view(status) == "allowed";
}

// One of the two codes, with white space around it at most.
bool is_deny(std::string_view body)
{
    constexpr auto space = "\r\n ";
    body.remove_prefix(std::min(body.find_first_not_of(space), body.size()));
    auto last = body.find_last_not_of(space);
    body = body.substr(0, last == body.npos ? 0 : last + 1);
    return body == "1000" || body == "1003";
}

ICS_ENTITLEMENT_RESULT decide(long status, std::string_view content_type, std::string_view body)
{
    if (status == 200 && is_allow(content_type, body))
        return ENTITLEMENT_SUCCESS;
    if (status == 403 && is_deny(body))
        return ENTITLEMENT_FAILED;
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
