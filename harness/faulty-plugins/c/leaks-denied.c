/*
 * Breaks host/memory: each call that is denied loses a text of two hundred bytes. Neither the good calls nor those that
 * cannot reach the server show it.
 */
#include <stdlib.h>
#include <string.h>

#include "good.h"

enum { FAILED = 1 };

EXPORT int32_t IsEntitled(void)
{
    int32_t answer = good_is_entitled();
    if (answer == FAILED) {
        char *volatile text = malloc(200);
        if (text != NULL)
            memset(text, 'x', 200);
    }
    return answer;
}
