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
    uint32_t *preds;  /* per block: edges into it, as written */
    unsigned unrolled; /* loops around the current block that are lowered trip by trip */
};

/* ---- spirv_region.c: IR blocks, and the regions whose threads meet again ---- */
void spv_blocks_scan(struct spv_instance *in);
/* For the blocks at these places of the function's order. */
void spv_blocks_create(struct spv_instance *in, size_t first, size_t end);
void spv_regions_create(struct spv_instance *in, size_t first, size_t end);
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
/* Those begun since there were `first`. */
void spv_phis_finish(struct spv_instance *in, size_t first);
/* The phis that the block begins with, whose one predecessor is lowered: the values along that
 * edge. Returns the offset of what follows, or `at` when there is more than one predecessor. */
uint32_t spv_phis_take(struct spv_instance *in, uint32_t at, const struct cc_block *block);

/* ---- spirv_lower.c ---- */
void spv_block_lower(struct spv_instance *in, uint32_t index);
void spv_range_lower(struct spv_instance *in, size_t first, size_t end);

/* ---- spirv_unroll.c ---- */
bool spv_unrolls(const struct spv_instance *in, uint32_t index);
/* Where in the order the blocks behind the loop begin. */
size_t spv_loop_end(const struct spv_function *f, uint32_t index);
/* Lowers the loop at this place trip by trip. */
void spv_unroll(struct spv_instance *in, size_t at);

#endif
