/*
 * The meaning of the server's response.
 *
 * 200, application/json, {"status":"allowed"}: allow. 403 with the code 1000 (not
 * subscribed to tethering) or 1003 (user not recognised): deny. Everything else
 * is UNAVAILABLE. A captive portal sends 200 too, so the status alone is not
 * sufficient, and neither is a body that deviates from that JSON document.
 */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "check.h"

static int is_json(const char *content_type)
{
    static const char json[] = "application/json";
    if (content_type == NULL || strncasecmp(content_type, json, sizeof json - 1) != 0)
        return 0;
    /* Only a parameter may follow, as in "application/json; charset=utf-8". */
    const char *rest = content_type + sizeof json - 1;
    return rest[strspn(rest, " \t")] == '\0' || rest[strspn(rest, " \t")] == ';';
}

/* The length in bytes of the UTF-8 character at `text`; 0 if it is invalid. */
static size_t character_length(const unsigned char *text, size_t left)
{
    unsigned char first = text[0];
    if (first < 0x80)
        return 1;
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || length > left)
        return 0;
    for (size_t index = 1; index < length; index++)
        if ((text[index] & 0xc0) != 0x80)
            return 0;
    /* Overlong encodings, surrogates, and code points above U+10FFFF. */
    unsigned char second = text[1];
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
        return 0;
    return length;
}

/* cJSON accepts control characters and invalid UTF-8. */
static int is_clean_text(const char *body, size_t length)
{
    const unsigned char *text = (const unsigned char *)body;
    for (size_t at = 0; at < length;) {
        if (text[at] < 0x20 && strchr("\t\n\r", text[at]) == NULL)
            return 0;
        if (text[at] == '\0')
            return 0;
        size_t step = character_length(text + at, length - at);
        if (step == 0)
            return 0;
        at += step;
    }
    return 1;
}

/* Whether the one member `status` of the object is the string "allowed". */
static int says_allowed(const cJSON *document)
{
    int found = 0;
    const cJSON *member = NULL;
    if (!cJSON_IsObject(document))
        return 0;
    cJSON_ArrayForEach(member, document)
    {
        if (strcmp(member->string, "status") != 0)
            continue;
        /* Parsers differ in which of two members with one name they use. */
        if (found || !cJSON_IsString(member) || strcmp(member->valuestring, "allowed") != 0)
            return 0;
        found = 1;
    }
    return found;
}

static int is_allow(const char *content_type, const char *body, size_t length)
{
    static const char space[] = " \t\r\n";
    if (!is_json(content_type) || !is_clean_text(body, length))
        return 0;
    size_t start = 0;
    while (start < length && strchr(space, body[start]) != NULL)
        start += 1;
    /* cJSON skips a byte order mark, which JSON does not allow. */
    if (start == length || body[start] != '{')
        return 0;
    const char *end = NULL;
    cJSON *document = cJSON_ParseWithLengthOpts(body + start, length - start, &end, 0);
    int allowed = document != NULL && says_allowed(document);
    cJSON_Delete(document);
    while (allowed && end < body + length)
        allowed = strchr(space, *end++) != NULL;
    return allowed;
}

static int is_deny(const char *body, size_t length)
{
    while (length > 0 && strchr("\r\n ", body[length - 1]) != NULL && body[length - 1] != '\0')
        length -= 1;
    while (length > 0 && strchr("\r\n ", body[0]) != NULL && body[0] != '\0') {
        body += 1;
        length -= 1;
    }
    return length == 4 && (memcmp(body, "1000", 4) == 0 || memcmp(body, "1003", 4) == 0);
}

ICS_ENTITLEMENT_RESULT judge(long status, const char *content_type, const char *body,
                             size_t length)
{
    if (status == 200 && is_allow(content_type, body, length))
        return ENTITLEMENT_SUCCESS;
    if (status == 403 && is_deny(body, length))
        return ENTITLEMENT_FAILED;
    return ENTITLEMENT_UNAVAILABLE;
}
