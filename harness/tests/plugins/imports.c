/* A library for Windows that imports what other libraries do not have: by name, by ordinal, from a library that is missing, and
 * from one that is loaded when it is first used. CALLS makes IsEntitled call a function.
 */
int present(void);
int absent(void);
int numbered(void);
int elsewhere(void);
int delayed(void);

#ifndef CALLS
#define CALLS present
#endif
int CALLS(void);

/* What a test writes tables of imports into: the first bytes say where it is. */
__attribute__((used)) const char space[1 << 21] = "SPACE FOR TABLES";

__declspec(dllexport) int IsEntitled(void);
int IsEntitled(void)
{
    return CALLS();
}

#ifdef ALL
/* What a compiler's library has for imports that are delayed. It is not called. */
void *__delayLoadHelper2(void)
{
    return 0;
}

__attribute__((used)) static int (*const all[])(void) = {present, absent, numbered, elsewhere, delayed};
#endif
