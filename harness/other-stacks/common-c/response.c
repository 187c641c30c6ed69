/*
 * A strict reading of an HTTP/1.1 response. What two readers could read differently is not accepted: two lengths, a
 * length beside chunks, bare line feeds, folded lines, bytes after the end.
 */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <strings.h>

#include "careful.h"

#define MOST_HEADER_BYTES (16 * 1024)
#define MOST_INTERIM_RESPONSES 8

struct headers {
    int version;
    int lengths;
    int codings;
    int types;
    int odd;
    size_t length;
};

static int is_token(char character)
{
    return character != '\0' && strchr("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                                       character) != NULL;
}

static int is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* "HTTP/1.1 200 OK", where the reason may be missing. */
static int read_status(const char *line, size_t length, struct headers *headers, struct response *response)
{
    if (length < 12 || memcmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') || line[8] != ' ' ||
        !is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]) || (length > 12 && line[12] != ' '))
        return -1;
    headers->version = line[7] - '0';
    response->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    return response->status >= 100 ? 0 : -1;
}

static int is_named(const char *line, size_t name, const char *expected)
{
    return strlen(expected) == name && strncasecmp(line, expected, name) == 0;
}

static int read_length(const char *value, size_t size, size_t *length)
{
    if (size == 0 || size > 9)
        return -1;
    *length = 0;
    for (size_t index = 0; index < size; index++) {
        if (!is_digit(value[index]))
            return -1;
        *length = *length * 10 + (size_t)(value[index] - '0');
    }
    return 0;
}

static int read_header(const char *line, size_t length, struct headers *headers, struct response *response)
{
    size_t name = 0;
    while (name < length && is_token(line[name]))
        name += 1;
    if (name == 0 || name == length || line[name] != ':')
        return -1;
    const char *value = line + name + 1;
    size_t size = length - name - 1;
    while (size > 0 && (*value == ' ' || *value == '\t')) {
        value += 1;
        size -= 1;
    }
    while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
        size -= 1;
    if (is_named(line, name, "content-length")) {
        headers->lengths += 1;
        return read_length(value, size, &headers->length);
    }
    if (is_named(line, name, "transfer-encoding")) {
        headers->codings += 1;
        return is_named(value, size, "chunked") ? 0 : -1;
    }
    if (is_named(line, name, "content-type")) {
        headers->types += 1;
        if (size >= sizeof response->content_type)
            return -1;
        memcpy(response->content_type, value, size);
        response->content_type[size] = '\0';
    }
    /* The request offers no coding. */
    headers->odd += is_named(line, name, "content-encoding");
    return 0;
}

/* The end of a line without control characters, before its CR LF; NULL if it is not complete, -1 in *bad if it is odd. */
static const char *line_end(const char *at, const char *end, int *bad)
{
    for (; at < end; at++) {
        unsigned char character = (unsigned char)*at;
        if (character == '\r') {
            *bad = at + 1 < end && at[1] != '\n';
            return *bad || at + 1 == end ? NULL : at;
        }
        if ((character < 0x20 && character != '\t') || character == 0x7f) {
            *bad = 1;
            return NULL;
        }
    }
    return NULL;
}

/* One header section. *at moves behind it. */
static enum progress read_headers(const char **at, const char *end, struct headers *headers, struct response *response)
{
    const char *line = *at;
    int first = 1, bad = 0;
    memset(headers, 0, sizeof *headers);
    response->content_type[0] = '\0';
    for (;; first = 0) {
        const char *stop = line_end(line, end, &bad);
        if (stop == NULL)
            return bad || end - *at > MOST_HEADER_BYTES ? BAD : MORE;
        size_t length = (size_t)(stop - line);
        if (length == 0 && !first) {
            *at = stop + 2;
            return DONE;
        }
        if (first ? read_status(line, length, headers, response) : read_header(line, length, headers, response))
            return BAD;
        line = stop + 2;
        if (line - *at > MOST_HEADER_BYTES)
            return BAD;
    }
}

static int hexadecimal(char character)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF";
    const char *found = character == '\0' ? NULL : strchr(digits, character);
    return found == NULL ? -1 : (int)((found - digits) % 16);
}

/* The chunks of a body, without trailers. */
static enum progress read_chunks(const char *at, const char *end, struct response *response)
{
    response->length = 0;
    for (;;) {
        int bad = 0, digits = 0;
        size_t size = 0;
        const char *stop = line_end(at, end, &bad);
        if (stop == NULL)
            return bad || end - at > 256 ? BAD : MORE;
        for (; at < stop && hexadecimal(*at) >= 0 && digits < 7; at++, digits++)
            size = size * 16 + (size_t)hexadecimal(*at);
        if (digits == 0 || at != stop || size > MOST_RESPONSE_BYTES - response->length)
            return BAD;
        at = stop + 2;
        size_t left = (size_t)(end - at);
        if (left < size)
            return MORE;
        memcpy(response->body + response->length, at, size);
        response->length += size;
        at += size;
        left -= size;
        if ((left > 0 && at[0] != '\r') || (left > 1 && at[1] != '\n'))
            return BAD;
        if (left < 2)
            return MORE;
        at += 2;
        if (size == 0)
            return at == end ? DONE : BAD;
    }
}

enum progress parse_response(const char *bytes, size_t length, enum connection connection, struct response *response)
{
    const char *at = bytes, *end = bytes + length;
    struct headers headers;
    int interim = 0;
    do {
        enum progress progress = read_headers(&at, end, &headers, response);
        if (progress != DONE)
            return progress;
        if (response->status == 101 || interim++ > MOST_INTERIM_RESPONSES)
            return BAD;
    } while (response->status < 200);
    if (headers.odd || headers.types > 1 || headers.lengths + headers.codings > 1)
        return BAD;
    enum progress progress = DONE;
    if (headers.codings == 1) {
        progress = headers.version == 1 ? read_chunks(at, end, response) : BAD;
    } else {
        size_t left = (size_t)(end - at);
        if (headers.lengths == 1)
            progress = left < headers.length ? MORE : left > headers.length ? BAD : DONE;
        else
            progress = connection == STILL_OPEN ? MORE : connection == ENDED ? DONE : BAD;
        if (progress == DONE) {
            memcpy(response->body, at, left);
            response->length = left;
        }
    }
    if (progress == DONE)
        response->body[response->length] = '\0';
    return progress;
}
