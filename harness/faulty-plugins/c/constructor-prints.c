/* Breaks load/quiet: loading prints a line. */
#include <unistd.h>

#include "good.h"

__attribute__((constructor)) static void greet(void)
{
    static const char line[] = "entitlement plugin loaded\n";
    ssize_t written = write(STDOUT_FILENO, line, sizeof line - 1);
    (void)written;
}

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}
