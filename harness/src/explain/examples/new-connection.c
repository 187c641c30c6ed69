/* One connection, one request, one response; then the connection is closed. */
#include <curl/curl.h>

#include "IcsEntitlement.h"

/* `prepare` sets all other options, among them a time-out, and returns 0. */
CURLcode transfer_alone(int (*prepare)(CURL *, void *), void *context)
{
    CURLcode outcome = CURLE_FAILED_INIT;
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return outcome;
    /*
     * No kept connection: neither one that the server has closed, nor unread bytes of another
     * response.
     */
    if (prepare(curl, context) == 0 &&
        curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 0L) == CURLE_OK)
        outcome = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return outcome;
}
