/* A strict reader of JSON, as much of it as the answer of a server needs. */
#ifndef JSON_H
#define JSON_H

#include <string.h>

#define JSON_DEPTH 8
#define JSON_TEXT 256

struct json {
    const unsigned char *next;
    int bad;
};

static void json_space(struct json *in)
{
    while (*in->next == ' ' || *in->next == '\t' || *in->next == '\n' || *in->next == '\r')
        in->next++;
}

static int json_take(struct json *in, char wanted)
{
    json_space(in);
    if (*in->next != (unsigned char)wanted)
        return 0;
    in->next++;
    return 1;
}

static unsigned json_hex(struct json *in)
{
    unsigned value = 0;
    int digit;
    for (digit = 0; digit < 4; digit++) {
        unsigned char c = *in->next;
        unsigned part = c >= '0' && c <= '9' ? c - 48u : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10u : 16u;
        if (part == 16) {
            in->bad = 1;
            return 0;
        }
        value = value * 16 + part;
        in->next++;
    }
    return value;
}

/* Whether the bytes from here on are a well-formed character of more than one byte; takes it. */
static int json_multibyte(struct json *in)
{
    unsigned char first = *in->next, second = in->next[1];
    int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
        return 0;
    in->next++;
    while (more--)
        if ((*in->next++ & 0xc0) != 0x80)
            return 0;
    return 1;
}

/* Reads a string. One that is too long, or has other characters than those of ASCII, is read and kept as "?". */
static void json_string(struct json *in, char *text)
{
    size_t length = 0;
    int odd = 0;
    if (!json_take(in, '"')) {
        in->bad = 1;
        return;
    }
    while (!in->bad && *in->next != '"') {
        unsigned c = *in->next;
        if (c < 0x20) {
            in->bad = 1;
        } else if (c >= 0x80) {
            odd = 1;
            in->bad = !json_multibyte(in);
            continue;
        } else if (c == '\\') {
            static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
            const char *found;
            in->next++;
            if (*in->next == 'u') {
                in->next++;
                c = json_hex(in);
            } else if (*in->next && (found = strchr(escapes, *in->next))) {
                c = (unsigned char)meanings[found - escapes];
                in->next++;
            } else {
                in->bad = 1;
            }
        } else {
            in->next++;
        }
        if (c < 0x80 && c && length < JSON_TEXT - 1)
            text[length++] = (char)c;
        else
            odd = 1;
    }
    in->next++;
    text[length] = 0;
    if (odd)
        strcpy(text, "?");
}

static void json_digits(struct json *in)
{
    if (*in->next < '0' || *in->next > '9')
        in->bad = 1;
    while (*in->next >= '0' && *in->next <= '9')
        in->next++;
}

static void json_number(struct json *in)
{
    if (*in->next == '-')
        in->next++;
    if (*in->next == '0')
        in->next++;
    else
        json_digits(in);
    if (*in->next == '.') {
        in->next++;
        json_digits(in);
    }
    if ((*in->next | 32) == 'e') {
        in->next++;
        if (*in->next == '+' || *in->next == '-')
            in->next++;
        json_digits(in);
    }
}

static void json_value(struct json *in, int depth, const char *name, const char *wanted, int *found, int *seen)
{
    char text[JSON_TEXT], key[JSON_TEXT];
    json_space(in);
    if (in->bad || depth > JSON_DEPTH) {
        in->bad = 1;
    } else if (*in->next == '"') {
        json_string(in, text);
    } else if (json_take(in, '{')) {
        if (json_take(in, '}'))
            return;
        do {
            json_space(in);
            json_string(in, key);
            if (in->bad || !json_take(in, ':')) {
                in->bad = 1;
                return;
            }
            json_space(in);
            if (depth == 0 && !strcmp(key, name)) {
                (*seen)++;
                if (*in->next == '"') {
                    json_string(in, text);
                    *found = !in->bad && !strcmp(text, wanted);
                    continue;
                }
            }
            json_value(in, depth + 1, name, wanted, found, seen);
        } while (!in->bad && json_take(in, ','));
        if (!json_take(in, '}'))
            in->bad = 1;
    } else if (json_take(in, '[')) {
        if (json_take(in, ']'))
            return;
        do
            json_value(in, depth + 1, name, wanted, found, seen);
        while (!in->bad && json_take(in, ','));
        if (!json_take(in, ']'))
            in->bad = 1;
    } else if (!strncmp((const char *)in->next, "true", 4) || !strncmp((const char *)in->next, "null", 4)) {
        in->next += 4;
    } else if (!strncmp((const char *)in->next, "false", 5)) {
        in->next += 5;
    } else {
        json_number(in);
    }
}

/* Whether a text is an object of which the one member of that name is that string. */
static int json_member_is(const char *text, const char *name, const char *wanted)
{
    struct json in = {(const unsigned char *)text, 0};
    int found = 0, seen = 0;
    json_space(&in);
    if (*in.next != '{')
        return 0;
    json_value(&in, 0, name, wanted, &found, &seen);
    json_space(&in);
    return !in.bad && !*in.next && found && seen == 1;
}

#endif
