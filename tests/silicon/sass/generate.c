/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Instances of every form of the table that the sweeps can run: all combinations of modifiers where
 * they are few, else a sample; signs, immediates, constants and predicates at random but always the
 * same; then guards, equal sources and zero registers. Left out are branches, barriers, textures,
 * matrix operations, special registers, and what hardware is known to refuse (two negated addends).
 */
#include "sweep.h"

#include <nvhw/sass_forms.h>
#include <stdlib.h>
#include <string.h>

enum {
    FORMS_MAX = 30000,
    COMBINATIONS = 300,      /* of modifiers: up to so many are all taken of an all-register form */
    COMBINATIONS_OTHER = 96, /* and of one with an immediate, a constant, a uniform register */
    SAMPLES = 64,            /* else so many */
    SAMPLES_OTHER = 16,
    SAMPLES_MEMORY = 16,
    EXTRA = 8,
    CONSTANTS_FROM = 0x400,
    CONSTANTS_PAIRS = 127
};

struct generator {
    struct sweep_form *forms;
    unsigned count;
    uint64_t random;
    struct nvhw_sass_form form;
    unsigned number; /* of the row */
};

static uint32_t chance(struct generator *g, uint32_t of)
{
    uint64_t z = g->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) % of);
}

/* ---- What is swept ----------------------------------------------------------------------------
 */

static bool is_load(unsigned op)
{
    return op == NV_SASS_LDG || op == NV_SASS_LD || op == NV_SASS_LDS || op == NV_SASS_LDL;
}

static bool changes_global(unsigned op)
{
    return op == NV_SASS_STG || op == NV_SASS_ST || op == NV_SASS_ATOMG || op == NV_SASS_ATOM ||
           op == NV_SASS_RED || op == NV_SASS_ATOMG_CAS || op == NV_SASS_ATOM_CAS;
}

static bool changes_shared(unsigned op)
{
    return op == NV_SASS_STS || op == NV_SASS_ATOMS || op == NV_SASS_ATOMS_CAS;
}

enum sweep_kind sweep_kind_of(const struct nvhw_sass *insn)
{
    if (changes_global(insn->op))
        return SWEEP_GLOBAL;
    if (changes_shared(insn->op))
        return SWEEP_STS;
    if (insn->op == NV_SASS_STL)
        return SWEEP_STL;
    return insn->o[NV_SASS_D].kind == NV_SASS_UREG || insn->o[NV_SASS_PD].kind == NV_SASS_UPRED
               ? SWEEP_UNIFORM
               : SWEEP_PURE;
}

unsigned sweep_slots_of(const struct nvhw_sass *insn)
{
    enum sweep_kind kind = sweep_kind_of(insn);

    return kind == SWEEP_PURE || kind == SWEEP_UNIFORM ? 1 : 2;
}

static bool is_memory(unsigned op)
{
    return is_load(op) || changes_global(op) || changes_shared(op) || op == NV_SASS_STL;
}

static bool is_swept(unsigned op)
{
    struct nvhw_sass s;

    switch (op) {
    case NV_SASS_S2R:
    case NV_SASS_S2UR:
    case NV_SASS_CS2R:
    case NV_SASS_BMOV:
    case NV_SASS_B2R:
    case NV_SASS_LEPC:
        return false;
    case NV_SASS_SHFL:
    case NV_SASS_LDC:
        return true;
    default:
        nvhw_sass_clear(&s, (enum nvhw_sass_op)op);
        return is_memory(op) || nvhw_sass_pipe(SWEEP_SM, &s) <= NV_SASS_PIPE_UMOV ||
               nvhw_sass_pipe(SWEEP_SM, &s) == NV_SASS_PIPE_FP64 ||
               nvhw_sass_pipe(SWEEP_SM, &s) == NV_SASS_PIPE_XU;
    }
}

/* ---- Operands ---------------------------------------------------------------------------------
 */

static const uint32_t ints[] = {0,    1,    2,      3,      0x7f,       0xff,       31,
                                32,   33,   0xffff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff,
                                0x18, 0x10, 0x0101, 0x3210, 0x55555555, 0xfffffff0};
