/* What host.c, state.c, hidden.c and keep.c share. */
#ifndef HOST_H
#define HOST_H

#include <windows.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_THREADS 256
#define MAX_CONCURRENT 64
#define MAX_PATH_LENGTH 4096

typedef int entitlement(void);

/* A loaded library. */
struct plugin {
    WCHAR path[MAX_PATH_LENGTH];
    /* The name under which it is in the list of modules. */
    WCHAR file[MAX_PATH_LENGTH];
    HMODULE module;
    entitlement *function;
};

/* A thread that the script started. */
struct job_thread {
    HANDLE handle, begin, end;
    DWORD id;
    void (*job)(void *);
    void *argument;
};

extern HANDLE reports;
extern struct job_thread threads[MAX_THREADS + 1];
extern struct plugin plugin, copy;

/* Sends a line. */
void report(const char *format, ...);

/* Sends a line with text, which may be long. */
void report_text(const char *key, const WCHAR *text);

/* Unloads a library. `hidden` is the code of an exception that DllMain raised and the loader hid, or zero. */
BOOL free_library(HMODULE module, DWORD *hidden);

/* Keeps libraries of Wine loaded that cannot be unloaded without a trace. Call it when some may have been loaded. */
void keep_system_libraries(void);

/* Sends the state of the process: the quick part, or all of it. */
void report_state(DWORD main_thread, BOOL all);

#endif
