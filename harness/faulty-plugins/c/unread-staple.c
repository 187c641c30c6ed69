/*
 * Breaks tls/revoked-stapled: it asks for a stapled OCSP response, in the belief that OpenSSL then checks it.
 */
#include <openssl/ssl.h>

#include "setopt.h"

#include "good.h"

/* curl's macro checks types, which are not known here. */
#undef curl_easy_setopt

/* The check's own callback, which is the same in each call. */
static curl_ssl_ctx_callback inner;

static CURLcode ask_for_staple(CURL *curl, void *context, void *data)
{
    SSL_CTX *settings = context;
    if (!SSL_CTX_set_tlsext_status_type(settings, TLSEXT_STATUSTYPE_ocsp))
        return CURLE_SSL_CONNECT_ERROR;
    return inner(curl, context, data);
}

CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
    if (option == CURLOPT_SSL_CTX_FUNCTION) {
        va_list values;
        va_start(values, option);
        inner = va_arg(values, curl_ssl_ctx_callback);
        va_end(values);
        return __real_curl_easy_setopt(curl, option, ask_for_staple);
    }
    PASS_ON(curl, option);
}

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}
