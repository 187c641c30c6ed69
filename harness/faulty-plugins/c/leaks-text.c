/*
 * Breaks host/memory: each call loses a text of some hundred bytes, which the
 * growth of the process does not show among what comes and goes.
 */
#include <stdlib.h>
#include <string.h>

#include "good.h"

EXPORT int32_t IsEntitled(void)
{
    char *volatile text = malloc(600);
    if (text != NULL)
        memset(text, 'x', 600);
    return good_is_entitled();
}
