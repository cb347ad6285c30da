/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Large copies and fills as dispatches: between buffers in video memory a kernel is many times
 * faster than the copy engine that a compute channel comes with.
 */
#ifndef MVK_TRANSFER_H
#define MVK_TRANSFER_H

#include "object.h"

#include <magma-nv/compute.h>

#include <pthread.h>

struct mvk_device;
struct mvk_command_buffer;

enum mvk_transfer_kernel { MVK_TRANSFER_COPY, MVK_TRANSFER_FILL, MVK_TRANSFER_COUNT };

/* The device's kernels, each compiled when first needed. */
struct mvk_transfer {
    pthread_mutex_t lock; /* protects the list */
    struct magma_kernel *kernels[MVK_TRANSFER_COUNT];
};

void mvk_transfer_init(struct mvk_transfer *transfer);
void mvk_transfer_finish(struct mvk_transfer *transfer);

/*
 * Records a copy or a fill of the leading bytes that suit a kernel, and returns how many: 0 on a
 * queue that cannot compute, for few bytes, or where alignment does not allow it. What is left, fewer
 * than 16 bytes unless all are, is the caller's.
 */
VkDeviceSize mvk_transfer_copy(struct mvk_command_buffer *commands, magma_gpu_va target,
                               magma_gpu_va source, VkDeviceSize size_bytes);
VkDeviceSize mvk_transfer_fill(struct mvk_command_buffer *commands, magma_gpu_va target,
                               VkDeviceSize size_bytes, uint32_t value);

#endif
