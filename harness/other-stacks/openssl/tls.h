/* One HTTPS request with OpenSSL. */
#ifndef OTHER_STACK_TLS_H
#define OTHER_STACK_TLS_H

#include "careful.h"

struct server {
    const char *host;
    uint16_t port;
    /* The SHA-256 of the server's public key (SubjectPublicKeyInfo), or NULL. It is required besides a valid chain. */
    const unsigned char *pin;
};

/* Looks up, connects, verifies, asks. -1 without a complete response. */
int ask_over_tls(const struct server *server, const char *request, const struct timespec *deadline,
                 struct response *response);

#endif
