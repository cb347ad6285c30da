/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Pipeline cache data of any bytes. A fuzzer does not find a SHA-256, so each input is read twice:
 * as it is, and sealed anew, which leads it to the entries and to the kernel images in them.
 */
#include "vulkan/cache_data.h"
#include "vulkan/kernel_image.h"

#include <stdlib.h>
#include <string.h>

static const struct mvk_cache_identity identity = {0x10de, 0x2204, {0}};

static bool read_image(void *ctx, const uint8_t *key, const uint8_t *image, uint32_t image_bytes)
{
    unsigned *sum = ctx;
    struct magma_kernel_desc desc;
    *sum += key[0] + key[MVK_CACHE_KEY_BYTES - 1];
    if (mvk_kernel_image_read(image, image_bytes, &desc)) {
        const uint8_t *code = desc.code;
        *sum += code[0] + code[desc.code_size_bytes - 1];
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned sum = 0;
    (void)mvk_cache_data_read(data, size, &identity, read_image, &sum);
    if (size >= mvk_cache_data_header_bytes()) {
        uint8_t *sealed = malloc(size);
        if (!sealed)
            return 0;
        memcpy(sealed, data, size);
        mvk_cache_data_seal(sealed, size, &identity);
        (void)mvk_cache_data_read(sealed, size, &identity, read_image, &sum);
        free(sealed);
    }
    volatile unsigned keep = sum; /* the bytes are read for good */
    (void)keep;
    return 0;
}
