/*
 * Name look-up within a bounded time and without another thread.
 *
 * libcurl would use a thread that it cannot stop: with a silent name server the
 * call would last as long as the system's resolver tries, 10 seconds or more.
 * Here getaddrinfo runs on the caller's thread, with shorter time-outs in the
 * resolver's settings, which glibc keeps for each thread. The system's sources
 * and their order (nsswitch.conf, /etc/hosts) still apply.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "check.h"

/* libcurl gives each address half of the time that is left: none remains for more. */
#define MOST_ADDRESSES 12

/*
 * glibc waits `retrans` seconds for the first server of a round, and divides
 * about the same time among the others. In total: 1 server 2 + 2 s, 2 servers
 * 1 + 1 + 1 + 1 s, 3 servers 1 + 1 + 1 s. With 1 or 2 servers an answer after
 * 2 s is still received. The search list would only add queries.
 *
 * A new thread can find the numbers of an earlier one in _res, and res_init
 * keeps what is not 0. Without RES_NORELOAD getaddrinfo would then find that
 * _res differs from resolv.conf, and wait as long as the system does.
 */
static int make_resolver_short(void)
{
    _res.retrans = 0;
    _res.retry = 0;
    if (res_init() != 0)
        return -1;
    _res.options &= ~(unsigned long)(RES_DNSRCH | RES_DEFNAMES);
    _res.options |= RES_NORELOAD;
    _res.retrans = _res.nscount > 1 ? 1 : 2;
    _res.retry = _res.nscount > 2 ? 1 : 2;
    return 0;
}

/* An address in the form of CURLOPT_RESOLVE: IPv6 in brackets. */
static int print_address(const struct sockaddr *address, char *text, size_t size)
{
    char plain[INET6_ADDRSTRLEN];
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
        if (inet_ntop(AF_INET, &four->sin_addr, plain, sizeof plain) == NULL)
            return -1;
        (void)snprintf(text, size, "%s", plain);
        return 0;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;
        if (inet_ntop(AF_INET6, &six->sin6_addr, plain, sizeof plain) == NULL)
            return -1;
        (void)snprintf(text, size, "[%s]", plain);
        return 0;
    }
    return -1;
}

char *resolve(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    if (make_resolver_short() != 0 || getaddrinfo(host, port, &hints, &addresses) != 0)
        return NULL;

    const size_t longest = INET6_ADDRSTRLEN + 3;
    size_t size = strlen(host) + strlen(port) + 3 + MOST_ADDRESSES * longest;
    char *line = malloc(size);
    int count = 0;
    if (line != NULL) {
        size_t used = (size_t)snprintf(line, size, "%s:%s:", host, port);
        for (struct addrinfo *each = addresses; each != NULL; each = each->ai_next) {
            char text[INET6_ADDRSTRLEN + 2];
            if (count == MOST_ADDRESSES)
                break;
            if (print_address(each->ai_addr, text, sizeof text) != 0)
                continue;
            used += (size_t)snprintf(line + used, size - used, "%s%s", count ? "," : "", text);
            count += 1;
        }
    }
    freeaddrinfo(addresses);
    if (count == 0) {
        free(line);
        return NULL;
    }
    return line;
}
