/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From a pointer to the operands of one memory instruction: the descriptor of a buffer, the 64-bit
 * address, and with robust buffers the predicate that the access lies inside.
 *
 * Descriptors lie in memory as struct magma_cc_buffer_descriptor, or in the root table for dynamic
 * buffers; their loads are marked constant, so the optimiser shares them.
 */
#include "spirv.h"

#include <inttypes.h>
#include <stddef.h>

/* LDG and friends take a signed 24-bit offset. */
enum { OFFSET_MAX = (1 << 23) - 1, DESCRIPTOR_BYTES = sizeof(struct magma_cc_buffer_descriptor) };

struct descriptor {
    struct cc_pair address;
    struct cc_src size;
};

static const struct magma_cc_binding *find_binding(struct spv_lower *l, const struct spv_ptr *ptr)
{
    const struct magma_cc_options *options = l->m->options;
    for (size_t i = 0; i < options->binding_count; i++) {
        const struct magma_cc_binding *binding = &options->bindings[i];
        if (binding->set == ptr->set && binding->binding == ptr->binding) {
            return binding;
        }
    }
    cc_fail(l->m->arena, "set %" PRIu32 " binding %" PRIu32 " is used but not in the layout",
            ptr->set, ptr->binding);
}

/* An index beyond the array reads the last descriptor rather than foreign memory. */
static struct cc_src clamp_index(struct spv_lower *l, struct cc_src index, uint32_t count)
{
    if (index.kind == CC_IMM) {
        return cc_imm(index.v < count ? index.v : count - 1);
    }
    return cc_b_minmax(&l->b, index, cc_imm(count - 1), CC_F_MIN);
}

static struct cc_src load_root(struct spv_lower *l, struct cc_src index, uint32_t offset)
{
    if (index.kind == CC_IMM) {
        return cc_cbuf(offset + index.v);
    }
    struct cc_inst *inst = cc_b_inst(&l->b, CC_LDC, 1, &index);
    inst->offset = (int32_t)offset;
    return cc_b_emit(&l->b, inst, CC_GPR);
}

static struct descriptor root_descriptor(struct spv_lower *l, const struct magma_cc_binding *binding,
                                         struct cc_src index)
{
    uint32_t base = MAGMA_CC_ROOT_DYNAMIC + binding->offset_bytes * DESCRIPTOR_BYTES;
    if (binding->offset_bytes >= MAGMA_CC_ROOT_DYNAMIC_COUNT ||
        binding->count > MAGMA_CC_ROOT_DYNAMIC_COUNT - binding->offset_bytes) {
        cc_fail(l->m->arena, "layout: dynamic buffers beyond entry %d of the root table",
                MAGMA_CC_ROOT_DYNAMIC_COUNT);
    }
    struct cc_src at = cc_b_imul(&l->b, index, cc_imm(DESCRIPTOR_BYTES));
    struct descriptor d;
    d.address.lo = load_root(l, at, base);
    d.address.hi = load_root(l, at, base + 4);
    d.size = load_root(l, at, base + offsetof(struct magma_cc_buffer_descriptor, size_bytes));
    return d;
}

static struct cc_pair add_offset(struct spv_lower *l, struct cc_pair base, struct cc_src offset)
{
    return cc_b_add64(&l->b, base, (struct cc_pair){offset, cc_imm(0)});
}

static struct descriptor set_descriptor(struct spv_lower *l, uint32_t set, struct cc_src index,
                                        uint32_t offset, uint32_t stride)
{
    uint32_t root = MAGMA_CC_ROOT_SET_ADDRESS + set * 8;
    struct cc_pair base = {cc_cbuf(root), cc_cbuf(root + 4)};
    struct cc_src at = cc_b_imad(&l->b, index, cc_imm(stride), cc_imm(0));
    if (at.kind == CC_IMM && at.v + offset <= OFFSET_MAX) {
        offset += at.v;
    } else {
        base = add_offset(l, base, cc_b_iadd(&l->b, at, cc_imm(offset)));
        offset = 0;
    }
    struct cc_src address[2] = {base.lo, base.hi};
    address[1].join = true;
    struct cc_inst *inst = cc_b_inst(&l->b, CC_LDG, 2, address);
    inst->type = CC_B128;
    inst->flags = CC_F_CONSTANT | CC_F_SAFE; /* sets that the shader names are bound */
    inst->offset = (int32_t)offset;
    struct descriptor d;
    d.address.lo = cc_def_add(l->s, inst, CC_GPR);
    d.address.hi = cc_def_add(l->s, inst, CC_GPR);
    d.size = cc_def_add(l->s, inst, CC_GPR);
    cc_def_add(l->s, inst, CC_GPR);
    cc_b_append(&l->b, inst);
    return d;
}

