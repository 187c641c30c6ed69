/*
 * The complete check of carrier-json-c under another name, so that a fault can be
 * added around a check that is otherwise correct. For C and C++.
 */
#ifndef FAULTY_GOOD_H
#define FAULTY_GOOD_H

#include <stdint.h>

#ifdef __cplusplus
extern "C"
#endif
int32_t good_is_entitled(void);

/* IcsEntitlement.h is not used here: it would correct the faults of these files. */
#define EXPORT __attribute__((visibility("default")))

#endif
