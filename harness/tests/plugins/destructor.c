/* Ends the process while it is unloaded. */
#include <stdlib.h>
__attribute__((destructor)) static void on_unload(void) { abort(); }
int IsEntitled(void) { return 0; }
