/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Compute's part of a channel: setup and scratch memory. See magma-nv/compute.h for launches. */
#ifndef MG_ENGINE_COMPUTE_H
#define MG_ENGINE_COMPUTE_H

#include <magma-nv/compute.h>

#include "libmagma/cmd/device.h"

/* Binds the class and sets the two windows. */
void mg_compute_push_setup(struct magma_push *push, uint32_t compute_class);

/* As magma_kernel_create. */
enum magma_code mg_kernel_create(struct mg_device *dev, const struct magma_kernel_desc *desc,
                                 struct magma_kernel **out, struct magma_error *err);

/* Scratch memory for all threads that the GPU can run, at local_bytes for each. */
enum magma_code mg_compute_local_create(struct mg_device *dev, uint32_t local_bytes,
                                        struct magma_bo **out);
/* Waits for the channel to be idle, then makes it use this memory. */
void mg_compute_push_local(struct magma_push *push, const struct magma_bo *bo,
                           uint32_t local_bytes);

#endif
