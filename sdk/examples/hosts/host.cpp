// A host in C++: loads a plugin, asks it once, unloads it, and says what it answered.
//
//     c++ -std=c++17 -I include sdk/examples/hosts/host.cpp -o host -ldl && ./host /path/of/libplugin.so
//
// The exit code is the answer: 0 only if the device may share its connection.
#include <dlfcn.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

#include "IcsEntitlement.h"

namespace {

/// A plugin that is loaded for as long as this exists.
class Plugin {
public:
    explicit Plugin(const char *path) : library(dlopen(path, RTLD_NOW | RTLD_LOCAL), dlclose)
    {
        if (!library)
            throw std::runtime_error(dlerror());
        function = reinterpret_cast<ICS_IS_ENTITLED>(dlsym(library.get(), ICS_ENTITLEMENT_EXPORT_NAME));
        if (!function)
            throw std::runtime_error(std::string(path) + " does not export " ICS_ENTITLEMENT_EXPORT_NAME);
    }

    /// Asks the operator's server. A number that the contract does not have means that the check could not be made.
    ICS_ENTITLEMENT_RESULT is_entitled() const
    {
        switch (std::int32_t answer = function()) {
        case ENTITLEMENT_SUCCESS:
        case ENTITLEMENT_FAILED:
            return static_cast<ICS_ENTITLEMENT_RESULT>(answer);
        default:
            return ENTITLEMENT_UNAVAILABLE;
        }
    }

private:
    std::unique_ptr<void, int (*)(void *)> library;
    ICS_IS_ENTITLED function = nullptr;
};

const char *name_of(ICS_ENTITLEMENT_RESULT answer)
{
    return answer == ENTITLEMENT_SUCCESS  ? "ENTITLEMENT_SUCCESS"
           : answer == ENTITLEMENT_FAILED ? "ENTITLEMENT_FAILED"
                                          : "ENTITLEMENT_UNAVAILABLE";
}

} // namespace

int main(int count, char **arguments)
{
    if (count != 2) {
        std::cerr << "usage: host PLUGIN\n";
        return ENTITLEMENT_UNAVAILABLE;
    }
    try {
        const auto answer = Plugin(arguments[1]).is_entitled();
        std::cout << name_of(answer) << '\n';
        return answer;
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return ENTITLEMENT_UNAVAILABLE;
    }
}
