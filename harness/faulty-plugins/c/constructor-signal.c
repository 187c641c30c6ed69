/*
 * Breaks load/signals: loading ignores SIGPIPE in the whole process. Unloading
 * restores the default action, so no other rule is broken.
 */
#include <signal.h>

#include "good.h"

__attribute__((constructor)) static void start(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
}

__attribute__((destructor)) static void stop(void)
{
    (void)signal(SIGPIPE, SIG_DFL);
}

EXPORT int32_t IsEntitled(void)
{
    return good_is_entitled();
}
