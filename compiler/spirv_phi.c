/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * OpPhi. Sources can come from blocks that are not lowered yet, so a phi is made empty and filled
 * at the function's end. The `pre` block of a loop takes the values that enter it together.
 */
#include "spirv_flow.h"

void spv_phi_begin(struct spv_instance *in)
{
    struct spv_lower *l = in->l;
    struct spv_value *value = spv_result(l);
    uint32_t slots = value->type->slots;
    if (slots == 0) {
        spv_unsupported(&l->inst, "a choice between pointers");
    }
    in->phis = cc_grow(l->m->arena, in->phis, &in->phi_capacity, in->phi_count + 1,
                       sizeof(*in->phis));
    struct spv_pending_phi *pending = &in->phis[in->phi_count++];
    *pending = (struct spv_pending_phi){.inst = l->inst, .slots = slots, .block = in->current};
    pending->phis = cc_alloc(l->m->arena, slots, sizeof(struct cc_inst *));
    struct cc_block *head = in->head[in->current];
    /* A value of this type tells each slot's file; phis may use values that come later. */
    uint32_t first = spv_var_create(l, value->type, 0);
    for (uint32_t i = 0; i < slots; i++) {
        struct cc_inst *phi = cc_inst_create(l->s, CC_PHI, 0);
        value->slots[i] = cc_def_add(l->s, phi, (enum cc_file)l->var_file[first + i]);
        if (head->first) {
            cc_inst_insert_before(l->s, head->first, phi);
        } else {
            cc_inst_append(l->s, head, phi);
        }
        pending->phis[i] = phi;
    }
}

/* The value that the phi takes when coming from the source block `label`. */
static struct cc_src phi_source(struct spv_lower *l, const struct spv_pending_phi *pending,
                                uint32_t label, uint32_t slot)
{
    for (uint32_t at = 3; at + 1 < pending->inst.count; at += 2) {
        if (pending->inst.words[at + 1] == label) {
            struct spv_value *value = spv_value(l, pending->inst.words[at]);
            if (value->ptr || value->type->slots != pending->slots) {
                spv_malformed(&pending->inst, "a source has the wrong type");
            }
            return cc_resolve(l->s, value->slots[slot]);
        }
    }
    spv_malformed(&pending->inst, "no source for a predecessor");
}

static void fill_phi(struct spv_lower *l, const struct spv_pending_phi *pending, uint32_t slot,
                     struct cc_inst *phi, const struct cc_block *pre)
{
    struct cc_block *block = phi->block;
    phi->src = cc_alloc(l->m->arena, block->pred_count + 1, sizeof(*phi->src));
    phi->src_count = (uint32_t)block->pred_count;
    for (size_t p = 0; p < block->pred_count; p++) {
        struct cc_block *pred = block->preds[p];
        if (!pre || pred != pre) {
            phi->src[p] = phi_source(l, pending, spv_owner(l, pred), slot);
        } else if (pre->pred_count == 1) {
            phi->src[p] = phi_source(l, pending, spv_owner(l, pre->preds[0]), slot);
        } else {
            struct cc_inst *outer = cc_inst_create(l->s, CC_PHI, 0);
            phi->src[p] = cc_def_add(l->s, outer, (enum cc_file)l->s->vals[phi->def[0]].file);
            if (pred->first) {
                cc_inst_insert_before(l->s, pred->first, outer);
            } else {
                cc_inst_append(l->s, pred, outer);
            }
            fill_phi(l, pending, slot, outer, NULL);
        }
        if (phi->src[p].file != l->s->vals[phi->def[0]].file) {
            spv_malformed(&pending->inst, "a source has the wrong type");
        }
    }
}

void spv_phis_finish(struct spv_instance *in, size_t first)
{
    for (size_t i = first; i < in->phi_count; i++) {
        const struct spv_pending_phi *pending = &in->phis[i];
        const struct cc_block *pre = in->f->blocks[pending->block].loop
                                         ? in->entry[pending->block]
                                         : NULL;
        in->l->inst = pending->inst;
        for (uint32_t slot = 0; slot < pending->slots; slot++) {
            fill_phi(in->l, pending, slot, pending->phis[slot], pre);
        }
    }
    in->phi_count = first;
}

static bool is_phi_or_line(uint32_t op)
{
    return op == SpvOpPhi || op == SpvOpLine || op == SpvOpNoLine;
}

/* All are read before any is set: one may be the source of another. */
uint32_t spv_phis_take(struct spv_instance *in, uint32_t at, const struct cc_block *block)
{
    struct spv_lower *l = in->l;
    size_t count = 0, capacity = 0;
    struct spv_value **values = NULL;
    if (block->pred_count != 1) {
        return at;
    }
    uint32_t label = spv_owner(l, block->preds[0]), first = at;
    for (l->inst = spv_inst_at(l->m, at); is_phi_or_line(l->inst.op);
         l->inst = spv_inst_at(l->m, at)) {
        if (l->inst.op == SpvOpPhi) {
            struct spv_type *type = spv_type(&l->inst, spv_word(&l->inst, 1));
            struct spv_pending_phi phi = {.inst = l->inst, .slots = type->slots};
            if (type->slots == 0) {
                spv_unsupported(&l->inst, "a choice between pointers");
            }
            values = cc_grow(l->m->arena, values, &capacity, count + 1, sizeof(*values));
            values[count] = spv_value_create(l, type);
            for (uint32_t i = 0; i < type->slots; i++) {
                values[count]->slots[i] = phi_source(l, &phi, label, i);
            }
            count++;
        }
        at += l->inst.count;
    }
    count = 0;
    for (uint32_t k = first; values && k < at;) {
        struct spv_inst inst = spv_inst_at(l->m, k);
        if (inst.op == SpvOpPhi) {
            spv_id(l->m, spv_word(&inst, 2))->value = values[count++];
        }
        k += inst.count;
    }
    return at;
}
