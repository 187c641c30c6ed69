/* Waiting is done by the kernel: the thread sleeps until a byte arrives or the time is up. */
#include <curl/curl.h>

/* curl_easy_perform waits like this by itself. With the multi interface it is the caller's task. */
CURLcode transfer(CURLM *multi, CURL *curl)
{
    CURLcode outcome = CURLE_FAILED_INIT;
    int running = 1;
    int queued = 0;
    if (curl_multi_add_handle(multi, curl) != CURLM_OK)
        return outcome;
    while (running > 0) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            break;
        /* Without this line the loop spins. 1,000 ms is an upper limit: libcurl shortens it. */
        if (running > 0 && curl_multi_poll(multi, NULL, 0, 1000, NULL) != CURLM_OK)
            break;
    }
    CURLMsg *message = curl_multi_info_read(multi, &queued);
    if (message != NULL && message->msg == CURLMSG_DONE && message->easy_handle == curl)
        outcome = message->data.result;
    (void)curl_multi_remove_handle(multi, curl);
    return outcome;
}
