/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Video memory as a set of buddies, one per region and visibility. */
#include "libmagma/mem/heap.h"

#include <pthread.h>
#include <stdlib.h>

#include <nvhw/gmmu.h>

#include "libmagma/core/status.h"
#include "libmagma/mem/buddy.h"

#define ZONES_MAX 32

struct zone {
    struct mg_buddy *buddy;
    bool visible;
};

struct mg_heap {
    pthread_mutex_t lock; /* protects the buddies */
    uint64_t visible_bytes;
    size_t zone_count;
    struct zone zones[ZONES_MAX];
};

static enum magma_code add_zone(struct mg_heap *heap, uint64_t base, uint64_t end, bool visible,
                                struct magma_error *err)
{
    struct mg_buddy *buddy;
    enum magma_code code;

    if (end <= base || end - base < NV_GMMU_PAGE_4K * UINT64_C(2))
        return MAGMA_OK; /* too small to matter */
    if (heap->zone_count == ZONES_MAX)
        return mg_fail(err, MAGMA_INTERNAL, "heap: more than %u regions of video memory",
                       ZONES_MAX);
    code = mg_buddy_create(base, end - base, NV_GMMU_PAGE_4K, &buddy, err);
    if (code == MAGMA_OK)
        heap->zones[heap->zone_count++] = (struct zone){buddy, visible};
    return code;
}

static enum magma_code add_range(struct mg_heap *heap, const struct mg_heap_range *range,
                                 struct magma_error *err)
{
    uint64_t base = range->base.raw, end = base + range->size_bytes;
    uint64_t split = heap->visible_bytes < base  ? base
                     : heap->visible_bytes > end ? end
                                                 : heap->visible_bytes;
    enum magma_code code;

    if (end < base)
        return mg_fail(err, MAGMA_PROTOCOL, "heap: a region of video memory wraps around");
    code = add_zone(heap, base, split, true, err);
    if (code == MAGMA_OK)
        code = add_zone(heap, split, end, false, err);
    return code;
}

enum magma_code mg_heap_create(const struct mg_heap_range *ranges, size_t count,
                               uint64_t visible_bytes, struct mg_heap **out,
                               struct magma_error *err)
{
    struct mg_heap *heap = calloc(1, sizeof *heap);
    enum magma_code code = MAGMA_OK;

    *out = NULL;
    if (!heap)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "heap: no memory");
    pthread_mutex_init(&heap->lock, NULL);
    heap->visible_bytes = visible_bytes;
    for (size_t i = 0; i < count && code == MAGMA_OK; i++)
        code = add_range(heap, &ranges[i], err);
    if (code == MAGMA_OK && !heap->zone_count)
        code = mg_fail(err, MAGMA_OUT_OF_DEVICE_MEMORY, "the firmware left no usable video memory");
    if (code != MAGMA_OK) {
        mg_heap_destroy(heap);
        return code;
    }
    *out = heap;
    return MAGMA_OK;
}

void mg_heap_destroy(struct mg_heap *heap)
{
    if (!heap)
        return;
    for (size_t i = 0; i < heap->zone_count; i++)
        mg_buddy_destroy(heap->zones[i].buddy);
    pthread_mutex_destroy(&heap->lock);
    free(heap);
}

static bool alloc_in(struct mg_heap *heap, bool visible, uint64_t size_bytes, uint64_t align_bytes,
                     uint64_t *address)
{
    for (size_t i = 0; i < heap->zone_count; i++)
        if (heap->zones[i].visible == visible &&
            mg_buddy_alloc(heap->zones[i].buddy, size_bytes, align_bytes, address))
            return true;
    return false;
}

enum magma_code mg_heap_alloc(struct mg_heap *heap, uint64_t size_bytes, uint64_t align_bytes,
                              enum mg_heap_zone zone, magma_vram_addr *out, struct magma_error *err)
{
    bool found = false;

    pthread_mutex_lock(&heap->lock);
    if (zone == MG_HEAP_ANY)
        found = alloc_in(heap, false, size_bytes, align_bytes, &out->raw);
    if (!found)
        found = alloc_in(heap, true, size_bytes, align_bytes, &out->raw);
    pthread_mutex_unlock(&heap->lock);
    if (found)
        return MAGMA_OK;
    return mg_fail(
        err, MAGMA_OUT_OF_DEVICE_MEMORY,
        "%llu bytes of %svideo memory: no free block is large enough (%llu of %llu free)",
        (unsigned long long)size_bytes, zone == MG_HEAP_VISIBLE ? "CPU-visible " : "",
        (unsigned long long)mg_heap_free_bytes(heap),
        (unsigned long long)mg_heap_total_bytes(heap));
}

void mg_heap_free(struct mg_heap *heap, magma_vram_addr address, uint64_t size_bytes)
{
    pthread_mutex_lock(&heap->lock);
    for (size_t i = 0; i < heap->zone_count; i++)
        if (mg_buddy_contains(heap->zones[i].buddy, address.raw)) {
            mg_buddy_free(heap->zones[i].buddy, address.raw, size_bytes);
            break;
        }
    pthread_mutex_unlock(&heap->lock);
}

bool mg_heap_is_visible(const struct mg_heap *heap, magma_vram_addr address)
{
    return address.raw < heap->visible_bytes;
}

uint64_t mg_heap_total_bytes(struct mg_heap *heap)
{
    uint64_t total = 0;

    for (size_t i = 0; i < heap->zone_count; i++)
        total += mg_buddy_total_bytes(heap->zones[i].buddy);
    return total;
}

uint64_t mg_heap_free_bytes(struct mg_heap *heap)
{
    uint64_t total = 0;

    pthread_mutex_lock(&heap->lock);
    for (size_t i = 0; i < heap->zone_count; i++)
        total += mg_buddy_free_bytes(heap->zones[i].buddy);
    pthread_mutex_unlock(&heap->lock);
    return total;
}
