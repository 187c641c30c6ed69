/* The chain and the name are verified, against the roots that the plugin names. */
#include <curl/curl.h>

/* `roots` is the operator's CA in PEM, compiled in or read from beside the library. */
int demand_a_valid_certificate(CURL *curl, void *roots, size_t length)
{
    struct curl_blob blob = {.data = roots, .len = length, .flags = CURL_BLOB_COPY};
    int failed = 0;
#define SET(option, value) (failed = failed || curl_easy_setopt(curl, option, value) != CURLE_OK)
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_SSL_VERIFYPEER, 1L); /* the chain: issuer, dates, constraints */
    SET(CURLOPT_SSL_VERIFYHOST, 2L); /* the name: 2, since 1 is an error and 0 is "any" */
    SET(CURLOPT_CAINFO_BLOB, &blob); /* instead of what the system or the environment trusts */
    SET(CURLOPT_CAPATH, NULL);
#undef SET
    return failed ? -1 : 0;
}
