/* Puts something else in the place of every socket. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
int IsEntitled(void) {
    int fd, other = open("/dev/null", O_RDWR);
    for (fd = 0; fd < 70000; fd++) {
        struct stat what;
        if (fstat(fd, &what) == 0 && S_ISSOCK(what.st_mode))
            dup2(other, fd);
    }
    return 0;
}
