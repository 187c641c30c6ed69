/* Messages go to a function that the host could set, and to nowhere by default. */
#include <stdio.h>

#include <curl/curl.h>

typedef void (*logger)(const char *message);

/* In a build for development a log file can be set here. Never stdout, stderr or /dev/tty. */
static const logger log_to = NULL;

void explain_failure(CURLcode outcome)
{
    char text[160];
    if (log_to == NULL || outcome == CURLE_OK)
        return;
    (void)snprintf(text, sizeof text, "no decision: %s", curl_easy_strerror(outcome));
    log_to(text);
}

static size_t discard(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

/* Without a write function libcurl prints the body on standard output. */
int keep_quiet(CURL *curl)
{
    return curl_easy_setopt(curl, CURLOPT_VERBOSE, 0L) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 1L) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard) == CURLE_OK
               ? 0
               : -1;
}
