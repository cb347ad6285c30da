/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkDeviceMemory: a bo. */
#ifndef MVK_MEMORY_H
#define MVK_MEMORY_H

#include "object.h"

#include <magma-nv/bo.h>

struct mvk_memory {
    struct magma_bo *bo;
    VkDeviceSize size_bytes;
};

MVK_HANDLE(mvk_memory, VkDeviceMemory)

#endif
