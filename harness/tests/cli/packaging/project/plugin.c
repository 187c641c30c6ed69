/* The smallest plugin, which finds its header as an installed one. */
#include <IcsEntitlement.h>

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return ENTITLEMENT_UNAVAILABLE;
}
