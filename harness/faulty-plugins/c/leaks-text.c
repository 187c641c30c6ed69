/*
 * Breaks host/memory: each call loses a text of a hundred bytes, which the
 * growth of the process does not show among what comes and goes.
 */
#include <stdlib.h>
#include <string.h>

#include "good.h"

EXPORT int32_t IsEntitled(void)
{
    char *volatile text = malloc(100);
    if (text != NULL)
        memset(text, 'x', 100);
    return good_is_entitled();
}
