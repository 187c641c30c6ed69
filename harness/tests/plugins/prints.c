/* Prints more than the harness keeps, to both outputs. */
#include <stdio.h>
int IsEntitled(void) {
    int line;
    for (line = 0; line < 10000; line++) {
        printf("%049d\n", line);
        fprintf(stderr, "error %043d\n", line);
    }
    return 0;
}
