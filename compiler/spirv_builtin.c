/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Built-in inputs of the compute stage, from special registers and the root table. */
#include "spirv.h"

#include <nvhw/compute.h>
#include <nvhw/sass.h>

static struct cc_src special(struct spv_lower *l, unsigned number)
{
    struct cc_inst *inst = cc_b_inst(&l->b, CC_S2R, 0, NULL);
    inst->sub = (uint8_t)number;
    return cc_b_emit(&l->b, inst, CC_GPR);
}

static struct cc_src local_id(struct spv_lower *l, unsigned axis)
{
    return l->s->workgroup_size[axis] == 1 ? cc_imm(0) : special(l, NV_SASS_SR_TID_X + axis);
}

static struct cc_src workgroup_id(struct spv_lower *l, unsigned axis)
{
    return cc_b_iadd(&l->b, special(l, NV_SASS_SR_CTAID_X + axis),
                     cc_cbuf(MAGMA_CC_ROOT_BASE_GROUP + axis * 4));
}

static struct cc_src local_index(struct spv_lower *l)
{
    const uint32_t *size = l->s->workgroup_size;
    struct cc_src zy =
        cc_b_imad(&l->b, local_id(l, 2), cc_imm(size[1]), local_id(l, 1));
    return cc_b_imad(&l->b, zy, cc_imm(size[0]), local_id(l, 0));
}

static struct cc_src component(struct spv_lower *l, uint32_t builtin, unsigned axis)
{
    switch (builtin) {
    case SpvBuiltInNumWorkgroups:
        return cc_cbuf(MAGMA_CC_ROOT_GROUP_COUNT + axis * 4);
    case SpvBuiltInWorkgroupSize:
        return cc_imm(l->s->workgroup_size[axis]);
    case SpvBuiltInWorkgroupId:
        return workgroup_id(l, axis);
    case SpvBuiltInLocalInvocationId:
        return local_id(l, axis);
    case SpvBuiltInGlobalInvocationId:
        return cc_b_imad(&l->b, workgroup_id(l, axis), cc_imm(l->s->workgroup_size[axis]),
                         local_id(l, axis));
    default:
        cc_fail(l->m->arena, "built-in %s: not supported", spv_builtin_name(builtin));
    }
}

static struct cc_src mask(struct spv_lower *l, unsigned number, unsigned word)
{
    return word == 0 ? special(l, number) : cc_imm(0);
}

static struct cc_src value(struct spv_lower *l, uint32_t builtin, unsigned index)
{
    const uint32_t *size = l->s->workgroup_size;
    switch (builtin) {
    case SpvBuiltInLocalInvocationIndex:
        return local_index(l);
    case SpvBuiltInSubgroupSize:
        return cc_imm(NV_COMPUTE_WARP_LANES);
    case SpvBuiltInNumSubgroups:
        return cc_imm((size[0] * size[1] * size[2] + NV_COMPUTE_WARP_LANES - 1) /
                      NV_COMPUTE_WARP_LANES);
    case SpvBuiltInSubgroupId:
        return cc_b_shr(&l->b, local_index(l),
                        cc_imm((uint32_t)__builtin_ctz(NV_COMPUTE_WARP_LANES)), false);
    case SpvBuiltInSubgroupLocalInvocationId:
        return special(l, NV_SASS_SR_LANEID);
    case SpvBuiltInDeviceIndex:
        return cc_imm(0);
    case SpvBuiltInSubgroupEqMask:
        return mask(l, NV_SASS_SR_EQMASK, index);
    case SpvBuiltInSubgroupLtMask:
        return mask(l, NV_SASS_SR_LTMASK, index);
    case SpvBuiltInSubgroupLeMask:
        return mask(l, NV_SASS_SR_LEMASK, index);
    case SpvBuiltInSubgroupGtMask:
        return mask(l, NV_SASS_SR_GTMASK, index);
    case SpvBuiltInSubgroupGeMask:
        return mask(l, NV_SASS_SR_GEMASK, index);
    default:
        if (index > 2) {
            spv_malformed(&l->inst, "the built-in has three components");
        }
        return component(l, builtin, index);
    }
}

struct cc_src spv_builtin_word(struct spv_lower *l, uint32_t builtin)
{
    return value(l, builtin, 0);
}

void spv_builtin_load(struct spv_lower *l, const struct spv_ptr *ptr, struct cc_src *out)
{
    if (!spv_type_is(ptr->type, SPV_INT)) {
        spv_malformed(&l->inst, "built-ins of the compute stage are integers");
    }
    for (uint32_t i = 0; i < ptr->type->slots; i++) {
        out[i] = value(l, ptr->var, ptr->first_slot + i);
    }
}
