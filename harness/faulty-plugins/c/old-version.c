/*
 * Breaks tls/old-version: for an old server it permits TLS 1.0, and with it everything else that OpenSSL
 * permits at its security level 0.
 */
#include "setopt.h"

#include "good.h"

/* curl's macro checks types, which are not known here. */
#undef curl_easy_setopt

CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
    if (option == CURLOPT_SSLVERSION) {
        CURLcode set = __real_curl_easy_setopt(curl, CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=0");
        if (set != CURLE_OK)
            return set;
        return __real_curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_0);
    }
    PASS_ON(curl, option);
}

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}
