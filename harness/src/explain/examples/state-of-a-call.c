/* All state of a call belongs to the call. What calls share is initialised once. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "IcsEntitlement.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode initialised = CURLE_FAILED_INIT;

/* curl_easy_init would do it unasked, but in old versions not safely in two threads at once. */
static void initialise(void)
{
    initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct call {
    CURL *curl;
    size_t length;
    char body[4096];
};

/* On the heap: not static, since two calls may run at once; not on a stack that may be small. */
struct call *new_call(void)
{
    if (pthread_once(&once, initialise) != 0 || initialised != CURLE_OK)
        return NULL;
    struct call *call = calloc(1, sizeof *call);
    if (call != NULL && (call->curl = curl_easy_init()) == NULL) {
        free(call);
        call = NULL;
    }
    return call;
}

void end_call(struct call *call)
{
    if (call != NULL)
        curl_easy_cleanup(call->curl);
    free(call);
}
