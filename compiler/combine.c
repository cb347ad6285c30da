/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Small patterns that one machine instruction does: multiply and add, sums of three, logic of three
 * inputs, negation and absolute value of float sources. A producer is taken in only where this is
 * its one use, so nothing is computed twice.
 */
#include "build.h"

struct combine {
    struct cc_shader *s;
    uint32_t *uses; /* per value */
};

static void count_use(struct combine *c, struct cc_src src)
{
    if (src.kind == CC_VAL) {
        c->uses[src.v]++;
    }
}

static void count_uses(struct combine *c)
{
    struct cc_shader *s = c->s;
    for (size_t b = 0; b < s->rpo_count; b++) {
        for (struct cc_inst *inst = s->rpo[b]->first; inst; inst = inst->next) {
            for (uint32_t i = 0; i < inst->src_count; i++) {
                count_use(c, inst->src[i]);
            }
            count_use(c, inst->guard);
        }
    }
}

/* The instruction behind a source, when it is of this kind and this is its only use. */
static struct cc_inst *producer(const struct combine *c, struct cc_src src, enum cc_op op)
{
    if (src.kind != CC_VAL || src.v >= c->s->val_count || c->uses[src.v] != 1) {
        return NULL;
    }
    struct cc_inst *def = c->s->vals[src.v].def;
    bool plain = def && def->op == op && def->def_count == 1 && def->guard.kind == CC_NONE;
    return plain ? def : NULL;
}

static void drop(struct combine *c, struct cc_inst *inst)
{
    c->uses[inst->def[0]] = 0;
    cc_inst_remove(inst);
}

/* ---- float source modifiers ---- */

static bool takes_modifiers(unsigned op)
{
    return op == CC_FADD || op == CC_FMUL || op == CC_FFMA || op == CC_FMNMX || op == CC_FSETP ||
           op == CC_MUFU || op == CC_FRND || op == CC_F2I;
}

static bool is_lop(const struct cc_inst *def, unsigned lut, uint32_t constant)
{
    return def->op == CC_LOP3 && def->lut == lut && cc_is_imm(def->src[1], constant) &&
           cc_is_imm(def->src[2], 0) && def->src[0].kind != CC_IMM;
}

/* -x and |x| are made by logic on the sign bit; where a float operation reads them it can do so
 * itself. The producer stays if others use it. */
static void take_modifier(struct combine *c, struct cc_src *src)
{
    const uint32_t sign = 0x80000000u;
    if (src->kind != CC_VAL) {
        return;
    }
    const struct cc_inst *def = c->s->vals[src->v].def;
    struct cc_src inner = {0};
    if (def && is_lop(def, CC_LUT_A ^ CC_LUT_B, sign)) {
        inner = def->src[0];
        inner.neg = src->abs ? src->neg : !src->neg;
        inner.abs = src->abs;
    } else if (def && is_lop(def, CC_LUT_A & CC_LUT_B, ~sign)) {
        inner = def->src[0];
        inner.abs = true;
        inner.neg = src->neg;
    } else {
        return;
    }
    inner.join = src->join;
    c->uses[src->v]--;
    if (inner.kind == CC_VAL) {
        c->uses[inner.v]++;
    }
    *src = inner;
}

static void float_modifiers(struct combine *c, struct cc_inst *inst)
{
    uint32_t count = inst->op == CC_FSETP ? 2 : inst->src_count;
    for (uint32_t i = 0; takes_modifiers(inst->op) && i < count; i++) {
        take_modifier(c, &inst->src[i]);
        take_modifier(c, &inst->src[i]); /* -|x| */
    }
}

/* ---- multiply and add ---- */

static void fuse_float(struct combine *c, struct cc_inst *inst)
{
    const uint32_t keep = CC_F_EXACT | CC_F_SAT | CC_F_FTZ;
    for (int i = 0; inst->op == CC_FADD && i < 2; i++) {
        struct cc_src product = inst->src[i], addend = inst->src[1 - i];
        struct cc_inst *mul = producer(c, product, CC_FMUL);
        if (!mul || product.abs || ((mul->flags | inst->flags) & keep) ||
            addend.kind == CC_CBUF || addend.kind == CC_IMM) {
            continue;
        }
        struct cc_src *src = cc_alloc(c->s->arena, 3, sizeof(*src));
        src[0] = mul->src[0];
        src[1] = mul->src[1];
        src[2] = addend;
        if (src[1].kind == CC_IMM || src[1].kind == CC_CBUF) { /* the sign goes to the register */
            src[0].neg ^= product.neg;
        } else {
            src[1].neg ^= product.neg;
        }
        if (src[0].kind == CC_IMM && product.neg) {
            continue;
        }
        inst->op = CC_FFMA;
        inst->src = src;
        inst->src_count = 3;
        drop(c, mul);
        return;
    }
}

/* Which of three addends are there; a third zero is free for another. */
static int free_addend(const struct cc_inst *inst)
{
    for (int i = 2; i >= 0; i--) {
        if (cc_is_imm(inst->src[i], 0)) {
            return i;
        }
    }
    return -1;
}

