/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkCommandPool: the command buffers that go when it goes. */
#ifndef MVK_COMMAND_POOL_H
#define MVK_COMMAND_POOL_H

#include "object.h"

struct mvk_command_buffer;

struct mvk_command_pool {
    VkAllocationCallbacks alloc;
    uint32_t family; /* of the queues that its command buffers go to */
    struct mvk_command_buffer *buffers;
};

MVK_HANDLE(mvk_command_pool, VkCommandPool)

#endif
