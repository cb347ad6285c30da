/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Pools: one per kind of memory and size class (powers of two from 256 bytes to 1 MiB). A pool cuts
 * slabs into equal pieces, each with its struct magma_bo ready. A slab that became empty is given
 * back when the pool has another empty one. Any thread.
 */
#ifndef MG_MEM_POOL_H
#define MG_MEM_POOL_H

#include "libmagma/mem/mem.h"

#define MG_POOL_MIN_BYTES 256u
#define MG_POOL_MAX_BYTES (1u << 20)
#define MG_POOL_CLASSES   13u

enum mg_pool_kind { MG_POOL_VRAM, MG_POOL_VRAM_CPU, MG_POOL_SYSTEM, MG_POOL_KINDS };

struct mg_pools;

enum magma_code mg_pools_create(struct mg_mem *mem, struct mg_pools **out, struct magma_error *err);
/* Returns how many pieces had not been given back; their memory goes too. */
uint64_t mg_pools_destroy(struct mg_pools *pools);

/* A piece of at least size_bytes (<= MG_POOL_MAX_BYTES), aligned to its class size. The size asked
 * for and CPU access are the caller's to fill in. */
enum magma_code mg_pools_take(struct mg_pools *pools, enum mg_pool_kind kind, uint64_t size_bytes,
                              struct magma_bo **out, struct magma_error *err);
void mg_pools_give(struct magma_bo *bo);

#endif
