// One request with libcurl's multi interface: each turn waits no longer than until the deadline. What libcurl would
// take from its environment or do by default is disabled.
#include <dlfcn.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <strings.h>

#include <curl/curl.h>

#include "request.hpp"

// The other versions are in ../libcurl-http2 and ../libcurl-http2-only.
#ifndef HTTP_VERSION
#define HTTP_VERSION CURL_HTTP_VERSION_1_1
#endif

namespace {

struct EasyDeleter {
    void operator()(CURL *easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
    void operator()(CURLM *multi) const { (void)curl_multi_cleanup(multi); }
};
struct ListDeleter {
    void operator()(curl_slist *list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using Multi = std::unique_ptr<CURLM, MultiDeleter>;
using List = std::unique_ptr<curl_slist, ListDeleter>;

// The handle is taken out before the multi handle is cleaned up, and what it still did ends.
class Attached {
public:
    Attached(CURLM *multi, CURL *easy) : multi_(multi), easy_(easy)
    {
        attached_ = curl_multi_add_handle(multi, easy) == CURLM_OK;
    }
    ~Attached()
    {
        if (attached_)
            (void)curl_multi_remove_handle(multi_, easy_);
    }
    Attached(const Attached &) = delete;
    Attached &operator=(const Attached &) = delete;
    explicit operator bool() const { return attached_; }

private:
    CURLM *multi_;
    CURL *easy_;
    bool attached_;
};

struct Arriving {
    std::unique_ptr<response> into = std::make_unique<response>();
    size_t header_bytes = 0;
    int lengths = 0, codings = 0, types = 0;
};

// Once used, libcurl stays loaded: the libraries below it do not support being unloaded. This one can be unloaded.
bool initialise()
{
    static std::once_flag once;
    static bool initialised = false;
    std::call_once(once, [] {
        Dl_info info;
        if (dladdr(reinterpret_cast<const void *>(&curl_easy_init), &info) != 0 && info.dli_fname != nullptr) {
            void *library = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
            if (library != nullptr)
                (void)dlclose(library);
        }
        initialised = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    });
    return initialised;
}

size_t take_body(char *data, size_t size, size_t count, void *context)
{
    auto &into = *static_cast<Arriving *>(context)->into;
    size_t length = size * count;
    if (length > MOST_RESPONSE_BYTES - into.length)
        return CURL_WRITEFUNC_ERROR;
    std::memcpy(into.body + into.length, data, length);
    into.length += length;
    into.body[into.length] = '\0';
    return length;
}

bool is_named(const char *line, size_t length, const char *name)
{
    size_t size = std::strlen(name);
    return length > size && strncasecmp(line, name, size) == 0 && line[size] == ':';
}

size_t take_header(char *line, size_t size, size_t count, void *context)
{
    auto &arriving = *static_cast<Arriving *>(context);
    size_t length = size * count;
    arriving.header_bytes += length;
    // A new header section: an interim response's is over.
    if (length > 5 && std::memcmp(line, "HTTP/", 5) == 0)
        arriving.lengths = arriving.codings = arriving.types = 0;
    arriving.lengths += is_named(line, length, "content-length");
    arriving.codings += is_named(line, length, "transfer-encoding");
    arriving.types += is_named(line, length, "content-type");
    // Two readers could read two of them differently. The request offers no content coding.
    bool odd = arriving.lengths + arriving.codings > 1 || arriving.types > 1 ||
               is_named(line, length, "content-encoding") || arriving.header_bytes > 16 * 1024;
    return odd ? CURL_WRITEFUNC_ERROR : length;
}

// A process that the host starts must not inherit the socket.
curl_socket_t open_socket(void *, curlsocktype, curl_sockaddr *address)
{
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool prepare(CURL *easy, Arriving &arriving, curl_slist *server, curl_slist *headers, long left)
{
    CURLcode failed = CURLE_OK;
    auto set = [&](CURLoption option, auto value) {
        if (failed == CURLE_OK)
            failed = curl_easy_setopt(easy, option, value);
    };
    const char *roots = trusted_roots();
    if (roots == nullptr)
        return false;
    set(CURLOPT_URL, "https://" OPERATOR_HOST "/tethering");
    set(CURLOPT_PROTOCOLS_STR, "https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(HTTP_VERSION));
    // With it, libcurl 7.88 offers HTTP/1.1 also to a server that is known to speak HTTP/2.
    if (HTTP_VERSION == CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
        set(CURLOPT_SSL_ENABLE_ALPN, 0L);
    set(CURLOPT_HTTP09_ALLOWED, 0L);
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOPROXY, "*");
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_RESOLVE, server);
    set(CURLOPT_CAINFO, roots);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, left);
    // Of several addresses, the first one gets half of it.
    set(CURLOPT_CONNECTTIMEOUT_MS, left);
    set(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_USERAGENT, "other-stack-libcurl/0.1");
    set(CURLOPT_HTTPHEADER, headers);
    set(CURLOPT_POSTFIELDS, "{}");
    set(CURLOPT_WRITEFUNCTION, take_body);
    set(CURLOPT_WRITEDATA, static_cast<void *>(&arriving));
    set(CURLOPT_HEADERFUNCTION, take_header);
    set(CURLOPT_HEADERDATA, static_cast<void *>(&arriving));
    return failed == CURLE_OK;
}

// Whether the transfer ended well before the deadline.
bool transfer(CURLM *multi, const timespec &deadline)
{
    for (int running = 1; running > 0;) {
        int left = milliseconds_until(&deadline);
        if (left == 0 || curl_multi_perform(multi, &running) != CURLM_OK)
            return false;
        // libcurl 7.88 does not wake up to give up on the first of several addresses.
        if (running > 0 && curl_multi_poll(multi, nullptr, 0, std::min(left, 200), nullptr) != CURLM_OK)
            return false;
    }
    int queued = 0;
    const CURLMsg *message = curl_multi_info_read(multi, &queued);
    return message != nullptr && message->msg == CURLMSG_DONE && message->data.result == CURLE_OK;
}

bool finish(CURL *easy, Arriving &arriving)
{
    long status = 0, version = 0;
    char *type = nullptr;
    if (curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version) != CURLE_OK)
        return false;
    // libcurl does not require close_notify, so a body up to the end of the connection could be a truncated one. In
    // HTTP/2 the end of the stream is marked.
    if ((version != CURL_HTTP_VERSION_2 && arriving.lengths + arriving.codings == 0) ||
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK ||
        curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK)
        return false;
    std::string content_type = type == nullptr ? "" : type;
    if (content_type.size() >= sizeof arriving.into->content_type)
        return false;
    std::strcpy(arriving.into->content_type, content_type.c_str());
    arriving.into->status = static_cast<int>(status);
    return true;
}

} // namespace

std::unique_ptr<response> request(const timespec &deadline)
{
    if (!initialise())
        return nullptr;
    std::string addresses = addresses_of(OPERATOR_HOST, deadline);
    int left = milliseconds_until(&deadline);
    // libcurl treats a time limit of 0 as none.
    if (addresses.empty() || left == 0)
        return nullptr;
    Arriving arriving;
    // The lists live longer than the handle that uses them.
    List server(curl_slist_append(nullptr, (OPERATOR_HOST ":443:" + addresses).c_str()));
    List headers(curl_slist_append(nullptr, "Content-Type: application/json"));
    Multi multi(curl_multi_init());
    Easy easy(curl_easy_init());
    if (!server || !headers || !multi || !easy || !prepare(easy.get(), arriving, server.get(), headers.get(), left))
        return nullptr;
    Attached attached(multi.get(), easy.get());
    if (!attached || !transfer(multi.get(), deadline) || !finish(easy.get(), arriving))
        return nullptr;
    return std::move(arriving.into);
}