static const uint32_t floats[] = {0,          0x80000000, 0x3f800000, 0xbf000000, 0x7f800000,
                                  0xff800000, 0x7fc00000, 0x00000001, 0x807fffff, 0x00800000,
                                  0x7f7fffff, 0x40490fdb, 0x4b000000, 0x3eaaaaab, 0x4f000000};
static const uint32_t doubles[] = {0,          0x80000000, 0x3ff00000, 0xbfe00000, 0x7ff00000,
                                   0xfff00000, 0x7ff80000, 0x00000001, 0x800fffff, 0x00100000,
                                   0x7fefffff, 0x400921fb, 0x43300000, 0x41e00000, 0x36a00000};
static const uint32_t halves[] = {0,          0x80008000, 0x3c003c00, 0x3c00bc00, 0x7c00fc00,
                                  0x7e003c00, 0x00010001, 0x83ff03ff, 0x04003800, 0x7bff7bff,
                                  0x42483555, 0x3f803f80, 0xbf807f80, 0x00800400, 0x64006400};

#define ONE_OF(g, list) ((list)[chance(g, sizeof(list) / sizeof((list)[0]))])

static int64_t immediate(struct generator *g, const struct nvhw_sass_form_slot *slot)
{
    uint32_t value;

    switch (slot->imm_type) {
    case NV_SASS_IMM_F32:
        return chance(g, 4) ? ONE_OF(g, floats) : chance(g, UINT32_MAX);
    case NV_SASS_IMM_F64:
        return chance(g, 4) ? ONE_OF(g, doubles) : chance(g, UINT32_MAX);
    case NV_SASS_IMM_F16X2:
        return chance(g, 4) ? ONE_OF(g, halves) : chance(g, UINT32_MAX);
    default:
        value = chance(g, 3) ? ONE_OF(g, ints) : chance(g, UINT32_MAX);
        if (slot->imm_bits < 32)
            value &= (1u << slot->imm_bits) - 1;
        return slot->imm_type == NV_SASS_IMM_SIGNED ? (int32_t)value : (int64_t)value;
    }
}

static struct nvhw_sass_operand predicate(struct generator *g, uint8_t kind, unsigned reg,
                                          const struct nvhw_sass_form_slot *slot)
{
    bool inv = slot->inv && chance(g, 2);
    unsigned which = chance(g, 6) ? reg : NV_SASS_PT;

    return kind == NV_SASS_PRED ? nvhw_sass_pred(which, inv) : nvhw_sass_upred(which, inv);
}

static struct nvhw_sass_operand source(struct generator *g, unsigned index,
                                       const struct nvhw_sass_form_slot *slot)
{
    static const uint8_t regs[] = {SWEEP_A, SWEEP_B, SWEEP_C},
                         uregs[] = {SWEEP_UA, SWEEP_UB, SWEEP_UC};
    struct nvhw_sass_operand o = {0};

    switch (slot->kind) {
    case NV_SASS_REG:
        o = nvhw_sass_reg(regs[index]);
        break;
    case NV_SASS_UREG:
        o = nvhw_sass_ureg(uregs[index]);
        break;
    case NV_SASS_IMM:
        o = nvhw_sass_imm(immediate(g, slot));
        break;
    default: /* an even word, so that pairs work as well */
        o = nvhw_sass_const(0, CONSTANTS_FROM + 8 * chance(g, CONSTANTS_PAIRS));
        break;
    }
    o.neg = slot->neg && chance(g, 3) == 0;
    o.abs = slot->abs && chance(g, 3) == 0;
    o.inv = slot->inv && chance(g, 2) == 0;
    o.half = slot->half ? (uint8_t)chance(g, 4) : 0;
    if (o.half == NV_SASS_HALF_F32)
        o.half = NV_SASS_H1_H0;
    return o;
}

