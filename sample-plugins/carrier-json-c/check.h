/*
 * The parts of the plugin. Each has a file of its own:
 * plugin.c the export, check.c the request, resolve.c the name, answer.c the
 * meaning, deadline.c the time, pin.c what must stay loaded.
 */
#ifndef CARRIER_JSON_CHECK_H
#define CARRIER_JSON_CHECK_H

#include <stddef.h>
#include <time.h>

#include "IcsEntitlement.h"

/* The server to ask. A build may name another: -DENTITLEMENT_URL='"https://…"'. */
#ifndef ENTITLEMENT_URL
#define ENTITLEMENT_URL "https://entitlement.operator.example/tethering"
#endif

/* What may be spoken. Only a laboratory should say "http,https". */
#ifndef ENTITLEMENT_PROTOCOLS
#define ENTITLEMENT_PROTOCOLS "https"
#endif

/* All of a call, from the name lookup to the last byte of the answer. */
#define TOTAL_MILLISECONDS 5000

/* An answer is some twenty bytes; a server that sends more is not answering. */
#define MOST_BODY_BYTES (64 * 1024)
#define MOST_HEADER_BYTES (16 * 1024)

/* The moment, on the monotonic clock, that lies so far ahead. */
struct timespec deadline_after(long milliseconds);

/* What is left until then; 0 when it has passed. */
long milliseconds_until(const struct timespec *deadline);

/* Keeps the library in which an address lies in memory for good. */
void pin_library_of(const void *address);

/* Asks the server. Runs on a thread of its own, with all signals blocked. */
ICS_ENTITLEMENT_RESULT check(const struct timespec *deadline);

/*
 * The addresses of a host in the form that CURLOPT_RESOLVE takes,
 * "host:port:address,address", to be freed; NULL if there is none. It leaves no
 * thread, and returns within some 4 seconds: but a name server that cuts its
 * answer short and is silent over TCP, or a slow module in nsswitch.conf, can
 * hold it longer. Then plugin.c abandons the call.
 */
char *resolve(const char *host, const char *port);

/* What a complete answer means. content_type may be NULL. */
ICS_ENTITLEMENT_RESULT judge(long status, const char *content_type, const char *body,
                             size_t length);

#endif
