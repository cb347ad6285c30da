/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Makes operands encodable on the target: at most one immediate or constant-bank operand, in a slot
 * that can hold it, all else in registers; sources are swapped where that avoids a copy. After this
 * pass and until encoding no operand changes its kind.
 */
#include "ir.h"

enum { COPIES_MAX = 16, SM_WITHOUT_CONSTANT_OPERANDS = 100, SM_WITH_F2FP = 80 };

/* A slot that takes registers only, unless it may hold the one other operand. */
struct rule {
    uint8_t op;
    int8_t b, c;    /* source index of the slots that take other operands; -1: none */
    bool swap;      /* source 0 may change places with source b */
};

static const struct rule rules[] = {
    {CC_MOV, 0, -1, false},    {CC_IADD3, 1, -1, true},   {CC_IMAD, 1, 2, true},
    {CC_IMAD_WIDE, 1, -1, true}, {CC_IMAD_HI, 1, -1, true}, {CC_LEA, 1, -1, false},
    {CC_LOP3, 1, -1, true},    {CC_SHF, 1, 2, false},     {CC_ISETP, 1, -1, true},
    {CC_IMNMX, 1, -1, true},   {CC_IABS, 0, -1, false},   {CC_PRMT, 1, 2, false},
    {CC_SEL, 1, -1, true},     {CC_SGXT, 1, -1, false},   {CC_BMSK, 1, -1, false},
    {CC_FLO, 0, -1, false},    {CC_BREV, 0, -1, false},   {CC_POPC, 0, -1, false},
    {CC_F2I, 0, -1, false},    {CC_I2F, 0, -1, false},    {CC_FRND, 0, -1, false},
    {CC_FADD, 1, -1, true},    {CC_FMUL, 1, -1, true},    {CC_FFMA, 1, 2, true},
    {CC_FMNMX, 1, -1, true},   {CC_FSETP, 1, -1, true},   {CC_MUFU, 0, -1, false},
    {CC_F2F, 0, -1, false},
};

static const struct rule *find_rule(unsigned op)
{
    static const struct rule none = {0, -1, -1, false};
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].op == op) {
            return &rules[i];
        }
    }
    return &none;
}

/* Registers, and zero, which is one. A negated zero is fine where negation is. */
static bool is_register(struct cc_src src)
{
    return src.file == CC_PRED || src.kind == CC_VAL || src.kind == CC_NONE ||
           (src.kind == CC_IMM && src.v == 0);
}

/* Copies of constants made in this block, to be used again. */
struct copies {
    struct cc_src from[COPIES_MAX], to[COPIES_MAX];
    unsigned count, next;
};

static struct cc_src copy_of(struct cc_shader *s, struct copies *c, struct cc_inst *at,
                             struct cc_src plain)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (c->from[i].kind == plain.kind && c->from[i].v == plain.v) {
            return c->to[i];
        }
    }
    struct cc_inst *copy = cc_copy_create(s, CC_GPR, plain, CC_REG_NONE);
    cc_inst_insert_before(s, at, copy);
    struct cc_src result = cc_val_src(s, copy->def[0]);
    if (plain.kind == CC_CBUF) {
        c->from[c->next] = plain;
        c->to[c->next] = result;
        c->next = (c->next + 1) % COPIES_MAX;
        c->count += c->count < COPIES_MAX;
    }
    return result;
}

static struct cc_src to_register(struct cc_shader *s, struct copies *c, struct cc_inst *at,
                                 struct cc_src src)
{
    struct cc_src plain = src;
    plain.neg = plain.abs = plain.inv = plain.join = false;
    struct cc_src result = copy_of(s, c, at, plain);
    result.neg = src.neg;
    result.abs = src.abs;
    result.inv = src.inv;
    result.join = src.join;
    return result;
}

static bool is_float_op(unsigned op)
{
    return op == CC_FADD || op == CC_FMUL || op == CC_FFMA || op == CC_FMNMX || op == CC_FSETP ||
           op == CC_MUFU || op == CC_FRND || op == CC_F2I;
}

/* Immediates carry no modifiers: apply them. */
static void plain_immediate(const struct cc_inst *inst, struct cc_src *src)
{
    if (src->kind != CC_IMM || src->file == CC_PRED || src->v == 0) {
        return;
    }
    if (is_float_op(inst->op)) {
        src->v = src->abs ? src->v & 0x7fffffffu : src->v;
        src->v = src->neg ? src->v ^ 0x80000000u : src->v;
    } else if (src->neg) {
        src->v = inst->flags & CC_F_X ? ~src->v : 0u - src->v;
    } else if (src->inv) {
        src->v = ~src->v;
    }
    src->neg = src->abs = src->inv = false;
}

static void swap_lut(struct cc_inst *inst)
{
    /* Exchanges inputs a and b: table entries 2,3 with 4,5. */
    unsigned lut = inst->lut;
    inst->lut = (uint8_t)((lut & 0xc3) | (lut & 0x0c) << 2 | (lut & 0x30) >> 2);
}

static unsigned mirrored(unsigned cmp)
{
    unsigned less = cmp & 1, greater = (cmp >> 2) & 1;
    return (cmp & ~5u) | less << 2 | greater;
}

