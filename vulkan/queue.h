/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkQueue: a channel. The application serialises calls on one queue, so that there is no lock here.
 */
#ifndef MVK_QUEUE_H
#define MVK_QUEUE_H

#include "object.h"

struct mvk_device;
struct magma_channel;

struct mvk_queue {
    VK_LOADER_DATA loader;
    struct mvk_device *device;
    struct magma_channel *channel;
    uint32_t family, index;
};

MVK_HANDLE(mvk_queue, VkQueue)

VkResult mvk_queue_create(struct mvk_device *device, uint32_t family, uint32_t index,
                          struct mvk_queue **out);

/* Waits for the channel, then frees it. NULL is fine. */
void mvk_queue_destroy(struct mvk_queue *queue);

#endif
