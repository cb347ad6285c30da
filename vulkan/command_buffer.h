/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * VkCommandBuffer: a push, which commands are recorded into as they come, and the state that a
 * dispatch takes: pipeline and root table. cmd_*.c record the commands, by group.
 */
#ifndef MVK_COMMAND_BUFFER_H
#define MVK_COMMAND_BUFFER_H

#include "descriptor_layout.h"
#include "object.h"
#include "physical_device.h"

#include <magma-nv/push.h>

#include <stdbool.h>

struct mvk_command_pool;
struct mvk_device;
struct mvk_pipeline;

/* Descriptors of vkCmdPushDescriptorSet, uploaded at the next dispatch after a change. */
struct mvk_push_set {
    bool active;
    bool changed;
    uint32_t set;
    uint32_t descriptor_count;
    struct magma_cc_buffer_descriptor descriptors[MVK_PUSH_DESCRIPTOR_MAX];
};

struct mvk_compute_state {
    const struct mvk_pipeline *pipeline;
    _Alignas(16) uint8_t root[MAGMA_CC_ROOT_SIZE_BYTES]; /* as cc.h lays it out */
    struct mvk_push_set push_set;
};

struct mvk_command_buffer {
    VK_LOADER_DATA loader;
    struct mvk_device *device;
    struct mvk_command_pool *pool;
    struct mvk_command_buffer *next, *previous; /* in the pool */
    struct magma_push *push;
    struct mvk_compute_state state;
};

MVK_HANDLE(mvk_command_buffer, VkCommandBuffer)

/* Forgets what was recorded. */
void mvk_command_buffer_reset(struct mvk_command_buffer *commands);

#endif
