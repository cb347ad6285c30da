/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Emitting instructions. Each function appends to the builder's block and returns the result as a
 * source; what can be computed now is, so that constants never become instructions.
 */
#ifndef CC_BUILD_H
#define CC_BUILD_H

#include "ir.h"

struct cc_builder {
    struct cc_shader *s;
    struct cc_block *block;
};

struct cc_pair {
    struct cc_src lo, hi;
};

/* Truth tables of LOP3 and PLOP3: inputs a, b, c as 0xf0, 0xcc, 0xaa. */
enum { CC_LUT_A = 0xf0, CC_LUT_B = 0xcc, CC_LUT_C = 0xaa };

/* A detached instruction with these sources (count of them). */
struct cc_inst *cc_b_inst(struct cc_builder *b, enum cc_op op, uint32_t count,
                          const struct cc_src *src);
/* Folds or appends; returns the single result of the given file. */
struct cc_src cc_b_emit(struct cc_builder *b, struct cc_inst *inst, enum cc_file file);
/* Appends without folding, no result. */
void cc_b_append(struct cc_builder *b, struct cc_inst *inst);

/* 32-bit integers */
struct cc_src cc_b_iadd(struct cc_builder *b, struct cc_src x, struct cc_src y);
struct cc_src cc_b_isub(struct cc_builder *b, struct cc_src x, struct cc_src y);
struct cc_src cc_b_imad(struct cc_builder *b, struct cc_src x, struct cc_src y, struct cc_src z);
struct cc_src cc_b_imul(struct cc_builder *b, struct cc_src x, struct cc_src y);
struct cc_src cc_b_mulhi(struct cc_builder *b, struct cc_src x, struct cc_src y, bool is_signed);
struct cc_pair cc_b_wide(struct cc_builder *b, struct cc_src x, struct cc_src y, struct cc_pair add,
                         bool is_signed);
struct cc_src cc_b_lop3(struct cc_builder *b, struct cc_src x, struct cc_src y, struct cc_src z,
                        unsigned lut);
struct cc_src cc_b_and(struct cc_builder *b, struct cc_src x, struct cc_src y);
struct cc_src cc_b_or(struct cc_builder *b, struct cc_src x, struct cc_src y);
struct cc_src cc_b_xor(struct cc_builder *b, struct cc_src x, struct cc_src y);
struct cc_src cc_b_not(struct cc_builder *b, struct cc_src x);
struct cc_src cc_b_shl(struct cc_builder *b, struct cc_src x, struct cc_src count);
struct cc_src cc_b_shr(struct cc_builder *b, struct cc_src x, struct cc_src count, bool is_signed);
struct cc_src cc_b_shf(struct cc_builder *b, struct cc_src lo, struct cc_src count,
                       struct cc_src hi, uint32_t flags);
struct cc_src cc_b_icmp(struct cc_builder *b, enum cc_cmp cmp, struct cc_src x, struct cc_src y,
                        bool is_signed);
struct cc_src cc_b_minmax(struct cc_builder *b, struct cc_src x, struct cc_src y, uint32_t flags);
struct cc_src cc_b_unary(struct cc_builder *b, enum cc_op op, struct cc_src x, uint32_t flags);
struct cc_src cc_b_sel(struct cc_builder *b, struct cc_src p, struct cc_src x, struct cc_src y);
/* Both quotient and remainder of unsigned division; dividing by zero gives some value. */
void cc_b_udivrem(struct cc_builder *b, struct cc_src n, struct cc_src d, struct cc_src *quotient,
                  struct cc_src *remainder);

/* 64-bit integers as pairs */
struct cc_pair cc_b_add64(struct cc_builder *b, struct cc_pair x, struct cc_pair y);
struct cc_pair cc_b_sub64(struct cc_builder *b, struct cc_pair x, struct cc_pair y);
struct cc_pair cc_b_mul64(struct cc_builder *b, struct cc_pair x, struct cc_pair y);
struct cc_src cc_b_icmp64(struct cc_builder *b, enum cc_cmp cmp, struct cc_pair x, struct cc_pair y,
                          bool is_signed);
struct cc_pair cc_b_sel64(struct cc_builder *b, struct cc_src p, struct cc_pair x, struct cc_pair y);
struct cc_pair cc_b_minmax64(struct cc_builder *b, struct cc_pair x, struct cc_pair y,
                             uint32_t flags);
struct cc_pair cc_b_abs64(struct cc_builder *b, struct cc_pair x);
/* The remainder of the signed division has the dividend's sign. */
void cc_b_udivrem64(struct cc_builder *b, struct cc_pair n, struct cc_pair d,
                    struct cc_pair *quotient, struct cc_pair *remainder);
void cc_b_sdivrem64(struct cc_builder *b, struct cc_pair n, struct cc_pair d,
                    struct cc_pair *quotient, struct cc_pair *remainder);
/* To the nearest float; and towards zero, from a float below 2^64 or, signed, 2^63. */
struct cc_src cc_b_i2f64(struct cc_builder *b, struct cc_pair x, bool is_signed);
struct cc_pair cc_b_f2i64(struct cc_builder *b, struct cc_src x);
struct cc_pair cc_b_f2i64_signed(struct cc_builder *b, struct cc_src x);

/* Predicates */
struct cc_src cc_b_pnot(struct cc_src p);
struct cc_src cc_b_plop3(struct cc_builder *b, struct cc_src p, struct cc_src q, struct cc_src r,
                         unsigned lut);
struct cc_src cc_b_pand(struct cc_builder *b, struct cc_src p, struct cc_src q);
struct cc_src cc_b_por(struct cc_builder *b, struct cc_src p, struct cc_src q);
struct cc_src cc_b_pxor(struct cc_builder *b, struct cc_src p, struct cc_src q);
/* 1 or 0 of a predicate, and back (non-zero is true). */
struct cc_src cc_b_from_bool(struct cc_builder *b, struct cc_src p);
struct cc_src cc_b_to_bool(struct cc_builder *b, struct cc_src x);

/* Floats. flags: CC_F_EXACT, CC_F_SAT, CC_F_FTZ */
struct cc_src cc_b_fadd(struct cc_builder *b, struct cc_src x, struct cc_src y, uint32_t flags);
struct cc_src cc_b_fsub(struct cc_builder *b, struct cc_src x, struct cc_src y, uint32_t flags);
struct cc_src cc_b_fmul(struct cc_builder *b, struct cc_src x, struct cc_src y, uint32_t flags);
struct cc_src cc_b_ffma(struct cc_builder *b, struct cc_src x, struct cc_src y, struct cc_src z,
                        uint32_t flags);
struct cc_src cc_b_fminmax(struct cc_builder *b, struct cc_src x, struct cc_src y, uint32_t flags);
struct cc_src cc_b_fcmp(struct cc_builder *b, enum cc_cmp cmp, struct cc_src x, struct cc_src y);
struct cc_src cc_b_mufu(struct cc_builder *b, enum cc_mufu function, struct cc_src x);
struct cc_src cc_b_fneg(struct cc_builder *b, struct cc_src x);
struct cc_src cc_b_fabs(struct cc_builder *b, struct cc_src x);
struct cc_src cc_b_frnd(struct cc_builder *b, struct cc_src x, enum cc_rnd rnd);
struct cc_src cc_b_float(float value);
struct cc_src cc_b_f2i(struct cc_builder *b, struct cc_src x, bool is_signed, enum cc_rnd rnd);
struct cc_src cc_b_i2f(struct cc_builder *b, struct cc_src x, bool is_signed, enum cc_rnd rnd);

#endif
