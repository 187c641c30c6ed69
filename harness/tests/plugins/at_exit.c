/* Leaves a handler that runs when the host exits, or when the library is unloaded. */
#include <stdlib.h>
#include <unistd.h>
static void handler(void) { _exit(5); }
int IsEntitled(void) { return atexit(handler); }
