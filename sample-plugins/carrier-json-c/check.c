/*
 * One request to the operator's server, with libcurl.
 *
 * Everything that libcurl would take from its environment or do by default
 * (proxies, netrc, redirects, other protocols, signals, a resolver thread) is
 * disabled explicitly, and the sizes of header and body are limited.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "check.h"

/* The response so far. */
struct answer {
    char *body;
    size_t length;
    size_t header_bytes;
    int lengths;
    int types;
    int transfer_codings;
    int chunked;
    int content_codings;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode initialised = CURLE_FAILED_INIT;

/*
 * Once used, libcurl stays loaded: it depends on some thirty libraries, among
 * them OpenSSL, which do not support being unloaded while threads that used
 * them still run. This library itself can still be unloaded.
 */
static void initialise(void)
{
    pin_library_of((const void *)(uintptr_t)&curl_easy_init);
    if (find_name_check() == 0)
        initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct answer *answer = context;
    size_t length = size * count;
    if (length > MOST_BODY_BYTES - answer->length)
        return CURL_WRITEFUNC_ERROR;
    memcpy(answer->body + answer->length, data, length);
    answer->length += length;
    return length;
}

static int is_header(const char *line, size_t length, const char *name)
{
    size_t size = strlen(name);
    return length > size && strncasecmp(line, name, size) == 0 && line[size] == ':';
}

static int is_chunked(const char *line, size_t length)
{
    static const char name[] = "transfer-encoding:";
    static const char coding[] = "chunked";
    size_t at = sizeof name - 1;
    while (at < length && (line[at] == ' ' || line[at] == '\t'))
        at += 1;
    if (length - at < sizeof coding - 1 || strncasecmp(line + at, coding, sizeof coding - 1) != 0)
        return 0;
    at += sizeof coding - 1;
    while (at < length && strchr(" \t\r\n", line[at]) != NULL)
        at += 1;
    return at == length;
}

/* Rejects a header that is too large, and one that makes the body ambiguous. */
static size_t take_header(char *line, size_t size, size_t count, void *context)
{
    struct answer *answer = context;
    size_t length = size * count;
    answer->header_bytes += length;
    answer->lengths += is_header(line, length, "content-length");
    answer->types += is_header(line, length, "content-type");
    if (is_header(line, length, "transfer-encoding")) {
        answer->transfer_codings += 1;
        answer->chunked += is_chunked(line, length);
    }
    answer->content_codings += is_header(line, length, "content-encoding");
    int ambiguous = answer->lengths + answer->transfer_codings > 1 || answer->types > 1;
    /* The request offers no content coding. */
    int coded = answer->content_codings > 0;
    if (answer->header_bytes > MOST_HEADER_BYTES || ambiguous || coded)
        return CURL_WRITEFUNC_ERROR;
    return length;
}

/* A process that the host starts must not inherit the socket. */
static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static CURLcode prepare_tls(CURL *curl, void *context, void *data)
{
    (void)data;
    return require_name(curl, context) == 0 ? CURLE_OK : CURLE_SSL_CONNECT_ERROR;
}

/* The list for CURLOPT_RESOLVE with the server's addresses; NULL if there are none. */
static struct curl_slist *find_server(void)
{
    struct curl_slist *list = NULL;
    char *host = NULL, *port = NULL;
    CURLU *url = curl_url();
    if (url != NULL && curl_url_set(url, CURLUPART_URL, ENTITLEMENT_URL, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK) {
        char *line = resolve(host, port);
        if (line != NULL)
            list = curl_slist_append(NULL, line);
        free(line);
    }
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(url);
    return list;
}

/* Sets one option, unless setting an earlier one has failed. */
#define SET(option, value) (failed = failed || curl_easy_setopt(curl, option, value) != CURLE_OK)

static int prepare(CURL *curl, struct answer *answer, struct curl_slist *server,
                   struct curl_slist *headers, long milliseconds)
{
    int failed = 0;
    SET(CURLOPT_URL, ENTITLEMENT_URL);
    SET(CURLOPT_PROTOCOLS_STR, ENTITLEMENT_PROTOCOLS);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_RESOLVE, server);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSL_CTX_FUNCTION, prepare_tls);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, milliseconds);
    /* If there are several addresses, libcurl uses half of it for the first one. */
    SET(CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_USERAGENT, USER_AGENT);
    SET(CURLOPT_HTTPHEADER, headers);
#ifdef REQUEST_BODY
    SET(CURLOPT_POSTFIELDS, REQUEST_BODY);
#endif
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, answer);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, answer);
    return failed ? -1 : 0;
}

static ICS_ENTITLEMENT_RESULT ask(CURL *curl, struct answer *answer)
{
    long status = 0;
    char *content_type = NULL;
    if (curl_easy_perform(curl) != CURLE_OK ||
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK ||
        curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &content_type) != CURLE_OK)
        return ENTITLEMENT_UNAVAILABLE;
    /*
     * A body that is delimited by the end of the connection could have been
     * truncated by an attacker: libcurl does not require TLS's close_notify.
     */
    if (answer->lengths == 0 && answer->chunked == 0)
        return ENTITLEMENT_UNAVAILABLE;
    return judge(status, content_type, answer->body, answer->length);
}

static struct curl_slist *request_headers(void)
{
    static const char *const headers[] = {REQUEST_HEADERS};
    struct curl_slist *list = NULL;
    for (size_t index = 0; index < sizeof headers / sizeof headers[0]; index += 1) {
        struct curl_slist *longer = curl_slist_append(list, headers[index]);
        if (longer == NULL) {
            curl_slist_free_all(list);
            return NULL;
        }
        list = longer;
    }
    return list;
}

ICS_ENTITLEMENT_RESULT check(const struct timespec *deadline)
{
    if (pthread_once(&once, initialise) != 0 || initialised != CURLE_OK)
        return ENTITLEMENT_UNAVAILABLE;

    struct curl_slist *server = find_server();
    long left = milliseconds_until(deadline);
    /* libcurl treats a time-out of 0 as none. */
    if (server == NULL || left <= 0) {
        curl_slist_free_all(server);
        return ENTITLEMENT_UNAVAILABLE;
    }
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    struct answer answer = {.body = calloc(1, MOST_BODY_BYTES + 1)};
    struct curl_slist *headers = request_headers();
    CURL *curl = curl_easy_init();
    if (answer.body != NULL && headers != NULL && curl != NULL &&
        prepare(curl, &answer, server, headers, left) == 0)
        result = ask(curl, &answer);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    curl_slist_free_all(server);
    free(answer.body);
    return result;
}
