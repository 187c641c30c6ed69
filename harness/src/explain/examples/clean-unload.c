/* What is registered is taken back at unloading; what cannot be unloaded is pinned, alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>

#include <curl/curl.h>

static pthread_key_t key;
static int has_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/*
 * OpenSSL, below libcurl, registers destructors for each thread that used it. It must stay in
 * memory when this library goes. -z nodelete would pin this library as well.
 */
static void initialise(void)
{
    Dl_info info;
    if (dladdr((const void *)(uintptr_t)&curl_easy_init, &info) != 0)
        (void)dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
    /* No destructor: it would be called when a thread ends, after this code is gone. */
    has_key = pthread_key_create(&key, NULL) == 0;
}

int start(void)
{
    return pthread_once(&once, initialise) == 0 && has_key ? 0 : -1;
}

/*
 * There are 1,024 keys in a process. Each load that leaves one behind brings the host nearer to
 * none.
 */
__attribute__((destructor)) static void unload(void)
{
    if (has_key)
        (void)pthread_key_delete(key);
}
