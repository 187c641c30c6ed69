/* Asks https://10.64.0.7:8443: no name is resolved, and the port is not 443. */
#include "careful.h"
#include "tls.h"

static ICS_ENTITLEMENT_RESULT ask(const struct timespec *deadline)
{
    static const struct server server = {.host = OPERATOR_HOST, .port = OPERATOR_PORT};
    struct response response;
    if (ask_over_tls(&server, QUESTION, deadline, &response) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    return judge(&response);
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return call_on_own_thread(ask);
}
