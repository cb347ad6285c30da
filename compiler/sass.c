/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Each IR operation as the machine's: which slot a source goes to, which modifiers it has. What the
 * bits are is nvhw's matter. See sass.h.
 */
#include "sass.h"

enum { SM_WITH_I2FP = 86, SM_WITH_VIMNMX = 90, SM_TURING = 75, BARRIER_NUMBER = 0 };

static struct nvhw_sass_operand operand(const struct cc_shader *s, struct cc_src src)
{
    struct nvhw_sass_operand o = {0};
    if (src.file == CC_PRED) {
        if (src.kind == CC_VAL) {
            return nvhw_sass_pred(s->vals[src.v].reg, src.inv);
        }
        return nvhw_sass_pred(CC_PRED_TRUE, (src.v == 0) != src.inv);
    }
    switch (src.kind) {
    case CC_VAL:
        o = nvhw_sass_reg(s->vals[src.v].reg);
        break;
    case CC_CBUF:
        o = nvhw_sass_const(0, src.v + s->options->root_offset_bytes);
        break;
    default:
        o = src.v == 0 ? nvhw_sass_reg(NV_SASS_RZ) : nvhw_sass_imm((int64_t)(int32_t)src.v);
        break;
    }
    o.neg = src.neg;
    o.abs = src.abs;
    o.inv = src.inv;
    return o;
}

static void put(const struct cc_shader *s, struct nvhw_sass *out, enum nvhw_sass_slot slot,
                struct cc_src src)
{
    out->o[slot] = operand(s, src);
}

/* Sources 0, 1, 2 to A, B, C as far as there are. */
static void put_abc(const struct cc_shader *s, struct nvhw_sass *out, const struct cc_inst *inst,
                    uint32_t count)
{
    static const enum nvhw_sass_slot slots[3] = {NV_SASS_A, NV_SASS_B, NV_SASS_C};
    for (uint32_t i = 0; i < count && i < 3; i++) {
        put(s, out, slots[i], inst->src[i]);
    }
}

static void put_defs(const struct cc_shader *s, struct nvhw_sass *out, const struct cc_inst *inst)
{
    bool have_gpr = false, have_pred = false;
    for (unsigned i = 0; i < inst->def_count; i++) {
        const struct cc_val *val = &s->vals[inst->def[i]];
        if (val->file == CC_PRED && !have_pred) {
            out->o[NV_SASS_PD] = nvhw_sass_pred(val->reg, false);
            have_pred = true;
        } else if (val->file == CC_GPR && !have_gpr) {
            out->o[NV_SASS_D] = nvhw_sass_reg(val->reg);
            have_gpr = true;
        }
    }
}

static uint16_t sign_of(const struct cc_inst *inst)
{
    return inst->flags & CC_F_SIGNED ? NV_SASS_SIGN_S32 : NV_SASS_SIGN_U32;
}

static void set_op(struct nvhw_sass *out, enum nvhw_sass_op op)
{
    out->op = (uint16_t)op;
}

static void build_shift(const struct cc_shader *s, const struct cc_inst *inst,
                        struct nvhw_sass *out)
{
    bool is_signed = inst->flags & CC_F_SIGNED, wide = inst->flags & CC_F_SHF64;
    set_op(out, NV_SASS_SHF);
    put_abc(s, out, inst, 3);
    out->mod[NV_SASS_MOD_DIR] = inst->flags & CC_F_RIGHT ? NV_SASS_DIR_R : NV_SASS_DIR_L;
    out->mod[NV_SASS_MOD_HI] = (inst->flags & CC_F_HI) != 0;
    out->mod[NV_SASS_MOD_W] = (inst->flags & CC_F_WRAP) != 0;
    out->mod[NV_SASS_MOD_SHIFT] = wide ? (is_signed ? NV_SASS_SHIFT_S64 : NV_SASS_SHIFT_U64)
                                       : (is_signed ? NV_SASS_SHIFT_S32 : NV_SASS_SHIFT_U32);
}

