/*
 * Changes the options that the check gives to libcurl: linked with --wrap, so that each call of
 * curl_easy_setopt comes here first.
 */
#ifndef FAULTY_SETOPT_H
#define FAULTY_SETOPT_H

#include <stdarg.h>

#include <curl/curl.h>

CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...);
CURLcode __real_curl_easy_setopt(CURL *curl, CURLoption option, ...);

/* The types of values have one size and are passed in the same way on the systems of these tests. */
#define PASS_ON(curl, option)                                                      \
    do {                                                                           \
        va_list values;                                                            \
        va_start(values, option);                                                  \
        CURLcode passed = __real_curl_easy_setopt(curl, option, va_arg(values, void *)); \
        va_end(values);                                                            \
        return passed;                                                             \
    } while (0)

#endif
