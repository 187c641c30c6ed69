//! Mistakes, as edits of the careful plugin, each with the rule that finds it.

/// A mistake.
pub(super) struct Mutation {
    pub(super) name: &'static str,
    /// The file, a text that it has once, and what stands there instead.
    pub(super) edits: &'static [(&'static str, &'static str, &'static str)],
    /// The rules that are examined, to save time.
    pub(super) rules: &'static str,
    pub(super) found_by: &'static str,
}

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "ignores the status of the token's response",
        edits: &[(
            "plugin.c",
            "    if (response.status != 200)\n        return -1;\n",
            "",
        )],
        rules: "steps/status",
        found_by: "steps/status",
    },
    Mutation {
        name: "searches for the token, also in a body that is cut",
        edits: &[(
            "plugin.c",
            "    json_t *root = parse(response);\n    const char *text = json_string_value(json_object_get(root, \"token\"));\n",
            "    json_t *root = parse(response);\n    char copy[LONGEST_TOKEN] = \"\";\n    const char *text = strstr(response->body, \"\\\"token\\\":\\\"\");\n    if (text != NULL && sscanf(text + 9, \"%500[^\\\"]\", copy) == 1)\n        text = copy;\n",
        )],
        rules: "steps/incomplete",
        found_by: "steps/incomplete",
    },
    Mutation {
        name: "does not check the certificate of the server that is asked",
        edits: &[
            (
                "openssl/tls.c",
                "SSL_set_verify(tls, SSL_VERIFY_PEER, NULL);",
                "SSL_set_verify(tls, server->port == 8443 ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);",
            ),
            (
                "openssl/tls.c",
                "return SSL_get_verify_result(tls) == X509_V_OK ? 0 : -1;",
                "return 0;",
            ),
        ],
        rules: "steps/certificate",
        found_by: "steps/certificate",
    },
    Mutation {
        name: "does not check the certificate of the server that has the tokens",
        edits: &[
            (
                "openssl/tls.c",
                "SSL_set_verify(tls, SSL_VERIFY_PEER, NULL);",
                "SSL_set_verify(tls, server->port == 443 ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);",
            ),
            (
                "openssl/tls.c",
                "return SSL_get_verify_result(tls) == X509_V_OK ? 0 : -1;",
                "return 0;",
            ),
        ],
        rules: "steps/certificate",
        found_by: "steps/certificate",
    },
    Mutation {
        name: "follows a redirect of the request for a token",
        edits: &[
            (
                "common-c/careful.h",
                "    char content_type[128];\n",
                "    char content_type[128];\n    char location[128];\n",
            ),
            (
                "common-c/response.c",
                "    if (is_named(line, name, \"content-type\")) {\n",
                "    if (is_named(line, name, \"location\") && size < sizeof response->location) {\n        memcpy(response->location, value, size);\n        response->location[size] = '\\0';\n    }\n    if (is_named(line, name, \"content-type\")) {\n",
            ),
            (
                "plugin.c",
                "        return -1;\n    return is_json(",
                "        return -1;\n    char other[128];\n    if (response->status == 307 && sscanf(response->location, \"https://%127[^/]\", other) == 1) {\n        const struct server there = {.host = other, .port = 443};\n        if (ask_over_tls(&there, request, deadline, response) != 0)\n            return -1;\n    }\n    return is_json(",
            ),
        ],
        rules: "steps/redirect",
        found_by: "steps/redirect",
    },
    Mutation {
        name: "takes any 200 for a permission",
        edits: &[(
            "plugin.c",
            "        return decision(response);\n",
            "        return decision(response) == ENTITLEMENT_FAILED ? ENTITLEMENT_FAILED : ENTITLEMENT_SUCCESS;\n",
        )],
        rules: "http/wrong-shape",
        found_by: "http/wrong-shape",
    },
    Mutation {
        name: "takes any value that contains ALLOWED for a permission",
        edits: &[(
            "plugin.c",
            "strcmp(text, \"ALLOWED\") == 0",
            "strstr(text, \"ALLOWED\") != NULL",
        )],
        rules: "http/another-value",
        found_by: "http/another-value",
    },
    Mutation {
        name: "takes any value that begins with ALLOWED for a permission",
        edits: &[(
            "plugin.c",
            "strcmp(text, \"ALLOWED\") == 0",
            "strncmp(text, \"ALLOWED\", 7) == 0",
        )],
        rules: "http/another-value",
        found_by: "http/another-value",
    },
    Mutation {
        name: "takes maintenance for a denial",
        edits: &[(
            "plugin.c",
            "    case 404:\n",
            "    case 503:\n        return ENTITLEMENT_FAILED;\n    case 404:\n",
        )],
        rules: "profile/*",
        found_by: "profile/maintenance",
    },
    Mutation {
        name: "takes a stale token for a denial",
        edits: &[(
            "plugin.c",
            "    case 404:\n",
            "    case 401:\n        return ENTITLEMENT_FAILED;\n    case 404:\n",
        )],
        rules: "profile/*",
        found_by: "profile/stale-token",
    },
    Mutation {
        name: "takes an unknown subscriber for an outage",
        edits: &[(
            "plugin.c",
            "has_error(response, \"UNKNOWN_SUBSCRIBER\") ? ENTITLEMENT_FAILED : ENTITLEMENT_UNAVAILABLE",
            "has_error(response, \"UNKNOWN_SUBSCRIBER\") ? ENTITLEMENT_UNAVAILABLE : ENTITLEMENT_UNAVAILABLE",
        )],
        rules: "profile/*",
        found_by: "profile/unknown-subscriber",
    },
    Mutation {
        name: "takes a refused client for a denial",
        edits: &[(
            "plugin.c",
            "    if (fetch_token(deadline, token) != 0)\n        return ENTITLEMENT_UNAVAILABLE;\n",
            "    if (fetch_token(deadline, token) != 0)\n        return ENTITLEMENT_FAILED;\n",
        )],
        rules: "steps/refused",
        found_by: "steps/refused",
    },
    Mutation {
        name: "has no time limit for the request for a token",
        edits: &[(
            "plugin.c",
            "    if (post(&auth, \"auth.operator.example\", \"/token\", \"\", body, deadline, &response) != 0)\n",
            "    const struct timespec later = deadline_after(3600 * 1000);\n    (void)deadline;\n    if (post(&auth, \"auth.operator.example\", \"/token\", \"\", body, &later, &response) != 0)\n",
        )],
        rules: "steps/silent",
        found_by: "steps/silent",
    },
    Mutation {
        name: "requests the token without TLS",
        edits: &[
            (
                "plugin.c",
                ".port = 443};\n",
                ".port = 80};\n\nstatic ptrdiff_t send_plainly(void *context, const char *bytes, size_t length, const struct timespec *deadline)\n{\n    if (wait_for(*(int *)context, POLLOUT, deadline) != 0)\n        return -1;\n    return send(*(int *)context, bytes, length, MSG_NOSIGNAL);\n}\n\nstatic ptrdiff_t receive_plainly(void *context, char *bytes, size_t room, const struct timespec *deadline)\n{\n    if (wait_for(*(int *)context, POLLIN, deadline) != 0)\n        return -1;\n    return recv(*(int *)context, bytes, room, 0);\n}\n\nstatic int ask_plainly(const struct server *server, const char *request, const struct timespec *deadline,\n                       struct response *response)\n{\n    int socket_ = connect_to(server->host, server->port, deadline);\n    if (socket_ < 0)\n        return -1;\n    const struct stream stream = {&socket_, send_plainly, receive_plainly};\n    int result = exchange(&stream, request, deadline, response);\n    (void)close(socket_);\n    return result;\n}\n",
            ),
            (
                "plugin.c",
                "    if (ask_over_tls(server, request, deadline, response) != 0)\n",
                "    int failed = server->port == 80 ? ask_plainly(server, request, deadline, response)\n                                    : ask_over_tls(server, request, deadline, response);\n    if (failed)\n",
            ),
            (
                "plugin.c",
                "#include <stdio.h>\n",
                "#include <poll.h>\n#include <stdio.h>\n#include <unistd.h>\n",
            ),
            (
                "plugin.c",
                "#include <jansson.h>\n",
                "#define _GNU_SOURCE\n#include <jansson.h>\n",
            ),
        ],
        rules: "tls/used",
        found_by: "tls/used",
    },
    Mutation {
        name: "leaves a descriptor open when there is no token",
        edits: &[
            (
                "plugin.c",
                "    if (fetch_token(deadline, token) != 0)\n        return ENTITLEMENT_UNAVAILABLE;\n",
                "    if (fetch_token(deadline, token) != 0) {\n        (void)open(\"/dev/null\", O_RDONLY | O_CLOEXEC);\n        return ENTITLEMENT_UNAVAILABLE;\n    }\n",
            ),
            (
                "plugin.c",
                "#include <stdio.h>\n",
                "#include <fcntl.h>\n#include <stdio.h>\n",
            ),
            (
                "plugin.c",
                "#include <jansson.h>\n",
                "#define _GNU_SOURCE\n#include <jansson.h>\n",
            ),
        ],
        rules: "steps/refused,host/descriptors",
        found_by: "host/descriptors",
    },
];
