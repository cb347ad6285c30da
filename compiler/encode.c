/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Addresses, branch offsets, bytes. Behind the last instruction stands a branch to itself, which
 * catches instruction prefetch, and NOPs up to a multiple of the code's alignment.
 */
#include "sass.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CODE_ALIGN_BYTES = 128, YIELD_STALL_MIN = 12, TEXT_BYTES = 256 };

struct encoder {
    struct cc_shader *s;
    struct magma_cc_shader *out;
    size_t at;
};

static void set_addresses(struct cc_shader *s, uint32_t *end)
{
    uint32_t at = 0;
    for (size_t i = 0; i < s->rpo_count; i++) {
        s->rpo[i]->address = at;
        for (struct cc_inst *inst = s->rpo[i]->first; inst; inst = inst->next) {
            inst->address = at;
            at += NV_SASS_BYTES;
        }
    }
    *end = at;
}

/* The text of the bytes, not of what they were made from. */
static void print_line(const struct encoder *e, const uint8_t *bytes)
{
    struct nvhw_sass sass;
    char text[TEXT_BYTES], control[TEXT_BYTES], line[3 * TEXT_BYTES];
    const struct magma_cc_options *options = e->s->options;
    if (!(options->print_mask & MAGMA_CC_PRINT_SASS) || !options->print) {
        return;
    }
    if (!nvhw_sass_decode(e->s->sm, bytes, &sass)) {
        cc_fail(e->s->arena, "the instruction at 0x%zx does not decode", e->at);
    }
    nvhw_sass_format(e->s->sm, &sass, e->at, text, sizeof(text));
    nvhw_sass_format_control(&sass.control, control, sizeof(control));
    snprintf(line, sizeof(line), "/*%04zx*/ %-60s /* %s */\n", e->at, text, control);
    options->print(options->print_ctx, line);
}

static void emit(struct encoder *e, const struct nvhw_sass *sass)
{
    char why[TEXT_BYTES] = "";
    if (!nvhw_sass_encode(e->s->sm, sass, e->out->code + e->at, why, sizeof(why))) {
        cc_fail(e->s->arena, "%s at 0x%zx cannot be encoded for sm_%u: %s",
                nvhw_sass_op_name(sass->op), e->at, e->s->sm, why);
    }
    print_line(e, e->out->code + e->at);
    e->at += NV_SASS_BYTES;
}

static void set_control(const struct cc_inst *inst, struct nvhw_sass *sass)
{
    sass->control.stall = inst->stall;
    sass->control.yield = inst->stall >= YIELD_STALL_MIN;
    sass->control.write_sb = inst->write_sb;
    sass->control.read_sb = inst->read_sb;
    sass->control.wait_mask = inst->wait_mask;
    sass->control.reuse = inst->reuse;
}

static void emit_inst(struct encoder *e, const struct cc_inst *inst)
{
    struct nvhw_sass sass;
    int64_t next = (int64_t)inst->address + NV_SASS_BYTES;
    cc_sass_build(e->s, inst, &sass);
    if (inst->target) {
        sass.o[NV_SASS_OFFSET] = nvhw_sass_imm((int64_t)inst->target->address - next);
    } else if (inst->pair) { /* threads go on behind the BSYNC */
        sass.o[NV_SASS_OFFSET] =
            nvhw_sass_imm((int64_t)inst->pair->address + NV_SASS_BYTES - next);
    }
    set_control(inst, &sass);
    emit(e, &sass);
}

static void emit_tail(struct encoder *e, size_t size)
{
    struct nvhw_sass sass;
    nvhw_sass_clear(&sass, NV_SASS_BRA);
    sass.o[NV_SASS_OFFSET] = nvhw_sass_imm(-(int64_t)NV_SASS_BYTES);
    sass.control.stall = 5;
    emit(e, &sass);
    nvhw_sass_clear(&sass, NV_SASS_NOP);
    while (e->at < size) {
        emit(e, &sass);
    }
}

void cc_encode_run(struct cc_shader *s, struct magma_cc_shader *out)
{
    uint32_t end;
    struct encoder e = {.s = s, .out = out};
    set_addresses(s, &end);
    size_t size =
        ((size_t)end + NV_SASS_BYTES + CODE_ALIGN_BYTES - 1) / CODE_ALIGN_BYTES * CODE_ALIGN_BYTES;
    out->code = calloc(1, size);
    if (!out->code) {
        cc_fail(s->arena, "out of memory");
    }
    out->code_size_bytes = size;
    out->instruction_count = end / NV_SASS_BYTES;
    for (size_t i = 0; i < s->rpo_count; i++) {
        for (const struct cc_inst *inst = s->rpo[i]->first; inst; inst = inst->next) {
            emit_inst(&e, inst);
        }
    }
    emit_tail(&e, size);
}
