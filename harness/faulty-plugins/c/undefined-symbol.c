/*
 * Breaks load/succeeds: it needs a function that no library defines. With lazy
 * binding this has no effect until the call; with RTLD_NOW the library cannot load.
 */
#include "good.h"

extern int32_t function_of_no_library(void);

EXPORT int32_t IsEntitled(void)
{
    int32_t answer = good_is_entitled();
    return answer > 2 ? function_of_no_library() : answer;
}
