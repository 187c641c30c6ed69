/* The status comes first, as a number: never the reason phrase, never "anything below 400". */
#include <stdbool.h>

#include <curl/curl.h>

#include "IcsEntitlement.h"

/* What a body says, once it has been parsed to its end. */
struct meaning {
    bool allows;
    bool denies;
};

ICS_ENTITLEMENT_RESULT decide(CURL *curl, CURLcode outcome, const struct meaning *body)
{
    long status = 0;
    if (outcome != CURLE_OK)
        return ENTITLEMENT_UNAVAILABLE;
    if (curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
        return ENTITLEMENT_UNAVAILABLE;
    switch (status) {
    case 200:
        return body->allows ? ENTITLEMENT_SUCCESS : ENTITLEMENT_UNAVAILABLE;
    case 403:
        return body->denies ? ENTITLEMENT_FAILED : ENTITLEMENT_UNAVAILABLE;
    default:
        /* 201, 204, 301, 404, 500, 503, 511: none of them is in the operator's protocol. */
        return ENTITLEMENT_UNAVAILABLE;
    }
}
