/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Blocks and buffer objects over the seam: addresses from a buddy, small objects from pools. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <nvhw/gmmu.h>

#include "libmagma/core/status.h"
#include "libmagma/mem/buddy.h"
#include "libmagma/mem/keep.h"
#include "libmagma/mem/mem.h"
#include "libmagma/mem/pool.h"
#include "libmagma/mem/tracker.h"

/* Up to here the CPU clears through BAR1; beyond, the GPU is faster. */
#define CPU_CLEAR_MAX_BYTES NV_GMMU_PAGE_2M

struct mg_large_bo {
    struct magma_bo bo; /* first */
    struct mg_memory block;
    bool cpu;                        /* made within the CPU's reach */
    bool used;                       /* holds what another left */
    struct mg_large_bo *prev, *next; /* among all, for closing; under large_lock */
};

struct mg_mem {
    struct mg_winsys *ws;
    struct mg_pools *pools;
    struct mg_keep *keep;
    struct mg_tracker tracker;
    mg_mem_clear clear;
    void *clear_ctx;
    pthread_mutex_t va_lock;
    struct mg_buddy *va; /* GPU addresses, in units of 64 KiB; protected by va_lock */
    pthread_mutex_t large_lock;
    struct mg_large_bo *large;
};

enum magma_code mg_mem_create(struct mg_winsys *ws, struct mg_mem **out, struct magma_error *err)
{
    struct mg_mem *mem = calloc(1, sizeof *mem);
    enum magma_code code;

    *out = NULL;
    if (!mem)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "memory manager: no memory");
    mem->ws = ws;
    pthread_mutex_init(&mem->va_lock, NULL);
    pthread_mutex_init(&mem->large_lock, NULL);
    code =
        mg_buddy_create(ws->va_start, ws->va_end - ws->va_start, NV_GMMU_PAGE_64K, &mem->va, err);
    if (code == MAGMA_OK)
        code = mg_pools_create(mem, &mem->pools, err);
    if (code == MAGMA_OK)
        code = mg_keep_create(mem, &mem->keep, err);
    if (code != MAGMA_OK) {
        mg_mem_destroy(mem);
        return code;
    }
    *out = mem;
    return MAGMA_OK;
}

static void destroy_large(struct mg_mem *mem, struct mg_large_bo *large)
{
    pthread_mutex_lock(&mem->large_lock);
    if (large->prev)
        large->prev->next = large->next;
    else
        mem->large = large->next;
    if (large->next)
        large->next->prev = large->prev;
    pthread_mutex_unlock(&mem->large_lock);
    mg_keep_give(mem->keep, &large->block, large->cpu);
    free(large);
}

void mg_mem_destroy(struct mg_mem *mem)
{
    if (!mem)
        return;
    mg_tracker_report(&mem->tracker, &mem->ws->log);
    while (mem->large) {
        struct mg_large_bo *large = mem->large;

        mg_tracker_remove(&mem->tracker, large->bo.domain, large->bo.size_bytes);
        destroy_large(mem, large);
    }
    mg_pools_destroy(mem->pools);
    mg_keep_destroy(mem->keep);
    mg_buddy_destroy(mem->va);
    pthread_mutex_destroy(&mem->va_lock);
    pthread_mutex_destroy(&mem->large_lock);
    free(mem);
}

void mg_mem_set_clear(struct mg_mem *mem, mg_mem_clear clear, void *ctx)
{
    mem->clear = clear;
    mem->clear_ctx = ctx;
}

struct mg_winsys *mg_mem_winsys(struct mg_mem *mem)
{
    return mem->ws;
}

