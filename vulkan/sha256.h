/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* SHA-256 (FIPS 180-4): the key of cached pipelines and the seal on cache data. */
#ifndef MVK_SHA256_H
#define MVK_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { MVK_SHA256_BYTES = 32, MVK_SHA256_BLOCK_BYTES = 64 };

struct mvk_sha256 {
    uint32_t state[8];
    uint64_t length_bytes;
    uint8_t block[MVK_SHA256_BLOCK_BYTES];
};

void mvk_sha256_init(struct mvk_sha256 *hash);
void mvk_sha256_update(struct mvk_sha256 *hash, const void *data, size_t size_bytes);
void mvk_sha256_finish(struct mvk_sha256 *hash, uint8_t digest[MVK_SHA256_BYTES]);

#endif
