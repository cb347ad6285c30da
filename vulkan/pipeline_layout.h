/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * VkPipelineLayout: copies of its set layouts (the application may destroy its own), and where each
 * set's dynamic buffers begin in the root table.
 */
#ifndef MVK_PIPELINE_LAYOUT_H
#define MVK_PIPELINE_LAYOUT_H

#include "descriptor_layout.h"

struct mvk_pipeline_layout {
    uint32_t set_count;
    const struct mvk_descriptor_set_layout *sets[MAGMA_CC_ROOT_SET_COUNT]; /* NULL: none */
    uint32_t dynamic_first[MAGMA_CC_ROOT_SET_COUNT]; /* entries of the root table's dynamic part */
    uint32_t binding_count;                          /* of all sets, without empty ones */
    uint32_t root_bytes; /* of the root table: up to the last thing that a shader may read */
};

MVK_HANDLE(mvk_pipeline_layout, VkPipelineLayout)

/* Describes all bindings to the compiler; `out` has room for binding_count. */
void mvk_pipeline_layout_bindings(const struct mvk_pipeline_layout *layout,
                                  struct magma_cc_binding *out);

#endif
