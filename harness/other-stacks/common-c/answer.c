/*
 * The meaning of a complete response: 200 with {"status":"allowed"} allows, 403 with the code 1000 or 1003 denies, and
 * everything else is no decision. The JSON is read by a parser of its own, which knows objects of any members but
 * accepts no deviation from RFC 8259.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "careful.h"

#define DEEPEST 16

struct text {
    const char *at;
    const char *end;
};

static void skip_space(struct text *text)
{
    while (text->at < text->end && *text->at != '\0' && strchr(" \t\r\n", *text->at) != NULL)
        text->at += 1;
}

static int take(struct text *text, char expected)
{
    if (text->at == text->end || *text->at != expected)
        return -1;
    text->at += 1;
    return 0;
}

/* The length of the UTF-8 character at the beginning; 0 if it is not valid. */
static size_t character_length(const struct text *text)
{
    const unsigned char *at = (const unsigned char *)text->at;
    size_t left = (size_t)(text->end - text->at);
    if (at[0] < 0x80)
        return 1;
    if (at[0] < 0xc2 || at[0] > 0xf4)
        return 0;
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (length > left)
        return 0;
    for (size_t index = 1; index < length; index++)
        if ((at[index] & 0xc0) != 0x80)
            return 0;
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90) ||
        (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    return length;
}

/*
 * A string into `value`. Escapes of printable ASCII are decoded. With others it is valid, and compared with nothing: it
 * gets a mark that no name has.
 */
static int take_string(struct text *text, char *value, size_t size)
{
    size_t length = 0;
    int special = 0;
    if (take(text, '"') != 0)
        return -1;
    while (text->at < text->end && *text->at != '"') {
        if ((unsigned char)*text->at < 0x20)
            return -1;
        if (*text->at == '\\') {
            unsigned long code = 0;
            text->at += 1;
            if (text->at == text->end || *text->at == '\0' || strchr("\"\\/bfnrtu", *text->at) == NULL)
                return -1;
            if (*text->at == 'u') {
                char digits[5] = "";
                if (text->end - text->at < 5 || strspn(text->at + 1, "0123456789abcdefABCDEF") < 4)
                    return -1;
                memcpy(digits, text->at + 1, 4);
                code = strtoul(digits, NULL, 16);
                text->at += 4;
            } else if (strchr("\"\\/", *text->at) != NULL) {
                code = (unsigned char)*text->at;
            }
            text->at += 1;
            if (code < 0x20 || code > 0x7e || length + 1 >= size)
                special = 1;
            else
                value[length] = (char)code;
            length += 1;
            continue;
        }
        size_t step = character_length(text);
        if (step == 0)
            return -1;
        if (length + step < size)
            memcpy(value + length, text->at, step);
        else
            special = 1;
        length += step;
        text->at += step;
    }
    value[special ? 0 : length] = '\0';
    if (special && size > 1) {
        value[0] = '\x01';
        value[1] = '\0';
    }
    return take(text, '"');
}

static int take_digits(struct text *text)
{
    const char *start = text->at;
    while (text->at < text->end && *text->at >= '0' && *text->at <= '9')
        text->at += 1;
    return text->at == start ? -1 : 0;
}

static int take_number(struct text *text)
{
    (void)take(text, '-');
    if (take(text, '0') != 0 && take_digits(text) != 0)
        return -1;
    if (take(text, '.') == 0 && take_digits(text) != 0)
        return -1;
    if (take(text, 'e') == 0 || take(text, 'E') == 0) {
        if (take(text, '+') != 0)
            (void)take(text, '-');
        return take_digits(text);
    }
    return 0;
}

static int take_word(struct text *text, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0)
        return -1;
    text->at += length;
    return 0;
}

/* What is looked for: the first level's member of that name, and how often it occurred. */
struct search {
    const char *name;
    char *value;
    size_t size;
    int found;
    int is_string;
};

static int take_value(struct text *text, int depth, struct search *search);

static int take_members(struct text *text, char closing, int depth, struct search *search)
{
    char name[64], ignored[64];
    text->at += 1;
    skip_space(text);
    if (take(text, closing) == 0)
        return 0;
    do {
        skip_space(text);
        name[0] = '\0';
        if (closing == '}' && (take_string(text, name, sizeof name) != 0 || (skip_space(text), take(text, ':') != 0)))
            return -1;
        skip_space(text);
        if (search != NULL && strcmp(name, search->name) == 0) {
            search->found += 1;
            search->is_string = text->at < text->end && *text->at == '"';
            if (search->is_string ? take_string(text, search->value, search->size) : take_value(text, depth + 1, NULL))
                return -1;
        } else if (text->at < text->end && *text->at == '"') {
            if (take_string(text, ignored, sizeof ignored) != 0)
                return -1;
        } else if (take_value(text, depth + 1, NULL) != 0) {
            return -1;
        }
        skip_space(text);
    } while (take(text, ',') == 0);
    return take(text, closing);
}

static int take_value(struct text *text, int depth, struct search *search)
{
    char ignored[64];
    if (text->at == text->end || depth > DEEPEST)
        return -1;
    switch (*text->at) {
    case '{':
        return take_members(text, '}', depth, search);
    case '[':
        return take_members(text, ']', depth, NULL);
    case '"':
        return take_string(text, ignored, sizeof ignored);
    case 't':
        return take_word(text, "true");
    case 'f':
        return take_word(text, "false");
    case 'n':
        return take_word(text, "null");
    default:
        return take_number(text);
    }
}

int json_member(const char *body, size_t length, const char *name, char *value, size_t size)
{
    struct text text = {body, body + length};
    struct search search = {.name = name, .value = value, .size = size};
    skip_space(&text);
    if (text.at == text.end || *text.at != '{' || take_value(&text, 0, &search) != 0)
        return -1;
    skip_space(&text);
    /* Readers differ in which of two members of one name they take. */
    return text.at == text.end && search.found == 1 && search.is_string ? 0 : -1;
}

int json_member_is(const char *body, size_t length, const char *name, const char *value)
{
    char found[64];
    return json_member(body, length, name, found, sizeof found) == 0 && strcmp(found, value) == 0;
}

int is_json(const char *content_type)
{
    static const char json[] = "application/json";
    if (strncasecmp(content_type, json, sizeof json - 1) != 0)
        return 0;
    const char *rest = content_type + sizeof json - 1;
    rest += strspn(rest, " \t");
    return *rest == '\0' || *rest == ';';
}

static int is_code(const struct response *response, const char *code)
{
    const char *at = response->body, *end = response->body + response->length;
    while (at < end && (*at == ' ' || *at == '\r' || *at == '\n'))
        at += 1;
    while (at < end && (end[-1] == ' ' || end[-1] == '\r' || end[-1] == '\n'))
        end -= 1;
    return (size_t)(end - at) == strlen(code) && memcmp(at, code, strlen(code)) == 0;
}

ICS_ENTITLEMENT_RESULT judge(const struct response *response)
{
    if (response->status == 200 && is_json(response->content_type) &&
        json_member_is(response->body, response->length, "status", "allowed"))
        return ENTITLEMENT_SUCCESS;
    if (response->status == 403 && (is_code(response, "1000") || is_code(response, "1003")))
        return ENTITLEMENT_FAILED;
    return ENTITLEMENT_UNAVAILABLE;
}
