/* A plugin that gives the answer it was compiled with. C and C++. */
#include "IcsEntitlement.h"

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return ANSWER;
}
