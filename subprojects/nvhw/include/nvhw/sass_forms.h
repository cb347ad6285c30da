/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The rows of the SASS table, to be walked: which operand kinds a form takes, where signs may
 * stand, which modifiers it has and which values of them exist. For programs that go through all of
 * them: sweeps on silicon, generators, documentation. Who builds one instruction needs nvhw/sass.h
 * only.
 *
 * Pure functions on constant tables; callable from any thread.
 */
#ifndef NVHW_SASS_FORMS_H
#define NVHW_SASS_FORMS_H

#include <nvhw/sass.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { NV_SASS_FORM_MODS = 20, NV_SASS_FORM_VALUES = 32 };

/* How an immediate's bits are meant. */
enum nvhw_sass_imm_type {
    NV_SASS_IMM_UNSIGNED,
    NV_SASS_IMM_SIGNED,
    NV_SASS_IMM_F32,
    NV_SASS_IMM_F64, /* the high 32 bits */
    NV_SASS_IMM_F16X2
};

struct nvhw_sass_form_slot {
    uint8_t kind; /* enum nvhw_sass_kind; NV_SASS_NONE: the form has no such slot */
    bool neg, abs, inv, half;
    uint8_t imm_bits, imm_shift; /* immediates: value = field << imm_shift */
    uint8_t imm_type;            /* enum nvhw_sass_imm_type */
};

struct nvhw_sass_form_mod {
    uint16_t mod;                         /* enum nvhw_sass_mod */
    uint16_t count;                       /* values below; 0: a plain number of `bits` bits */
    uint16_t values[NV_SASS_FORM_VALUES]; /* as in struct nvhw_sass.mod */
    uint8_t bits;
};

struct nvhw_sass_form {
    uint16_t op, code; /* code: bits 0..11 of the instruction */
    struct nvhw_sass_form_slot slot[NV_SASS_SLOT_COUNT];
    uint8_t mod_count;
    struct nvhw_sass_form_mod mod[NV_SASS_FORM_MODS];
};

/* How many rows the table has, over all SMs. */
unsigned nvhw_sass_form_count(void);

/*
 * Describes row `form` (0 .. nvhw_sass_form_count() - 1), the number that nvhw_sass_decode stores
 * in nvhw_sass.form. False when the row does not exist on `sm`; *out is then unspecified.
 */
bool nvhw_sass_form_describe(unsigned sm, unsigned form, struct nvhw_sass_form *out);

#ifdef __cplusplus
}
#endif

#endif
