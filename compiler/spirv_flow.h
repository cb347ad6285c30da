/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One function on its way into the graph: between the files that lower control flow. */
#ifndef CC_SPIRV_FLOW_H
#define CC_SPIRV_FLOW_H

#include "spirv.h"

/* One function being lowered: IR blocks of its blocks, what returns, phis to complete. */
struct spv_instance {
    struct spv_lower *l;
    struct spv_function *f;
    struct cc_block **entry, **head; /* differ for loop heads only */
    struct spv_pending_phi *phis;
    size_t phi_count, phi_capacity;
    struct cc_block *cont; /* where returns go; NULL in the entry point: they exit */
    struct cc_src **returns; /* per predecessor of cont: the value's slots */
    size_t return_count, return_capacity;
    uint32_t current; /* block index */
};

/* ---- spirv_region.c: IR blocks, and the regions whose threads meet again ---- */
void spv_blocks_create(struct spv_instance *in);
void spv_regions_create(struct spv_instance *in);
struct cc_region *spv_region_add(struct cc_shader *s, struct cc_block *head,
                                 struct cc_block *merge);

/* ---- spirv_branch.c ---- */
void spv_jump(struct spv_lower *l, struct cc_block *to);
void spv_terminator_lower(struct spv_instance *in, const struct spv_inst *inst);
/* Notes, and tells, which source block's code ends in the IR block (a label, or 0). */
void spv_owner_set(struct spv_lower *l, const struct cc_block *block, uint32_t label);
uint32_t spv_owner(const struct spv_lower *l, const struct cc_block *block);

/* ---- spirv_phi.c: begun where they stand, finished when all edges exist ---- */
void spv_phi_begin(struct spv_instance *in);
void spv_phis_finish(struct spv_instance *in);

#endif
