/* The library beside the plugin. */
#ifndef CARRIER_H
#define CARRIER_H

#include "careful.h"

ICS_ENTITLEMENT_RESULT carrier_ask(const char *path, const struct timespec *deadline);

#endif
