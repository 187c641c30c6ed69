/* Closes every descriptor. */
#include <unistd.h>
int IsEntitled(void) {
    int fd;
    for (fd = 0; fd < 70000; fd++)
        close(fd);
    return 0;
}
