/* Breaks file/exports-only: a template's instance is exported, which every library shares. */
#include "good.h"

extern "C" EXPORT int32_t IsEntitled(void);

/* Exported by mistake, as all is without -fvisibility-inlines-hidden. */
template <typename T> EXPORT T twice(T value)
{
    return value + value;
}

template EXPORT int32_t twice<int32_t>(int32_t);

extern "C" int32_t IsEntitled(void)
{
    return good_is_entitled();
}
