/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Slabs of equal pieces. The lock of a pool protects its slabs and their free lists. */
#include "libmagma/mem/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include <nvhw/gmmu.h>

#include "libmagma/core/status.h"

#define PIECES_MIN 8u

struct mg_slab {
    struct mg_pool *pool;
    struct mg_slab *prev, *next; /* among the pool's slabs with free pieces, or its full ones */
    struct mg_memory block;
    struct magma_bo *free_list;
    uint32_t used, count;
    struct magma_bo pieces[];
};

struct mg_pool {
    pthread_mutex_t lock;
    struct mg_mem *mem;
    enum mg_pool_kind kind;
    uint64_t piece_bytes;
    struct mg_slab *open; /* slabs with free pieces */
    struct mg_slab *full;
    unsigned empty_count;
};

struct mg_pools {
    struct mg_pool pool[MG_POOL_KINDS][MG_POOL_CLASSES];
};

enum magma_code mg_pools_create(struct mg_mem *mem, struct mg_pools **out, struct magma_error *err)
{
    struct mg_pools *pools = calloc(1, sizeof *pools);

    *out = pools;
    if (!pools)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "pools: no memory");
    for (unsigned kind = 0; kind < MG_POOL_KINDS; kind++)
        for (unsigned i = 0; i < MG_POOL_CLASSES; i++) {
            struct mg_pool *pool = &pools->pool[kind][i];

            pthread_mutex_init(&pool->lock, NULL);
            pool->mem = mem;
            pool->kind = (enum mg_pool_kind)kind;
            pool->piece_bytes = (uint64_t)MG_POOL_MIN_BYTES << i;
        }
    return MAGMA_OK;
}

static void unlink_slab(struct mg_slab **head, struct mg_slab *slab)
{
    if (slab->prev)
        slab->prev->next = slab->next;
    else
        *head = slab->next;
    if (slab->next)
        slab->next->prev = slab->prev;
    slab->prev = slab->next = NULL;
}

static void link_slab(struct mg_slab **head, struct mg_slab *slab)
{
    slab->prev = NULL;
    slab->next = *head;
    if (*head)
        (*head)->prev = slab;
    *head = slab;
}

static uint64_t destroy_list(struct mg_pool *pool, struct mg_slab *slab)
{
    uint64_t left = 0;

    while (slab) {
        struct mg_slab *next = slab->next;

        left += slab->used;
        mg_block_destroy(pool->mem, &slab->block);
        free(slab);
        slab = next;
    }
    return left;
}

uint64_t mg_pools_destroy(struct mg_pools *pools)
{
    uint64_t left = 0;

    if (!pools)
        return 0;
    for (unsigned kind = 0; kind < MG_POOL_KINDS; kind++)
        for (unsigned i = 0; i < MG_POOL_CLASSES; i++) {
            struct mg_pool *pool = &pools->pool[kind][i];

            left += destroy_list(pool, pool->open) + destroy_list(pool, pool->full);
            pthread_mutex_destroy(&pool->lock);
        }
    free(pools);
    return left;
}

static void fill_pieces(struct mg_pool *pool, struct mg_slab *slab)
{
    for (uint32_t i = slab->count; i-- > 0;) {
        struct magma_bo *bo = &slab->pieces[i];
        uint64_t offset = i * pool->piece_bytes;

        *bo = (struct magma_bo){
            .mem = pool->mem,
            .slab = slab,
            .domain = slab->block.domain,
            .va = magma_gpu_va_add(slab->block.va, offset),
            .memory_cpu = slab->block.cpu ? (char *)slab->block.cpu + offset : NULL,
            .next_free = slab->free_list,
        };
        slab->free_list = bo;
    }
}

/* Makes a slab; called without the lock, for this may take long. */
static enum magma_code slab_create(struct mg_pool *pool, struct mg_slab **out,
                                   struct magma_error *err)
{
    uint64_t bytes = pool->piece_bytes * PIECES_MIN;
    struct mg_slab *slab;
    enum magma_code code;
    uint32_t count;

    if (bytes < NV_GMMU_PAGE_2M)
        bytes = NV_GMMU_PAGE_2M;
    count = (uint32_t)(bytes / pool->piece_bytes);
    slab = calloc(1, sizeof *slab + count * sizeof slab->pieces[0]);
    if (!slab) {
        mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "slab: no memory");
        return MAGMA_OUT_OF_HOST_MEMORY; /* said here, where an analyzer sees that it is not OK */
    }
    slab->pool = pool;
    slab->count = count;
    code = mg_block_create(
        pool->mem, pool->kind == MG_POOL_SYSTEM ? MAGMA_DOMAIN_SYSTEM : MAGMA_DOMAIN_VRAM, bytes,
        NV_GMMU_PAGE_2M, pool->kind == MG_POOL_VRAM ? 0 : MG_MEMORY_CPU, false, &slab->block, err);
    if (code != MAGMA_OK) {
        free(slab);
        return code;
    }
    fill_pieces(pool, slab);
    *out = slab;
    return MAGMA_OK;
}

static unsigned class_of(uint64_t size_bytes)
{
    if (size_bytes <= MG_POOL_MIN_BYTES)
        return 0;
    return 64u - (unsigned)__builtin_clzll((size_bytes - 1) / MG_POOL_MIN_BYTES);
}

enum magma_code mg_pools_take(struct mg_pools *pools, enum mg_pool_kind kind, uint64_t size_bytes,
                              struct magma_bo **out, struct magma_error *err)
{
    struct mg_pool *pool = &pools->pool[kind][class_of(size_bytes)];
    struct mg_slab *slab = NULL;
    struct magma_bo *bo;

    pthread_mutex_lock(&pool->lock);
    while (!pool->open) {
        enum magma_code code;

        pthread_mutex_unlock(&pool->lock);
        code = slab_create(pool, &slab, err);
        if (code != MAGMA_OK)
            return code;
        pthread_mutex_lock(&pool->lock);
        link_slab(&pool->open, slab);
        pool->empty_count++;
    }
    slab = pool->open;
    if (slab->used == 0)
        pool->empty_count--;
    bo = slab->free_list;
    slab->free_list = bo->next_free;
    slab->used++;
    if (!slab->free_list) {
        unlink_slab(&pool->open, slab);
        link_slab(&pool->full, slab);
    }
    pthread_mutex_unlock(&pool->lock);
    bo->next_free = NULL;
    *out = bo;
    return MAGMA_OK;
}

void mg_pools_give(struct magma_bo *bo)
{
    struct mg_slab *slab = bo->slab, *unused = NULL;
    struct mg_pool *pool = slab->pool;

    pthread_mutex_lock(&pool->lock);
    if (!slab->free_list) {
        unlink_slab(&pool->full, slab);
        link_slab(&pool->open, slab);
    }
    bo->next_free = slab->free_list;
    slab->free_list = bo;
    if (--slab->used == 0) {
        if (pool->empty_count) {
            unlink_slab(&pool->open, slab);
            unused = slab;
        } else
            pool->empty_count++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (unused) {
        mg_block_destroy(pool->mem, &unused->block);
        free(unused);
    }
}
