/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Pipeline cache data: what vkGetPipelineCacheData gives and vkCreatePipelineCache takes.
 *
 *   VkPipelineCacheHeaderVersionOne    which device and driver build made it
 *   SHA-256 of everything that follows
 *   entries: key (32 bytes), image size (u32), image
 *
 * The digest finds damage, not malice: every image is checked again when it is used, and machine
 * code runs in the address space of the process that supplied it.
 */
#ifndef MVK_CACHE_DATA_H
#define MVK_CACHE_DATA_H

#include "sha256.h"

#include <vulkan/vulkan.h>

#include <stdbool.h>

enum { MVK_CACHE_KEY_BYTES = MVK_SHA256_BYTES };

struct mvk_cache_identity {
    uint32_t vendor_id, device_id;
    uint8_t uuid[VK_UUID_SIZE];
};

/* Size of data without entries. */
size_t mvk_cache_data_header_bytes(void);

/* Size that one entry adds. */
size_t mvk_cache_data_entry_bytes(size_t image_bytes);

/* Appends an entry at `out`, which has room for it. */
void mvk_cache_data_write_entry(uint8_t *out, const uint8_t key[MVK_CACHE_KEY_BYTES],
                                const uint8_t *image, uint32_t image_bytes);

/* Writes the header of data of size_bytes, whose entries are in place already. */
void mvk_cache_data_seal(uint8_t *data, size_t size_bytes, const struct mvk_cache_identity *id);

/* Receives an entry; false stops the reading. */
typedef bool (*mvk_cache_entry_fn)(void *ctx, const uint8_t key[MVK_CACHE_KEY_BYTES],
                                   const uint8_t *image, uint32_t image_bytes);

/*
 * Calls fn for each entry of data that this device and driver made, whole and undamaged; otherwise
 * calls nothing and returns false. data are any bytes.
 */
bool mvk_cache_data_read(const uint8_t *data, size_t size_bytes,
                         const struct mvk_cache_identity *id, mvk_cache_entry_fn fn, void *ctx);

#endif
