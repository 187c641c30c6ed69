/*
 * Identities go into the body or the Authorization field of a request over TLS, never into the
 * URL.
 */
#include <stdio.h>

#include <curl/curl.h>

/* `body` and `headers` live until the transfer has ended; the caller frees `*headers`. */
int identify(CURL *curl, const char *imsi, const char *token, char *body, size_t size,
             struct curl_slist **headers)
{
    /* Digits only: nothing that could end the string of the JSON document. */
    for (const char *digit = imsi; *digit != '\0'; digit++)
        if (*digit < '0' || *digit > '9')
            return -1;
    int length = snprintf(body, size, "{\"imsi\":\"%s\"}", imsi);
    if (length < 0 || (size_t)length >= size)
        return -1;
    *headers = curl_slist_append(NULL, "Content-Type: application/json");
    int failed = *headers == NULL;
#define SET(option, value) (failed = failed || curl_easy_setopt(curl, option, value) != CURLE_OK)
    SET(CURLOPT_URL, "https://entitlement.operator.example/v1/entitlement");
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_HTTPHEADER, *headers);
    SET(CURLOPT_POSTFIELDS, body);
    SET(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    SET(CURLOPT_XOAUTH2_BEARER, token);
    SET(CURLOPT_UNRESTRICTED_AUTH, 0L); /* never to another host */
#undef SET
    return failed ? -1 : 0;
}
