/* The body counts only when the transfer ended well and its framing says that it is complete. */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

struct framing {
    int lengths; /* Content-Length fields */
    int codings; /* Transfer-Encoding fields */
};

static bool is_field(const char *line, size_t length, const char *name)
{
    size_t size = strlen(name);
    return length > size && strncasecmp(line, name, size) == 0 && line[size] == ':';
}

/*
 * For CURLOPT_HEADERFUNCTION. Two framings in one response are an attack or a fault (RFC 9112,
 * 6.3).
 */
size_t take_header(char *line, size_t size, size_t count, void *context)
{
    struct framing *framing = context;
    size_t length = size * count;
    framing->lengths += is_field(line, length, "content-length");
    framing->codings += is_field(line, length, "transfer-encoding");
    return framing->lengths + framing->codings > 1 ? CURL_WRITEFUNC_ERROR : length;
}

/*
 * CURLE_PARTIAL_FILE: short of Content-Length, or a last chunk that never came. CURLE_RECV_ERROR:
 * reset, or bad chunks. What the write callback received until then is worth nothing. A body that
 * ends with the connection looks the same when it is cut, so it is not accepted at all.
 */
bool is_complete(CURLcode outcome, const struct framing *framing)
{
    return outcome == CURLE_OK && framing->lengths + framing->codings == 1;
}
