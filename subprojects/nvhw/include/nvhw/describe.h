/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Descriptions of all facts, for pretty-printers, decoders and traces. Everything here is constant
 * data with static storage; the functions are pure and may be called from any thread.
 */
#ifndef NVHW_DESCRIBE_H
#define NVHW_DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nvhw_value {
    const char *name;
    uint64_t number;
};

struct nvhw_field {
    const char *name;
    uint16_t lo, hi;
    const struct nvhw_value *values;
    size_t value_count;
};

/* A register (offset into its block) or a class method (offset of the method). */
struct nvhw_reg_desc {
    const char *name;
    uint32_t offset, step, count;
    const struct nvhw_field *fields;
    size_t field_count;
    const char *source;
    const char *checked;
};

/* Registers at one base. label is "" for absolute registers, else the block's ("GSP"). */
struct nvhw_reg_block {
    const char *label; /* NULL ends the array */
    uint32_t base;
    const struct nvhw_reg_desc *regs;
    size_t reg_count;
};

struct nvhw_class_desc {
    const char *name; /* NULL ends the array */
    uint32_t number;
    const char *kind; /* "host", "compute", "copy", "graphics", ... */
    const struct nvhw_reg_desc *methods;
    size_t method_count;
};

struct nvhw_member_desc {
    const char *name;
    uint32_t offset, element_bytes, count;
    const char *inner; /* name of the member's structure, or NULL for a number */
};

struct nvhw_struct_desc {
    const char *name; /* NULL ends the array */
    uint32_t size_bytes;
    const struct nvhw_member_desc *members;
    size_t member_count;
};

extern const struct nvhw_reg_block nvhw_reg_blocks[];
extern const struct nvhw_class_desc nvhw_classes[];
extern const struct nvhw_struct_desc nvhw_structs[];

struct nvhw_register_hit {
    const struct nvhw_reg_block *block;
    const struct nvhw_reg_desc *reg;
    uint32_t index; /* element of an array register */
};

/* The register at a BAR0 offset; false if the data files know none. */
bool nvhw_register_find(uint32_t offset, struct nvhw_register_hit *hit);

/* A class by number, NULL if unknown. */
const struct nvhw_class_desc *nvhw_class_find(uint32_t number);

/* A class's method at a byte offset, NULL if unknown; *index is the array element. */
const struct nvhw_reg_desc *nvhw_method_find(const struct nvhw_class_desc *cls, uint32_t offset,
                                             uint32_t *index);

/* A structure by name, NULL if unknown. */
const struct nvhw_struct_desc *nvhw_struct_find(const char *name);

/*
 * The printers write at most size_bytes (terminated, truncated if need be) and return the length
 * that the whole text has, as snprintf does.
 */

/* "GSP:NV_PFALCON_FALCON_CPUCTL", "NV_PMC_BOOT_42", or "0x00123456" if unknown. */
int nvhw_format_register_name(char *text, size_t size_bytes, uint32_t offset);

/* "ARCHITECTURE=AMPERE IMPLEMENTATION=0x2": the fields of a register or method. */
int nvhw_format_fields(char *text, size_t size_bytes, const struct nvhw_reg_desc *reg,
                       uint64_t value);

/* A structure from memory, one "  name = value" line per member (nested ones indented).
 * data_bytes may be smaller than the structure: members beyond are left out. */
int nvhw_format_struct(char *text, size_t size_bytes, const struct nvhw_struct_desc *desc,
                       const void *data, size_t data_bytes);

#endif
