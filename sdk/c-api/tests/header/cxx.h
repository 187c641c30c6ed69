#if defined(__cplusplus) && (defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND))
/**
 * A check function in C++ that may throw: an exception becomes UNAVAILABLE.
 *
 *     return ics_client_check(IcsClientGuard<check>, SETTINGS, nullptr);
 */
template <IcsClientDecision (*Check)(IcsClientCall *)>
IcsClientDecision IcsClientGuard(IcsClientCall *call) noexcept
{
    try {
        return Check(call);
    } catch (...) {
        return ics_client_because(call, "the check function threw an exception");
    }
}
#endif
