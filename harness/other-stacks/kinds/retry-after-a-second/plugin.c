/* Tries once more, a second after an attempt that failed, within the same deadline. */
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>

#include "careful.h"
#include "tls.h"

static ICS_ENTITLEMENT_RESULT attempt(const struct timespec *deadline)
{
    static const struct server server = {.host = OPERATOR_HOST, .port = OPERATOR_PORT};
    struct response response;
    if (ask_over_tls(&server, QUESTION, deadline, &response) != 0)
        return ENTITLEMENT_UNAVAILABLE;
    return judge(&response);
}

static ICS_ENTITLEMENT_RESULT ask(const struct timespec *deadline)
{
    struct timespec half = deadline_after(TOTAL_MILLISECONDS / 2);
    ICS_ENTITLEMENT_RESULT result = attempt(&half);
    if (result != ENTITLEMENT_UNAVAILABLE)
        return result;
    struct timespec again = deadline_after(1000);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &again, NULL) == EINTR)
        ;
    return attempt(deadline);
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return call_on_own_thread(ask);
}
