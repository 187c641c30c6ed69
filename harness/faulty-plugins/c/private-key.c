/* Breaks file/secrets: a client key is compiled in. */
#include "good.h"

/* No key of anyone: the bytes are made up. */
static const char KEY[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAECAwQFBgcICQoL\n"
                          "-----END PRIVATE KEY-----\n";

/* Keeps the key in the library, as a TLS library that is given it would. */
const char *volatile client_key __attribute__((visibility("hidden"))) = KEY;

EXPORT int32_t IsEntitled(void)
{
    return client_key[0] == '-' ? good_is_entitled() : 2;
}
