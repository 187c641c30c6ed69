/*
 * Breaks load/succeeds: it needs a function that no library has. Bound lazily
 * and never called, it goes unnoticed; with every symbol bound it cannot load.
 */
#include "good.h"

extern int32_t function_of_no_library(void);

EXPORT int32_t IsEntitled(void)
{
    int32_t answer = good_is_entitled();
    return answer > 2 ? function_of_no_library() : answer;
}
