/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * struct mg_mem: all memory that one GPU's user allocates. Blocks are memory mapped into the
 * address space; buffer objects are blocks of their own when large, and pieces of slabs (blocks
 * that stay mapped) up to 1 MiB: taking one from a warm slab is a list operation under a lock of
 * its size class. Any thread.
 */
#ifndef MG_MEM_MEM_H
#define MG_MEM_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <magma-nv/bo.h>

#include "libmagma/winsys/winsys.h"

struct mg_mem;

/* Zeroes GPU memory that the CPU cannot reach well; set by who owns a channel for it. */
typedef enum magma_code (*mg_mem_clear)(void *ctx, magma_gpu_va va, uint64_t size_bytes,
                                        struct magma_error *err);

enum magma_code mg_mem_create(struct mg_winsys *ws, struct mg_mem **out, struct magma_error *err);
/* Frees everything, and reports in the log what was still allocated. NULL is fine. */
void mg_mem_destroy(struct mg_mem *mem);
void mg_mem_set_clear(struct mg_mem *mem, mg_mem_clear clear, void *ctx);
struct mg_winsys *mg_mem_winsys(struct mg_mem *mem);

/* Bytes that buffer objects hold now. */
void mg_mem_used(struct mg_mem *mem, uint64_t *vram_bytes, uint64_t *system_bytes);

/* ---- Blocks: memory with an address ---- */

/* flags: MG_MEMORY_*. VRAM arrives cleared unless `dirty` is set. */
enum magma_code mg_block_create(struct mg_mem *mem, enum magma_domain domain, uint64_t size_bytes,
                                uint64_t align_bytes, uint32_t flags, bool dirty,
                                struct mg_memory *out, struct magma_error *err);
void mg_block_destroy(struct mg_mem *mem, struct mg_memory *block);

/* ---- Buffer objects ---- */

struct mg_slab;
struct mg_pool;

struct magma_bo {
    struct mg_mem *mem;
    struct mg_slab *slab; /* NULL: a block of its own follows (struct mg_large_bo) */
    uint64_t size_bytes;  /* asked for */
    magma_gpu_va va;
    void *cpu; /* NULL: no access asked for, or none to be had */
    enum magma_domain domain;
    struct magma_bo *next_free;
    void *memory_cpu; /* where its memory begins for the CPU, access asked for or not */
};

/* As magma_bo_create. */
enum magma_code mg_bo_create(struct mg_mem *mem, uint64_t size_bytes, uint64_t align_bytes,
                             enum magma_domain domain, uint32_t flags, struct magma_bo **out,
                             struct magma_error *err);

#endif
