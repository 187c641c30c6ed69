/*
 * Sizes are limited in the callbacks, after decoding: CURLOPT_MAXFILESIZE checks only what is
 * announced.
 */
#include <string.h>

#include <curl/curl.h>

#define MOST_HEADER_BYTES (16 * 1024)
#define MOST_BODY_BYTES (64 * 1024)

struct response {
    size_t header_bytes;
    size_t length;
    char body[MOST_BODY_BYTES]; /* On the heap: the host's stack may be small. */
};

size_t take_header(char *line, size_t size, size_t count, void *context)
{
    struct response *response = context;
    (void)line;
    response->header_bytes += size * count;
    return response->header_bytes > MOST_HEADER_BYTES ? CURL_WRITEFUNC_ERROR : size * count;
}

size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct response *response = context;
    size_t length = size * count;
    /* Written so that nothing can wrap around. */
    if (length > sizeof response->body - response->length)
        return CURL_WRITEFUNC_ERROR;
    memcpy(response->body + response->length, data, length);
    response->length += length;
    return length;
}
