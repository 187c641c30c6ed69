/* Ends the process in the way that it was compiled for. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int IsEntitled(void) { END; return 0; }