static void fill_slot(struct generator *g, struct nvhw_sass *s, unsigned slot)
{
    const struct nvhw_sass_form_slot *f = &g->form.slot[slot];

    switch (slot) {
    case NV_SASS_D:
        s->o[slot] = f->kind == NV_SASS_UREG ? nvhw_sass_ureg(SWEEP_UD) : nvhw_sass_reg(SWEEP_D);
        return;
    case NV_SASS_A:
    case NV_SASS_B:
    case NV_SASS_C:
        s->o[slot] = source(g, slot - NV_SASS_A, f);
        return;
    case NV_SASS_PD:
    case NV_SASS_PQ:
        s->o[slot] = f->kind == NV_SASS_PRED ? nvhw_sass_pred(slot - NV_SASS_PD, false)
                                             : nvhw_sass_upred(slot - NV_SASS_PD, false);
        return;
    case NV_SASS_PA:
    case NV_SASS_PB:
    case NV_SASS_PC:
        s->o[slot] = predicate(g, f->kind, slot - NV_SASS_PA + 2, f);
        return;
    case NV_SASS_LUT:
    case NV_SASS_LUT2:
        s->o[slot] = nvhw_sass_imm(chance(g, 1u << f->imm_bits));
        return;
    default:
        return;
    }
}

/* ---- Modifiers --------------------------------------------------------------------------------
 */

static unsigned combinations(const struct nvhw_sass_form *f)
{
    unsigned product = 1;

    for (unsigned i = 0; i < f->mod_count && product < 1u << 20; i++)
        product *= f->mod[i].count ? f->mod[i].count : 1;
    return product;
}

static void set_mods(const struct nvhw_sass_form *f, unsigned combination, struct nvhw_sass *s)
{
    for (unsigned i = 0; i < f->mod_count; i++) {
        const struct nvhw_sass_form_mod *mod = &f->mod[i];

        if (!mod->count)
            continue;
        s->mod[mod->mod] = mod->values[combination % mod->count];
        combination /= mod->count;
    }
}

/* Values of no more than two modifiers, the others as when nothing is said. False: there are no
 * more. */
static bool set_pair(const struct nvhw_sass_form *f, unsigned index, struct nvhw_sass *s)
{
    for (unsigned i = 0; i < f->mod_count; i++)
        for (unsigned k = i; k < f->mod_count; k++) {
            unsigned inner = k == i ? 1 : f->mod[k].count, pairs = f->mod[i].count * inner;

            if (index >= pairs) {
                index -= pairs;
                continue;
            }
            s->mod[f->mod[i].mod] = f->mod[i].values[index / inner];
            if (k != i)
                s->mod[f->mod[k].mod] = f->mod[k].values[index % inner];
            return true;
        }
    return false;
}

/* ---- Memory -----------------------------------------------------------------------------------
 */

static bool atomic_exists(const struct nvhw_sass *s)
{
    unsigned op = s->mod[NV_SASS_MOD_ATOM], type = s->mod[NV_SASS_MOD_ATYPE];
    bool minmax = op == NV_SASS_ATOM_MIN || op == NV_SASS_ATOM_MAX;

    if (s->op == NV_SASS_ATOMG_CAS || s->op == NV_SASS_ATOM_CAS || s->op == NV_SASS_ATOMS_CAS)
        return type == NV_SASS_ATYPE_U32 || type == NV_SASS_ATYPE_U64;
    switch (type) {
    case NV_SASS_ATYPE_U32:
        return op != NV_SASS_ATOM_SAFEADD;
    case NV_SASS_ATYPE_S32:
        return minmax || op == NV_SASS_ATOM_ADD;
    case NV_SASS_ATYPE_U64:
        if (changes_shared(s->op))
            return op == NV_SASS_ATOM_EXCH;
        return op != NV_SASS_ATOM_INC && op != NV_SASS_ATOM_DEC && op != NV_SASS_ATOM_SAFEADD;
    case NV_SASS_ATYPE_S64:
        return minmax;
    case NV_SASS_ATYPE_F32:
    case NV_SASS_ATYPE_F32_RN:
    case NV_SASS_ATYPE_F64:
        return op == NV_SASS_ATOM_ADD;
    case NV_SASS_ATYPE_F16X2:
    case NV_SASS_ATYPE_BF16X2:
        return op == NV_SASS_ATOM_ADD || minmax;
    default:
        return false;
    }
}

