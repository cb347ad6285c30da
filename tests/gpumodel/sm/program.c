/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Programs for the SM tests: see program.h.
 */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>

struct nvhw_sass *emit(struct program *p, enum nvhw_sass_op op)
{
    struct nvhw_sass *s = &p->insn[p->count++];
    if (p->count > PROGRAM_MAX)
        abort();
    nvhw_sass_clear(s, op);
    s->control.stall = 15;
    s->control.yield = true;
    if (nvhw_sass_is_variable(PROGRAM_SM, s)) {
        s->control.write_sb = 0;
        s->control.read_sb = 1;
    }
    s->control.wait_mask = 3;
    return s;
}

struct nvhw_sass *emit_abc(struct program *p, enum nvhw_sass_op op, struct nvhw_sass_operand d,
                           struct nvhw_sass_operand a, struct nvhw_sass_operand b,
                           struct nvhw_sass_operand c)
{
    struct nvhw_sass *s = emit(p, op);
    s->o[NV_SASS_D] = d;
    s->o[NV_SASS_A] = a;
    s->o[NV_SASS_B] = b;
    s->o[NV_SASS_C] = c;
    return s;
}

struct nvhw_sass *emit_mov(struct program *p, unsigned reg, struct nvhw_sass_operand b)
{
    struct nvhw_sass *s = emit(p, NV_SASS_MOV);
    s->o[NV_SASS_D] = R(reg);
    s->o[NV_SASS_B] = b;
    return s;
}

struct nvhw_sass *emit_s2r(struct program *p, unsigned reg, unsigned special)
{
    struct nvhw_sass *s = emit(p, NV_SASS_S2R);
    s->o[NV_SASS_D] = R(reg);
    s->mod[NV_SASS_MOD_SR] = (uint16_t)special;
    return s;
}

struct nvhw_sass *emit_isetp(struct program *p, unsigned pred, unsigned cmp,
                             struct nvhw_sass_operand a, struct nvhw_sass_operand b)
{
    struct nvhw_sass *s = emit(p, NV_SASS_ISETP);
    s->mod[NV_SASS_MOD_CMP] = (uint16_t)cmp;
    s->o[NV_SASS_PD] = P(pred);
    s->o[NV_SASS_A] = a;
    s->o[NV_SASS_B] = b;
    return s;
}

static bool is_global(enum nvhw_sass_op op)
{
    return op == NV_SASS_LDG || op == NV_SASS_STG || op == NV_SASS_ATOMG;
}

struct nvhw_sass *emit_load(struct program *p, enum nvhw_sass_op op, unsigned d, unsigned a,
                            int64_t offset)
{
    struct nvhw_sass *s = emit(p, op);
    s->mod[NV_SASS_MOD_E] = is_global(op);
    s->o[NV_SASS_D] = R(d);
    s->o[NV_SASS_A] = R(a);
    s->o[NV_SASS_OFFSET] = IMM(offset);
    return s;
}

struct nvhw_sass *emit_store(struct program *p, enum nvhw_sass_op op, unsigned a, int64_t offset,
                             unsigned data)
{
    struct nvhw_sass *s = emit(p, op);
    s->mod[NV_SASS_MOD_E] = is_global(op);
    s->o[NV_SASS_A] = R(a);
    s->o[NV_SASS_B] = R(data);
    s->o[NV_SASS_OFFSET] = IMM(offset);
    s->control.write_sb = NV_SASS_SB_NONE;
    return s;
}

struct nvhw_sass *emit_jump(struct program *p, enum nvhw_sass_op op, unsigned to)
{
    struct nvhw_sass *s = emit(p, op);
    s->o[NV_SASS_OFFSET] = IMM(((int64_t)to - (int64_t)p->count) * (int64_t)NV_SASS_BYTES);
    return s;
}

struct gpum_grid_desc program_place(struct program *p, struct flat *flat)
{
    for (unsigned n = 0; n < p->count; n++) {
        char why[160];
        if (!nvhw_sass_encode(PROGRAM_SM, &p->insn[n], flat->memory + n * NV_SASS_BYTES, why,
                              sizeof(why))) {
            fprintf(stderr, "instruction %u: %s\n", n, why);
            abort();
        }
    }
    gpum_sm_invalidate(&flat->gpum);
    return (struct gpum_grid_desc){.program_va = FLAT_VA,
                                   .sm_version = PROGRAM_SM,
                                   .register_count = 64,
                                   .barrier_count = 1,
                                   .cta = {32, 1, 1},
                                   .grid = {1, 1, 1}};
}
