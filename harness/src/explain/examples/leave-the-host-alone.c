/* Everything that belongs to the process is passed as an argument instead of being changed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>

#include "IcsEntitlement.h"

/* Elsewhere: the check itself. */
ICS_ENTITLEMENT_RESULT check(void);

/* Instead of chdir(folder): a path relative to an open folder. */
int open_in(int folder, const char *name)
{
    return openat(folder, name, O_RDONLY | O_CLOEXEC);
}

/* Instead of setlocale: a locale for this one call of strtod, whose point is a point. */
double number(const char *text)
{
    locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0)
        return 0;
    double value = strtod_l(text, NULL, plain);
    freelocale(plain);
    return value;
}

/* errno belongs to the host's thread, as its cancellation state does. */
ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    int before = errno;
    ICS_ENTITLEMENT_RESULT result = check();
    errno = before;
    return result;
}
