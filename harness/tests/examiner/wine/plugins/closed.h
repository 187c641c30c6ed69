/* Another operator's server and protocol, both compiled in: nothing of it can be set from outside. */
#ifndef CLOSED_H
#define CLOSED_H

#define SERVER L"entitlement.example-operator.test"
#define QUESTION L"/hotspot/v3/permission?format=json"

static int decide(DWORD status, const char *body, const WCHAR *type)
{
    if (status != 200 || _wcsnicmp(type, L"application/json", 16))
        return UNAVAILABLE;
    if (json_member_is(body, "permission", "granted"))
        return SUCCESS;
    return json_member_is(body, "permission", "refused") ? FAILED : UNAVAILABLE;
}

#endif
