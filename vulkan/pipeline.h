/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkPipeline: a kernel in GPU memory. */
#ifndef MVK_PIPELINE_H
#define MVK_PIPELINE_H

#include "object.h"

#include <magma-nv/compute.h>

struct mvk_pipeline {
    struct magma_kernel *kernel;
    size_t root_bytes; /* of the root table, as far as its shader can read */
};

MVK_HANDLE(mvk_pipeline, VkPipeline)

#endif
