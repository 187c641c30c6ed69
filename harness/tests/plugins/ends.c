/* Ends the process in the way that it was compiled for. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
int IsEntitled(void) { END; return 0; }
