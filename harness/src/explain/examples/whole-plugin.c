/*
 * A whole plugin. The server answers {"entitled":true} or {"entitled":false}.
 * cc -shared -fPIC -fvisibility=hidden -Iinclude whole-plugin.c -lcurl -lcjson
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>

#include "IcsEntitlement.h"

struct body {
    size_t length;
    char bytes[8192];
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

static size_t take(char *data, size_t size, size_t count, void *context)
{
    struct body *body = context;
    if (size * count > sizeof body->bytes - body->length)
        return CURL_WRITEFUNC_ERROR;
    memcpy(body->bytes + body->length, data, size * count);
    body->length += size * count;
    return size * count;
}

static ICS_ENTITLEMENT_RESULT judge(const struct body *body)
{
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    const char *end = body->bytes;
    cJSON *document = cJSON_ParseWithLengthOpts(body->bytes, body->length, &end, 0);
    const cJSON *member = document ? document->child : NULL;
    /* Exactly one deciding member, and nothing after the document. */
    const cJSON *found = NULL;
    int count = 0;
    for (; cJSON_IsObject(document) && member != NULL; member = member->next)
        if (strcmp(member->string, "entitled") == 0 && ++count == 1)
            found = member;
    while (end < body->bytes + body->length && *end != '\0' && strchr(" \t\r\n", *end) != NULL)
        end += 1;
    if (count == 1 && end == body->bytes + body->length && cJSON_IsBool(found))
        result = cJSON_IsTrue(found) ? ENTITLEMENT_SUCCESS : ENTITLEMENT_FAILED;
    cJSON_Delete(document);
    return result;
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    struct body body = {.length = 0};
    long status = 0;
    curl_off_t declared = -1;
    CURL *curl = NULL;
    if (pthread_once(&once, initialise) != 0 || ready != CURLE_OK ||
        (curl = curl_easy_init()) == NULL)
        return ENTITLEMENT_UNAVAILABLE;
    int failed = 0;
#define SET(option, value) (failed = failed || curl_easy_setopt(curl, option, value) != CURLE_OK)
    SET(CURLOPT_URL, "https://entitlement.operator.example/v1/entitlement");
    SET(CURLOPT_PROTOCOLS_STR, "https"); /* Redirects are not followed by default. */
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, 5000L);
    SET(CURLOPT_WRITEFUNCTION, take);
    SET(CURLOPT_WRITEDATA, &body);
    /* A body without a declared length could have been cut: it is not accepted. */
    if (!failed && curl_easy_perform(curl) == CURLE_OK &&
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status == 200 &&
        curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &declared) == CURLE_OK &&
        declared == (curl_off_t)body.length)
        result = judge(&body);
    curl_easy_cleanup(curl);
    return result;
}
