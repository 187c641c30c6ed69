/*
 * The whole of carrier-json-c under another name, for a fault that has to stand
 * between the host and a check that is otherwise right. C and C++.
 */
#ifndef FAULTY_GOOD_H
#define FAULTY_GOOD_H

#include <stdint.h>

#ifdef __cplusplus
extern "C"
#endif
int32_t good_is_entitled(void);

/* The header is not used here: it would mend what these files get wrong. */
#define EXPORT __attribute__((visibility("default")))

#endif
