/*
 * TLS 1.2 or later, with authenticated suites only, and a demand for a stapled status where
 * needed.
 */
#include <curl/curl.h>

int demand_modern_tls(CURL *curl)
{
    int failed = 0;
#define SET(option, value) (failed = failed || curl_easy_setopt(curl, option, value) != CURLE_OK)
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* In OpenSSL's notation; TLS 1.3 has no weak suites. Level 2 refuses RSA 1024 and SHA-1. */
    SET(CURLOPT_SSL_CIPHER_LIST, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL:@SECLEVEL=2");
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    /* Only if the operator's server staples: it makes a missing OCSP response an error as well. */
    /* SET(CURLOPT_SSL_VERIFYSTATUS, 1L); */
#undef SET
    return failed ? -1 : 0;
}
