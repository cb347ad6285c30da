/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkQueryPool from the CPU's side, and calibrated timestamps. */
#include "query_pool.h"

#include "device.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

_Static_assert(sizeof(struct mvk_query_slot) == 16, "the GPU writes slots of 16 bytes");

enum { POLL_NS = 20000 };

magma_gpu_va mvk_query_pool_slot(const struct mvk_query_pool *pool, uint32_t query)
{
    return magma_gpu_va_add(magma_bo_address(pool->bo),
                            (uint64_t)query * sizeof(struct mvk_query_slot));
}

magma_gpu_va mvk_query_pool_time(const struct mvk_query_pool *pool, uint32_t query)
{
    return magma_gpu_va_add(mvk_query_pool_slot(pool, query),
                            offsetof(struct mvk_query_slot, time_ns));
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_CreateQueryPool(VkDevice handle,
                                                   const VkQueryPoolCreateInfo *pCreateInfo,
                                                   const VkAllocationCallbacks *pAllocator,
                                                   VkQueryPool *pQueryPool)
{
    struct mvk_device *device = mvk_device_from(handle);
    if (pCreateInfo->queryType != VK_QUERY_TYPE_TIMESTAMP)
        return VK_ERROR_FEATURE_NOT_PRESENT;
    struct mvk_query_pool *pool = mvk_object_zalloc(device, pAllocator, sizeof(*pool));
    if (!pool)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    pool->query_count = pCreateInfo->queryCount;
    uint64_t size_bytes = (uint64_t)pool->query_count * sizeof(struct mvk_query_slot);
    enum magma_code code = magma_bo_create(device->gpu, size_bytes, 0, MAGMA_DOMAIN_SYSTEM,
                                           MAGMA_BO_CPU_ACCESS | MAGMA_BO_ZERO, &pool->bo, NULL);
    if (code != MAGMA_OK) {
        mvk_object_free(device, pAllocator, pool);
        return mvk_device_result(device, code);
    }
    pool->slots = magma_bo_map(pool->bo);
    *pQueryPool = mvk_query_pool_to(pool);
    return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyQueryPool(VkDevice device, VkQueryPool handle,
                                                const VkAllocationCallbacks *pAllocator)
{
    struct mvk_query_pool *pool = mvk_query_pool_from(handle);
    if (!pool)
        return;
    magma_bo_destroy(pool->bo);
    mvk_object_free(mvk_device_from(device), pAllocator, pool);
}

VKAPI_ATTR void VKAPI_CALL mvk_ResetQueryPool(VkDevice device, VkQueryPool handle,
                                              uint32_t firstQuery, uint32_t queryCount)
{
    (void)device;
    struct mvk_query_pool *pool = mvk_query_pool_from(handle);
    for (uint32_t i = 0; i < queryCount; i++) {
        atomic_store_explicit(&pool->slots[firstQuery + i].available, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->slots[firstQuery + i].time_ns, 0, memory_order_release);
    }
}

static bool available(const struct mvk_query_slot *slot)
{
    return atomic_load_explicit(&slot->available, memory_order_acquire) == MVK_QUERY_AVAILABLE;
}

/* Waits until the GPU has written the slot, or is lost. */
static VkResult wait_for(struct mvk_device *device, const struct mvk_query_slot *slot)
{
    const struct timespec pause = {0, POLL_NS};
    while (!available(slot)) {
        VkResult result = mvk_device_status(device);
        if (result != VK_SUCCESS)
            return result;
        nanosleep(&pause, NULL);
    }
    return VK_SUCCESS;
}

/* Stores value as the word'th number of a result. */
static void store(uint8_t *out, unsigned word, uint64_t value, VkQueryResultFlags flags)
{
    uint32_t narrow = (uint32_t)value;
    if (flags & VK_QUERY_RESULT_64_BIT)
        memcpy(out + word * sizeof(value), &value, sizeof(value));
    else
        memcpy(out + word * sizeof(narrow), &narrow, sizeof(narrow));
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_GetQueryPoolResults(VkDevice handle, VkQueryPool pool_handle,
                                                       uint32_t firstQuery, uint32_t queryCount,
                                                       size_t dataSize, void *pData,
                                                       VkDeviceSize stride,
                                                       VkQueryResultFlags flags)
{
    (void)dataSize;
    struct mvk_device *device = mvk_device_from(handle);
    struct mvk_query_pool *pool = mvk_query_pool_from(pool_handle);
    VkResult result = mvk_device_status(device);
    for (uint32_t i = 0; i < queryCount && result >= 0; i++) {
        const struct mvk_query_slot *slot = &pool->slots[firstQuery + i];
        uint8_t *out = (uint8_t *)pData + i * stride;
        if (flags & VK_QUERY_RESULT_WAIT_BIT) {
            VkResult waited = wait_for(device, slot);
            if (waited != VK_SUCCESS)
                return waited;
        }
        bool ready = available(slot);
        if (!ready)
            result = VK_NOT_READY;
        if (ready || (flags & VK_QUERY_RESULT_PARTIAL_BIT))
            store(out, 0, atomic_load_explicit(&slot->time_ns, memory_order_relaxed), flags);
        if (flags & VK_QUERY_RESULT_WITH_AVAILABILITY_BIT)
            store(out, 1, ready, flags);
    }
    return result;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_GetPhysicalDeviceCalibrateableTimeDomainsEXT(
    VkPhysicalDevice physicalDevice, uint32_t *pTimeDomainCount, VkTimeDomainEXT *pTimeDomains)
{
    (void)physicalDevice;
    static const VkTimeDomainEXT domains[] = {
        VK_TIME_DOMAIN_DEVICE_EXT,
        VK_TIME_DOMAIN_CLOCK_MONOTONIC_EXT,
        VK_TIME_DOMAIN_CLOCK_MONOTONIC_RAW_EXT,
    };
    if (!pTimeDomains) {
        *pTimeDomainCount = MVK_COUNT_OF(domains);
        return VK_SUCCESS;
    }
    VkResult result = mvk_clamp_count(MVK_COUNT_OF(domains), pTimeDomainCount);
    memcpy(pTimeDomains, domains, *pTimeDomainCount * sizeof(domains[0]));
    return result;
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

VKAPI_ATTR VkResult VKAPI_CALL mvk_GetCalibratedTimestampsEXT(
    VkDevice handle, uint32_t timestampCount, const VkCalibratedTimestampInfoEXT *pTimestampInfos,
    uint64_t *pTimestamps, uint64_t *pMaxDeviation)
{
    struct mvk_device *device = mvk_device_from(handle);
    uint64_t start_ns = clock_ns(CLOCK_MONOTONIC_RAW);
    for (uint32_t i = 0; i < timestampCount; i++) {
        enum magma_code code = MAGMA_OK;
        if (pTimestampInfos[i].timeDomain == VK_TIME_DOMAIN_DEVICE_EXT)
            code = magma_gpu_timestamp_ns(device->gpu, &pTimestamps[i]);
        else if (pTimestampInfos[i].timeDomain == VK_TIME_DOMAIN_CLOCK_MONOTONIC_EXT)
            pTimestamps[i] = clock_ns(CLOCK_MONOTONIC);
        else
            pTimestamps[i] = clock_ns(CLOCK_MONOTONIC_RAW);
        if (code != MAGMA_OK)
            return mvk_device_result(device, code);
    }
    *pMaxDeviation = clock_ns(CLOCK_MONOTONIC_RAW) - start_ns + 1;
    return VK_SUCCESS;
}