static void build_integer(const struct cc_shader *s, const struct cc_inst *inst,
                          struct nvhw_sass *out)
{
    switch (inst->op) {
    case CC_IADD3:
        set_op(out, NV_SASS_IADD3);
        put_abc(s, out, inst, 3);
        if (inst->flags & CC_F_X) {
            out->mod[NV_SASS_MOD_X] = 1;
            put(s, out, NV_SASS_PA, inst->src[3]);
        }
        break;
    case CC_IMAD:
        set_op(out, NV_SASS_IMAD);
        put_abc(s, out, inst, 3);
        break;
    case CC_IMAD_WIDE:
    case CC_IMAD_HI:
        set_op(out, inst->op == CC_IMAD_WIDE ? NV_SASS_IMAD_WIDE : NV_SASS_IMAD_HI);
        put_abc(s, out, inst, 3);
        out->mod[NV_SASS_MOD_SIGN] = sign_of(inst);
        break;
    case CC_LEA:
        set_op(out, NV_SASS_LEA);
        put_abc(s, out, inst, 2);
        out->o[NV_SASS_LUT] = nvhw_sass_imm(inst->offset);
        break;
    case CC_LOP3:
        set_op(out, NV_SASS_LOP3);
        put_abc(s, out, inst, 3);
        out->o[NV_SASS_LUT] = nvhw_sass_imm(inst->lut);
        break;
    case CC_IMNMX:
        set_op(out, s->sm >= SM_WITH_VIMNMX ? NV_SASS_VIMNMX : NV_SASS_IMNMX);
        put_abc(s, out, inst, 2);
        out->o[NV_SASS_PA] = nvhw_sass_pred(NV_SASS_PT, !(inst->flags & CC_F_MIN));
        if (s->sm >= SM_WITH_VIMNMX) {
            out->mod[NV_SASS_MOD_ISIZE] =
                inst->flags & CC_F_SIGNED ? NV_SASS_ISIZE_S32 : NV_SASS_ISIZE_U32;
        } else {
            out->mod[NV_SASS_MOD_SIGN] = sign_of(inst);
        }
        break;
    default:
        build_shift(s, inst, out);
        break;
    }
}

static void build_compare(const struct cc_shader *s, const struct cc_inst *inst,
                          struct nvhw_sass *out)
{
    bool integer = inst->op == CC_ISETP;
    set_op(out, integer ? NV_SASS_ISETP : NV_SASS_FSETP);
    put_abc(s, out, inst, 2);
    put(s, out, NV_SASS_PA, inst->src[2]);
    out->mod[NV_SASS_MOD_CMP] = inst->cmp; /* numbered alike */
    if (integer) {
        out->mod[NV_SASS_MOD_SIGN] = sign_of(inst);
    }
    if (inst->flags & CC_F_EX) {
        out->mod[NV_SASS_MOD_EX] = 1;
        put(s, out, NV_SASS_PC, inst->src[3]);
    }
}

static void build_predicate(const struct cc_shader *s, const struct cc_inst *inst,
                            struct nvhw_sass *out)
{
    static const enum nvhw_sass_slot slots[3] = {NV_SASS_PA, NV_SASS_PB, NV_SASS_PC};
    const unsigned copy_of_a = 0xf0;
    set_op(out, NV_SASS_PLOP3);
    for (uint32_t i = 0; i < 3; i++) {
        put(s, out, slots[i], i < inst->src_count ? inst->src[i] : cc_bool(true));
    }
    out->o[NV_SASS_LUT] = nvhw_sass_imm(inst->op == CC_PMOV ? copy_of_a : inst->lut);
    out->o[NV_SASS_LUT2] = nvhw_sass_imm(0);
}

