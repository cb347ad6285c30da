/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The instructions of GLSL.std.450 in two halves: those that work on each component (glsl_math.c)
 * and those that look at whole vectors, matrices, pointers or packed words (spirv_glsl.c).
 */
#ifndef CC_GLSL_H
#define CC_GLSL_H

#include <spirv/unified1/GLSL.std.450.h>

#include "spirv.h"

/* One component of a component-wise instruction; false when `number` is none of those. */
bool glsl_component(struct cc_builder *b, uint32_t number, const struct cc_src *x,
                    struct cc_src *out);

/* The same for 64-bit integers; false: it is none that takes them. */
bool glsl_wide_component(struct cc_builder *b, uint32_t number, const struct cc_pair *x,
                         struct cc_pair *out);

/* How many operands the component-wise instruction takes; 0: it is none. */
unsigned glsl_operand_count(uint32_t number);

/* What its operands must be. */
bool glsl_takes_integers(uint32_t number);

struct cc_src glsl_saturate(struct cc_builder *b, struct cc_src x);

#endif