static struct descriptor load_descriptor(struct spv_lower *l, const struct spv_ptr *ptr)
{
    l->s->uses_root_beyond_push = true;
    if (ptr->descriptor_array) {
        spv_unsupported(&l->inst, "a whole array of buffers");
    }
    if (l->m->options->binding_count == 0) {
        uint32_t count = ptr->descriptor_count ? ptr->descriptor_count : 1;
        return set_descriptor(l, ptr->set, clamp_index(l, ptr->descriptor_index, count),
                              ptr->binding * DESCRIPTOR_BYTES, DESCRIPTOR_BYTES);
    }
    const struct magma_cc_binding *binding = find_binding(l, ptr);
    if (binding->count == 0) {
        cc_fail(l->m->arena, "layout: set %" PRIu32 " binding %" PRIu32 " has count 0", ptr->set,
                ptr->binding);
    }
    struct cc_src index = clamp_index(l, ptr->descriptor_index, binding->count);
    if (binding->kind == MAGMA_CC_BINDING_DYNAMIC_BUFFER) {
        return root_descriptor(l, binding, index);
    }
    return set_descriptor(l, ptr->set, index, binding->offset_bytes, binding->stride_bytes);
}

struct cc_src spv_buffer_size(struct spv_lower *l, const struct spv_ptr *ptr)
{
    if (ptr->kind != SPV_PTR_BUFFER) {
        spv_unsupported(&l->inst, "length of an array outside of a buffer");
    }
    return load_descriptor(l, ptr).size;
}

/* True when [offset, offset + size) lies in the buffer, without overflow. */
static struct cc_src in_range(struct spv_lower *l, struct cc_src offset, uint32_t size_bytes,
                              struct cc_src buffer_size)
{
    struct cc_builder *b = &l->b;
    if (offset.kind == CC_IMM) {
        if (offset.v > UINT32_MAX - size_bytes) {
            return cc_bool(false);
        }
        return cc_b_icmp(b, CC_CMP_GE, buffer_size, cc_imm(offset.v + size_bytes), false);
    }
    struct cc_src large = cc_b_icmp(b, CC_CMP_GE, buffer_size, cc_imm(size_bytes), false);
    struct cc_src last = cc_b_isub(b, buffer_size, cc_imm(size_bytes));
    struct cc_inst *inst = cc_b_inst(b, CC_ISETP, 3, (struct cc_src[]){offset, last, large});
    inst->cmp = CC_CMP_LE;
    return cc_b_emit(b, inst, CC_PRED);
}

static struct spv_access buffer_access(struct spv_lower *l, const struct spv_ptr *ptr,
                                       uint32_t offset_bytes, uint32_t size_bytes)
{
    struct descriptor d = load_descriptor(l, ptr);
    struct spv_access access = {.address = d.address};
    uint32_t offset = ptr->offset_bytes + offset_bytes;
    if (l->m->options->robust_buffers) {
        struct cc_src whole = cc_b_iadd(&l->b, spv_ptr_dynamic(l, ptr), cc_imm(offset));
        access.guard = in_range(l, whole, size_bytes, d.size);
        if (!spv_ptr_is_fixed(ptr)) {
            /* The sum that was checked is the one that is used. */
            access.address = add_offset(l, d.address, whole);
            return access;
        }
    }
    if (ptr->index.kind != CC_NONE && ptr->dynamic.kind == CC_IMM) {
        access.address =
            cc_b_wide(&l->b, ptr->index, cc_imm(ptr->stride_bytes), d.address, false);
    } else if (!spv_ptr_is_fixed(ptr)) {
        access.address = add_offset(l, access.address, spv_ptr_dynamic(l, ptr));
    }
    if (offset > OFFSET_MAX) {
        access.address = add_offset(l, access.address, cc_imm(offset));
        offset = 0;
    }
    access.offset = (int32_t)offset;
    return access;
}

static struct spv_access raw_access(struct spv_lower *l, const struct spv_ptr *ptr,
                                    uint32_t offset_bytes)
{
    struct spv_access access = {.address = ptr->base};
    uint32_t offset = ptr->offset_bytes + offset_bytes;
    if (!spv_ptr_is_fixed(ptr)) {
        /* Indices into what a 64-bit address points to may be negative. */
        struct cc_src dynamic = spv_ptr_dynamic(l, ptr);
        struct cc_src high = cc_b_shr(&l->b, dynamic, cc_imm(31), true);
        access.address = cc_b_add64(&l->b, access.address, (struct cc_pair){dynamic, high});
    }
    if (offset > OFFSET_MAX) {
        access.address = add_offset(l, access.address, cc_imm(offset));
        offset = 0;
    }
    access.offset = (int32_t)offset;
    return access;
}

struct spv_access spv_access_make(struct spv_lower *l, const struct spv_ptr *ptr,
                                  uint32_t offset_bytes, uint32_t size_bytes)
{
    if (ptr->kind == SPV_PTR_BUFFER) {
        return buffer_access(l, ptr, offset_bytes, size_bytes);
    }
    if (ptr->kind == SPV_PTR_RAW) {
        return raw_access(l, ptr, offset_bytes);
    }
    struct spv_access access = {.address = {spv_ptr_dynamic(l, ptr), cc_imm(0)}};
    uint32_t offset = ptr->offset_bytes + offset_bytes;
    if (offset > OFFSET_MAX) {
        access.address.lo = cc_b_iadd(&l->b, access.address.lo, cc_imm(offset));
        offset = 0;
    }
    access.offset = (int32_t)offset;
    return access;
}