/* Operations whose one source stands in B. */
static void build_unary(const struct cc_shader *s, const struct cc_inst *inst,
                        struct nvhw_sass *out)
{
    static const uint16_t ops[CC_OP_COUNT] = {
        [CC_MOV] = NV_SASS_MOV,   [CC_IABS] = NV_SASS_IABS, [CC_FLO] = NV_SASS_FLO,
        [CC_BREV] = NV_SASS_BREV, [CC_POPC] = NV_SASS_POPC, [CC_F2I] = NV_SASS_F2I,
        [CC_I2F] = NV_SASS_I2F,   [CC_F2F] = NV_SASS_F2F,   [CC_FRND] = NV_SASS_FRND,
        [CC_MUFU] = NV_SASS_MUFU,
    };
    static const uint16_t functions[] = {
        [CC_COS] = NV_SASS_MUFU_COS, [CC_SIN] = NV_SASS_MUFU_SIN, [CC_EX2] = NV_SASS_MUFU_EX2,
        [CC_LG2] = NV_SASS_MUFU_LG2, [CC_RCP] = NV_SASS_MUFU_RCP, [CC_RSQ] = NV_SASS_MUFU_RSQ,
        [CC_SQRT] = NV_SASS_MUFU_SQRT,
    };
    bool is_signed = inst->flags & CC_F_SIGNED;
    out->op = ops[inst->op];
    put(s, out, NV_SASS_B, inst->src[0]);
    switch (inst->op) {
    case CC_FLO:
        out->mod[NV_SASS_MOD_SIGN] = sign_of(inst);
        out->mod[NV_SASS_MOD_SH] = (inst->flags & CC_F_SH) != 0;
        break;
    case CC_F2I:
        out->mod[NV_SASS_MOD_DST] = is_signed ? NV_SASS_DST_S32 : NV_SASS_DST_U32;
        out->mod[NV_SASS_MOD_NTZ] = (inst->flags & CC_F_NTZ) != 0;
        out->mod[NV_SASS_MOD_RND] = inst->rnd;
        break;
    case CC_I2F:
        out->mod[NV_SASS_MOD_SRC] = is_signed ? NV_SASS_SRC_S32 : NV_SASS_SRC_U32;
        out->mod[NV_SASS_MOD_RND] = inst->rnd;
        if (s->sm >= SM_WITH_I2FP && (inst->rnd == CC_RN || inst->rnd == CC_RZ)) {
            set_op(out, NV_SASS_I2FP);
        }
        break;
    case CC_F2F:
        out->mod[NV_SASS_MOD_DST] = inst->type2 == CC_F16 ? NV_SASS_DST_F16 : NV_SASS_DST_F32;
        out->mod[NV_SASS_MOD_SRC] = inst->type == CC_F16 ? NV_SASS_SRC_F16 : NV_SASS_SRC_F32;
        break;
    case CC_FRND:
        out->mod[NV_SASS_MOD_RND] = inst->rnd;
        break;
    case CC_MUFU:
        out->mod[NV_SASS_MOD_MUFU] = functions[inst->sub];
        break;
    default:
        break;
    }
}

static void build_float(const struct cc_shader *s, const struct cc_inst *inst,
                        struct nvhw_sass *out)
{
    static const uint16_t ops[CC_OP_COUNT] = {
        [CC_FADD] = NV_SASS_FADD,
        [CC_FMUL] = NV_SASS_FMUL,
        [CC_FFMA] = NV_SASS_FFMA,
        [CC_FMNMX] = NV_SASS_FMNMX,
    };
    out->op = ops[inst->op];
    put_abc(s, out, inst, inst->src_count);
    if (inst->op == CC_FMNMX) {
        out->o[NV_SASS_PA] = nvhw_sass_pred(NV_SASS_PT, !(inst->flags & CC_F_MIN));
        return;
    }
    out->mod[NV_SASS_MOD_SAT] = inst->flags & CC_F_SAT ? NV_SASS_SAT_ON : NV_SASS_SAT_OFF;
    out->mod[NV_SASS_MOD_FTZ] = inst->flags & CC_F_FTZ ? NV_SASS_FTZ_FTZ : NV_SASS_FTZ_NONE;
}

