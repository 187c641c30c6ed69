/* No redirect is followed, and no other protocol than https is spoken. */
#include <curl/curl.h>

#include "IcsEntitlement.h"

/* 0 if all options were set. An option that could not be set is no protection. */
int forbid_redirects(CURL *curl)
{
    if (curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) != CURLE_OK)
        return -1;
    /* Both, in case a later change turns FOLLOWLOCATION on. */
    if (curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") != CURLE_OK)
        return -1;
    if (curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https") != CURLE_OK)
        return -1;
    return 0;
}

/* The body of a redirect is not an answer either, even if it looks like one. */
int is_final(CURL *curl)
{
    long status = 0;
    long redirects = -1;
    return curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
           curl_easy_getinfo(curl, CURLINFO_REDIRECT_COUNT, &redirects) == CURLE_OK &&
           status == 200 && redirects == 0;
}
