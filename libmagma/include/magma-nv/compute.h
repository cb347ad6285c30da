/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Compute: loading machine code and launching grids. Dispatches that follow each other may overlap in
 * time: put magma_push_barrier() between dependent ones.
 */
#ifndef MAGMA_NV_COMPUTE_H
#define MAGMA_NV_COMPUTE_H

#include <magma-nv/push.h>

#ifdef __cplusplus
extern "C" {
#endif

struct magma_kernel;

/* What the launch has to know about the code; the compiler (cc.h) gives these figures. */
struct magma_kernel_desc {
    const void *code;
    size_t code_size_bytes;
    uint32_t register_count;    /* 1..255, as the QMD counts them */
    uint32_t barrier_count;     /* 0..16 */
    uint32_t shared_size_bytes; /* static shared memory */
    uint32_t local_size_bytes;  /* scratch per thread, a multiple of 16 */
    uint32_t workgroup_size[3]; /* threads */
};

/* Copies the code into GPU memory. Errors: INVALID_ARGUMENT, OUT_OF_DEVICE_MEMORY, DEVICE_LOST. */
enum magma_code magma_kernel_create(struct magma_gpu *gpu, const struct magma_kernel_desc *desc,
                                    struct magma_kernel **out, struct magma_error *err);

/* NULL is fine. The GPU must be done with it. */
void magma_kernel_destroy(struct magma_kernel *kernel);

struct magma_dispatch {
    const struct magma_kernel *kernel;
    uint32_t groups[3]; /* workgroups; any 0: nothing runs */
    /* Contents of constant bank 0, copied when recorded. At most 64 KiB. */
    const void *root;
    size_t root_size_bytes;
    /* When not 0: the address (4-byte aligned) of three u32 group counts that are read when the
     * commands execute; they replace groups[] and the first 12 bytes of the root. */
    magma_gpu_va indirect;
};

void magma_dispatch(struct magma_push *push, const struct magma_dispatch *dispatch);

#ifdef __cplusplus
}
#endif
#endif
