/* What the operator's server is asked. {{answer-file}} has the meaning of its response. */
#ifndef ENTITLEMENT_PROTOCOL_H
#define ENTITLEMENT_PROTOCOL_H

/* The server's URL. A build may set another: -DENTITLEMENT_URL='"https://…"'. */
#ifndef ENTITLEMENT_URL
#define ENTITLEMENT_URL {{url}}
#endif

/* The body, which is sent with POST. Without a definition of it the request is a GET. */
{{body}}

#define REQUEST_HEADERS {{headers}}

#define USER_AGENT "{{name}}/0.1"

#endif