static bool plain_sum(const struct cc_inst *inst)
{
    return inst->op == CC_IADD3 && inst->def_count == 1 && !(inst->flags & CC_F_X);
}

static void fuse_integer(struct combine *c, struct cc_inst *inst)
{
    if (!plain_sum(inst)) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        struct cc_inst *mul = producer(c, inst->src[i], CC_IMAD);
        int a = (i + 1) % 3, b = (i + 2) % 3;
        if (!mul || inst->src[i].neg || !cc_is_imm(mul->src[2], 0)) {
            continue;
        }
        struct cc_src addend = cc_is_imm(inst->src[a], 0) ? inst->src[b] : inst->src[a];
        if (!cc_is_imm(inst->src[a], 0) && !cc_is_imm(inst->src[b], 0)) {
            continue;
        }
        inst->op = CC_IMAD;
        inst->src[0] = mul->src[0];
        inst->src[1] = mul->src[1];
        inst->src[2] = addend;
        drop(c, mul);
        return;
    }
}

static void merge_sums(struct combine *c, struct cc_inst *inst)
{
    for (int i = 0; plain_sum(inst) && i < 3; i++) {
        struct cc_src src = inst->src[i];
        struct cc_inst *inner = producer(c, src, CC_IADD3);
        if (!inner || !plain_sum(inner) || free_addend(inner) < 0 || free_addend(inst) < 0) {
            continue;
        }
        struct cc_src parts[2];
        unsigned count = 0;
        for (int k = 0; k < 3; k++) {
            if (!cc_is_imm(inner->src[k], 0) && count < 2) {
                parts[count++] = inner->src[k];
            }
        }
        for (unsigned k = 0; k < count; k++) {
            parts[k].neg ^= src.neg;
        }
        inst->src[i] = count > 0 ? parts[0] : cc_imm(0);
        if (count > 1) {
            inst->src[free_addend(inst)] = parts[1];
        }
        drop(c, inner);
        return;
    }
}

/* ---- logic of three ---- */

struct logic {
    struct cc_src input[3];
    unsigned count;
};

static int logic_input(struct logic *l, struct cc_src src)
{
    for (unsigned i = 0; i < l->count; i++) {
        if (l->input[i].kind == src.kind && l->input[i].v == src.v) {
            return (int)i;
        }
    }
    if (l->count == 3) {
        return -1;
    }
    l->input[l->count] = src;
    return (int)l->count++;
}

static unsigned apply(unsigned lut, unsigned a, unsigned b, unsigned d)
{
    unsigned result = 0;
    for (unsigned bit = 0; bit < 8; bit++) {
        unsigned index = (a >> bit & 1) * 4 + (b >> bit & 1) * 2 + (d >> bit & 1);
        result |= (lut >> index & 1) << bit;
    }
    return result;
}

/* outer(inner(x, y, z), u, v) as one table over at most three different inputs. */
static bool merge_logic_at(struct combine *c, struct cc_inst *inst, unsigned at)
{
    static const unsigned column[3] = {CC_LUT_A, CC_LUT_B, CC_LUT_C};
    struct cc_inst *inner = producer(c, inst->src[at], CC_LOP3);
    struct logic l = {.count = 0};
    unsigned in[3], out[3];
    if (!inner) {
        return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        bool zero = cc_is_imm(inner->src[i], 0);
        int n = zero ? 0 : logic_input(&l, inner->src[i]);
        if (n < 0) {
            return false;
        }
        in[i] = zero ? 0 : column[n];
    }
    unsigned value = apply(inner->lut, in[0], in[1], in[2]);
    for (unsigned i = 0; i < 3; i++) {
        bool zero = i != at && cc_is_imm(inst->src[i], 0);
        int n = i == at || zero ? 0 : logic_input(&l, inst->src[i]);
        if (n < 0) {
            return false;
        }
        out[i] = i == at ? value : zero ? 0 : column[n];
    }
    inst->lut = (uint8_t)apply(inst->lut, out[0], out[1], out[2]);
    for (unsigned i = 0; i < 3; i++) {
        inst->src[i] = i < l.count ? l.input[i] : cc_imm(0);
    }
    drop(c, inner);
    return true;
}

static void merge_logic(struct combine *c, struct cc_inst *inst)
{
    for (unsigned i = 0; inst->op == CC_LOP3 && i < 3; i++) {
        if (merge_logic_at(c, inst, i)) {
            i = (unsigned)-1; /* again from the first: there are new sources */
        }
    }
}

void cc_combine_run(struct cc_shader *s)
{
    struct combine c = {.s = s};
    c.uses = cc_alloc(s->arena, s->val_count, sizeof(*c.uses));
    count_uses(&c);
    for (size_t b = 0; b < s->rpo_count; b++) {
        for (struct cc_inst *inst = s->rpo[b]->first; inst; inst = inst->next) {
            float_modifiers(&c, inst);
            fuse_float(&c, inst);
            merge_sums(&c, inst);
            fuse_integer(&c, inst);
            merge_logic(&c, inst);
        }
    }
    cc_dce_run(s);
}
