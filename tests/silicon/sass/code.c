/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See code.h. */
#include "code.h"

#include <string.h>

enum { SM = 90 };

static bool has_kind(const struct nvhw_sass *s, bool results, uint8_t kind)
{
    unsigned none = kind == NV_SASS_REG || kind == NV_SASS_UREG ? NV_SASS_RZ : NV_SASS_PT;

    for (unsigned slot = 0; slot < NV_SASS_SLOT_COUNT; slot++)
        if (nvhw_sass_is_result((enum nvhw_sass_slot)slot) == results && s->o[slot].kind == kind &&
            s->o[slot].reg != none)
            return true;
    return false;
}

void code_serial(struct nvhw_sass *s)
{
    s->control = (struct nvhw_sass_control){.stall = 15,
                                            .yield = true,
                                            .write_sb = NV_SASS_SB_NONE,
                                            .read_sb = NV_SASS_SB_NONE,
                                            .wait_mask = 3};
    if (!nvhw_sass_is_variable(SM, s))
        return;
    if (has_kind(s, true, NV_SASS_REG) || has_kind(s, true, NV_SASS_PRED) ||
        has_kind(s, true, NV_SASS_UREG) || has_kind(s, true, NV_SASS_UPRED))
        s->control.write_sb = 0;
    if (has_kind(s, false, NV_SASS_REG))
        s->control.read_sb = 1;
}

struct nvhw_sass *code_add(struct code *code, enum nvhw_sass_op op)
{
    if (code->count == CODE_MAX)
        code->count--;
    code->given[code->count] = false;
    nvhw_sass_clear(&code->insn[code->count], op);
    return &code->insn[code->count++];
}

struct nvhw_sass *code_abc(struct code *code, enum nvhw_sass_op op, unsigned d,
                           struct nvhw_sass_operand a, struct nvhw_sass_operand b,
                           struct nvhw_sass_operand c)
{
    struct nvhw_sass *s = code_add(code, op);

    s->o[NV_SASS_D] = R(d);
    s->o[NV_SASS_A] = a;
    s->o[NV_SASS_B] = b;
    s->o[NV_SASS_C] = c;
    return s;
}

struct nvhw_sass *code_mov(struct code *code, unsigned d, struct nvhw_sass_operand b)
{
    struct nvhw_sass *s = code_add(code, NV_SASS_MOV);

    s->o[NV_SASS_D] = R(d);
    s->o[NV_SASS_B] = b;
    return s;
}

struct nvhw_sass *code_special(struct code *code, unsigned d, unsigned number)
{
    struct nvhw_sass *s = code_add(code, NV_SASS_S2R);

    s->o[NV_SASS_D] = R(d);
    s->mod[NV_SASS_MOD_SR] = (uint16_t)number;
    return s;
}

struct nvhw_sass *code_advance(struct code *code, unsigned d, unsigned a,
                               struct nvhw_sass_operand b)
{
    struct nvhw_sass *s = code_abc(code, NV_SASS_IMAD_WIDE, d, R(a), b, R(d));

    s->mod[NV_SASS_MOD_SIGN] = NV_SASS_SIGN_U32;
    return s;
}

struct nvhw_sass *code_compare(struct code *code, unsigned p, unsigned cmp, unsigned a,
                               struct nvhw_sass_operand b)
{
    struct nvhw_sass *s = code_add(code, NV_SASS_ISETP);

    s->mod[NV_SASS_MOD_CMP] = (uint16_t)cmp;
    s->o[NV_SASS_PD] = P(p);
    s->o[NV_SASS_A] = R(a);
    s->o[NV_SASS_B] = b;
    return s;
}

struct nvhw_sass *code_access(struct code *code, enum nvhw_sass_op op, unsigned address,
                              int64_t offset, unsigned data)
{
    bool store = op == NV_SASS_STG || op == NV_SASS_STS || op == NV_SASS_STL;
    bool global = op == NV_SASS_STG || op == NV_SASS_LDG;
    struct nvhw_sass *s = code_add(code, op);

    s->mod[NV_SASS_MOD_E] = global;
    s->o[store ? NV_SASS_B : NV_SASS_D] = R(data);
    s->o[NV_SASS_A] = R(address);
    s->o[NV_SASS_OFFSET] = IMM(offset);
    return s;
}

unsigned code_jump(struct code *code, enum nvhw_sass_op op, unsigned barrier)
{
    struct nvhw_sass *s = code_add(code, op);

    if (op == NV_SASS_BSSY)
        s->o[NV_SASS_CB] = nvhw_sass_cbar(barrier);
    return code->count - 1;
}

void code_aim(struct code *code, unsigned jump, unsigned at)
{
    code->insn[jump].o[NV_SASS_OFFSET] =
        IMM(((int64_t)at - (int64_t)jump - 1) * (int64_t)NV_SASS_BYTES);
}

void code_guard(struct code *code, unsigned p, bool invert)
{
    code->insn[code->count - 1].guard = (uint8_t)p;
    code->insn[code->count - 1].guard_not = invert;
}

void code_keep_control(struct code *code)
{
    code->given[code->count - 1] = true;
}

bool code_encode(const struct code *code, uint8_t *bytes, uint32_t size_bytes)
{
    memset(bytes, 0, size_bytes);
    if (code->count > size_bytes / NV_SASS_BYTES)
        return false;
    for (unsigned i = 0; i < code->count; i++) {
        struct nvhw_sass s = code->insn[i];

        if (!code->given[i])
            code_serial(&s);
        if (!nvhw_sass_encode(SM, &s, bytes + (size_t)i * NV_SASS_BYTES, NULL, 0))
            return false;
    }
    return true;
}
