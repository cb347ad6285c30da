/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Making and signing the model's own microcode images. */
#include "ucode.h"

#include <string.h>

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME  UINT64_C(0x100000001b3)

const char *gpum_ucode_name(enum gpum_ucode_kind kind)
{
    switch (kind) {
    case GPUM_UCODE_FWSEC:
        return "FWSEC";
    case GPUM_UCODE_BOOTER_LOAD:
        return "booter_load";
    case GPUM_UCODE_BOOTER_UNLOAD:
        return "booter_unload";
    case GPUM_UCODE_SCRUBBER:
        return "scrubber";
    case GPUM_UCODE_GENERIC_LOADER:
        return "generic loader";
    default:
        return "unknown ucode";
    }
}

uint64_t gpum_hash_start(void)
{
    return FNV_OFFSET;
}

uint64_t gpum_hash(uint64_t hash, const void *data, size_t size_bytes)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size_bytes; i++)
        hash = (hash ^ bytes[i]) * FNV_PRIME;
    return hash;
}

void gpum_pattern(uint64_t seed, void *out, size_t size_bytes)
{
    uint64_t x = seed | 1;
    uint8_t *bytes = out;
    for (size_t i = 0; i < size_bytes; i += sizeof(x)) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        size_t left = size_bytes - i;
        memcpy(bytes + i, &x, left < sizeof(x) ? left : sizeof(x));
    }
}

static bool inside(uint32_t offset, uint32_t size_bytes, uint32_t limit)
{
    return size_bytes <= limit && offset <= limit - size_bytes;
}

bool gpum_ucode_identity_ok(const struct gpum_ucode_identity *id)
{
    if (id->magic != GPUM_UCODE_MAGIC || id->code_bytes < sizeof(*id) ||
        !inside(id->signature_offset, id->signature_bytes, id->data_bytes))
        return false;
    for (unsigned i = 0; i < GPUM_UCODE_MUTABLE_MAX; i++)
        if (!inside(id->mutable_range[i].offset, id->mutable_range[i].size_bytes, id->data_bytes))
            return false;
    return true;
}

/* Whether the signature leaves this byte of the data out. */
static bool is_mutable(const struct gpum_ucode_identity *id, uint32_t at)
{
    if (at - id->signature_offset < id->signature_bytes)
        return true;
    for (unsigned i = 0; i < GPUM_UCODE_MUTABLE_MAX; i++)
        if (at - id->mutable_range[i].offset < id->mutable_range[i].size_bytes)
            return true;
    return false;
}

void gpum_ucode_sign(const struct gpum_ucode_identity *id, const uint8_t *code, const uint8_t *data,
                     const struct gpum_sign_key *key, uint8_t *out, size_t size_bytes)
{
    uint64_t hash = gpum_hash(gpum_hash_start(), code, id->code_bytes);
    for (uint32_t i = 0; i < id->data_bytes; i++) {
        uint8_t byte = is_mutable(id, i) ? 0 : data[i];
        hash = gpum_hash(hash, &byte, 1);
    }
    hash = gpum_hash(hash, key, sizeof(*key));
    gpum_pattern(hash, out, size_bytes);
}

void gpum_ucode_fill(const struct gpum_ucode_identity *id, uint8_t *code, uint8_t *data)
{
    gpum_pattern(id->kind * 3 + 1, code, id->code_bytes);
    memcpy(code, id, sizeof(*id));
    uint32_t at = 0;
    for (; at < id->data_bytes; at++)
        if (!is_mutable(id, at))
            data[at] = (uint8_t)(at * 7 + id->kind);
}
