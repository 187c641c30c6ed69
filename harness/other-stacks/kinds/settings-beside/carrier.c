/* The library beside the plugin: it asks. */
#include <stdio.h>

#include "carrier.h"
#include "tls.h"

__attribute__((visibility("default"))) ICS_ENTITLEMENT_RESULT carrier_ask(const char *path,
                                                                          const struct timespec *deadline)
{
    static const struct server server = {.host = OPERATOR_HOST, .port = OPERATOR_PORT};
    char request[512];
    struct response response;
    (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: " OPERATOR_HOST "\r\nConnection: close\r\n\r\n",
                   path);
    if (ask_over_tls(&server, request, deadline, &response) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    return judge(&response);
}
