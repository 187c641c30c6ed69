/*
 * The name look-up: getaddrinfo has no time limit, and the thread that a time limit needs could not be ended. Here the
 * system's name servers are asked over UDP, and over TCP where a response is truncated, within the deadline. What else
 * nsswitch.conf names (/etc/hosts, mDNS) is not used.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "careful.h"

/* How long a server is waited for before the question is sent again, to the next one if there is one. */
#define AGAIN_MILLISECONDS 1500

/* How long the other family's addresses are waited for when there are some of one. */
#define OTHER_FAMILY_MILLISECONDS 300

#define MOST_SERVERS 4
#define MOST_MESSAGE 4096
#define MOST_ALIASES 8

/* The system's name servers. Without a configuration there is one on this machine. */
static int servers_of_system(struct sockaddr_storage *servers)
{
    struct __res_state state;
    memset(&state, 0, sizeof state);
    if (res_ninit(&state) != 0)
        return 0;
    int count = 0;
    for (int index = 0; index < state.nscount && index < MAXNS && count < MOST_SERVERS; index++) {
        const struct sockaddr_in6 *six = state._u._ext.nsaddrs[index];
        memset(&servers[count], 0, sizeof servers[count]);
        if (state.nsaddr_list[index].sin_family == AF_INET)
            memcpy(&servers[count++], &state.nsaddr_list[index], sizeof(struct sockaddr_in));
        else if (six != NULL && six->sin6_family == AF_INET6)
            memcpy(&servers[count++], six, sizeof *six);
    }
    res_nclose(&state);
    return count;
}

struct question {
    unsigned char message[NS_PACKETSZ];
    int length;
    int type;
    int answered;
};

static void put16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

/* A recursive question with a random identifier, and with room for long responses (EDNS). */
static int make_question(const char *host, int type, struct question *question)
{
    unsigned char *message = question->message;
    memset(question, 0, sizeof *question);
    question->type = type;
    if (getrandom(message, 2, 0) != 2)
        return -1;
    message[2] = 1; /* Recursion desired. */
    put16(message + 4, 1);
    put16(message + 10, 1);
    int name = ns_name_compress(host, message + 12, NS_PACKETSZ - 12 - 15, NULL, NULL);
    if (name < 0)
        return -1;
    unsigned char *at = message + 12 + name;
    put16(at, (unsigned)type);
    put16(at + 2, ns_c_in);
    at += 4;
    at[0] = 0;
    put16(at + 1, ns_t_opt);
    put16(at + 3, 1232);
    question->length = (int)(at + 11 - message);
    return 0;
}

static void add(struct addresses *found, int type, const unsigned char *data, size_t size, uint16_t port)
{
    if (found->count == MOST_ADDRESSES)
        return;
    struct sockaddr_storage *next = &found->list[found->count];
    memset(next, 0, sizeof *next);
    if (type == ns_t_a && size == 4) {
        struct sockaddr_in *four = (struct sockaddr_in *)(void *)next;
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        memcpy(&four->sin_addr, data, 4);
    } else if (type == ns_t_aaaa && size == 16) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)next;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        memcpy(&six->sin6_addr, data, 16);
    } else {
        return;
    }
    found->count += 1;
}

/* Takes the addresses of the name, following its aliases inside the message. */
static void take_addresses(ns_msg *message, const char *host, int type, uint16_t port, struct addresses *found)
{
    char name[NS_MAXDNAME];
    strcpy(name, host);
    for (int alias = 0; alias <= MOST_ALIASES; alias++) {
        int renamed = 0;
        for (int index = 0; index < ns_msg_count(*message, ns_s_an); index++) {
            ns_rr record;
            if (ns_parserr(message, ns_s_an, index, &record) != 0)
                return;
            if (ns_rr_class(record) != ns_c_in || strcasecmp(ns_rr_name(record), name) != 0)
                continue;
            if ((int)ns_rr_type(record) == type)
                add(found, type, ns_rr_rdata(record), ns_rr_rdlen(record), port);
            else if (ns_rr_type(record) == ns_t_cname && !renamed)
                renamed = ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message), ns_rr_rdata(record), name,
                                             sizeof name) > 0;
        }
        if (!renamed)
            return;
    }
}

enum reply { NOT_OURS, ANSWERED, TRUNCATED, FAILED };

static enum reply take_reply(const unsigned char *bytes, int length, const char *host, const struct question *question,
                             uint16_t port, struct addresses *found)
{
    ns_msg message;
    ns_rr asked;
    if (length < 12 || memcmp(bytes, question->message, 2) != 0 || ns_initparse(bytes, length, &message) != 0 ||
        !ns_msg_getflag(message, ns_f_qr) || ns_msg_count(message, ns_s_qd) != 1 ||
        ns_parserr(&message, ns_s_qd, 0, &asked) != 0 || (int)ns_rr_type(asked) != question->type ||
        strcasecmp(ns_rr_name(asked), host) != 0)
        return NOT_OURS;
    if (ns_msg_getflag(message, ns_f_tc))
        return TRUNCATED;
    int code = ns_msg_getflag(message, ns_f_rcode);
    if (code != ns_r_noerror)
        return code == ns_r_nxdomain ? ANSWERED : FAILED;
    take_addresses(&message, host, question->type, port, found);
    return ANSWERED;
}

