/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From an allocated IR instruction to the machine's instruction. */
#ifndef CC_SASS_H
#define CC_SASS_H

#include "ir.h"
#include "nvhw/sass.h"

/* Fills out but for control bits and branch offsets. Fails the compilation for what cannot be. */
void cc_sass_build(const struct cc_shader *s, const struct cc_inst *inst, struct nvhw_sass *out);

/* ---- latency.c: distances in issue cycles, from the scheduling facts of each SM ---- */

/* From a fixed-latency writer to a reader of a general register. */
unsigned cc_latency_gpr(unsigned sm, enum nvhw_sass_pipe writer, enum nvhw_sass_pipe reader);

/* The same of a predicate; guard: the reader is predicated by it. */
unsigned cc_latency_pred(unsigned sm, enum nvhw_sass_pipe writer, enum nvhw_sass_pipe reader,
                         bool guard);

/* Between two writers of one register. */
unsigned cc_latency_waw(unsigned sm, enum cc_file file, enum nvhw_sass_pipe first,
                        enum nvhw_sass_pipe second, bool second_variable);

/* Cycles that any instruction must wait behind one of this operation. */
unsigned cc_latency_after(unsigned sm, unsigned op);

/* Enough for a result of the file whoever reads it. */
unsigned cc_latency_worst(unsigned sm, enum cc_file file);

#endif
