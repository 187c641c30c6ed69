/* One request and one response over an open connection. */
#include <string.h>

#include "careful.h"

int exchange(const struct stream *stream, const char *request, const struct timespec *deadline,
             struct response *response)
{
    char bytes[MOST_RESPONSE_BYTES];
    size_t length = 0;
    for (size_t sent = 0, whole = strlen(request); sent < whole;) {
        ptrdiff_t step = stream->send(stream->context, request + sent, whole - sent, deadline);
        if (step <= 0)
            return -1;
        sent += (size_t)step;
    }
    while (length < sizeof bytes) {
        ptrdiff_t step = stream->receive(stream->context, bytes + length, sizeof bytes - length, deadline);
        enum connection connection = step > 0 ? STILL_OPEN : step == 0 ? ENDED : CUT;
        if (step > 0)
            length += (size_t)step;
        enum progress progress = parse_response(bytes, length, connection, response);
        if (progress == DONE)
            return 0;
        if (progress == BAD || connection != STILL_OPEN)
            return -1;
    }
    return -1;
}
