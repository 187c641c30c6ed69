/* Asks Windows in four ways whether the device is connected, as plugins do before they ask a server. */
#ifndef CONNECTED_H
#define CONNECTED_H

#define COBJMACROS
#include <winsock2.h>
#include <windows.h>
#include <iphlpapi.h>
#include <netlistmgr.h>
#include <objbase.h>
#include <stdlib.h>
#include <ws2tcpip.h>

/* wininet.h and winhttp.h cannot be used together. */
DECLSPEC_IMPORT BOOL WINAPI InternetGetConnectedState(DWORD *how, DWORD reserved);

/* Whether an interface that is up has an address and a gateway. */
static BOOL has_gateway(void)
{
    ULONG size = 32768;
    IP_ADAPTER_ADDRESSES *all = malloc(size), *one;
    BOOL found = FALSE;
    if (all && !GetAdaptersAddresses(AF_UNSPEC, GAA_FLAG_INCLUDE_GATEWAYS, NULL, all, &size))
        for (one = all; one; one = one->Next)
            found |= one->IfType != IF_TYPE_SOFTWARE_LOOPBACK && one->OperStatus == IfOperStatusUp &&
                     one->FirstUnicastAddress && one->FirstGatewayAddress;
    free(all);
    return found;
}

static BOOL internet_explorer_says_so(void)
{
    DWORD how;
    return InternetGetConnectedState(&how, 0);
}

/* Whether an interface leads to the server, whose address is for documentation. */
static BOOL leads_somewhere(void)
{
    DWORD best;
    return GetBestInterface(htonl(0xcb00710a), &best) == NO_ERROR;
}

static BOOL network_list_says_so(void)
{
    INetworkListManager *manager;
    VARIANT_BOOL connected = VARIANT_FALSE;
    HRESULT entered = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    if (!CoCreateInstance(&CLSID_NetworkListManager, NULL, CLSCTX_ALL, &IID_INetworkListManager, (void **)&manager)) {
        if (INetworkListManager_IsConnectedToInternet(manager, &connected))
            connected = VARIANT_FALSE;
        INetworkListManager_Release(manager);
    }
    if (SUCCEEDED(entered))
        CoUninitialize();
    return connected != VARIANT_FALSE;
}

static BOOL is_connected(void)
{
    return has_gateway() && internet_explorer_says_so() && leads_somewhere() && network_list_says_so();
}

#endif
