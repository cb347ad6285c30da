/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Field access by name. reg and field are the names of the data files, pasted to the generated
 * NAME_FIELD__LO and NAME_FIELD__HI constants; values are 32 or 64 bits wide and the result has
 * the width of the value (NVHW_NUM and NVHW_DEF: 64 bits when the field lies above bit 31).
 */
#ifndef NVHW_BITS_H
#define NVHW_BITS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint64_t nvhw_mask64(unsigned lo, unsigned hi)
{
    return (~UINT64_C(0) >> (63 - (hi - lo))) << lo;
}

static inline uint64_t nvhw_get64(uint64_t value, unsigned lo, unsigned hi)
{
    return (value & nvhw_mask64(lo, hi)) >> lo;
}

static inline uint32_t nvhw_get32(uint32_t value, unsigned lo, unsigned hi)
{
    assert(hi < 32);
    return (uint32_t)nvhw_get64(value, lo, hi);
}

static inline uint64_t nvhw_num64(uint64_t number, unsigned lo, unsigned hi)
{
    assert((number & ~(nvhw_mask64(lo, hi) >> lo)) == 0);
    (void)hi; /* without assertions */
    return number << lo;
}

static inline uint32_t nvhw_num32(uint64_t number, unsigned lo, unsigned hi)
{
    return (uint32_t)nvhw_num64(number, lo, hi);
}

static inline uint64_t nvhw_set64(uint64_t value, uint64_t number, unsigned lo, unsigned hi)
{
    return (value & ~nvhw_mask64(lo, hi)) | nvhw_num64(number, lo, hi);
}

static inline uint32_t nvhw_set32(uint32_t value, uint64_t number, unsigned lo, unsigned hi)
{
    return (uint32_t)nvhw_set64(value, number, lo, hi);
}

#define NVHW_BY_WIDTH(value, f) _Generic((value), uint64_t : f##64, unsigned long long : f##64, default : f##32)

/* The field of a word. */
#define NVHW_GET(reg, field, value)                                                                \
    NVHW_BY_WIDTH(value, nvhw_get)((value), reg##_##field##__LO, reg##_##field##__HI)

/* The word with the field replaced by number, which must fit. */
#define NVHW_SET(reg, field, value, number)                                                        \
    NVHW_BY_WIDTH(value, nvhw_set)                                                                 \
    ((value), (number), reg##_##field##__LO, reg##_##field##__HI)

/* A number, which must fit, shifted into the field's place. */
#define NVHW_NUM(reg, field, number)                                                               \
    __builtin_choose_expr(reg##_##field##__HI < 32,                                                \
                          nvhw_num32((number), reg##_##field##__LO, reg##_##field##__HI),          \
                          nvhw_num64((number), reg##_##field##__LO, reg##_##field##__HI))

/* A named value shifted into place: a constant expression. */
#define NVHW_DEF(reg, field, name)                                                                 \
    __builtin_choose_expr(reg##_##field##__HI < 32,                                                \
                          (uint32_t)((uint64_t)reg##_##field##_##name << reg##_##field##__LO),     \
                          (uint64_t)reg##_##field##_##name << reg##_##field##__LO)

/* True when the field holds the named value. */
#define NVHW_TEST(reg, field, name, value)                                                         \
    (NVHW_BY_WIDTH(value, nvhw_get)((value), reg##_##field##__LO, reg##_##field##__HI) ==          \
     reg##_##field##_##name)

/* The field's bits: a constant expression. */
#define NVHW_MASK(reg, field)                                                                      \
    __builtin_choose_expr(                                                                         \
        reg##_##field##__HI < 32,                                                                  \
        (uint32_t)((~UINT64_C(0) >> (63 - (reg##_##field##__HI - reg##_##field##__LO)))            \
                   << reg##_##field##__LO),                                                        \
        (~UINT64_C(0) >> (63 - (reg##_##field##__HI - reg##_##field##__LO)))                       \
            << reg##_##field##__LO)

/* One field of a bit-addressed block; count 0 means that the version lacks it. */
struct nvhw_bit_field {
    uint16_t lo, hi;
    uint16_t step;
    uint8_t count;
    uint8_t shift;
};

/* Generic access behind the generated nvhw_FAMILY_set/get; f may be NULL (returns false). */
bool nvhw_bit_field_set(const struct nvhw_bit_field *f, uint32_t *dwords, unsigned index,
                        uint64_t value);
bool nvhw_bit_field_get(const struct nvhw_bit_field *f, const uint32_t *dwords, unsigned index,
                        uint64_t *value);

#endif
