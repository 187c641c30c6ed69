/* Stands in for wineboot.exe in the prefix of a run, which was set up before: starts no service but those that the
 * network interfaces are listed by, and says that the system has been booted.
 */
#include <windows.h>
#include <winternl.h>

NTSTATUS NTAPI NtOpenEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTSTATUS NTAPI NtSetEvent(HANDLE, LONG *);

void start(void)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE booted;
#ifdef WITH_SERVICES
    STARTUPINFOA startup = {sizeof startup};
    PROCESS_INFORMATION services;
    HANDLE wait[2];
    wait[0] = CreateEventA(NULL, TRUE, FALSE, "__wine_SvcctlStarted");
    if (CreateProcessA("C:\\windows\\system32\\services.exe", NULL, NULL, NULL, TRUE, DETACHED_PROCESS, NULL, NULL,
                       &startup, &services)) {
        wait[1] = services.hProcess;
        WaitForMultipleObjects(2, wait, FALSE, 10000);
    }
#endif
    RtlInitUnicodeString(&name, L"\\KernelObjects\\__wineboot_event");
    InitializeObjectAttributes(&attributes, &name, OBJ_OPENIF, NULL, NULL);
    if (!NtOpenEvent(&booted, EVENT_ALL_ACCESS, &attributes)) {
        NtSetEvent(booted, NULL);
        NtClose(booted);
    }
    ExitProcess(0);
}
