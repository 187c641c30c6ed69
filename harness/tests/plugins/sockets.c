/* Answers how many sockets the process has, plus 100 if it cannot be debugged by others of its user. */
#include <sys/prctl.h>
#include <sys/stat.h>
int IsEntitled(void) {
    int fd, sockets = 0;
    for (fd = 0; fd < 70000; fd++) {
        struct stat what;
        sockets += fstat(fd, &what) == 0 && S_ISSOCK(what.st_mode);
    }
    return sockets + (prctl(PR_GET_DUMPABLE) == 1 ? 0 : 100);
}
