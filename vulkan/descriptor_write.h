/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Writing descriptors: vkUpdateDescriptorSets, update templates, and their push forms. */
#ifndef MVK_DESCRIPTOR_WRITE_H
#define MVK_DESCRIPTOR_WRITE_H

#include "descriptor_layout.h"

struct mvk_update_template;

MVK_HANDLE(mvk_update_template, VkDescriptorUpdateTemplate)

/* Carries out one write on `count` descriptors that are laid out so. What lies beyond is dropped.
 */
void mvk_descriptors_write(const struct mvk_descriptor_set_layout *layout,
                           struct magma_cc_buffer_descriptor *descriptors, uint32_t count,
                           const VkWriteDescriptorSet *write);

/* Carries out a template with the application's data. */
void mvk_descriptors_write_template(const struct mvk_descriptor_set_layout *layout,
                                    struct magma_cc_buffer_descriptor *descriptors, uint32_t count,
                                    const struct mvk_update_template *update, const void *data);

#endif