void mg_mem_used(struct mg_mem *mem, uint64_t *vram_bytes, uint64_t *system_bytes)
{
    if (vram_bytes)
        *vram_bytes = mg_tracker_bytes(&mem->tracker, MAGMA_DOMAIN_VRAM);
    if (system_bytes)
        *system_bytes = mg_tracker_bytes(&mem->tracker, MAGMA_DOMAIN_SYSTEM);
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

static enum magma_code clear_memory(struct mg_mem *mem, void *cpu, magma_gpu_va va,
                                    uint64_t size_bytes, struct magma_error *err)
{
    if (cpu && (size_bytes <= CPU_CLEAR_MAX_BYTES || !mem->clear)) {
        memset(cpu, 0, size_bytes);
        return MAGMA_OK;
    }
    if (!mem->clear)
        return mg_fail(err, MAGMA_NOT_SUPPORTED,
                       "clearing video memory that the CPU cannot reach: not supported here");
    return mem->clear(mem->clear_ctx, va, size_bytes, err);
}

static bool take_va(struct mg_mem *mem, uint64_t size_bytes, uint64_t align_bytes, uint64_t *va)
{
    bool found;

    pthread_mutex_lock(&mem->va_lock);
    found = mg_buddy_alloc(mem->va, size_bytes, align_bytes, va);
    pthread_mutex_unlock(&mem->va_lock);
    return found;
}

static void give_va(struct mg_mem *mem, uint64_t va, uint64_t size_bytes)
{
    pthread_mutex_lock(&mem->va_lock);
    mg_buddy_free(mem->va, va, size_bytes);
    pthread_mutex_unlock(&mem->va_lock);
}

/* What makes the largest pages possible. */
static uint64_t natural_align(uint64_t size_bytes)
{
    return size_bytes >= NV_GMMU_PAGE_2M    ? NV_GMMU_PAGE_2M
           : size_bytes >= NV_GMMU_PAGE_64K ? NV_GMMU_PAGE_64K
                                            : NV_GMMU_PAGE_4K;
}

static enum magma_code block_create(struct mg_mem *mem, enum magma_domain domain,
                                    uint64_t size_bytes, uint64_t align_bytes, uint32_t flags,
                                    bool dirty, struct mg_memory *out, struct magma_error *err)
{
    struct mg_winsys *ws = mem->ws;
    enum magma_code code;
    uint64_t va;

    if (align_bytes < natural_align(size_bytes))
        align_bytes = natural_align(size_bytes);
    *out = (struct mg_memory){0};
    code = ws->ops->memory_create(ws, domain, size_bytes, align_bytes, flags, out, err);
    if (code != MAGMA_OK)
        return code;
    if (!take_va(mem, out->size_bytes, align_bytes, &va)) {
        code = mg_fail(err, MAGMA_OUT_OF_DEVICE_MEMORY, "no GPU addresses left for %llu bytes",
                       (unsigned long long)out->size_bytes);
        goto fail;
    }
    code = ws->ops->map(ws, out, (magma_gpu_va){va}, flags, err);
    if (code != MAGMA_OK) {
        give_va(mem, va, out->size_bytes);
        goto fail;
    }
    if (domain == MAGMA_DOMAIN_VRAM && !dirty)
        code = clear_memory(mem, out->cpu, out->va, out->size_bytes, err);
    if (code == MAGMA_OK)
        return code;
    mg_block_destroy(mem, out);
    return code;
fail:
    ws->ops->memory_destroy(ws, out);
    *out = (struct mg_memory){0};
    return code;
}

enum magma_code mg_block_create(struct mg_mem *mem, enum magma_domain domain, uint64_t size_bytes,
                                uint64_t align_bytes, uint32_t flags, bool dirty,
                                struct mg_memory *out, struct magma_error *err)
{
    enum magma_code code =
        block_create(mem, domain, size_bytes, align_bytes, flags, dirty, out, err);

    /* What is only kept goes before anybody is told that there is no memory. */
    if (code == MAGMA_OUT_OF_DEVICE_MEMORY && mem->keep && mg_keep_empty(mem->keep))
        code = block_create(mem, domain, size_bytes, align_bytes, flags, dirty, out, err);
    return code;
}

void mg_block_destroy(struct mg_mem *mem, struct mg_memory *block)
{
    struct mg_winsys *ws = mem->ws;

    if (!block->size_bytes)
        return;
    if (block->va.raw) {
        uint64_t va = block->va.raw;

        ws->ops->unmap(ws, block);
        give_va(mem, va, block->size_bytes);
    }
    ws->ops->memory_destroy(ws, block);
    *block = (struct mg_memory){0};
}

/* ---- Buffer objects -------------------------------------------------------------------------- */

static enum mg_pool_kind kind_of(enum magma_domain domain, uint32_t flags)
{
    if (domain == MAGMA_DOMAIN_SYSTEM)
        return MG_POOL_SYSTEM;
    return flags & MAGMA_BO_CPU_ACCESS ? MG_POOL_VRAM_CPU : MG_POOL_VRAM;
}

static enum magma_code create_large(struct mg_mem *mem, uint64_t size_bytes, uint64_t align_bytes,
                                    enum magma_domain domain, uint32_t flags, struct magma_bo **out,
                                    struct magma_error *err)
{
    struct mg_large_bo *large = calloc(1, sizeof *large);
    enum magma_code code = MAGMA_OK;

    if (!large)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "buffer: no memory");
    large->cpu = flags & MAGMA_BO_CPU_ACCESS;
    large->used =
        mg_keep_take(mem->keep, domain, size_bytes, align_bytes, large->cpu, &large->block);
    if (!large->used)
        code = mg_block_create(mem, domain, size_bytes, align_bytes,
                               large->cpu ? MG_MEMORY_CPU : 0, false, &large->block, err);
    if (code != MAGMA_OK) {
        free(large);
        return code;
    }
    large->bo.mem = mem;
    large->bo.domain = domain;
    large->bo.va = large->block.va;
    large->bo.memory_cpu = large->block.cpu;
    pthread_mutex_lock(&mem->large_lock);
    large->next = mem->large;
    if (large->next)
        large->next->prev = large;
    mem->large = large;
    pthread_mutex_unlock(&mem->large_lock);
    *out = &large->bo;
    return MAGMA_OK;
}

