/*
 * The meaning of the server's response.
 *
 * TODO: return ENTITLEMENT_SUCCESS for the allow response alone, and
 * ENTITLEMENT_FAILED for a deny response. Everything else stays UNAVAILABLE: a
 * captive portal sends 200, too. jansson is linked, for JSON. The responses of
 * conformance.toml:
 *
{{responses}}
 */
#include "check.h"

ICS_ENTITLEMENT_RESULT judge(long status, const char *content_type, const char *body,
                             size_t length)
{
    (void)status;
    (void)content_type;
    (void)body;
    (void)length;
    return ENTITLEMENT_UNAVAILABLE;
}
