/*
 * Breaks host/briefly-changed: it leaves CURLOPT_NOSIGNAL out, so that libcurl ignores SIGPIPE in the whole process
 * during the transfer.
 */
#include "setopt.h"

#include "good.h"

/* curl's macro checks types, which are not known here. */
#undef curl_easy_setopt

CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
    if (option == CURLOPT_NOSIGNAL)
        return CURLE_OK;
    PASS_ON(curl, option);
}

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}
