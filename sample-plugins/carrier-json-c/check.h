/*
 * The parts of the plugin, each in a file of its own: plugin.c the export,
 * check.c the request, resolve.c the name look-up, answer.c the meaning of the
 * response, name.c the server's name in its certificate, deadline.c the clock,
 * pin.c keeping a library loaded. protocol.h has what the server is asked.
 */
#ifndef ENTITLEMENT_CHECK_H
#define ENTITLEMENT_CHECK_H

#include <stddef.h>
#include <time.h>

#include "IcsEntitlement.h"
#include "protocol.h"

/* The protocols that libcurl may use. "http,https" is for test networks only. */
#ifndef ENTITLEMENT_PROTOCOLS
#define ENTITLEMENT_PROTOCOLS "https"
#endif

/* The time limit of a call, from the name look-up to the last byte of the response. */
#define TOTAL_MILLISECONDS 5000

/* A valid body has some twenty bytes; a larger one than this is rejected. */
#define MOST_BODY_BYTES (64 * 1024)
#define MOST_HEADER_BYTES (16 * 1024)

/* The time on the monotonic clock that is so many milliseconds from now. */
struct timespec deadline_after(long milliseconds);

/* The milliseconds until then; 0 if it has passed. */
long milliseconds_until(const struct timespec *deadline);

/*
 * A handle of the library that contains this address, opened with further flags;
 * NULL if there is none. The caller closes it.
 */
void *handle_of(const void *address, int flags);

/* Keeps the library that contains this address loaded until the process ends. */
void pin_library_of(const void *address);

/* Finds what require_name needs; -1 if libcurl's TLS library does not have it. Called once. */
int find_name_check(void);

/*
 * Demands the name in ENTITLEMENT_URL as an alternative name of the server's
 * certificate; -1 if that is not possible. Called by libcurl's callback for the
 * context of its TLS library, before the handshake.
 */
int require_name(void *curl, void *context);

/* Sends the request. Runs on a thread of its own, with all signals blocked. */
ICS_ENTITLEMENT_RESULT check(const struct timespec *deadline);

/*
 * The addresses of a host in the form that CURLOPT_RESOLVE takes,
 * "host:port:address,address"; NULL if there is none. The caller frees it. It
 * starts no thread and returns within about 4 seconds. A name server that
 * truncates its answer and is silent over TCP, or a slow module in
 * nsswitch.conf, can take longer. Then plugin.c abandons the call.
 */
char *resolve(const char *host, const char *port);

/* The meaning of a complete response, whose body ends with a NUL. content_type may be NULL. */
ICS_ENTITLEMENT_RESULT judge(long status, const char *content_type, const char *body,
                             size_t length);

#endif
