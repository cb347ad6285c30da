/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Arbitrary instruction bytes through the SASS decoder: whatever decodes must print, and encode to
 * the same bytes. Input: one byte that chooses the SM, then 16 bytes of instruction, repeated.
 */
#include <nvhw/sass.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(unsigned sm, const uint8_t bytes[NV_SASS_BYTES])
{
    struct nvhw_sass decoded, lenient;
    uint8_t again[NV_SASS_BYTES];
    char text[256], why[128];
    if (nvhw_sass_decode_lenient(sm, bytes, &lenient))
        nvhw_sass_format(sm, &lenient, 0x1000, text, sizeof(text));
    if (!nvhw_sass_decode(sm, bytes, &decoded))
        return;
    nvhw_sass_format(sm, &decoded, UINT64_MAX - 3, text, 7);
    nvhw_sass_format_control(&decoded.control, text, sizeof(text));
    for (unsigned slot = 0; slot < NV_SASS_SLOT_COUNT; slot++)
        if (nvhw_sass_width(&decoded, (enum nvhw_sass_slot)slot) > 4)
            abort();
    if (!nvhw_sass_encode(sm, &decoded, again, why, sizeof(why)) ||
        memcmp(again, bytes, sizeof(again)) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned sms[] = {75, 80, 86, 89, 90, 100, 120, 121};
    for (; size >= 1 + NV_SASS_BYTES; data += 1 + NV_SASS_BYTES, size -= 1 + NV_SASS_BYTES)
        check(sms[data[0] % 8], data + 1);
    return 0;
}
