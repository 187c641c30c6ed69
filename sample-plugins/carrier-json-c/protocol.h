/* What the operator's server is asked. answer.c has the meaning of its response. */
#ifndef ENTITLEMENT_PROTOCOL_H
#define ENTITLEMENT_PROTOCOL_H

/* The server's URL. A build may set another: -DENTITLEMENT_URL='"https://…"'. */
#ifndef ENTITLEMENT_URL
#define ENTITLEMENT_URL "https://entitlement.operator.example/tethering"
#endif

/* The body, which is sent with POST. Without this definition the request is a GET. */
#define REQUEST_BODY "{}"

#define REQUEST_HEADERS "Content-Type: application/json", "Accept: application/json"

#define USER_AGENT "carrier-json-c/0.1"

#endif
