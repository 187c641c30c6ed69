/* Answers with the number that it was compiled with, and ends the process while it is unloaded. */
#include <stdlib.h>
#ifndef VALUE
#define VALUE 0
#endif
__attribute__((destructor)) static void on_unload(void) { abort(); }
int IsEntitled(void) { return VALUE; }
