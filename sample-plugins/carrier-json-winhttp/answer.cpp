/*
 * The meaning of the server's response.
 *
 * 200, application/json, {"status":"allowed"}: allow. 403 with the code 1000 (not
 * subscribed to tethering) or 1003 (user not recognised): deny. Everything else
 * is UNAVAILABLE. A captive portal sends 200 too, so the status alone is not
 * sufficient, and neither is a body that deviates from that JSON document.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

/* A failed assertion would end the host's process. */
#define RAPIDJSON_ASSERT(condition) static_cast<void>(0)
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

/* A response has one level. */
static const int MOST_LEVELS = 32;

/*
 * The one block of memory that the parser uses, since it does not expect that an
 * allocation fails. It stores there a string at most and two numbers for each
 * level, and asks for half as much again: less than this.
 */
class OneBlock {
public:
    static const bool kNeedFree = false;
    static const size_t SIZE = 2 * MOST_BODY_BYTES;

    OneBlock() : block(nullptr) {}
    explicit OneBlock(void *memory) : block(memory) {}
    void *Malloc(size_t size) { return size <= SIZE ? block : nullptr; }
    void *Realloc(void *, size_t, size_t size) { return Malloc(size); }
    static void Free(void *) {}

    /* The parser has the code to make an allocator of its own, if it is given none. It is given one. */
    static void *operator new(size_t) noexcept { return nullptr; }
    static void operator delete(void *) {}

private:
    void *block;
};

/* Reads the top level of the document: it is an object whose one "status" is "allowed". */
class StatusReader : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, StatusReader> {
public:
    bool allowed() const { return statuses == 1 && is_allowed; }

    /* Returning false ends the parsing with an error. */
    bool StartObject() { return descend(); }
    bool EndObject(rapidjson::SizeType)
    {
        depth -= 1;
        return value();
    }
    bool StartArray() { return descend(); }
    bool EndArray(rapidjson::SizeType)
    {
        depth -= 1;
        return value();
    }
    bool Key(const char *text, rapidjson::SizeType length, bool)
    {
        at_status = depth == 1 && equals(text, length, "status");
        statuses += at_status;
        return true;
    }
    bool String(const char *text, rapidjson::SizeType length, bool)
    {
        if (at_status && depth == 1)
            is_allowed = equals(text, length, "allowed");
        return value();
    }
    /* Null, numbers and booleans. */
    bool Default() { return value(); }

private:
    static bool equals(const char *text, rapidjson::SizeType length, const char *expected)
    {
        return length == strlen(expected) && memcmp(text, expected, length) == 0;
    }
    bool descend()
    {
        depth += 1;
        return depth <= MOST_LEVELS;
    }
    /* A value is complete. If it is one of the top level, the next one belongs to another name. */
    bool value()
    {
        if (depth <= 1)
            at_status = false;
        return true;
    }

    int depth = 0;
    int statuses = 0;
    bool at_status = false;
    bool is_allowed = false;
};

/* Only a parameter may follow, as in "application/json; charset=utf-8". */
static bool is_json(const wchar_t *content_type)
{
    static const wchar_t json[] = L"application/json";
    const int size = ARRAYSIZE(json) - 1;
    if (lstrlenW(content_type) < size ||
        CompareStringOrdinal(content_type, size, json, size, TRUE) != CSTR_EQUAL)
        return false;
    const wchar_t *rest = content_type + size;
    while (*rest == L' ' || *rest == L'\t')
        rest++;
    return *rest == L'\0' || *rest == L';';
}

static bool is_allow(const wchar_t *content_type, const char *body, size_t length)
{
    if (!is_json(content_type))
        return false;
    void *memory = malloc(OneBlock::SIZE);
    if (memory == nullptr)
        return false;
    OneBlock block(memory);
    rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, OneBlock> reader(&block);
    rapidjson::MemoryStream text(body, length);
    StatusReader status;
    /* Iterative, so that no nesting exhausts the stack. What is not UTF-8 is an error, and so is anything after the
     * document; a NUL would end the text, so the length is compared. */
    const unsigned flags = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;
    bool complete = !reader.Parse<flags>(text, status).IsError() && text.Tell() == length;
    free(memory);
    return complete && status.allowed();
}

static bool is_space(char c)
{
    return c == '\r' || c == '\n' || c == ' ';
}

/* One of the two codes, with white space around it at most. */
static bool is_deny(const char *body, size_t length)
{
    while (length > 0 && is_space(body[0])) {
        body += 1;
        length -= 1;
    }
    while (length > 0 && is_space(body[length - 1]))
        length -= 1;
    return length == 4 && (memcmp(body, "1000", 4) == 0 || memcmp(body, "1003", 4) == 0);
}

ICS_ENTITLEMENT_RESULT judge(DWORD status, const wchar_t *content_type, const char *body, size_t length)
{
    if (status == 200 && is_allow(content_type, body, length))
        return ENTITLEMENT_SUCCESS;
    if (status == 403 && is_deny(body, length))
        return ENTITLEMENT_FAILED;
    return ENTITLEMENT_UNAVAILABLE;
}
