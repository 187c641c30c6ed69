/*
 * Plugins with roots or keys of their own, on OpenSSL. Compiled with
 *   -DCA_PEM='"…"'   it trusts that certificate alone, otherwise the system's;
 *   -DLENIENT        it accepts wrong names and expired certificates;
 *   -DPIN            it accepts only a key that no server has, after the handshake.
 */
#define _POSIX_C_SOURCE 200809L

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define HOST "entitlement.operator.example"
#define REQUEST "POST /tethering HTTP/1.1\r\nHost: " HOST \
                "\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

enum { SUCCESS = 0, FAILED = 1, UNAVAILABLE = 2 };

#ifdef LENIENT
static int verify(int valid, X509_STORE_CTX *context)
{
    int error = X509_STORE_CTX_get_error(context);
    return valid || error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_HOSTNAME_MISMATCH;
}
#else
#define verify NULL
#endif

static int connected(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *each;
    struct timeval limit = {.tv_sec = 2};
    int fd = -1;
    if (getaddrinfo(HOST, "443", &hints, &list) != 0)
        return -1;
    for (each = list; each != NULL && fd < 0; each = each->ai_next) {
        fd = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (connect(fd, each->ai_addr, each->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd;
}

static int is_pinned(SSL *ssl)
{
#ifdef PIN
    static const unsigned char pin[32] = {0x12, 0x34, 0x56};
    unsigned char digest[EVP_MAX_MD_SIZE];
    X509 *certificate = SSL_get1_peer_certificate(ssl);
    int same = certificate != NULL
        && X509_pubkey_digest(certificate, EVP_sha256(), digest, NULL)
        && memcmp(digest, pin, sizeof pin) == 0;
    X509_free(certificate);
    return same;
#else
    (void)ssl;
    return 1;
#endif
}

/* Reads to the end. The answer is small, and ends with a close_notify. */
static int answer(SSL *ssl)
{
    char text[4096];
    size_t length = 0, more = 0;
    while (length < sizeof text - 1 && SSL_read_ex(ssl, text + length, sizeof text - 1 - length, &more))
        length += more;
    if (SSL_get_error(ssl, 0) != SSL_ERROR_ZERO_RETURN)
        return UNAVAILABLE;
    text[length] = 0;
    char *body = strstr(text, "\r\n\r\n");
    if (body == NULL)
        return UNAVAILABLE;
    if (strncmp(text, "HTTP/1.1 200 ", 13) == 0 && strcmp(body + 4, "{\"status\":\"allowed\"}") == 0)
        return SUCCESS;
    if (strncmp(text, "HTTP/1.1 403 ", 13) == 0 && strncmp(body + 4, "1000", 4) == 0)
        return FAILED;
    return UNAVAILABLE;
}

static int ask(void)
{
    int result = UNAVAILABLE, fd = connected();
    if (fd < 0)
        return UNAVAILABLE;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
#ifdef CA_PEM
    BIO *text = BIO_new_mem_buf(CA_PEM, -1);
    X509 *ca = PEM_read_bio_X509(text, NULL, NULL, NULL);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca);
    X509_free(ca);
    BIO_free(text);
#else
    SSL_CTX_set_default_verify_paths(context);
#endif
    SSL *ssl = SSL_new(context);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, verify);
    SSL_set1_host(ssl, HOST);
    SSL_set_tlsext_host_name(ssl, HOST);
    SSL_set_fd(ssl, fd);
    size_t written;
    if (SSL_connect(ssl) == 1 && is_pinned(ssl) && SSL_write_ex(ssl, REQUEST, strlen(REQUEST), &written))
        result = answer(ssl);
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
    return result;
}

/* On a thread of its own, so that OpenSSL's errors and SIGPIPE stay out of the caller's. */
static void *run(void *result)
{
    *(int *)result = ask();
    return NULL;
}

int32_t IsEntitled(void)
{
    int result = UNAVAILABLE;
    pthread_t thread;
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&thread, NULL, run, &result);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed == 0)
        pthread_join(thread, NULL);
    return result;
}
