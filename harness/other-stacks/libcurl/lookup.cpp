// The name look-up with c-ares, whose sockets are waited for here: libcurl's own look-up runs getaddrinfo on a thread
// that nothing can end before the system's resolver gives up.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>

#include <ares.h>

#include "request.hpp"

namespace {

class Channel {
public:
    Channel()
    {
        ares_options options{};
        // The name is complete, and the environment's aliases are not for us.
        options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
        options.timeout = 1500;
        options.tries = 3;
        usable_ = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
        int wanted = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
        if (usable_ && ares_init_options(&channel_, &options, wanted) != ARES_SUCCESS) {
            ares_library_cleanup();
            usable_ = false;
        }
    }

    // Open queries are cancelled, which calls their callbacks.
    ~Channel()
    {
        if (usable_) {
            ares_destroy(channel_);
            ares_library_cleanup();
        }
    }

    Channel(const Channel &) = delete;
    Channel &operator=(const Channel &) = delete;

    explicit operator bool() const { return usable_; }
    ares_channel get() const { return channel_; }

private:
    ares_channel channel_ = nullptr;
    bool usable_ = false;
};

struct Found {
    bool done = false;
    std::string list;
};

void add(std::string &list, const ares_addrinfo_node &node)
{
    char text[INET6_ADDRSTRLEN];
    const void *address = nullptr;
    if (node.ai_family == AF_INET)
        address = &reinterpret_cast<const sockaddr_in *>(node.ai_addr)->sin_addr;
    else if (node.ai_family == AF_INET6)
        address = &reinterpret_cast<const sockaddr_in6 *>(node.ai_addr)->sin6_addr;
    if (address == nullptr || inet_ntop(node.ai_family, address, text, sizeof text) == nullptr)
        return;
    if (!list.empty())
        list += ',';
    list += node.ai_family == AF_INET6 ? "[" + std::string(text) + "]" : text;
}

void take(void *context, int status, int, ares_addrinfo *result)
{
    auto &found = *static_cast<Found *>(context);
    found.done = true;
    int count = 0;
    if (status == ARES_SUCCESS)
        for (auto *node = result->nodes; node != nullptr && count < MOST_ADDRESSES; node = node->ai_next, count++)
            add(found.list, *node);
    if (result != nullptr)
        ares_freeaddrinfo(result);
}

// Waits for the channel's sockets once, and lets it proceed.
void proceed(ares_channel channel, int left)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    pollfd pollers[ARES_GETSOCK_MAXNUM];
    int bits = ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
    nfds_t count = 0;
    for (int index = 0; index < ARES_GETSOCK_MAXNUM; index++) {
        int events = (ARES_GETSOCK_READABLE(bits, index) ? POLLIN : 0) | (ARES_GETSOCK_WRITABLE(bits, index) ? POLLOUT : 0);
        if (events != 0)
            pollers[count++] = pollfd{sockets[index], static_cast<short>(events), 0};
    }
    timeval most{left / 1000, static_cast<suseconds_t>(left % 1000) * 1000}, next{};
    timeval *until = ares_timeout(channel, &most, &next);
    int wait = static_cast<int>(until->tv_sec * 1000 + until->tv_usec / 1000) + 1;
    if (poll(pollers, count, wait) <= 0) {
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        return;
    }
    for (nfds_t index = 0; index < count; index++) {
        bool readable = (pollers[index].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
        bool writable = (pollers[index].revents & POLLOUT) != 0;
        ares_process_fd(channel, readable ? pollers[index].fd : ARES_SOCKET_BAD,
                        writable ? pollers[index].fd : ARES_SOCKET_BAD);
    }
}

} // namespace

std::string addresses_of(const char *host, const timespec &deadline)
{
    Found found;
    {
        Channel channel;
        if (!channel)
            return {};
        ares_addrinfo_hints hints{};
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        ares_getaddrinfo(channel.get(), host, nullptr, &hints, take, &found);
        while (!found.done) {
            int left = milliseconds_until(&deadline);
            if (left == 0)
                break;
            proceed(channel.get(), left);
        }
    }
    return found.list;
}
