/* Every error of the network has one outcome: no decision. */
#define _POSIX_C_SOURCE 200809L
#include <curl/curl.h>
#include <netdb.h>
#include <stddef.h>

#include "IcsEntitlement.h"

/* Elsewhere: asks one address; reads the meaning of a complete response. */
CURLcode ask(CURL *curl, const struct addrinfo *address);
ICS_ENTITLEMENT_RESULT judge(CURL *curl);

ICS_ENTITLEMENT_RESULT ask_any(CURL *curl, const char *host)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    /* EAI_NONAME, EAI_AGAIN, EAI_FAIL, …: which one it is differs between systems. */
    if (getaddrinfo(host, "443", &hints, &list) != 0)
        return result;
    /* The list may be empty, and a refused, reset or unreachable address is not the last one. */
    CURLcode outcome = CURLE_COULDNT_RESOLVE_HOST;
    for (const struct addrinfo *each = list; each != NULL; each = each->ai_next) {
        outcome = ask(curl, each);
        if (outcome == CURLE_OK)
            break;
    }
    freeaddrinfo(list);
    /* Tested for success, and not for the errors that one knows. */
    if (outcome == CURLE_OK)
        result = judge(curl);
    return result;
}
