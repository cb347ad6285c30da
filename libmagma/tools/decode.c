/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* `magma decode`: captured pushbuffers, RPC messages and shader code to text. */
#include "libmagma/decode/decode.h"
#include "libmagma/tools/tool.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <nvhw/sass.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX_BYTES (256u << 20)
#define DEFAULT_SM      86

static const char usage[] =
    "usage: magma decode push|rpc|shader [--hex] [--arch sm_NN] [FILE]\n\n"
    "  push    methods of a pushbuffer segment (32-bit words)\n"
    "  rpc     messages of a GSP queue, from their element headers on\n"
    "  shader  machine code (16-byte instructions), for --arch (default sm_86)\n\n"
    "Reads FILE, or standard input. --hex: the input is text, hexadecimal words\n"
    "(push: 32 bits each) or bytes (rpc, shader). Exit status 1: something could\n"
    "not be decoded.\n";

struct input {
    uint8_t *data;
    size_t size_bytes;
};

static void print_line(void *ctx, const char *line)
{
    (void)ctx;
    puts(line);
}

static bool read_all(FILE *from, struct input *in, struct magma_error *err)
{
    size_t room = 0;

    for (;;) {
        if (in->size_bytes == room) {
            uint8_t *bigger;

            room = room ? room * 2 : 1 << 16;
            bigger = room <= INPUT_MAX_BYTES ? realloc(in->data, room) : NULL;
            if (!bigger) {
                snprintf(err->text, sizeof err->text, "the input is too large");
                return false;
            }
            in->data = bigger;
        }
        size_t n = fread(in->data + in->size_bytes, 1, room - in->size_bytes, from);
        in->size_bytes += n;
        if (n == 0)
            break;
    }
    if (ferror(from)) {
        snprintf(err->text, sizeof err->text, "the input cannot be read: %s", strerror(errno));
        return false;
    }
    return true;
}

static bool read_input(const char *path, struct input *in, struct magma_error *err)
{
    FILE *from = path && strcmp(path, "-") != 0 ? fopen(path, "rb") : stdin;
    bool good;

    if (!from) {
        snprintf(err->text, sizeof err->text, "%s cannot be opened: %s", path, strerror(errno));
        err->code = MAGMA_SYSTEM;
        return false;
    }
    err->code = MAGMA_SYSTEM;
    good = read_all(from, in, err);
    if (from != stdin)
        fclose(from);
    return good;
}

/* The next hexadecimal token of a text; false at its end. A token too long is cut (and so refused
 * by the number's range check). */
static bool next_token(const struct input *in, size_t *at, char *token, size_t token_size)
{
    size_t length = 0;

    while (*at < in->size_bytes && (isspace(in->data[*at]) || in->data[*at] == ','))
        ++*at;
    while (*at < in->size_bytes && length + 1 < token_size && !isspace(in->data[*at]) &&
           in->data[*at] != ',')
        token[length++] = (char)in->data[(*at)++];
    token[length] = 0;
    return length != 0;
}

/* Turns text into bytes: a token is a number of word_bytes bytes, little endian. */
static bool unhex(struct input *in, unsigned word_bytes, struct magma_error *err)
{
    uint8_t *out = malloc((in->size_bytes / 2 + 1) * word_bytes);
    size_t size_bytes = 0, at = 0;
    char token[20];

    if (!out) {
        err->code = MAGMA_OUT_OF_HOST_MEMORY;
        snprintf(err->text, sizeof err->text, "no memory for the input");
        return false;
    }
    while (next_token(in, &at, token, sizeof token)) {
        char *end;
        unsigned long long value = strtoull(token, &end, 16);

        if (*end || value >> (8 * word_bytes)) {
            err->code = MAGMA_INVALID_ARGUMENT;
            snprintf(err->text, sizeof err->text, "'%s' is not a hexadecimal number of %u bits",
                     token, 8 * word_bytes);
            free(out);
            return false;
        }
        for (unsigned i = 0; i < word_bytes; i++)
            out[size_bytes++] = (uint8_t)(value >> (8 * i));
    }
    free(in->data);
    *in = (struct input){out, size_bytes};
    return true;
}

static bool decode_push(const struct input *in)
{
    size_t count = in->size_bytes / 4;
    uint32_t *dwords = malloc(count * 4 + 4);
    bool good;

    if (!dwords)
        return false;
    if (count)
        memcpy(dwords, in->data, count * 4);
    good = mg_decode_push(dwords, count, NULL, print_line, NULL) && in->size_bytes % 4 == 0;
    free(dwords);
    return good;
}

static bool decode_rpc(const struct input *in)
{
    size_t at = 0, taken;

    while (at < in->size_bytes &&
           (taken = mg_decode_rpc(in->data + at, in->size_bytes - at, print_line, NULL)) != 0)
        at += taken;
    if (at < in->size_bytes)
        printf("no message at offset 0x%zx\n", at);
    return at >= in->size_bytes;
}

static unsigned parse_arch(const char *text)
{
    if (strncmp(text, "sm_", 3) == 0)
        text += 3;
    return (unsigned)strtoul(text, NULL, 10);
}

int tool_decode(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'},
                                            {"hex", no_argument, NULL, 'x'},
                                            {"arch", required_argument, NULL, 'a'},
                                            {NULL, 0, NULL, 0}};
    struct magma_error err = {0};
    struct input in = {0};
    const char *what, *path;
    bool hex = false, good = false;
    unsigned sm = DEFAULT_SM;
    int c;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (c == 'x')
            hex = true;
        else if (c == 'a')
            sm = parse_arch(optarg);
        else {
            fputs(usage, c == 'h' ? stdout : stderr);
            return c == 'h' ? 0 : 2;
        }
    }
    what = optind < argc ? argv[optind] : "";
    path = optind + 1 < argc ? argv[optind + 1] : NULL;
    if ((strcmp(what, "push") && strcmp(what, "rpc") && strcmp(what, "shader")) ||
        optind + 2 < argc) {
        fputs(usage, stderr);
        return 2;
    }
    if (!read_input(path, &in, &err) || (hex && !unhex(&in, *what == 'p' ? 4 : 1, &err))) {
        free(in.data);
        return tool_failed(&err);
    }
    if (*what == 'p')
        good = decode_push(&in);
    else if (*what == 'r')
        good = decode_rpc(&in);
    else
        good = mg_decode_shader(sm, in.data, in.size_bytes, print_line, NULL);
    free(in.data);
    return good ? 0 : 1;
}
