// The parts of the plugin: request.cpp asks, lookup.cpp finds the server's addresses.
#pragma once

#include <memory>
#include <string>

#include "careful.h"

// The complete response; null without one.
std::unique_ptr<response> request(const timespec &deadline);

// The addresses of a host as CURLOPT_RESOLVE takes them, "address,[address]"; empty if there are none.
std::string addresses_of(const char *host, const timespec &deadline);