static void swap_ab(struct cc_inst *inst, unsigned b)
{
    struct cc_src first = inst->src[0];
    inst->src[0] = inst->src[b];
    inst->src[b] = first;
    if (inst->op == CC_LOP3) {
        swap_lut(inst);
    } else if (inst->op == CC_ISETP || inst->op == CC_FSETP) {
        inst->cmp = (uint8_t)mirrored(inst->cmp);
    } else if (inst->op == CC_SEL) {
        inst->src[2].inv = !inst->src[2].inv;
        if (inst->src[2].kind == CC_IMM) {
            inst->src[2].v ^= 1u;
            inst->src[2].inv = false;
        }
    }
}

/* IADD3 and LOP3 may have their odd operand in the third place: bring it to the second. */
static void rotate_third(struct cc_inst *inst)
{
    if ((inst->op != CC_IADD3 && inst->op != CC_LOP3) || is_register(inst->src[2]) ||
        !is_register(inst->src[1])) {
        return;
    }
    struct cc_src third = inst->src[2];
    inst->src[2] = inst->src[1];
    inst->src[1] = third;
    if (inst->op == CC_LOP3) { /* exchanges entries 1,5 with 2,6 */
        unsigned lut = inst->lut;
        inst->lut = (uint8_t)((lut & 0x99) | (lut & 0x22) << 1 | (lut & 0x44) >> 1);
    }
}

/* The hardware refuses to negate both of the first two sources of IADD3. */
static void fix_double_negation(struct cc_shader *s, struct cc_inst *inst)
{
    if (inst->op != CC_IADD3 || !inst->src[0].neg || !inst->src[1].neg) {
        return;
    }
    if (!inst->src[2].neg && !(inst->flags & CC_F_X)) {
        struct cc_src third = inst->src[2];
        inst->src[2] = inst->src[0];
        inst->src[0] = third;
        return;
    }
    struct cc_src src = inst->src[0];
    struct cc_inst *negate = cc_inst_create(s, CC_IADD3, 3);
    negate->src[0] = src;
    negate->src[1] = negate->src[2] = cc_imm(0);
    inst->src[0] = cc_def_add(s, negate, CC_GPR);
    cc_inst_insert_before(s, inst, negate);
}

static bool allowed(const struct cc_shader *s, const struct rule *rule, uint32_t index,
                    struct cc_src src)
{
    if ((int)index != rule->b && (int)index != rule->c) {
        return false;
    }
    return src.kind == CC_IMM || s->sm < SM_WITHOUT_CONSTANT_OPERANDS;
}

/* A group of registers: memory data, addresses, 64-bit addends. RZ stands for a whole group only
 * where it is an addend. */
static bool in_group(const struct cc_inst *inst, uint32_t i)
{
    return inst->src[i].join || (i + 1 < inst->src_count && inst->src[i + 1].join);
}

static bool zero_addend(const struct cc_inst *inst, uint32_t i)
{
    bool wide = inst->op == CC_IMAD_WIDE || inst->op == CC_IMAD_HI;
    return wide && i >= 2 && cc_is_imm(inst->src[2], 0) && cc_is_imm(inst->src[3], 0);
}

static void legalise_sources(struct cc_shader *s, struct copies *c, struct cc_inst *inst)
{
    const struct rule *rule = find_rule(inst->op);
    if (rule->swap && !is_register(inst->src[0]) && is_register(inst->src[rule->b])) {
        swap_ab(inst, (unsigned)rule->b);
    }
    rotate_third(inst);
    bool used = false;
    for (uint32_t i = 0; i < inst->src_count; i++) {
        struct cc_src *src = &inst->src[i];
        plain_immediate(inst, src);
        if (in_group(inst, i) ? src->kind == CC_VAL || zero_addend(inst, i) : is_register(*src)) {
            continue;
        }
        if (!used && !in_group(inst, i) && allowed(s, rule, i, *src)) {
            used = true;
            continue;
        }
        *src = to_register(s, c, inst, *src);
    }
    fix_double_negation(s, inst);
}

/* Before sm_80 halves are converted one by one and put together. */
static void split_pack(struct cc_shader *s, struct copies *c, struct cc_inst *inst)
{
    const uint32_t low_halves = 0x5410;
    struct cc_src half[2];
    for (int i = 0; i < 2; i++) {
        struct cc_inst *convert = cc_inst_create(s, CC_F2F, 1);
        convert->type = CC_F32;
        convert->type2 = CC_F16;
        convert->src[0] = inst->src[1 - i];
        half[i] = cc_def_add(s, convert, CC_GPR);
        cc_inst_insert_before(s, inst, convert);
        legalise_sources(s, c, convert);
    }
    inst->op = CC_PRMT;
    inst->src = cc_alloc(s->arena, 3, sizeof(*inst->src));
    inst->src[0] = half[0];
    inst->src[1] = cc_imm(low_halves);
    inst->src[2] = half[1];
    inst->src_count = 3;
}

void cc_legal_run(struct cc_shader *s)
{
    for (size_t i = 0; i < s->rpo_count; i++) {
        struct copies copies = {.count = 0};
        for (struct cc_inst *inst = s->rpo[i]->first; inst; inst = inst->next) {
            if (inst->op == CC_PHI) {
                continue;
            }
            if (inst->op == CC_F2FP && s->sm < SM_WITH_F2FP) {
                split_pack(s, &copies, inst);
            }
            legalise_sources(s, &copies, inst);
        }
    }
}
