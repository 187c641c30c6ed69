/* Each call asks, with a handle and a buffer of its own. Nothing of the answer is static. */
#include <stdlib.h>

#include <curl/curl.h>

#include "IcsEntitlement.h"

struct response {
    size_t length;
    char body[4096];
};

/* Elsewhere: sets the options, so that the body goes to `response`; and reads what it says. */
int prepare(CURL *curl, struct response *response);
ICS_ENTITLEMENT_RESULT judge(CURL *curl, const struct response *response);

ICS_ENTITLEMENT_RESULT ask(void)
{
    /* UNAVAILABLE until this call has seen an answer. */
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    struct response *response = calloc(1, sizeof *response); /* empty, whatever came before */
    CURL *curl = curl_easy_init();
    if (response != NULL && curl != NULL && prepare(curl, response) == 0 &&
        curl_easy_perform(curl) == CURLE_OK)
        result = judge(curl, response);
    curl_easy_cleanup(curl);
    free(response);
    return result;
}
