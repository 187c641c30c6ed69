/*
 * Loading a Go library starts the runtime on another thread and does not wait for it. Here it waits, so that everything
 * that the runtime keeps is there when the host's dlopen returns, and no call adds to it.
 */
extern void warmUp(void);

__attribute__((constructor)) static void wait_for_runtime(void)
{
    warmUp();
}
