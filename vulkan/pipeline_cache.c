/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkPipelineCache. Entries use the device's allocation callbacks. */
#include "pipeline_cache.h"

#include "device.h"

#include <string.h>

static struct mvk_cache_identity identity(const struct mvk_device *device)
{
    const struct mvk_physical_device *pd = device->physical_device;
    struct mvk_cache_identity id = {pd->info->vendor_id, pd->info->device_id, {0}};
    memcpy(id.uuid, pd->cache_uuid, VK_UUID_SIZE);
    return id;
}

static struct mvk_cache_entry *find_locked(struct mvk_pipeline_cache *cache, const uint8_t *key)
{
    struct mvk_cache_entry *e = cache->buckets[key[0]];
    while (e && memcmp(e->key, key, MVK_CACHE_KEY_BYTES) != 0)
        e = e->next;
    return e;
}

const struct mvk_cache_entry *mvk_pipeline_cache_find(struct mvk_pipeline_cache *cache,
                                                      const uint8_t key[MVK_CACHE_KEY_BYTES])
{
    pthread_mutex_lock(&cache->lock);
    const struct mvk_cache_entry *e = find_locked(cache, key);
    pthread_mutex_unlock(&cache->lock);
    return e;
}

bool mvk_pipeline_cache_add(struct mvk_pipeline_cache *cache,
                            const uint8_t key[MVK_CACHE_KEY_BYTES], const uint8_t *image,
                            uint32_t image_bytes)
{
    struct mvk_cache_entry *e = mvk_zalloc(&cache->device->alloc, NULL, sizeof(*e) + image_bytes,
                                           VK_SYSTEM_ALLOCATION_SCOPE_CACHE);
    if (!e)
        return false;
    memcpy(e->key, key, MVK_CACHE_KEY_BYTES);
    memcpy(e->image, image, image_bytes);
    e->image_bytes = image_bytes;
    pthread_mutex_lock(&cache->lock);
    bool known = find_locked(cache, key) != NULL;
    if (!known) {
        e->next = cache->buckets[key[0]];
        cache->buckets[key[0]] = e;
    }
    pthread_mutex_unlock(&cache->lock);
    if (known)
        mvk_free(&cache->device->alloc, NULL, e);
    return true;
}

static bool add_entry(void *ctx, const uint8_t *key, const uint8_t *image, uint32_t image_bytes)
{
    return mvk_pipeline_cache_add(ctx, key, image, image_bytes);
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreatePipelineCache(VkDevice handle,
                                                       const VkPipelineCacheCreateInfo *pCreateInfo,
                                                       const VkAllocationCallbacks *pAllocator,
                                                       VkPipelineCache *pPipelineCache)
{
    struct mvk_device *device = mvk_device_from(handle);
    struct mvk_pipeline_cache *cache = mvk_object_zalloc(device, pAllocator, sizeof(*cache));
    if (!cache)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    cache->device = device;
    pthread_mutex_init(&cache->lock, NULL);
    struct mvk_cache_identity id = identity(device);
    if (pCreateInfo->initialDataSize > 0) /* data that do not fit make an empty cache */
        (void)mvk_cache_data_read(pCreateInfo->pInitialData, pCreateInfo->initialDataSize, &id,
                                  add_entry, cache);
    *pPipelineCache = mvk_pipeline_cache_to(cache);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyPipelineCache(VkDevice device, VkPipelineCache handle,
                                                    const VkAllocationCallbacks *pAllocator)
{
    struct mvk_pipeline_cache *cache = mvk_pipeline_cache_from(handle);
    if (!cache)
        return;
    for (size_t i = 0; i < MVK_CACHE_BUCKETS; i++) {
        while (cache->buckets[i]) {
            struct mvk_cache_entry *e = cache->buckets[i];
            cache->buckets[i] = e->next;
            mvk_free(&cache->device->alloc, NULL, e);
        }
    }
    pthread_mutex_destroy(&cache->lock);
    mvk_object_free(mvk_device_from(device), pAllocator, cache);
}

/* Writes entries as long as they fit into size_bytes; returns the size written or, when data is
 * NULL, the size of everything. *whole tells whether all of it was written. */
static size_t write_entries(struct mvk_pipeline_cache *cache, uint8_t *data, size_t size_bytes,
                            bool *whole)
{
    size_t used = mvk_cache_data_header_bytes();
    *whole = true;
    for (size_t i = 0; i < MVK_CACHE_BUCKETS; i++) {
        for (const struct mvk_cache_entry *e = cache->buckets[i]; e; e = e->next) {
            size_t bytes = mvk_cache_data_entry_bytes(e->image_bytes);
            if (data && bytes > size_bytes - used) {
                *whole = false;
                continue;
            }
            if (data)
                mvk_cache_data_write_entry(data + used, e->key, e->image, e->image_bytes);
            used += bytes;
        }
    }
    return used;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_GetPipelineCacheData(VkDevice device, VkPipelineCache handle,
                                                        size_t *pDataSize, void *pData)
{
    struct mvk_pipeline_cache *cache = mvk_pipeline_cache_from(handle);
    struct mvk_cache_identity id = identity(mvk_device_from(device));
    if (pData && *pDataSize < mvk_cache_data_header_bytes()) {
        *pDataSize = 0;
        return VK_INCOMPLETE;
    }
    bool whole;
    pthread_mutex_lock(&cache->lock);
    *pDataSize = write_entries(cache, pData, *pDataSize, &whole);
    pthread_mutex_unlock(&cache->lock);
    if (pData)
        mvk_cache_data_seal(pData, *pDataSize, &id);
    return whole ? VK_SUCCESS : VK_INCOMPLETE;
}

/* Entries stay where they are until their cache is destroyed, so that the source needs no lock
 * longer than for one step. */
static VkResult merge(struct mvk_pipeline_cache *to, struct mvk_pipeline_cache *from)
{
    for (size_t i = 0; i < MVK_CACHE_BUCKETS; i++) {
        pthread_mutex_lock(&from->lock);
        const struct mvk_cache_entry *e = from->buckets[i];
        pthread_mutex_unlock(&from->lock);
        for (; e; e = e->next) {
            if (!mvk_pipeline_cache_add(to, e->key, e->image, e->image_bytes))
                return VK_ERROR_OUT_OF_HOST_MEMORY;
        }
    }
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_MergePipelineCaches(VkDevice device, VkPipelineCache dstCache,
                                                       uint32_t srcCacheCount,
                                                       const VkPipelineCache *pSrcCaches)
{
    (void)device;
    for (uint32_t i = 0; i < srcCacheCount; i++) {
        VkResult result =
            merge(mvk_pipeline_cache_from(dstCache), mvk_pipeline_cache_from(pSrcCaches[i]));
        if (result != VK_SUCCESS)
            return result;
    }
    return VK_SUCCESS;
}