enum magma_code mg_bo_create(struct mg_mem *mem, uint64_t size_bytes, uint64_t align_bytes,
                             enum magma_domain domain, uint32_t flags, struct magma_bo **out,
                             struct magma_error *err)
{
    uint64_t need = size_bytes > align_bytes ? size_bytes : align_bytes;
    struct magma_bo *bo = NULL;
    enum magma_code code;

    *out = NULL;
    if (!size_bytes || (align_bytes & (align_bytes - 1)) || align_bytes > NV_GMMU_PAGE_2M ||
        size_bytes > UINT64_MAX / 2 || (unsigned)domain > MAGMA_DOMAIN_SYSTEM)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "buffer: size %llu, alignment %llu or domain %u out of range",
                       (unsigned long long)size_bytes, (unsigned long long)align_bytes, domain);
    if (need <= MG_POOL_MAX_BYTES)
        code = mg_pools_take(mem->pools, kind_of(domain, flags), need, &bo, err);
    else
        code = create_large(mem, size_bytes, align_bytes, domain, flags, &bo, err);
    if (code != MAGMA_OK || !bo)
        return code;
    bo->size_bytes = size_bytes;
    bo->cpu = domain == MAGMA_DOMAIN_SYSTEM || flags & MAGMA_BO_CPU_ACCESS ? bo->memory_cpu : NULL;
    mg_tracker_add(&mem->tracker, domain, size_bytes);
    /* A new block of its own has just been cleared. */
    if (flags & MAGMA_BO_ZERO && (bo->slab || ((struct mg_large_bo *)bo)->used))
        code = clear_memory(mem, bo->memory_cpu, bo->va, (size_bytes + 3) & ~UINT64_C(3), err);
    if (code != MAGMA_OK) {
        magma_bo_destroy(bo);
        return code;
    }
    *out = bo;
    return MAGMA_OK;
}

void magma_bo_destroy(struct magma_bo *bo)
{
    if (!bo)
        return;
    mg_tracker_remove(&bo->mem->tracker, bo->domain, bo->size_bytes);
    if (bo->slab)
        mg_pools_give(bo);
    else
        destroy_large(bo->mem, (struct mg_large_bo *)bo);
}

magma_gpu_va magma_bo_address(const struct magma_bo *bo)
{
    return bo->va;
}

uint64_t magma_bo_size(const struct magma_bo *bo)
{
    return bo->size_bytes;
}

enum magma_domain magma_bo_domain(const struct magma_bo *bo)
{
    return bo->domain;
}

void *magma_bo_map(struct magma_bo *bo)
{
    return bo->cpu;
}
