/*
 * The server's name in its certificate.
 *
 * If a certificate has no alternative name, libcurl compares the common name of
 * its subject, which RFC 9525 does not permit any more, and has no option against
 * that. OpenSSL compares names itself if it is told one, during the handshake, and
 * can be told not to look at the subject. So it is told in the callback that
 * libcurl has for this. What libcurl compares afterwards has to match as well.
 *
 * OpenSSL's functions are looked up in the libraries that libcurl itself is linked
 * with: neither its headers nor a second OpenSSL are needed. With a libcurl that
 * uses another TLS library each check is UNAVAILABLE.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include <curl/curl.h>

#include "check.h"

/* As openssl/x509v3.h has them. */
#define NO_PARTIAL_WILDCARDS 0x4u
#define NEVER_CHECK_SUBJECT 0x20u

static struct {
    void *(*parameters)(void *context);
    void (*set_flags)(void *parameters, unsigned int flags);
    int (*set_host)(void *parameters, const char *name, size_t length);
    int (*set_address)(void *parameters, const char *address);
} openssl;

int find_name_check(void)
{
    void *library = handle_of((const void *)(uintptr_t)&curl_easy_init, 0);
    if (library == NULL)
        return -1;
    /* The library stays loaded, and what it depends on with it. */
    openssl.parameters = (void *(*)(void *))(uintptr_t)dlsym(library, "SSL_CTX_get0_param");
    openssl.set_flags = (void (*)(void *, unsigned int))(uintptr_t)dlsym(
        library, "X509_VERIFY_PARAM_set_hostflags");
    openssl.set_host = (int (*)(void *, const char *, size_t))(uintptr_t)dlsym(
        library, "X509_VERIFY_PARAM_set1_host");
    openssl.set_address = (int (*)(void *, const char *))(uintptr_t)dlsym(
        library, "X509_VERIFY_PARAM_set1_ip_asc");
    (void)dlclose(library);
    int found = openssl.parameters != NULL && openssl.set_flags != NULL &&
                openssl.set_host != NULL && openssl.set_address != NULL;
    return found ? 0 : -1;
}

/* Tells OpenSSL the name or the address in the URL. An IPv6 address is in brackets there. */
static int expect(void *parameters, char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    size_t length = strlen(host);
    if (host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = '\0';
        return openssl.set_address(parameters, host + 1);
    }
    if (inet_pton(AF_INET, host, address) == 1)
        return openssl.set_address(parameters, host);
    return openssl.set_host(parameters, host, length);
}

int require_name(void *curl, void *context)
{
    /* Other TLS libraries have contexts of other types. */
    struct curl_tlssessioninfo *session = NULL;
    if (curl_easy_getinfo(curl, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || session == NULL ||
        session->backend != CURLSSLBACKEND_OPENSSL)
        return -1;
    void *parameters = openssl.parameters(context);
    int expected = 0;
    char *host = NULL;
    CURLU *url = curl_url();
    if (parameters != NULL && url != NULL &&
        curl_url_set(url, CURLUPART_URL, ENTITLEMENT_URL, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        openssl.set_flags(parameters, NEVER_CHECK_SUBJECT | NO_PARTIAL_WILDCARDS);
        expected = expect(parameters, host);
    }
    curl_free(host);
    curl_url_cleanup(url);
    return expected == 1 ? 0 : -1;
}
