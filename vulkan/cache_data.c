/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pipeline cache data: writing and reading. */
#include "cache_data.h"

#include <string.h>

enum {
    DIGEST_OFFSET = sizeof(VkPipelineCacheHeaderVersionOne),
    ENTRIES_OFFSET = DIGEST_OFFSET + MVK_SHA256_BYTES,
    ENTRY_HEADER_BYTES = MVK_CACHE_KEY_BYTES + sizeof(uint32_t),
};

size_t mvk_cache_data_header_bytes(void)
{
    return ENTRIES_OFFSET;
}

size_t mvk_cache_data_entry_bytes(size_t image_bytes)
{
    return ENTRY_HEADER_BYTES + image_bytes;
}

void mvk_cache_data_write_entry(uint8_t *out, const uint8_t key[MVK_CACHE_KEY_BYTES],
                                const uint8_t *image, uint32_t image_bytes)
{
    memcpy(out, key, MVK_CACHE_KEY_BYTES);
    memcpy(out + MVK_CACHE_KEY_BYTES, &image_bytes, sizeof(image_bytes));
    memcpy(out + ENTRY_HEADER_BYTES, image, image_bytes);
}

static void digest_entries(const uint8_t *data, size_t size_bytes, uint8_t out[MVK_SHA256_BYTES])
{
    struct mvk_sha256 hash;
    mvk_sha256_init(&hash);
    mvk_sha256_update(&hash, data + ENTRIES_OFFSET, size_bytes - ENTRIES_OFFSET);
    mvk_sha256_finish(&hash, out);
}

static VkPipelineCacheHeaderVersionOne make_header(const struct mvk_cache_identity *id)
{
    VkPipelineCacheHeaderVersionOne header = {
        .headerSize = sizeof(header),
        .headerVersion = VK_PIPELINE_CACHE_HEADER_VERSION_ONE,
        .vendorID = id->vendor_id,
        .deviceID = id->device_id,
    };
    memcpy(header.pipelineCacheUUID, id->uuid, VK_UUID_SIZE);
    return header;
}

void mvk_cache_data_seal(uint8_t *data, size_t size_bytes, const struct mvk_cache_identity *id)
{
    VkPipelineCacheHeaderVersionOne header = make_header(id);
    memcpy(data, &header, sizeof(header));
    digest_entries(data, size_bytes, data + DIGEST_OFFSET);
}

static bool header_fits(const uint8_t *data, size_t size_bytes, const struct mvk_cache_identity *id)
{
    if (size_bytes < ENTRIES_OFFSET)
        return false;
    VkPipelineCacheHeaderVersionOne header = make_header(id);
    if (memcmp(data, &header, sizeof(header)) != 0)
        return false;
    uint8_t digest[MVK_SHA256_BYTES];
    digest_entries(data, size_bytes, digest);
    return memcmp(data + DIGEST_OFFSET, digest, sizeof(digest)) == 0;
}

/* Size of the image at offset, or false when it does not lie within the data. */
static bool image_size(const uint8_t *data, size_t size_bytes, size_t offset, uint32_t *image_bytes)
{
    if (size_bytes - offset < ENTRY_HEADER_BYTES)
        return false;
    memcpy(image_bytes, data + offset + MVK_CACHE_KEY_BYTES, sizeof(*image_bytes));
    return *image_bytes <= size_bytes - offset - ENTRY_HEADER_BYTES;
}

bool mvk_cache_data_read(const uint8_t *data, size_t size_bytes,
                         const struct mvk_cache_identity *id, mvk_cache_entry_fn fn, void *ctx)
{
    if (!header_fits(data, size_bytes, id))
        return false;
    uint32_t image_bytes;
    size_t offset;
    for (offset = ENTRIES_OFFSET; offset < size_bytes; offset += ENTRY_HEADER_BYTES + image_bytes) {
        if (!image_size(data, size_bytes, offset, &image_bytes))
            return false;
    }
    for (offset = ENTRIES_OFFSET; offset < size_bytes; offset += ENTRY_HEADER_BYTES + image_bytes) {
        (void)image_size(data, size_bytes, offset, &image_bytes);
        if (!fn(ctx, data + offset, data + offset + ENTRY_HEADER_BYTES, image_bytes))
            break;
    }
    return true;
}
