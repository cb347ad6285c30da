/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reuse bits. Registers lie in two banks, odd and even, of which an instruction can read one
 * register each per cycle. A bit on an operand keeps its register for the same slot of an
 * instruction that follows shortly: a multiply-add with two sources in one bank then takes one cycle
 * and not two.
 *
 * An entry, one per slot and bank, is lost at the next read there. It must not be kept over a write
 * of the register, a yield or a wait for a scoreboard; it is not kept over longer stalls either.
 */
#include "sass.h"

enum { SLOTS = 3, DISTANCE_MAX = 3, STALL_KEPT_MAX = 2 };

static bool takes_part(const struct cc_inst *inst)
{
    switch (inst->op) {
    case CC_FFMA: case CC_FMUL: case CC_FADD: case CC_IADD3: case CC_IMAD: case CC_LOP3:
    case CC_SHF: case CC_ISETP: case CC_FSETP: case CC_SEL:
        return inst->guard.kind == CC_NONE;
    default:
        return false;
    }
}

/* The register that the slot reads; CC_REG_ZERO: none. */
static unsigned slot_register(const struct nvhw_sass *sass, unsigned slot)
{
    const struct nvhw_sass_operand *o = &sass->o[NV_SASS_A + slot];
    /* With a constant in C, the register of B stands in another place. */
    bool moved = slot == 1 && sass->o[NV_SASS_C].kind != NV_SASS_REG &&
                 sass->o[NV_SASS_C].kind != NV_SASS_NONE;
    return o->kind == NV_SASS_REG && !moved ? o->reg : CC_REG_ZERO;
}

static bool writes(const struct cc_shader *s, const struct cc_inst *inst, unsigned reg)
{
    for (unsigned i = 0; i < inst->def_count; i++) {
        const struct cc_val *val = &s->vals[inst->def[i]];
        if (val->file == CC_GPR && val->reg == reg) {
            return true;
        }
    }
    return false;
}

static bool read_again(const struct cc_shader *s, const struct cc_inst *inst, unsigned slot,
                       unsigned reg)
{
    for (unsigned n = 0; n < DISTANCE_MAX; n++) {
        if (writes(s, inst, reg) || inst->stall > STALL_KEPT_MAX) {
            return false;
        }
        inst = inst->next;
        if (!inst || !takes_part(inst) || inst->wait_mask) {
            return false;
        }
        struct nvhw_sass sass;
        cc_sass_build(s, inst, &sass);
        unsigned other = slot_register(&sass, slot);
        if (other != CC_REG_ZERO && other % 2 == reg % 2) {
            return other == reg;
        }
    }
    return false;
}

void cc_reuse_run(struct cc_shader *s)
{
    for (size_t b = 0; b < s->rpo_count && !s->options->debug_serial; b++) {
        for (struct cc_inst *inst = s->rpo[b]->first; inst; inst = inst->next) {
            struct nvhw_sass sass;
            if (!takes_part(inst)) {
                continue;
            }
            cc_sass_build(s, inst, &sass);
            for (unsigned slot = 0; slot < SLOTS; slot++) {
                unsigned reg = slot_register(&sass, slot);
                if (reg != CC_REG_ZERO && read_again(s, inst, slot, reg)) {
                    inst->reuse |= (uint8_t)(1u << slot);
                }
            }
        }
    }
}
