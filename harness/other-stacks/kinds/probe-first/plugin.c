/*
 * Looks for a captive portal with a request in cleartext to another host, and then asks over TLS. It tries one address
 * of that host, and asks nothing if that does not answer: then there is no network, as far as it knows.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "careful.h"
#include "tls.h"

#define PROBE_HOST "connectivity.operator.example"

static ptrdiff_t send_some(void *context, const char *bytes, size_t length, const struct timespec *deadline)
{
    const int *descriptor = context;
    if (wait_for(*descriptor, POLLOUT, deadline) != 0)
        return -1;
    return send(*descriptor, bytes, length, MSG_NOSIGNAL);
}

static ptrdiff_t receive_some(void *context, char *bytes, size_t room, const struct timespec *deadline)
{
    const int *descriptor = context;
    if (wait_for(*descriptor, POLLIN, deadline) != 0)
        return -1;
    return recv(*descriptor, bytes, room, 0);
}

/* Whether a server in the Internet answers, and not a portal by a redirect. */
static int is_online(const struct timespec *deadline)
{
    static const char probe[] = "GET /generate_204 HTTP/1.1\r\nHost: " PROBE_HOST "\r\nConnection: close\r\n\r\n";
    struct response response;
    struct addresses addresses;
    if (look_up(PROBE_HOST, 80, deadline, &addresses) != 0)
        return 0;
    addresses.count = 1;
    int descriptor = connect_to_any(&addresses, deadline);
    if (descriptor < 0)
        return 0;
    const struct stream stream = {&descriptor, send_some, receive_some};
    int answered = exchange(&stream, probe, deadline, &response) == 0;
    (void)close(descriptor);
    return answered && response.status < 300;
}

static ICS_ENTITLEMENT_RESULT ask(const struct timespec *deadline)
{
    static const struct server server = {.host = OPERATOR_HOST, .port = OPERATOR_PORT};
    struct response response;
    struct timespec half = deadline_after(TOTAL_MILLISECONDS / 2);
    if (!is_online(&half) || ask_over_tls(&server, QUESTION, deadline, &response) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    return judge(&response);
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return call_on_own_thread(ask);
}
