/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Buffer objects: memory with a GPU address. A bo is mapped into the GPU's address space when it is
 * created and stays there until it is destroyed. Any thread; one bo may not be destroyed while
 * another thread or the GPU still uses it.
 */
#ifndef MAGMA_NV_BO_H
#define MAGMA_NV_BO_H

#include <magma-nv/gpu.h>

#ifdef __cplusplus
extern "C" {
#endif

struct magma_bo;

enum magma_domain {
    MAGMA_DOMAIN_VRAM,   /* video memory */
    MAGMA_DOMAIN_SYSTEM, /* pinned system memory, coherent with the CPU */
};

enum {
    /* The CPU will read or write it: magma_bo_map() gives a pointer. Always so for SYSTEM. */
    MAGMA_BO_CPU_ACCESS = 1u << 0,
    /* Contents start as zero (otherwise undefined, but never another process's data). */
    MAGMA_BO_ZERO = 1u << 1,
};

/*
 * Allocates at least size_bytes (> 0), aligned to align_bytes (a power of two up to 2 MiB, or 0 for
 * 256). On success *out is owned by the caller. Errors: INVALID_ARGUMENT, OUT_OF_DEVICE_MEMORY,
 * OUT_OF_HOST_MEMORY, DEVICE_LOST. Sizes up to 1 MiB come from slabs that are mapped already:
 * no system call, no page table access.
 */
enum magma_code magma_bo_create(struct magma_gpu *gpu, uint64_t size_bytes, uint64_t align_bytes,
                                enum magma_domain domain, uint32_t flags, struct magma_bo **out,
                                struct magma_error *err);

/* Frees the memory. NULL is fine. The GPU must be done with it. */
void magma_bo_destroy(struct magma_bo *bo);

/* GPU address of the first byte; never 0. */
magma_gpu_va magma_bo_address(const struct magma_bo *bo);

/* The size asked for, in bytes. */
uint64_t magma_bo_size(const struct magma_bo *bo);

enum magma_domain magma_bo_domain(const struct magma_bo *bo);

/* CPU pointer to the first byte, valid until the bo is destroyed; NULL without CPU access. VRAM is
 * mapped write-combined: write it in order, avoid reading. */
void *magma_bo_map(struct magma_bo *bo);

#ifdef __cplusplus
}
#endif
#endif
