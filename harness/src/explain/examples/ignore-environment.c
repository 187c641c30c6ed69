/* Nothing is taken from the environment: each default that libcurl would read there is set. */
#include <curl/curl.h>

int ignore_environment(CURL *curl, const char *roots)
{
    int failed = 0;
#define SET(option, value) (failed = failed || curl_easy_setopt(curl, option, value) != CURLE_OK)
    SET(CURLOPT_PROXY, "");   /* not http_proxy, HTTPS_PROXY, ALL_PROXY */
    SET(CURLOPT_NOPROXY, "*"); /* not NO_PROXY */
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED); /* not $HOME/.netrc */
    SET(CURLOPT_CAINFO, roots); /* an absolute path: not SSL_CERT_FILE */
    SET(CURLOPT_CAPATH, NULL);  /* not SSL_CERT_DIR */
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
#undef SET
    return failed ? -1 : 0;
}

/*
 * SSLKEYLOGFILE is read by libcurl itself where it was built with that support: build it
 * without.
 */