static bool place_address(struct generator *g, struct nvhw_sass *s)
{
    unsigned op = s->op, mode = s->mod[NV_SASS_MOD_ADDR];
    bool has_ur = g->form.slot[NV_SASS_UR].kind == NV_SASS_UREG;
    bool global = op == NV_SASS_LDG || op == NV_SASS_LD || changes_global(op);
    bool shared = op == NV_SASS_LDS || changes_shared(op);
    unsigned bytes = nvhw_sass_access_bytes(s);
    int64_t offset = (int64_t)(chance(g, 16) / bytes * bytes);

    if (!is_load(op) && op != NV_SASS_STG && op != NV_SASS_ST && op != NV_SASS_STS &&
        op != NV_SASS_STL)
        offset = (int64_t)chance(g, 2) * 8; /* atomics of up to 8 bytes */
    if (global) {
        if (has_ur && mode != NV_SASS_ADDR_U32UR && mode != NV_SASS_ADDR_A64UR)
            return false;
        s->mod[NV_SASS_MOD_E] = 1;
        s->o[NV_SASS_A] = nvhw_sass_reg(has_ur && mode == NV_SASS_ADDR_U32UR ? SWEEP_SCRATCH + 2
                                        : is_load(op)                        ? SWEEP_INPUT
                                                                             : SWEEP_SCRATCH);
        if (has_ur)
            s->o[NV_SASS_UR] = nvhw_sass_ureg(mode != NV_SASS_ADDR_U32UR ? NV_SASS_URZ
                                              : is_load(op)              ? SWEEP_UINPUT
                                                                         : SWEEP_USCRATCH);
    } else if (shared) {
        unsigned scale = s->mod[NV_SASS_MOD_XS] & 3;

        s->o[NV_SASS_A] = nvhw_sass_reg(SWEEP_SHARED + scale);
        if (scale && has_ur)
            return false;
    } else {
        if (mode == NV_SASS_ADDR_DESC)
            return false;
        s->o[NV_SASS_A] = nvhw_sass_reg(SWEEP_LOCAL);
    }
    if (has_ur && !global) { /* it holds 16 */
        s->o[NV_SASS_UR] = nvhw_sass_ureg(SWEEP_UPREDS + 1);
        offset -= 16;
    }
    s->o[NV_SASS_OFFSET] = nvhw_sass_imm(offset);
    return true;
}

/* The orders that compilers use; of most others an H100 says that they are no instruction. */
static bool order_is_used(const struct nvhw_sass *s)
{
    unsigned order = s->mod[NV_SASS_MOD_ORDER];

    return order == NV_SASS_ORDER_WEAK || order == NV_SASS_ORDER_STRONG_SM ||
           order == NV_SASS_ORDER_STRONG_GPU || order == NV_SASS_ORDER_STRONG_SYS ||
           (order == NV_SASS_ORDER_CONSTANT && s->op == NV_SASS_LDG);
}

/* Data registers, addresses; false: this combination makes no sense. */
static bool place_memory(struct generator *g, struct nvhw_sass *s)
{
    bool atomic = g->form.slot[NV_SASS_B].kind != NV_SASS_NONE && s->op != NV_SASS_STG &&
                  s->op != NV_SASS_ST && s->op != NV_SASS_STS && s->op != NV_SASS_STL;

    if (!order_is_used(s) || (atomic && !atomic_exists(s)))
        return false;
    s->o[NV_SASS_PA] = (struct nvhw_sass_operand){0};
    s->o[NV_SASS_PD] = (struct nvhw_sass_operand){0};
    if (s->mod[NV_SASS_MOD_CAST] || (!atomic && s->mod[NV_SASS_MOD_PRIVATE]))
        return false;
    if (g->form.slot[NV_SASS_C].kind == NV_SASS_REG && chance(g, 2))
        s->o[NV_SASS_B] = nvhw_sass_reg(SWEEP_A); /* equal to what is there, in the first word */
    return place_address(g, s);
}

/* ---- Instances --------------------------------------------------------------------------------
 */

