/* Breaks file/export: IsEntitled is a variable that points to the function. */
#include "good.h"

EXPORT int32_t (*IsEntitled)(void) = good_is_entitled;
