/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A few lines to write SM programs in C: instructions are added to a list, get safe control codes
 * (every instruction waits for all before it) unless a test sets its own, and are encoded into flat
 * memory.
 */
#ifndef TESTS_GPUMODEL_SM_PROGRAM_H
#define TESTS_GPUMODEL_SM_PROGRAM_H

#include "flat.h"

#include <nvhw/sass.h>

enum { PROGRAM_MAX = 256, PROGRAM_SM = 86 };

struct program {
    struct nvhw_sass insn[PROGRAM_MAX];
    unsigned count;
};

#define R(n)                nvhw_sass_reg(n)
#define UR(n)               nvhw_sass_ureg(n)
#define P(n)                nvhw_sass_pred(n, false)
#define NOT_P(n)            nvhw_sass_pred(n, true)
#define IMM(n)              nvhw_sass_imm(n)
#define CONST(bank, offset) nvhw_sass_const(bank, offset)
#define RZ                  nvhw_sass_reg(NV_SASS_RZ)

/* Appends an instruction with safe control codes. */
struct nvhw_sass *emit(struct program *p, enum nvhw_sass_op op);
/* The usual shapes; absent operands are given as {0}. */
struct nvhw_sass *emit_abc(struct program *p, enum nvhw_sass_op op, struct nvhw_sass_operand d,
                           struct nvhw_sass_operand a, struct nvhw_sass_operand b,
                           struct nvhw_sass_operand c);
struct nvhw_sass *emit_mov(struct program *p, unsigned reg, struct nvhw_sass_operand b);
struct nvhw_sass *emit_s2r(struct program *p, unsigned reg, unsigned special);
struct nvhw_sass *emit_isetp(struct program *p, unsigned pred, unsigned cmp,
                             struct nvhw_sass_operand a, struct nvhw_sass_operand b);
/* Address: R[a]:R[a+1] + offset for global, R[a] + offset for shared and local. */
struct nvhw_sass *emit_load(struct program *p, enum nvhw_sass_op op, unsigned d, unsigned a,
                            int64_t offset);
struct nvhw_sass *emit_store(struct program *p, enum nvhw_sass_op op, unsigned a, int64_t offset,
                             unsigned data);
/* A branch to the instruction at index `to`, to be known when the program is placed. */
struct nvhw_sass *emit_jump(struct program *p, enum nvhw_sass_op op, unsigned to);

/* Encodes the program at FLAT_VA and returns a grid for it: 1 CTA of 32 threads, 64 registers. */
struct gpum_grid_desc program_place(struct program *p, struct flat *flat);

#endif
