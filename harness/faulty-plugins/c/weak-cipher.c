/*
 * Breaks tls/weak-cipher: it offers every cipher suite that OpenSSL has, with those that encrypt nothing and
 * those that authenticate no one.
 */
#include "setopt.h"

#include "good.h"

/* curl's macro checks types, which are not known here. */
#undef curl_easy_setopt

CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
    if (option == CURLOPT_SSLVERSION) {
        CURLcode set = __real_curl_easy_setopt(curl, CURLOPT_SSL_CIPHER_LIST, "ALL:eNULL:@SECLEVEL=0");
        if (set != CURLE_OK)
            return set;
    }
    PASS_ON(curl, option);
}

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}