/* What is known to be refused or to have no meaning. */
static bool tidy(struct generator *g, struct nvhw_sass *s)
{
    switch (s->op) {
    case NV_SASS_IADD3:
    case NV_SASS_UIADD3:
        if (s->o[NV_SASS_A].neg && s->o[NV_SASS_B].neg)
            s->o[NV_SASS_B].neg = false;
        if (!s->mod[NV_SASS_MOD_X])
            s->o[NV_SASS_PA] = s->o[NV_SASS_PB] = (struct nvhw_sass_operand){0};
        return true;
    case NV_SASS_LEA:
    case NV_SASS_ULEA:
    case NV_SASS_LEA_HI_SX32:
        if (s->o[NV_SASS_A].neg)
            s->o[NV_SASS_B].neg = false;
        if (s->op != NV_SASS_LEA_HI_SX32 && !s->mod[NV_SASS_MOD_HI])
            s->o[NV_SASS_C] = (struct nvhw_sass_operand){0};
        if (!s->mod[NV_SASS_MOD_X])
            s->o[NV_SASS_PA] = (struct nvhw_sass_operand){0};
        return true;
    case NV_SASS_IMAD: /* a predicate result traps */
        s->o[NV_SASS_PD] = (struct nvhw_sass_operand){0};
        /* fall through */
    case NV_SASS_IMAD_WIDE:
    case NV_SASS_IMAD_HI:
        if (!s->mod[NV_SASS_MOD_X])
            s->o[NV_SASS_PA] = (struct nvhw_sass_operand){0};
        return true;
    case NV_SASS_UIMAD:
    case NV_SASS_UIMAD_WIDE:
        s->o[NV_SASS_PD] = (struct nvhw_sass_operand){0};
        if (!s->mod[NV_SASS_MOD_X])
            s->o[NV_SASS_PA] = (struct nvhw_sass_operand){0};
        return true;
    case NV_SASS_VABSDIFF:
    case NV_SASS_VABSDIFF4:
        s->o[NV_SASS_PD] = (struct nvhw_sass_operand){0};
        return true;
    case NV_SASS_ISETP:
        if (!s->mod[NV_SASS_MOD_EX])
            s->o[NV_SASS_PC] = (struct nvhw_sass_operand){0};
        return true;
    case NV_SASS_HADD2: /* traps with another first source than minus zero */
        if (s->mod[NV_SASS_MOD_F32]) {
            s->o[NV_SASS_A].reg = NV_SASS_RZ;
            s->o[NV_SASS_A].neg = true;
        }
        return true;
    case NV_SASS_MATCH: /* with a predicate result */
        if (s->mod[NV_SASS_MOD_MATCH] == NV_SASS_MATCH_ANY)
            s->o[NV_SASS_PD] = (struct nvhw_sass_operand){0};
        return true;
    case NV_SASS_F2FP: /* with a third source */
        s->o[NV_SASS_C] = (struct nvhw_sass_operand){0};
        return true;
    case NV_SASS_MOV: /* lanes of a quad that write */
        if (chance(g, 3))
            s->o[NV_SASS_LUT] = (struct nvhw_sass_operand){0};
        return true;
    case NV_SASS_LDC:
        if (s->mod[NV_SASS_MOD_MODE])
            return false;
        s->o[NV_SASS_A] = nvhw_sass_reg(chance(g, 2) ? SWEEP_LOCAL + 1 : NV_SASS_RZ);
        return s->o[NV_SASS_B].kind == NV_SASS_CONST;
    case NV_SASS_ULDC:
        if (g->form.slot[NV_SASS_A].kind == NV_SASS_UREG)
            s->o[NV_SASS_A] = nvhw_sass_ureg(SWEEP_UPREDS + 1);
        return s->o[NV_SASS_B].kind == NV_SASS_CONST;
    default:
        return !is_memory(s->op) || place_memory(g, s);
    }
}

static bool is_new(const struct generator *g, const uint8_t *bytes)
{
    for (unsigned i = g->count; i-- > 0 && g->forms[i].insn.op == g->form.op;)
        if (memcmp(g->forms[i].bytes, bytes, NV_SASS_BYTES) == 0)
            return false;
    return true;
}

static void add(struct generator *g, const struct nvhw_sass *s)
{
    struct sweep_form *to = &g->forms[g->count];

    if (g->count >= FORMS_MAX || !nvhw_sass_encode(SWEEP_SM, s, to->bytes, NULL, 0) ||
        !nvhw_sass_decode(SWEEP_SM, to->bytes, &to->insn) || !is_new(g, to->bytes))
        return;
    g->count++;
}

/* False: these modifiers make no sense, or hardware refuses them. */
static bool finish(struct generator *g, struct nvhw_sass *s)
{
    for (unsigned slot = 0; slot < NV_SASS_SLOT_COUNT; slot++)
        if (g->form.slot[slot].kind != NV_SASS_NONE)
            fill_slot(g, s, slot);
    return tidy(g, s) && !nvhw_sass_illegal(SWEEP_SM, s);
}

