/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkPipelineCache: compiled kernels by key. */
#ifndef MVK_PIPELINE_CACHE_H
#define MVK_PIPELINE_CACHE_H

#include "cache_data.h"
#include "object.h"

#include <pthread.h>

struct mvk_device;

/* One kernel; lives until the cache is destroyed. */
struct mvk_cache_entry {
    struct mvk_cache_entry *next; /* in its bucket */
    uint8_t key[MVK_CACHE_KEY_BYTES];
    uint32_t image_bytes;
    uint8_t image[];
};

enum { MVK_CACHE_BUCKETS = 256 };

struct mvk_pipeline_cache {
    struct mvk_device *device;
    pthread_mutex_t lock; /* protects the buckets */
    struct mvk_cache_entry *buckets[MVK_CACHE_BUCKETS];
};

MVK_HANDLE(mvk_pipeline_cache, VkPipelineCache)

/* The entry of that key, or NULL; valid until the cache is destroyed. Any thread. */
const struct mvk_cache_entry *mvk_pipeline_cache_find(struct mvk_pipeline_cache *cache,
                                                      const uint8_t key[MVK_CACHE_KEY_BYTES]);

/* Adds a copy of an image; keeps the old one when the key is there. False without memory. Any
 * thread. */
bool mvk_pipeline_cache_add(struct mvk_pipeline_cache *cache,
                            const uint8_t key[MVK_CACHE_KEY_BYTES], const uint8_t *image,
                            uint32_t image_bytes);

#endif
