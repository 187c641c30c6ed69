/* A small plugin, which finds its header as an installed one. */
#include <IcsEntitlement.h>

#define TEXT_OF(...) #__VA_ARGS__
#define TEXT(macro) TEXT_OF(macro)

#if defined(_WIN32) && defined(EXPORTED_BY_DEFINITION)
/* Exported a second time by its declaration, the name would be in the table twice or decorated. */
_Static_assert(sizeof(TEXT(ICS_ENTITLEMENT_API)) == 1, "the declaration does not export");
#endif

/* Is not to be exported. For Windows, everything is if nothing says otherwise. */
ICS_ENTITLEMENT_RESULT answer(void)
{
    return ENTITLEMENT_UNAVAILABLE;
}

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return answer();
}
