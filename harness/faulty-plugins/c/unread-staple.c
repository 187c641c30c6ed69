/*
 * Breaks tls/revoked-stapled: it asks for a stapled OCSP response, in the belief that OpenSSL then checks it.
 */
#include <openssl/ssl.h>

#include "setopt.h"

#include "good.h"

/* curl's macro checks types, which are not known here. */
#undef curl_easy_setopt

static CURLcode ask_for_staple(CURL *curl, void *context, void *data)
{
    (void)curl;
    (void)data;
    SSL_CTX *settings = context;
    return SSL_CTX_set_tlsext_status_type(settings, TLSEXT_STATUSTYPE_ocsp) ? CURLE_OK : CURLE_SSL_CONNECT_ERROR;
}

CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
    if (option == CURLOPT_SSLVERSION) {
        CURLcode set = __real_curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, ask_for_staple);
        if (set != CURLE_OK)
            return set;
    }
    PASS_ON(curl, option);
}

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}
