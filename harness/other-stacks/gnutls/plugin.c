/*
 * carrier-json with sockets and GnuTLS, on a non-blocking socket, so that each wait can end at the deadline.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "careful.h"

struct connection_state {
    gnutls_session_t session;
    int socket;
};

/* Waits for what GnuTLS needs after a result that asks to be called again. */
static int wait_again(const struct connection_state *state, int result, const struct timespec *deadline)
{
    if (result != GNUTLS_E_AGAIN && result != GNUTLS_E_INTERRUPTED)
        return -1;
    short events = gnutls_record_get_direction(state->session) == 1 ? POLLOUT : POLLIN;
    return wait_for(state->socket, events, deadline);
}

static ptrdiff_t send_some(void *context, const char *bytes, size_t length, const struct timespec *deadline)
{
    const struct connection_state *state = context;
    for (;;) {
        ssize_t sent = gnutls_record_send(state->session, bytes, length);
        if (sent > 0)
            return sent;
        if (wait_again(state, (int)sent, deadline) != 0)
            return -1;
    }
}

static ptrdiff_t receive_some(void *context, char *bytes, size_t room, const struct timespec *deadline)
{
    const struct connection_state *state = context;
    for (;;) {
        /* A peer that always has more to send must not keep us from looking at the clock. */
        if (milliseconds_until(deadline) == 0)
            return -1;
        /* 0 is close_notify; an end without it is GNUTLS_E_PREMATURE_TERMINATION. */
        ssize_t received = gnutls_record_recv(state->session, bytes, room);
        if (received >= 0)
            return received;
        if (wait_again(state, (int)received, deadline) != 0)
            return -1;
    }
}

static int handshake(const struct connection_state *state, const struct timespec *deadline)
{
    for (;;) {
        int result = gnutls_handshake(state->session);
        if (result == GNUTLS_E_SUCCESS)
            return 0;
        if (gnutls_error_is_fatal(result))
            return -1;
        /* A warning alert is not fatal, and there is nothing to wait for. */
        if (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED) {
            if (wait_again(state, result, deadline) != 0)
                return -1;
        } else if (milliseconds_until(deadline) == 0) {
            return -1;
        }
    }
}

/*
 * TLS 1.2 and 1.3 only, keys of 2048 bits; the chain, the name and the purpose verified inside the handshake: a bad
 * certificate fails it. With the name alone, GnuTLS accepts a certificate that is for clients only.
 */
static int prepare(const struct connection_state *state, gnutls_certificate_credentials_t roots,
                   gnutls_typed_vdata_st expected[2])
{
    gnutls_session_t session = state->session;
    if (gnutls_priority_set_direct(session, "NORMAL:%PROFILE_MEDIUM:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", NULL) != 0 ||
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, roots) != 0 ||
        gnutls_server_name_set(session, GNUTLS_NAME_DNS, OPERATOR_HOST, strlen(OPERATOR_HOST)) != 0)
        return -1;
    gnutls_session_set_verify_cert2(session, expected, 2, 0);
    gnutls_transport_set_int(session, state->socket);
    /* The deadline is ours. */
    gnutls_handshake_set_timeout(session, GNUTLS_INDEFINITE_TIMEOUT);
    return 0;
}

static ICS_ENTITLEMENT_RESULT ask_on(int socket_, gnutls_certificate_credentials_t roots,
                                     const struct timespec *deadline)
{
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    struct connection_state state = {.socket = socket_};
    /* They are read during the handshake. */
    static unsigned char host[] = OPERATOR_HOST, purpose[] = GNUTLS_KP_TLS_WWW_SERVER;
    gnutls_typed_vdata_st expected[2] = {{.type = GNUTLS_DT_DNS_HOSTNAME, .data = host, .size = 0},
                                         {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = purpose, .size = 0}};
    struct response response;
    if (gnutls_init(&state.session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS) != 0)
        return result;
    const struct stream stream = {&state, send_some, receive_some};
    if (prepare(&state, roots, expected) == 0 && handshake(&state, deadline) == 0 &&
        exchange(&stream, QUESTION, deadline, &response) == 0) {
        result = judge(&response);
        /* One attempt: the peer need not be told. */
        (void)gnutls_bye(state.session, GNUTLS_SHUT_WR);
    }
    gnutls_deinit(state.session);
    return result;
}

static ICS_ENTITLEMENT_RESULT ask(const struct timespec *deadline)
{
    ICS_ENTITLEMENT_RESULT result = ENTITLEMENT_UNAVAILABLE;
    gnutls_certificate_credentials_t roots = NULL;
    const char *file = trusted_roots();
    int socket_ = file == NULL ? -1 : connect_to(OPERATOR_HOST, OPERATOR_PORT, deadline);
    if (socket_ < 0)
        return result;
    if (gnutls_certificate_allocate_credentials(&roots) == 0 &&
        gnutls_certificate_set_x509_trust_file(roots, file, GNUTLS_X509_FMT_PEM) > 0)
        result = ask_on(socket_, roots, deadline);
    if (roots != NULL)
        gnutls_certificate_free_credentials(roots);
    (void)close(socket_);
    return result;
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return call_on_own_thread(ask);
}
