/*
 * A whole plugin. The server answers {"entitled":true} or {"entitled":false}.
 * cc -shared -fPIC -fvisibility=hidden -Iinclude whole-plugin.c -lcurl -ljansson
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>
#include <jansson.h>

#include "IcsEntitlement.h"

#define MOST 8192

struct response {
    int framings; /* Content-Length and Transfer-Encoding fields: exactly one is wanted. */
    size_t length;
    char body[MOST];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode ready = CURLE_FAILED_INIT;

/* libcurl's TLS library cannot be unloaded safely: libcurl stays, this plugin does not. */
static void initialise(void)
{
    Dl_info curl;
    if (dladdr((const void *)(uintptr_t)&curl_easy_init, &curl) != 0)
        (void)dlopen(curl.dli_fname, RTLD_NOW | RTLD_NODELETE);
    ready = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t take_header(char *line, size_t size, size_t count, void *context)
{
    struct response *response = context;
    size_t length = size * count;
    response->framings += length > 15 && strncasecmp(line, "content-length:", 15) == 0;
    response->framings += length > 18 && strncasecmp(line, "transfer-encoding:", 18) == 0;
    int coded = length > 17 && strncasecmp(line, "content-encoding:", 17) == 0;
    return coded || response->framings > 1 ? CURL_WRITEFUNC_ERROR : length;
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct response *response = context;
    if (size * count > MOST - response->length)
        return CURL_WRITEFUNC_ERROR;
    memcpy(response->body + response->length, data, size * count);
    response->length += size * count;
    return size * count;
}

static ICS_ENTITLEMENT_RESULT judge(const struct response *response)
{
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    /* Exactly one deciding member, and nothing after the document. */
    json_t *document = json_loadb(response->body, response->length, JSON_REJECT_DUPLICATES, NULL);
    json_t *entitled = json_object_get(document, "entitled");
    if (json_is_boolean(entitled))
        result = json_is_true(entitled) ? ENTITLEMENT_SUCCESS : ENTITLEMENT_FAILED;
    json_decref(document);
    return result;
}

static int is_complete(CURL *curl, const struct response *response)
{
    static const char json[] = "application/json";
    long status = 0;
    char *type = NULL;
    return response->framings == 1 &&
           curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
           curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && status == 200 &&
           type != NULL && strncasecmp(type, json, sizeof json - 1) == 0 &&
           strchr("; ", type[sizeof json - 1]) != NULL; /* or the end: strchr finds it, too */
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    if (pthread_once(&once, initialise) != 0 || ready != CURLE_OK)
        return result;
    int cancel; /* A cancelled thread would leave the socket and the memory. */
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    struct response *response = calloc(1, sizeof *response);
    CURL *curl = curl_easy_init();
    int failed = response == NULL || curl == NULL;
#define SET(option, value) (failed = failed || curl_easy_setopt(curl, option, value) != CURLE_OK)
    SET(CURLOPT_URL, "https://entitlement.operator.example/v1/entitlement");
    SET(CURLOPT_PROTOCOLS_STR, "https"); /* Redirects are not followed by default. */
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, 5000L);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, response);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, response);
    if (!failed && curl_easy_perform(curl) == CURLE_OK && is_complete(curl, response))
        result = judge(response);
    curl_easy_cleanup(curl);
    free(response);
    (void)pthread_setcancelstate(cancel, NULL);
    return result;
}
