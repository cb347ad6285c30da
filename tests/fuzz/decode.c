/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The decoders take any bytes: the first byte chooses one, the rest is its input. */
#include "libmagma/decode/decode.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drop(void *ctx, const char *line)
{
    size_t *total = ctx;

    *total += strlen(line);
}

static void push(const uint8_t *data, size_t size, size_t *total)
{
    uint32_t *dwords = malloc(size + 4);

    if (!dwords)
        return;
    memcpy(dwords, data, size);
    mg_decode_push(dwords, size / 4, NULL, drop, total);
    free(dwords);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned sms[] = {75, 80, 86, 89, 90, 100, 120};
    size_t total = 0;

    if (size < 1)
        return 0;
    if (data[0] % 3 == 0)
        push(data + 1, size - 1, &total);
    else if (data[0] % 3 == 1)
        mg_decode_rpc(data + 1, size - 1, drop, &total);
    else
        mg_decode_shader(sms[data[0] / 3 % 7], data + 1, size - 1, drop, &total);
    return 0;
}
