/* Waits for whatever child there is. */
#include <sys/wait.h>
int IsEntitled(void) { return wait(0) > 0; }
