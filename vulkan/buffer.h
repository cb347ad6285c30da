/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkBuffer: a range of GPU addresses, once memory is bound. */
#ifndef MVK_BUFFER_H
#define MVK_BUFFER_H

#include "object.h"

#include <magma-nv/address.h>

#include <stdbool.h>

struct mvk_buffer {
    VkDeviceSize size_bytes;
    magma_gpu_va address; /* 0 until bound */
    bool local;           /* in video memory */
};

MVK_HANDLE(mvk_buffer, VkBuffer)

/* The bytes from offset that `range` (VK_WHOLE_SIZE: all that follow) covers within the buffer. */
static inline VkDeviceSize mvk_buffer_range(const struct mvk_buffer *buffer, VkDeviceSize offset,
                                            VkDeviceSize range)
{
    VkDeviceSize rest = offset < buffer->size_bytes ? buffer->size_bytes - offset : 0;
    return range < rest ? range : rest;
}

#endif
