/* Answers with the number that it was compiled with. */
#ifndef VALUE
#define VALUE 0
#endif
int IsEntitled(void) { return VALUE; }
