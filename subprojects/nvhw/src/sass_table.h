/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The generated SASS rows as the decoder, the encoder and the printer see them. Private to nvhw;
 * what users need is nvhw/sass.h. gen/sass_gen.py writes the arrays.
 */
#ifndef NVHW_SRC_SASS_TABLE_H
#define NVHW_SRC_SASS_TABLE_H

#include <nvhw/sass.h>

enum sass_field_kind {
    SASS_FIELD_REG = 1,
    SASS_FIELD_UREG = 2,
    SASS_FIELD_PRED = 3,
    SASS_FIELD_UPRED = 4,
    SASS_FIELD_IMM = 5,
    SASS_FIELD_CONST = 6,      /* 32..58 and 91: c[bank][offset] or cx[UR][offset] */
    SASS_FIELD_CONST_BANK = 7, /* first piece offset, second bank */
    SASS_FIELD_CBAR = 8,
    SASS_FIELD_MOD = 9,
    SASS_FIELD_CONST_UR = 10 /* first piece offset, second uniform register */
};

enum sass_imm_type {
    SASS_IMM_PLAIN = 0,
    SASS_IMM_SIGNED = 1,
    SASS_IMM_UNSIGNED = 2,
    SASS_IMM_FLOAT = 3,
    SASS_IMM_DOUBLE = 4,
    SASS_IMM_HALF2 = 5,
    SASS_IMM_HEX = 6,
    SASS_IMM_LANES = 7,  /* printed only when not the default */
    SASS_IMM_SWIZZLE = 8 /* FSWZADD's four lane codes */
};

/* Width codes above 4 name the modifier that tells how many registers an operand has. */
enum sass_width {
    SASS_WIDTH_SIZE = 16,
    SASS_WIDTH_ATYPE = 17,
    SASS_WIDTH_DST = 18,
    SASS_WIDTH_SRC = 19,
    SASS_WIDTH_E = 20,
    SASS_WIDTH_U64 = 21,
    SASS_WIDTH_B64 = 22,
    SASS_WIDTH_ASIZE = 23
};

#define SASS_VALUE_NONE     0xffffu /* reserved code */
#define SASS_VALUE_DEFAULT  0x8000u /* the code an encoder uses for modifier value 0 */
#define SASS_FIELD_INVERTED 0x8000u /* predicate stored as 7 - n */

struct sass_value {
    uint16_t value;
    const char *text;
};

struct sass_field {
    uint8_t kind;
    uint8_t target; /* slot or modifier */
    uint8_t piece[3][2];
    uint8_t neg, abs, inv, half; /* bit numbers, 0 = none */
    uint8_t type;
    uint8_t shift;
    uint8_t width;
    uint16_t absent; /* what an absent operand means; predicates: bit 3 negates */
    uint16_t first_value;
    uint16_t value_count;
};

struct sass_row {
    uint16_t op;
    uint16_t code;
    uint8_t sms; /* bit per entry of sass_sms */
    uint8_t pipe;
    uint16_t first_field;
    uint8_t field_count;
    uint64_t mask[2];  /* bits that have a meaning */
    uint64_t fixed[2]; /* values of the bits in `must` */
    uint64_t must[2];  /* bits that tell this row from others */
    const char *text;
};

struct sass_op_entry {
    const char *name;
    uint16_t first_row;
    uint16_t row_count;
};

struct sass_special {
    uint8_t number, first_sm;
    const char *name;
};

extern const struct sass_value sass_values[];
extern const struct sass_field sass_fields[];
extern const struct sass_row sass_rows[];
extern const unsigned sass_row_count;
extern const uint16_t sass_code_rows[];
extern const uint16_t sass_code_starts[4097];
extern const struct sass_op_entry sass_ops[NV_SASS_OP_COUNT];
extern const char *const sass_mod_names[NV_SASS_MOD_COUNT];
extern const struct sass_special sass_specials[];
extern const unsigned sass_special_count;

/* Index of the SM in the table (bit of sass_row.sms), -1 when unknown. */
int sass_sm_index(unsigned sm);

/* The row an instruction belongs to: its `form` when that fits, NULL when the op has none. */
const struct sass_row *sass_row_of(const struct nvhw_sass *in);

/* The field of `slot` in `row`, NULL when it has none. */
const struct sass_field *sass_slot_field(const struct sass_row *row, unsigned slot);

/* Bits of a field out of two little-endian words, low piece first; and back. */
uint64_t sass_get(const struct sass_field *field, const uint64_t word[2]);
unsigned sass_bits(const struct sass_field *field);

#endif
