/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * VkDescriptorSetLayout: where each descriptor of a set lies. A set's memory is an array of struct
 * magma_cc_buffer_descriptor: first those of dynamic buffers, which are carried into the root table
 * when the set is bound, then the descriptors that shaders read from there, by binding number, so
 * that a last binding of variable count ends the set.
 */
#ifndef MVK_DESCRIPTOR_LAYOUT_H
#define MVK_DESCRIPTOR_LAYOUT_H

#include "object.h"

#include <magma-nv/cc.h>

#include <stdbool.h>

enum { MVK_DESCRIPTOR_BYTES = sizeof(struct magma_cc_buffer_descriptor) };

struct mvk_binding {
    uint32_t number;
    uint32_t count;         /* may be 0 */
    uint32_t first;         /* index of its first descriptor in the set's memory */
    uint32_t dynamic_first; /* index among the set's dynamic descriptors */
    bool dynamic;
};

/* One flat block of memory, so that a pipeline layout can keep a copy of its own. */
struct mvk_descriptor_set_layout {
    bool push;                 /* for vkCmdPushDescriptorSet */
    bool variable;             /* the last binding's count is the most that a set may have */
    uint32_t descriptor_count; /* of the set's memory, dynamic ones included */
    uint32_t dynamic_count;
    uint32_t binding_count;
    struct mvk_binding bindings[]; /* sorted by number */
};

MVK_HANDLE(mvk_descriptor_set_layout, VkDescriptorSetLayout)

/* Size of the layout itself, for copying. */
static inline size_t mvk_descriptor_set_layout_bytes(const struct mvk_descriptor_set_layout *layout)
{
    return sizeof(*layout) + layout->binding_count * sizeof(layout->bindings[0]);
}

/* Index of the binding of that number, or binding_count. */
uint32_t mvk_descriptor_set_layout_find(const struct mvk_descriptor_set_layout *layout,
                                        uint32_t number);

#endif
