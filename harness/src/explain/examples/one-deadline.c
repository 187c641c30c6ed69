/*
 * One deadline for the whole call, as a moment of the monotonic clock. Each step gets what is
 * left.
 */
#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include <curl/curl.h>

#include "IcsEntitlement.h"

#define CALL_MILLISECONDS 5000

static long now(void)
{
    struct timespec moment = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &moment);
    return (long)moment.tv_sec * 1000 + moment.tv_nsec / 1000000;
}

/* TIMEOUT_MS covers name look-up, connection, handshake and transfer together. */
static CURLcode transfer(CURL *curl, long deadline)
{
    long left = deadline - now();
    if (left <= 0) /* libcurl takes 0 for "no time-out". */
        return CURLE_OPERATION_TIMEDOUT;
    if (curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, left) != CURLE_OK)
        return CURLE_FAILED_INIT;
    return curl_easy_perform(curl);
}

CURLcode with_one_retry(CURL *curl)
{
    long deadline = now() + CALL_MILLISECONDS;
    CURLcode outcome = transfer(curl, deadline);
    /* The second attempt shares the deadline of the first. */
    return outcome == CURLE_GOT_NOTHING ? transfer(curl, deadline) : outcome;
}
