/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * struct mg_vas: a GPU address space as page tables that we write ourselves. It uses the largest
 * page that address and alignment allow (2 MiB, 64 KiB, 4 KiB). Tables are kept twice: as the GPU
 * reads them, and as a copy in ordinary memory, so that nothing is ever read back from video
 * memory. Every change ends in one TLB invalidate. Any thread: one lock per address space.
 */
#ifndef MG_MEM_VAS_H
#define MG_MEM_VAS_H

#include <stddef.h>
#include <stdint.h>

#include <magma-nv/address.h>
#include <magma-nv/status.h>

#include "libmagma/mem/gmmu.h"

struct mg_vas;

/* Where tables live and how the GPU is told of changes. */
struct mg_vas_backend {
    enum mg_aperture aperture; /* of the tables */
    /* A zeroed table of 4096 bytes, 4096-aligned; its physical address in *address. */
    enum magma_code (*table_alloc)(void *ctx, uint64_t *address, struct magma_error *err);
    void (*table_free)(void *ctx, uint64_t address);
    /* Writes words (8 bytes each) at offset_bytes of the table. */
    void (*table_write)(void *ctx, uint64_t address, uint32_t offset_bytes, const uint64_t *words,
                        size_t count);
    /* Makes the GPU forget translations of the address space with this root. */
    enum magma_code (*invalidate)(void *ctx, uint64_t root, struct magma_error *err);
    void *ctx;
};

enum magma_code mg_vas_create(const struct mg_gmmu_format *format,
                              const struct mg_vas_backend *backend, struct mg_vas **out,
                              struct magma_error *err);
/* Frees all tables; nothing may use the address space any more. NULL is fine. */
void mg_vas_destroy(struct mg_vas *vas);

/* Physical address of the root table. */
uint64_t mg_vas_root(const struct mg_vas *vas);

/*
 * Maps size_bytes of physical memory at va; all three are multiples of 4096 and nothing may be
 * mapped there yet. flags: MG_MAP_*. On failure (OUT_OF_DEVICE_MEMORY for tables, or what
 * invalidate returns) nothing of it is mapped.
 */
enum magma_code mg_vas_map(struct mg_vas *vas, magma_gpu_va va, enum mg_aperture aperture,
                           uint64_t address, uint64_t size_bytes, uint32_t flags,
                           struct magma_error *err);

/* Unmaps what mg_vas_map mapped at va. */
enum magma_code mg_vas_unmap(struct mg_vas *vas, magma_gpu_va va, uint64_t size_bytes,
                             struct magma_error *err);

/* The tables from the root down to, and without, the last directory, on the way to va; they are
 * made if need be. addresses has room for MG_GMMU_LEVELS_MAX. Returns in *count how many. */
enum magma_code mg_vas_path(struct mg_vas *vas, magma_gpu_va va, uint64_t *addresses,
                            unsigned *count, struct magma_error *err);

#endif
