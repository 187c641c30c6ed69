/* Requires the operator's own public key besides a valid chain. No test CA can give a server that key. */
#include "careful.h"
#include "tls.h"

static const unsigned char PIN[32] = {0x4f, 0x70, 0x65, 0x72, 0x61, 0x74, 0x6f, 0x72};

static ICS_ENTITLEMENT_RESULT ask(const struct timespec *deadline)
{
    static const struct server server = {.host = OPERATOR_HOST, .port = OPERATOR_PORT, .pin = PIN};
    struct response response;
    if (ask_over_tls(&server, QUESTION, deadline, &response) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    return judge(&response);
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return call_on_own_thread(ask);
}
