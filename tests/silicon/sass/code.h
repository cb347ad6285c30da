/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Small programs for sm_90, put together in C. Unless told otherwise an instruction is serial: what
 * has a variable latency sets scoreboards 0 and 1, everything waits for both and stalls for 15
 * cycles.
 */
#ifndef TESTS_SILICON_SASS_CODE_H
#define TESTS_SILICON_SASS_CODE_H

#include <nvhw/sass.h>

enum { CODE_MAX = 512 };

#define R(n)     nvhw_sass_reg(n)
#define UR(n)    nvhw_sass_ureg(n)
#define P(n)     nvhw_sass_pred(n, false)
#define NOT_P(n) nvhw_sass_pred(n, true)
#define IMM(n)   nvhw_sass_imm(n)
#define ROOT(at) nvhw_sass_const(0, at)
#define RZ       nvhw_sass_reg(NV_SASS_RZ)

struct code {
    struct nvhw_sass insn[CODE_MAX];
    bool given[CODE_MAX]; /* control bits as they stand */
    unsigned count;
};

/* Control bits of the serial style for one instruction. */
void code_serial(struct nvhw_sass *insn);

/* Appends an instruction; the caller fills in the rest. Beyond CODE_MAX the last one is
 * overwritten. */
struct nvhw_sass *code_add(struct code *code, enum nvhw_sass_op op);
struct nvhw_sass *code_abc(struct code *code, enum nvhw_sass_op op, unsigned d,
                           struct nvhw_sass_operand a, struct nvhw_sass_operand b,
                           struct nvhw_sass_operand c);
struct nvhw_sass *code_mov(struct code *code, unsigned d, struct nvhw_sass_operand b);
struct nvhw_sass *code_special(struct code *code, unsigned d, unsigned number);
/* R[d]:R[d+1] += R[a] * b, unsigned. */
struct nvhw_sass *code_advance(struct code *code, unsigned d, unsigned a,
                               struct nvhw_sass_operand b);
/* P[p] = R[a] cmp b, signed. */
struct nvhw_sass *code_compare(struct code *code, unsigned p, unsigned cmp, unsigned a,
                               struct nvhw_sass_operand b);
/* Loads and stores of 32 bits: LDG, STG at R[address]:R[address+1], the others at R[address]. */
struct nvhw_sass *code_access(struct code *code, enum nvhw_sass_op op, unsigned address,
                              int64_t offset, unsigned data);
/* A branch, BSSY, CALL; code_aim says where to, once that is known. Returns its index. */
unsigned code_jump(struct code *code, enum nvhw_sass_op op, unsigned barrier);
void code_aim(struct code *code, unsigned jump, unsigned at);

/* Guards the last instruction with P[p], or !P[p]. */
void code_guard(struct code *code, unsigned p, bool invert);
/* Keeps the last instruction's control bits as they are now. */
void code_keep_control(struct code *code);

/* Encodes into size_bytes at `bytes` and clears what is left. False: something does not encode or
 * fit. */
bool code_encode(const struct code *code, uint8_t *bytes, uint32_t size_bytes);

#endif
