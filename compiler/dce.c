/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Dead code: what no side effect needs is removed; atomics nobody reads become reductions. */
#include "ir.h"

struct worklist {
    struct cc_shader *s;
    struct cc_inst **items;
    size_t count, capacity;
};

static void need(struct worklist *w, struct cc_inst *inst)
{
    if (!inst || inst->mark) {
        return;
    }
    inst->mark = true;
    w->items = cc_grow(w->s->arena, w->items, &w->capacity, w->count + 1, sizeof(*w->items));
    w->items[w->count++] = inst;
}

static void need_src(struct worklist *w, bool *read, struct cc_src src)
{
    if (src.kind == CC_VAL) {
        read[src.v] = true;
        need(w, w->s->vals[src.v].def);
    }
}

static void weaken(const struct cc_shader *s, struct cc_inst *inst, const bool *read)
{
    (void)s;
    bool atomic = inst->op == CC_ATOMG && inst->sub != CC_ATOM_EXCH;
    if (atomic && inst->def_count == 1 && !read[inst->def[0]]) {
        inst->op = CC_RED;
        inst->def_count = 0;
    }
}

void cc_dce_run(struct cc_shader *s)
{
    struct worklist w = {.s = s};
    bool *read = cc_alloc(s->arena, s->val_count, sizeof(bool));
    for (size_t i = 0; i < s->rpo_count; i++) {
        for (struct cc_inst *inst = s->rpo[i]->first; inst; inst = inst->next) {
            inst->mark = false;
        }
    }
    for (size_t i = 0; i < s->rpo_count; i++) {
        for (struct cc_inst *inst = s->rpo[i]->first; inst; inst = inst->next) {
            if (cc_op_flags(inst->op) & CC_OPF_SIDE) {
                need(&w, inst);
            }
        }
    }
    while (w.count > 0) {
        struct cc_inst *inst = w.items[--w.count];
        for (uint32_t i = 0; i < inst->src_count; i++) {
            need_src(&w, read, inst->src[i]);
        }
        need_src(&w, read, inst->guard);
    }
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct cc_inst *next;
        for (struct cc_inst *inst = s->rpo[i]->first; inst; inst = next) {
            next = inst->next;
            if (!inst->mark) {
                cc_inst_remove(inst);
            } else {
                weaken(s, inst, read);
            }
        }
    }
}
