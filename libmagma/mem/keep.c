/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See keep.h. A few slots, oldest first: searching them costs less than any cleverness would. */
#include "libmagma/mem/keep.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <nvhw/gmmu.h>

#include "libmagma/core/status.h"

#define SLOTS           64u
/* A block may be this much larger than what is wanted. */
#define WASTE_MAX_BYTES NV_GMMU_PAGE_2M
/* Of the GPU's memory, and at most in all. */
#define LIMIT_PART      32u
#define LIMIT_MAX_BYTES (UINT64_C(1) << 30)

struct slot {
    struct mg_memory block;
    bool cpu;
};

struct mg_keep {
    struct mg_mem *mem;
    pthread_mutex_t lock; /* protects all below */
    uint64_t bytes;
    unsigned count;
    struct slot slots[SLOTS];
};

enum magma_code mg_keep_create(struct mg_mem *mem, struct mg_keep **out, struct magma_error *err)
{
    struct mg_keep *keep = calloc(1, sizeof *keep);

    *out = keep;
    if (!keep)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "kept blocks: no memory");
    keep->mem = mem;
    pthread_mutex_init(&keep->lock, NULL);
    return MAGMA_OK;
}

static struct mg_memory remove_slot(struct mg_keep *keep, unsigned at)
{
    struct mg_memory block = keep->slots[at].block;

    keep->bytes -= block.size_bytes;
    keep->count--;
    memmove(&keep->slots[at], &keep->slots[at + 1], (keep->count - at) * sizeof keep->slots[0]);
    return block;
}

bool mg_keep_empty(struct mg_keep *keep)
{
    bool any = false;

    for (;;) {
        struct mg_memory block = {0};

        pthread_mutex_lock(&keep->lock);
        if (keep->count)
            block = remove_slot(keep, 0);
        pthread_mutex_unlock(&keep->lock);
        if (!block.size_bytes)
            return any;
        any = true;
        mg_block_destroy(keep->mem, &block);
    }
}

void mg_keep_destroy(struct mg_keep *keep)
{
    if (!keep)
        return;
    mg_keep_empty(keep);
    pthread_mutex_destroy(&keep->lock);
    free(keep);
}

static bool suits(const struct slot *slot, enum magma_domain domain, uint64_t size_bytes,
                  uint64_t align_bytes, bool cpu)
{
    const struct mg_memory *block = &slot->block;

    return block->domain == domain && slot->cpu == cpu && block->size_bytes >= size_bytes &&
           block->size_bytes - size_bytes < WASTE_MAX_BYTES &&
           (!align_bytes || block->va.raw % align_bytes == 0);
}

bool mg_keep_take(struct mg_keep *keep, enum magma_domain domain, uint64_t size_bytes,
                  uint64_t align_bytes, bool cpu, struct mg_memory *out)
{
    bool found = false;

    pthread_mutex_lock(&keep->lock);
    for (unsigned i = keep->count; i-- > 0 && !found;)
        if (suits(&keep->slots[i], domain, size_bytes, align_bytes, cpu)) {
            *out = remove_slot(keep, i);
            found = true;
        }
    pthread_mutex_unlock(&keep->lock);
    return found;
}

static uint64_t limit(const struct mg_keep *keep)
{
    uint64_t part = mg_mem_winsys(keep->mem)->info.vram_usable_bytes / LIMIT_PART;

    return part < LIMIT_MAX_BYTES ? part : LIMIT_MAX_BYTES;
}

void mg_keep_give(struct mg_keep *keep, struct mg_memory *block, bool cpu)
{
    uint64_t most = limit(keep);

    if (block->size_bytes > most) {
        mg_block_destroy(keep->mem, block);
        return;
    }
    pthread_mutex_lock(&keep->lock);
    while (keep->count == SLOTS || keep->bytes + block->size_bytes > most) {
        struct mg_memory oldest = remove_slot(keep, 0);

        pthread_mutex_unlock(&keep->lock);
        mg_block_destroy(keep->mem, &oldest);
        pthread_mutex_lock(&keep->lock);
    }
    keep->slots[keep->count++] = (struct slot){*block, cpu};
    keep->bytes += block->size_bytes;
    pthread_mutex_unlock(&keep->lock);
    *block = (struct mg_memory){0};
}