static void build_misc(const struct cc_shader *s, const struct cc_inst *inst,
                       struct nvhw_sass *out)
{
    switch (inst->op) {
    case CC_SEL:
        set_op(out, NV_SASS_SEL);
        put_abc(s, out, inst, 2);
        put(s, out, NV_SASS_PA, inst->src[2]);
        break;
    case CC_PRMT:
        set_op(out, NV_SASS_PRMT);
        put_abc(s, out, inst, 3);
        break;
    case CC_SGXT:
        set_op(out, NV_SASS_SGXT);
        put_abc(s, out, inst, 2);
        out->mod[NV_SASS_MOD_SIGN] = sign_of(inst);
        break;
    case CC_BMSK:
        set_op(out, NV_SASS_BMSK);
        put_abc(s, out, inst, 2);
        break;
    case CC_F2FP:
        set_op(out, NV_SASS_F2FP);
        put_abc(s, out, inst, 2);
        break;
    case CC_HADD2_F32: /* -0 + half */
        set_op(out, NV_SASS_HADD2);
        out->o[NV_SASS_A] = nvhw_sass_reg(NV_SASS_RZ);
        out->o[NV_SASS_A].neg = true;
        put(s, out, NV_SASS_B, inst->src[0]);
        out->o[NV_SASS_B].half = inst->sub ? NV_SASS_H1_H1 : NV_SASS_H0_H0;
        out->mod[NV_SASS_MOD_F32] = 1;
        break;
    case CC_S2R:
        set_op(out, NV_SASS_S2R);
        out->mod[NV_SASS_MOD_SR] = inst->sub;
        break;
    case CC_LDC:
        set_op(out, NV_SASS_LDC);
        put(s, out, NV_SASS_A, inst->src[0]);
        out->o[NV_SASS_B] =
            nvhw_sass_const(0, (unsigned)inst->offset + s->options->root_offset_bytes);
        break;
    case CC_VOTE:
        set_op(out, NV_SASS_VOTE);
        put(s, out, NV_SASS_PA, inst->src[0]);
        out->mod[NV_SASS_MOD_VOTE] = inst->sub; /* numbered alike, as are SHFL and ATOM */
        break;
    default:
        set_op(out, NV_SASS_SHFL);
        put_abc(s, out, inst, 3);
        out->mod[NV_SASS_MOD_SHFL] = inst->sub;
        for (int i = 0; i < 2; i++) { /* zero is an immediate here as well */
            enum nvhw_sass_slot slot = i ? NV_SASS_C : NV_SASS_B;
            if (inst->src[1 + i].kind == CC_IMM) {
                out->o[slot] = nvhw_sass_imm(inst->src[1 + i].v);
            }
        }
        break;
    }
}

static uint16_t memory_order(const struct cc_shader *s, const struct cc_inst *inst)
{
    if (inst->flags & CC_F_STRONG) {
        return NV_SASS_ORDER_STRONG_GPU;
    }
    if (inst->flags & CC_F_CONSTANT) {
        return s->sm == SM_TURING ? NV_SASS_ORDER_CONSTANT_SYS : NV_SASS_ORDER_CONSTANT;
    }
    return NV_SASS_ORDER_WEAK;
}

static void build_memory(const struct cc_shader *s, const struct cc_inst *inst,
                         struct nvhw_sass *out)
{
    static const uint16_t ops[CC_OP_COUNT] = {
        [CC_LDG] = NV_SASS_LDG, [CC_LDS] = NV_SASS_LDS, [CC_LDL] = NV_SASS_LDL,
        [CC_STG] = NV_SASS_STG, [CC_STS] = NV_SASS_STS, [CC_STL] = NV_SASS_STL,
        [CC_RED] = NV_SASS_RED, [CC_ATOMG] = NV_SASS_ATOMG, [CC_ATOMG_CAS] = NV_SASS_ATOMG_CAS,
        [CC_ATOMS] = NV_SASS_ATOMS, [CC_ATOMS_CAS] = NV_SASS_ATOMS_CAS,
    };
    bool atomic = inst->op == CC_RED || inst->op == CC_ATOMG || inst->op == CC_ATOMS ||
                  inst->op == CC_ATOMG_CAS || inst->op == CC_ATOMS_CAS;
    bool shared = inst->op == CC_ATOMS || inst->op == CC_ATOMS_CAS;
    bool cas = inst->op == CC_ATOMG_CAS || inst->op == CC_ATOMS_CAS;
    bool global = inst->op == CC_LDG || inst->op == CC_STG || (atomic && !shared);
    uint32_t data = global ? 2 : 1;
    out->op = ops[inst->op];
    put(s, out, NV_SASS_A, inst->src[0]);
    out->o[NV_SASS_OFFSET] = nvhw_sass_imm(inst->offset);
    if (data < inst->src_count) {
        put(s, out, NV_SASS_B, inst->src[data]);
    }
    if (cas) {
        put(s, out, NV_SASS_C, inst->src[data + 1]);
    }
    out->mod[NV_SASS_MOD_E] = global;
    if (atomic) {
        out->mod[NV_SASS_MOD_ATOM] = cas ? 0 : inst->sub;
        out->mod[NV_SASS_MOD_ATYPE] =
            inst->flags & CC_F_SIGNED ? NV_SASS_ATYPE_S32 : NV_SASS_ATYPE_U32;
        out->mod[NV_SASS_MOD_ORDER] = shared ? 0 : NV_SASS_ORDER_STRONG_GPU;
        return;
    }
    out->mod[NV_SASS_MOD_SIZE] = inst->type == CC_B128  ? NV_SASS_SIZE_B128
                                 : inst->type == CC_B64 ? NV_SASS_SIZE_B64
                                                        : NV_SASS_SIZE_B32;
    if (global) {
        out->mod[NV_SASS_MOD_ORDER] = memory_order(s, inst);
    }
}