static int transfer(int socket_, unsigned char *bytes, size_t length, int sending, const struct timespec *deadline)
{
    for (size_t done = 0; done < length;) {
        ssize_t step = sending ? send(socket_, bytes + done, length - done, MSG_NOSIGNAL)
                               : recv(socket_, bytes + done, length - done, 0);
        if (step > 0)
            done += (size_t)step;
        else if (step == 0 || (errno != EAGAIN && errno != EINTR) ||
                 wait_for(socket_, sending ? POLLOUT : POLLIN, deadline) != 0)
            return -1;
    }
    return 0;
}

/* The same question over TCP. */
static enum reply ask_over_tcp(const struct sockaddr_storage *server, const char *host, const struct question *question,
                               uint16_t port, const struct timespec *deadline, struct addresses *found)
{
    struct addresses one = {.count = 1};
    one.list[0] = *server;
    int socket_ = connect_to_any(&one, deadline);
    if (socket_ < 0)
        return FAILED;
    unsigned char sent[2 + NS_PACKETSZ], size[2], bytes[8192];
    put16(sent, (unsigned)question->length);
    memcpy(sent + 2, question->message, (size_t)question->length);
    enum reply reply = FAILED;
    if (transfer(socket_, sent, 2 + (size_t)question->length, 1, deadline) == 0 &&
        transfer(socket_, size, 2, 0, deadline) == 0) {
        size_t length = (size_t)size[0] << 8 | size[1];
        if (length <= sizeof bytes && transfer(socket_, bytes, length, 0, deadline) == 0)
            reply = take_reply(bytes, (int)length, host, question, port, found);
    }
    (void)close(socket_);
    return reply == TRUNCATED ? FAILED : reply;
}

/* Asks one server both questions. Whether it is done: both are answered, or one is and there are addresses. */
static int ask_server(const struct sockaddr_storage *server, const char *host, struct question questions[2], uint16_t port,
                      const struct timespec *patience, const struct timespec *deadline, struct addresses *found)
{
    socklen_t size = server->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    int socket_ = socket(server->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0)
        return 0;
    struct timespec until = *patience;
    int failed = connect(socket_, (const struct sockaddr *)(const void *)server, size) != 0;
    for (int index = 0; index < 2; index++)
        if (!failed && !questions[index].answered)
            failed = send(socket_, questions[index].message, (size_t)questions[index].length, MSG_NOSIGNAL) < 0;
    while (!failed && !(questions[0].answered && questions[1].answered) && wait_for(socket_, POLLIN, &until) == 0) {
        unsigned char bytes[MOST_MESSAGE];
        ssize_t length = recv(socket_, bytes, sizeof bytes, 0);
        if (length < 0 && errno != EAGAIN && errno != EINTR)
            break;
        for (int index = 0; length > 0 && index < 2; index++) {
            if (questions[index].answered)
                continue;
            enum reply reply = take_reply(bytes, (int)length, host, &questions[index], port, found);
            if (reply == TRUNCATED)
                reply = ask_over_tcp(server, host, &questions[index], port, deadline, found);
            if (reply == FAILED)
                failed = 1;
            questions[index].answered |= reply == ANSWERED;
        }
        if (found->count > 0) {
            struct timespec soon = deadline_after(OTHER_FAMILY_MILLISECONDS);
            if (milliseconds_until(&soon) < milliseconds_until(&until))
                until = soon;
        }
    }
    (void)close(socket_);
    return (questions[0].answered && questions[1].answered) || found->count > 0;
}

static int is_address(const char *host, uint16_t port, struct addresses *found)
{
    unsigned char bytes[16];
    if (inet_pton(AF_INET, host, bytes) == 1)
        add(found, ns_t_a, bytes, 4, port);
    else if (inet_pton(AF_INET6, host, bytes) == 1)
        add(found, ns_t_aaaa, bytes, 16, port);
    return found->count;
}

int look_up(const char *host, uint16_t port, const struct timespec *deadline, struct addresses *found)
{
    struct sockaddr_storage servers[MOST_SERVERS];
    struct question questions[2];
    found->count = 0;
    if (is_address(host, port, found))
        return 0;
    int count = servers_of_system(servers);
    if (count == 0 || strlen(host) >= NS_MAXDNAME || make_question(host, ns_t_a, &questions[0]) != 0 ||
        make_question(host, ns_t_aaaa, &questions[1]) != 0)
        return -1;
    /* Twice each: a datagram may be lost. A server that reports a failure is not waited for. */
    for (int turn = 0; turn < 2 * count; turn++) {
        struct timespec patience = turn == 2 * count - 1 ? *deadline : deadline_after(AGAIN_MILLISECONDS);
        if (milliseconds_until(deadline) < milliseconds_until(&patience))
            patience = *deadline;
        if (milliseconds_until(deadline) == 0)
            break;
        if (ask_server(&servers[turn % count], host, questions, port, &patience, deadline, found))
            break;
    }
    return found->count > 0 ? 0 : -1;
}
