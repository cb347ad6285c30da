/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Just enough JSON for a VERSION message: everything is checked for form, and the numbers in the
 * object "capabilities" are kept. Keys with escapes are never ours and therefore skipped. */
#include "user_json.h"

#include <string.h>

enum { DEPTH_MAX = 16 };

struct json {
    const char *at;
    const char *end;
    struct user_caps *caps;
};

struct text {
    const char *start;
    size_t length;
};

static bool value(struct json *json, unsigned depth, bool in_caps, const struct text *key);

static void skip_space(struct json *json)
{
    while (json->at < json->end && strchr(" \t\r\n", *json->at) && *json->at)
        json->at++;
}

static bool take(struct json *json, char c)
{
    skip_space(json);
    if (json->at == json->end || *json->at != c)
        return false;
    json->at++;
    return true;
}

static bool string(struct json *json, struct text *out)
{
    if (!take(json, '"'))
        return false;
    out->start = json->at;
    while (json->at < json->end && *json->at != '"') {
        if ((unsigned char)*json->at < 0x20)
            return false;
        if (*json->at == '\\' && ++json->at == json->end)
            return false;
        json->at++;
    }
    if (json->at == json->end)
        return false;
    out->length = (size_t)(json->at - out->start);
    json->at++;
    return true;
}

static bool is(const struct text *key, const char *name)
{
    return key && key->length == strlen(name) && memcmp(key->start, name, key->length) == 0;
}

static uint64_t *known(struct json *json, const struct text *key)
{
    if (is(key, "max_msg_fds"))
        return &json->caps->max_msg_fds;
    if (is(key, "max_data_xfer_size"))
        return &json->caps->max_data_xfer_bytes;
    if (is(key, "max_dma_maps"))
        return &json->caps->max_dma_maps;
    if (is(key, "pgsizes"))
        return &json->caps->pgsizes;
    return NULL;
}

/* Digits with an optional sign, fraction and exponent; only plain digits have a value. */
static bool number(struct json *json, uint64_t *out)
{
    uint64_t n = 0;
    bool plain = true, digits = false, overflow = false;

    for (; json->at < json->end && *json->at && strchr("+-.eE0123456789", *json->at); json->at++) {
        char c = *json->at;

        if (c < '0' || c > '9') {
            plain = false;
            continue;
        }
        digits = true;
        if (n > (UINT64_MAX - (uint64_t)(c - '0')) / 10)
            overflow = true;
        else
            n = n * 10 + (uint64_t)(c - '0');
    }
    if (!digits)
        return false;
    if (!out)
        return true;
    *out = n;
    return plain && !overflow;
}

static bool literal(struct json *json, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(json->end - json->at) < length || memcmp(json->at, word, length) != 0)
        return false;
    json->at += length;
    return true;
}

static bool members(struct json *json, unsigned depth, bool in_caps)
{
    if (take(json, '}'))
        return true;
    do {
        struct text key;

        if (!string(json, &key) || !take(json, ':') || !value(json, depth, in_caps, &key))
            return false;
    } while (take(json, ','));
    return take(json, '}');
}

static bool elements(struct json *json, unsigned depth)
{
    if (take(json, ']'))
        return true;
    do {
        if (!value(json, depth, false, NULL))
            return false;
    } while (take(json, ','));
    return take(json, ']');
}

/* One value. depth 1 is a member of the outermost object; in_caps: a member of "capabilities". */
static bool value(struct json *json, unsigned depth, bool in_caps, const struct text *key)
{
    uint64_t *wanted = in_caps ? known(json, key) : NULL;
    struct text ignored;

    skip_space(json);
    if (json->at == json->end || depth > DEPTH_MAX)
        return false;
    if (wanted)
        return number(json, wanted);
    switch (*json->at) {
    case '{':
        json->at++;
        return members(json, depth + 1, depth == 1 && is(key, "capabilities"));
    case '[':
        json->at++;
        return elements(json, depth + 1);
    case '"':
        return string(json, &ignored);
    case 't':
        return literal(json, "true");
    case 'f':
        return literal(json, "false");
    case 'n':
        return literal(json, "null");
    default:
        return number(json, NULL);
    }
}

bool user_json_caps(const char *text, size_t size_bytes, struct user_caps *out)
{
    struct json json = {.at = text, .caps = out};

    *out = (struct user_caps){
        .max_msg_fds = 1, .max_data_xfer_bytes = 1 << 20, .max_dma_maps = 65535, .pgsizes = 4096};
    if (!size_bytes)
        return true;
    if (text[size_bytes - 1] != 0)
        return false;
    json.end = text + size_bytes - 1;
    skip_space(&json);
    if (json.at == json.end)
        return true;
    if (!take(&json, '{') || !members(&json, 1, false))
        return false;
    skip_space(&json);
    return json.at == json.end;
}
