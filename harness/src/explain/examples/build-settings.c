/*
 * ELF:
 *   cc -std=c11 -O2 -fPIC -fvisibility=hidden -fstack-protector-strong -c plugin.c
 *   cc -shared plugin.o -o libentitlement.so -lcurl -Wl,--version-script=exports.map \
 *      -Wl,-z,defs -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,-z,text -Wl,--as-needed
 *
 *   -z defs   a missing symbol is an error of the build, and not of the device
 *   -z now    all symbols are bound at loading, and the table of them is made read-only
 *   -z text   no relocation in code pages: they stay shared and never writable
 *   no -rpath into the build folder, no -z nodelete, no -z execstack
 *
 * PE: /DYNAMICBASE /NXCOMPAT /HIGHENTROPYVA /GUARD:CF, and sign the file as the last step.
 */
#include "IcsEntitlement.h"

#if defined(__ELF__) && !defined(__PIC__) && defined(BUILDING_PLUGIN)
#error "compile with -fPIC"
#endif

ICS_ENTITLEMENT_RESULT check(void);

ICS_ENTITLEMENT_RESULT IsEntitled(void)
{
    return check();
}
