/*
 * What the plugins in C and C++ have in common: a thread of their own, one deadline, a name look-up and connections
 * that respect it, and a strict reading of the response. TLS is each stack's own.
 */
#ifndef CAREFUL_H
#define CAREFUL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include "IcsEntitlement.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef OPERATOR_HOST
#define OPERATOR_HOST "entitlement.operator.example"
#endif
#ifndef OPERATOR_PORT
#define OPERATOR_PORT 443
#endif

/* The time limit of a call, from the name look-up to the last byte of the response. */
#define TOTAL_MILLISECONDS 5000

/* The longest response, headers and body. A valid one has some hundred bytes. */
#define MOST_RESPONSE_BYTES (64 * 1024)

#define MOST_ADDRESSES 64

/* call.c: asks on a thread of its own, which has ended when it returns. Nothing of the host's thread is changed. */
ICS_ENTITLEMENT_RESULT call_on_own_thread(ICS_ENTITLEMENT_RESULT (*ask)(const struct timespec *deadline));

/* deadline.c: the monotonic clock. */
struct timespec deadline_after(int milliseconds);
int milliseconds_until(const struct timespec *deadline);

/* Waits until the descriptor is ready for the events of poll(2). -1 at the deadline. */
int wait_for(int descriptor, short events, const struct timespec *deadline);

struct addresses {
    struct sockaddr_storage list[MOST_ADDRESSES];
    int count;
};

/* lookup.c: the addresses of a host, or of an address as text. -1 if there are none. */
int look_up(const char *host, uint16_t port, const struct timespec *deadline, struct addresses *found);

/* connect.c: a non-blocking socket that is connected to the first address that answers. -1 if none does. */
int connect_to_any(const struct addresses *addresses, const struct timespec *deadline);

/* Both at once. */
int connect_to(const char *host, uint16_t port, const struct timespec *deadline);

/* A complete response. The body ends with a null character, which is not counted. */
struct response {
    int status;
    char content_type[128];
    size_t length;
    char body[MOST_RESPONSE_BYTES + 1];
};

/* How far the connection was read. Its end is authentic if the peer signed it, as TLS does with close_notify. */
enum connection { STILL_OPEN, ENDED, CUT };

enum progress { MORE, DONE, BAD };

/*
 * response.c: reads the bytes that a connection brought so far as exactly one response. BAD if anything is odd or left
 * over.
 */
enum progress parse_response(const char *bytes, size_t length, enum connection connection, struct response *response);

/* An open connection. Each function moves some bytes, at the latest at the deadline: 0 is an authentic end, -1 a cut. */
struct stream {
    void *context;
    ptrdiff_t (*send)(void *context, const char *bytes, size_t length, const struct timespec *deadline);
    ptrdiff_t (*receive)(void *context, char *bytes, size_t room, const struct timespec *deadline);
};

/* exchange.c: sends the request and reads one complete response. -1 if there is none. */
int exchange(const struct stream *stream, const char *request, const struct timespec *deadline,
             struct response *response);

/* The question of carrier-json. */
#define QUESTION                                                                                                       \
    "POST /tethering HTTP/1.1\r\nHost: " OPERATOR_HOST "\r\nContent-Type: application/json\r\n"                      \
    "Accept: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

/* roots.c: the file with the system's trusted roots. NULL if there is none. */
const char *trusted_roots(void);

/* answer.c: the meaning of a complete response in carrier-json. */
ICS_ENTITLEMENT_RESULT judge(const struct response *response);

/* Whether a content type is that of JSON, whatever its parameters. */
int is_json(const char *content_type);

/* Whether the body is a JSON object whose only member `name` is that string. */
int json_member_is(const char *body, size_t length, const char *name, const char *value);

/* The member `name` of a JSON object, if it is a string, into `value`. -1 if it is not or is too long. */
int json_member(const char *body, size_t length, const char *name, char *value, size_t size);

#ifdef __cplusplus
}
#endif

#endif
