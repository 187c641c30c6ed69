/* The system's trusted roots: its own file, and not one that the environment points to. */
#define _POSIX_C_SOURCE 200809L
#include <unistd.h>

#include "careful.h"

const char *trusted_roots(void)
{
    static const char *const bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    };
    for (size_t index = 0; index < sizeof bundles / sizeof bundles[0]; index++)
        if (access(bundles[index], R_OK) == 0)
            return bundles[index];
    return NULL;
}
