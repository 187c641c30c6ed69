/* Loads the library that is named, calls its function, and prints what it returns. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    if (count != 2) {
        (void)fputs("usage: host LIBRARY\n", stderr);
        return 2;
    }
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        (void)fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    /* A number: a value that is none of the contract's must not be one of its type here. */
    int32_t (*function)(void);
    *(void **)&function = dlsym(library, "IsEntitled");
    if (function == NULL) {
        (void)fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    (void)printf("%d\n", (int)function());
    return dlclose(library) == 0 ? 0 : 1;
}
