/* Stands in for wineboot.exe in the prefix of a run, which was set up before: starts no service but those that the
 * network interfaces are listed by, and says that the system has been booted.
 */
#include <windows.h>
#include <winternl.h>

NTSTATUS NTAPI NtOpenEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTSTATUS NTAPI NtSetEvent(HANDLE, LONG *);

#ifdef WITH_SERVICES
/* How long the services may take, in milliseconds. */
#define PATIENCE 10000

static BOOL interfaces_are_listed(void)
{
    HANDLE driver =
        CreateFileA("\\\\.\\Nsi", 0, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    if (driver == INVALID_HANDLE_VALUE)
        return FALSE;
    CloseHandle(driver);
    return TRUE;
}

/* Starts the driver that lists network interfaces. Wine's services do it, but in about one of ten starts two of its threads
 * are in each other's way (rpcrt4: "rejected bind"), and the driver is left out.
 */
static void start_driver(void)
{
    HMODULE library = LoadLibraryA("advapi32.dll");
    SC_HANDLE(WINAPI * open_manager)(LPCSTR, LPCSTR, DWORD) = (void *)GetProcAddress(library, "OpenSCManagerA");
    SC_HANDLE(WINAPI * open_service)(SC_HANDLE, LPCSTR, DWORD) = (void *)GetProcAddress(library, "OpenServiceA");
    BOOL(WINAPI * start_service)(SC_HANDLE, DWORD, LPCSTR *) = (void *)GetProcAddress(library, "StartServiceA");
    DWORD begun = GetTickCount();
    SC_HANDLE manager = NULL, driver = NULL;
    while (!interfaces_are_listed() && GetTickCount() - begun < PATIENCE) {
        if (!manager)
            manager = open_manager(NULL, NULL, SC_MANAGER_CONNECT);
        if (manager && !driver)
            driver = open_service(manager, "nsiproxy", SERVICE_START);
        if (driver)
            start_service(driver, 0, NULL);
        Sleep(5);
    }
}
#endif

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
        WaitForMultipleObjects(2, wait, FALSE, PATIENCE);
        if (!interfaces_are_listed())
            start_driver();
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
