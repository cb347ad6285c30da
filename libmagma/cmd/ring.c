/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bookkeeping of the GPFIFO and the channel's words. */
#include "libmagma/cmd/ring.h"

#include <stdlib.h>

#include <nvhw/host.h>

bool mg_ring_init(struct mg_ring *ring, uint64_t *entries, uint32_t entry_count, uint32_t *words,
                  uint64_t words_va, uint32_t word_count)
{
    *ring = (struct mg_ring){
        .entries = entries,
        .entry_count = entry_count,
        .words = words,
        .words_va = words_va,
        .word_count = word_count,
        .fences = calloc(entry_count, sizeof(struct mg_ring_fence)),
    };
    return ring->fences != NULL;
}

void mg_ring_finish(struct mg_ring *ring)
{
    free(ring->fences);
    ring->fences = NULL;
}

void mg_ring_reclaim(struct mg_ring *ring, uint64_t completed)
{
    while (ring->fence_get != ring->fence_put) {
        const struct mg_ring_fence *f = &ring->fences[ring->fence_get & (ring->entry_count - 1)];

        if (f->value > completed)
            break;
        ring->entry_get = f->entry_put;
        ring->word_get = f->word_put;
        ring->fence_get++;
    }
}

uint32_t mg_ring_free_entries(const struct mg_ring *ring)
{
    return ring->entry_count - 1 - (uint32_t)(ring->entry_put - ring->entry_get);
}

uint32_t *mg_ring_take_words(struct mg_ring *ring, uint32_t count, uint64_t *va)
{
    uint64_t put = ring->word_put;
    uint32_t at = (uint32_t)(put % ring->word_count);

    if (at + (uint64_t)count > ring->word_count) { /* never split: begin again at the start */
        put += ring->word_count - at;
        at = 0;
    }
    if (put + count - ring->word_get > ring->word_count)
        return NULL;
    ring->word_put = put + count;
    *va = ring->words_va + at * (uint64_t)sizeof(uint32_t);
    return ring->words + at;
}

void mg_ring_put(struct mg_ring *ring, uint64_t segment_va, uint32_t dword_count)
{
    uint32_t low = NVHW_NUM(NV_GP_ENTRY0, GET, (uint32_t)segment_va >> NV_GP_ENTRY0_GET__LO);
    uint32_t high = NVHW_NUM(NV_GP_ENTRY1, GET_HI, segment_va >> 32) |
                    NVHW_NUM(NV_GP_ENTRY1, LENGTH, dword_count);

    ring->entries[ring->entry_put & (ring->entry_count - 1)] = low | (uint64_t)high << 32;
    ring->entry_put++;
}

void mg_ring_fence(struct mg_ring *ring, uint64_t value)
{
    /* There are as many fences as entries, and each follows at least one entry of its own. */
    ring->fences[ring->fence_put & (ring->entry_count - 1)] =
        (struct mg_ring_fence){value, ring->entry_put, ring->word_put};
    ring->fence_put++;
}

uint32_t mg_ring_gp_put(const struct mg_ring *ring)
{
    return (uint32_t)ring->entry_put & (ring->entry_count - 1);
}

uint32_t mg_ring_since_fence(const struct mg_ring *ring)
{
    uint64_t last = ring->fence_put != ring->fence_get
                        ? ring->fences[(ring->fence_put - 1) & (ring->entry_count - 1)].entry_put
                        : ring->entry_get;

    return (uint32_t)(ring->entry_put - last);
}
