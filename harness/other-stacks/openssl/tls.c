/*
 * TLS with OpenSSL on a non-blocking socket, so that each wait can end at the deadline. OpenSSL's configuration file is
 * not read, since the environment chooses it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tls.h"

/* Waits for what OpenSSL asks for. 1 to try again, 0 at an authentic end, -1 otherwise. */
static int wait_for_tls(SSL *tls, int result, const struct timespec *deadline)
{
    switch (SSL_get_error(tls, result)) {
    case SSL_ERROR_WANT_READ:
        return wait_for(SSL_get_fd(tls), POLLIN, deadline) == 0 ? 1 : -1;
    case SSL_ERROR_WANT_WRITE:
        return wait_for(SSL_get_fd(tls), POLLOUT, deadline) == 0 ? 1 : -1;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        return -1;
    }
}

static ptrdiff_t send_some(void *context, const char *bytes, size_t length, const struct timespec *deadline)
{
    for (;;) {
        size_t sent = 0;
        int result = SSL_write_ex(context, bytes, length, &sent);
        if (result == 1)
            return (ptrdiff_t)sent;
        int again = wait_for_tls(context, result, deadline);
        if (again <= 0)
            return -1;
    }
}

static ptrdiff_t receive_some(void *context, char *bytes, size_t room, const struct timespec *deadline)
{
    for (;;) {
        size_t received = 0;
        /* A peer that always has more to send must not keep us from looking at the clock. */
        if (milliseconds_until(deadline) == 0)
            return -1;
        int result = SSL_read_ex(context, bytes, room, &received);
        if (result == 1)
            return (ptrdiff_t)received;
        int again = wait_for_tls(context, result, deadline);
        if (again <= 0)
            return again;
    }
}

static int set_name(SSL *tls, const char *host)
{
    unsigned char address[16];
    SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) == 1 ? 0 : -1;
    return SSL_set1_host(tls, host) == 1 && SSL_set_tlsext_host_name(tls, host) == 1 ? 0 : -1;
}

static int handshake(SSL *tls, const struct timespec *deadline)
{
    for (;;) {
        int result = SSL_connect(tls);
        if (result == 1)
            return SSL_get_verify_result(tls) == X509_V_OK ? 0 : -1;
        if (wait_for_tls(tls, result, deadline) <= 0)
            return -1;
    }
}

static int has_pinned_key(const SSL *tls, const unsigned char *pin)
{
    unsigned char *key = NULL, digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509 *certificate = SSL_get1_peer_certificate(tls);
    int length = certificate == NULL ? -1 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
    int same = length > 0 && EVP_Digest(key, (size_t)length, digest, &size, EVP_sha256(), NULL) == 1 && size == 32 &&
               memcmp(digest, pin, 32) == 0;
    OPENSSL_free(key);
    X509_free(certificate);
    return same;
}

static int ask_on(SSL *tls, const struct server *server, const char *request, const struct timespec *deadline,
                  struct response *response)
{
    const struct stream stream = {tls, send_some, receive_some};
    if (set_name(tls, server->host) != 0 || handshake(tls, deadline) != 0 ||
        (server->pin != NULL && !has_pinned_key(tls, server->pin)) ||
        exchange(&stream, request, deadline, response) != 0)
        return -1;
    /* One attempt: the peer need not be told. */
    (void)SSL_shutdown(tls);
    return 0;
}

static SSL_CTX *make_context(void)
{
    if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        return NULL;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    const char *roots = trusted_roots();
    if (context != NULL &&
        (roots == NULL || SSL_CTX_load_verify_file(context, roots) != 1 ||
         SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)) {
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

int ask_over_tls(const struct server *server, const char *request, const struct timespec *deadline,
                 struct response *response)
{
    int result = -1;
    int socket_ = connect_to(server->host, server->port, deadline);
    if (socket_ < 0)
        return -1;
    SSL_CTX *context = make_context();
    SSL *tls = context == NULL ? NULL : SSL_new(context);
    if (tls != NULL && SSL_set_fd(tls, socket_) == 1) {
        SSL_set_verify(tls, SSL_VERIFY_PEER, NULL);
        result = ask_on(tls, server, request, deadline, response);
    }
    SSL_free(tls);
    SSL_CTX_free(context);
    ERR_clear_error();
    (void)close(socket_);
    return result;
}