static void build_control(const struct cc_shader *s, const struct cc_inst *inst,
                          struct nvhw_sass *out)
{
    static const uint16_t scopes[] = {[CC_SCOPE_CTA] = NV_SASS_SCOPE_CTA,
                                      [CC_SCOPE_GPU] = NV_SASS_SCOPE_GPU,
                                      [CC_SCOPE_SYS] = NV_SASS_SCOPE_SYS};
    switch (inst->op) {
    case CC_BRA:
        set_op(out, NV_SASS_BRA);
        break;
    case CC_EXIT:
        set_op(out, NV_SASS_EXIT);
        break;
    case CC_BAR:
        set_op(out, NV_SASS_BAR);
        out->o[NV_SASS_LUT] = nvhw_sass_imm(BARRIER_NUMBER);
        out->mod[NV_SASS_MOD_DEFER] = 1;
        break;
    case CC_MEMBAR:
        set_op(out, NV_SASS_MEMBAR);
        out->mod[NV_SASS_MOD_SCOPE] = scopes[inst->sub];
        out->mod[NV_SASS_MOD_MEMBAR] = NV_SASS_MEMBAR_ALL;
        break;
    case CC_CCTL_IVALL:
        set_op(out, NV_SASS_CCTL);
        out->mod[NV_SASS_MOD_CCTL] = NV_SASS_CCTL_IVALL;
        break;
    case CC_WARPSYNC:
        set_op(out, NV_SASS_WARPSYNC);
        put(s, out, NV_SASS_B, inst->src[0]);
        break;
    case CC_BSSY:
    case CC_BSYNC:
    case CC_BREAK:
        set_op(out, inst->op == CC_BSSY    ? NV_SASS_BSSY
                    : inst->op == CC_BSYNC ? NV_SASS_BSYNC
                                           : NV_SASS_BREAK);
        out->o[NV_SASS_CB] = nvhw_sass_cbar(inst->sub);
        break;
    default:
        set_op(out, NV_SASS_NOP);
        break;
    }
}

void cc_sass_build(const struct cc_shader *s, const struct cc_inst *inst, struct nvhw_sass *out)
{
    nvhw_sass_clear(out, NV_SASS_NOP);
    if (inst->guard.kind != CC_NONE) {
        struct nvhw_sass_operand guard = operand(s, inst->guard);
        out->guard = guard.reg;
        out->guard_not = guard.inv;
    }
    put_defs(s, out, inst);
    switch (inst->op) {
    case CC_IADD3: case CC_IMAD: case CC_IMAD_WIDE: case CC_IMAD_HI: case CC_LEA: case CC_LOP3:
    case CC_IMNMX: case CC_SHF:
        build_integer(s, inst, out);
        break;
    case CC_ISETP: case CC_FSETP:
        build_compare(s, inst, out);
        break;
    case CC_PLOP3: case CC_PMOV:
        build_predicate(s, inst, out);
        break;
    case CC_MOV: case CC_IABS: case CC_FLO: case CC_BREV: case CC_POPC: case CC_F2I: case CC_I2F:
    case CC_F2F: case CC_FRND: case CC_MUFU:
        build_unary(s, inst, out);
        break;
    case CC_FADD: case CC_FMUL: case CC_FFMA: case CC_FMNMX:
        build_float(s, inst, out);
        break;
    case CC_SEL: case CC_PRMT: case CC_SGXT: case CC_BMSK: case CC_F2FP: case CC_HADD2_F32:
    case CC_S2R: case CC_LDC: case CC_VOTE: case CC_SHFL:
        build_misc(s, inst, out);
        break;
    case CC_LDG: case CC_LDS: case CC_LDL: case CC_STG: case CC_STS: case CC_STL: case CC_RED:
    case CC_ATOMG: case CC_ATOMG_CAS: case CC_ATOMS: case CC_ATOMS_CAS:
        build_memory(s, inst, out);
        break;
    default:
        build_control(s, inst, out);
        break;
    }
}
