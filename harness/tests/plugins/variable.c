/* Answers whether a variable that a caller could steer by is there, and a signal is ignored: 0 if none. */
#include <signal.h>
#include <stdlib.h>
int IsEntitled(void) {
    struct sigaction action;
    sigaction(SIGPIPE, 0, &action);
    return (getenv("SSL_CERT_FILE") != 0) | (getenv("RUST_BACKTRACE") != 0) << 1 | (getenv("GIVEN") != 0) << 2 |
           (action.sa_handler != SIG_DFL) << 3;
}