static void begin(const struct generator *g, struct nvhw_sass *s)
{
    nvhw_sass_clear(s, (enum nvhw_sass_op)g->form.op);
    s->control.stall = 0;
    s->control.yield = true;
    s->form = (uint16_t)g->number;
}

static bool build(struct generator *g, unsigned combination, struct nvhw_sass *s)
{
    begin(g, s);
    set_mods(&g->form, combination, s);
    return finish(g, s);
}

/* Guards, equal sources, zero registers. */
static void add_special(struct generator *g, const struct nvhw_sass *s)
{
    bool uniform = sweep_kind_of(s) == SWEEP_UNIFORM;
    struct nvhw_sass t;

    for (unsigned i = 0; i < 2; i++) {
        t = *s;
        t.guard = 6;
        t.guard_not = i;
        add(g, &t);
    }
    if (is_memory(s->op) || s->op == NV_SASS_LDC)
        return;
    for (unsigned slot = NV_SASS_A; slot <= NV_SASS_C; slot++) {
        if (s->o[slot].kind != NV_SASS_REG && s->o[slot].kind != NV_SASS_UREG)
            continue;
        t = *s;
        t.o[slot].reg = NV_SASS_RZ;
        add(g, &t);
        t = *s;
        t.o[slot].reg = uniform ? SWEEP_UA : SWEEP_A;
        if (s->o[slot].kind == (uniform ? NV_SASS_UREG : NV_SASS_REG))
            add(g, &t);
    }
}

static bool has_other_operand(const struct nvhw_sass_form *f)
{
    for (unsigned slot = NV_SASS_A; slot <= NV_SASS_C; slot++)
        if (f->slot[slot].kind == NV_SASS_IMM || f->slot[slot].kind == NV_SASS_CONST ||
            (f->slot[slot].kind == NV_SASS_UREG && f->slot[NV_SASS_D].kind == NV_SASS_REG))
            return true;
    return false;
}

static unsigned samples_of(const struct nvhw_sass_form *f)
{
    return is_memory(f->op) ? SAMPLES_MEMORY : has_other_operand(f) ? SAMPLES_OTHER : SAMPLES;
}

/* All combinations, or all of two modifiers and a sample. */
static void generate_mods(struct generator *g, unsigned all)
{
    struct nvhw_sass s;

    if (all <= (unsigned)(has_other_operand(&g->form) ? COMBINATIONS_OTHER : COMBINATIONS)) {
        for (unsigned i = 0; i < all; i++)
            if (build(g, i, &s))
                add(g, &s);
        return;
    }
    for (unsigned i = 0;; i++) {
        begin(g, &s);
        if (!set_pair(&g->form, i, &s))
            break;
        if (finish(g, &s))
            add(g, &s);
    }
    for (unsigned i = 0; i < samples_of(&g->form); i++) {
        for (unsigned again = 0; again < 64; again++)
            if (build(g, chance(g, all), &s)) {
                add(g, &s);
                break;
            }
    }
}

static void generate_row(struct generator *g)
{
    unsigned all = combinations(&g->form), specials = has_other_operand(&g->form) ? 1 : 2;
    struct nvhw_sass s;

    generate_mods(g, all);
    for (unsigned i = 0; i < EXTRA; i++)
        for (unsigned again = 0; again < 64; again++)
            if (build(g, i && i < specials + 1 ? chance(g, all) : again ? chance(g, all) : 0, &s)) {
                add(g, &s);
                if (i < specials)
                    add_special(g, &s);
                break;
            }
}

struct sweep_form *sweep_generate(unsigned *count)
{
    struct generator g = {.forms = calloc(FORMS_MAX, sizeof *g.forms)};

    *count = 0;
    if (!g.forms)
        return NULL;
    for (g.number = 0; g.number < nvhw_sass_form_count(); g.number++) {
        if (!nvhw_sass_form_describe(SWEEP_SM, g.number, &g.form) || !is_swept(g.form.op))
            continue;
        g.random = g.number * UINT64_C(0x1234567);
        generate_row(&g);
    }
    *count = g.count;
    return g.forms;
}
