/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The IR as text, one instruction a line, for people and for tests. */
#include "ir.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct line {
    char text[512];
    size_t used;
};

static void put(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line->text + line->used, sizeof(line->text) - line->used, format, args);
    va_end(args);
    if (n > 0) {
        line->used += (size_t)n;
        if (line->used >= sizeof(line->text)) {
            line->used = sizeof(line->text) - 1;
        }
    }
}

static void put_val(struct line *line, const struct cc_shader *s, uint32_t v)
{
    const struct cc_val *val = &s->vals[v];
    put(line, "%s%" PRIu32, val->file == CC_PRED ? "p" : "v", v);
    if (val->reg != CC_REG_NONE) {
        put(line, ":%c%u", val->file == CC_PRED ? 'P' : 'R', val->reg);
    }
}

static void put_src(struct line *line, const struct cc_shader *s, struct cc_src src)
{
    put(line, "%s%s%s", src.inv ? "!" : "", src.neg ? "-" : "", src.abs ? "|" : "");
    switch (src.kind) {
    case CC_VAL:
        put_val(line, s, src.v);
        break;
    case CC_IMM:
        put(line, src.file == CC_PRED ? (src.v ? "true" : "false") : "0x%" PRIx32, src.v);
        break;
    case CC_CBUF:
        put(line, "c[0x%" PRIx32 "]", src.v);
        break;
    default:
        put(line, "_");
        break;
    }
    put(line, "%s", src.abs ? "|" : "");
}

static void put_modifiers(struct line *line, const struct cc_inst *inst)
{
    if (inst->flags) {
        put(line, " flags=0x%" PRIx32, inst->flags);
    }
    if (inst->op == CC_ISETP || inst->op == CC_FSETP) {
        put(line, " cmp=%u", inst->cmp);
    }
    if (inst->op == CC_LOP3 || inst->op == CC_PLOP3) {
        put(line, " lut=0x%02x", inst->lut);
    }
    if (inst->sub) {
        put(line, " sub=%u", inst->sub);
    }
    if (inst->type || inst->type2) {
        put(line, " type=%u,%u", inst->type, inst->type2);
    }
    if (inst->offset) {
        put(line, " offset=%" PRId32, inst->offset);
    }
}

static void print_inst(struct cc_shader *s, const struct cc_inst *inst)
{
    struct line line = {.used = 0};
    put(&line, "    ");
    if (inst->guard.kind != CC_NONE) {
        put(&line, "@");
        put_src(&line, s, inst->guard);
        put(&line, " ");
    }
    for (unsigned i = 0; i < inst->def_count; i++) {
        put(&line, "%s", i ? ", " : "");
        put_val(&line, s, inst->def[i]);
    }
    put(&line, "%s%s", inst->def_count ? " = " : "", cc_op_name(inst->op));
    for (uint32_t i = 0; i < inst->src_count; i++) {
        put(&line, "%s", i == 0 ? " " : inst->src[i].join ? ":" : ", ");
        put_src(&line, s, inst->src[i]);
    }
    put_modifiers(&line, inst);
    if (inst->target) {
        put(&line, " -> b%" PRIu32, inst->target->id);
    }
    put(&line, "\n");
    s->options->print(s->options->print_ctx, line.text);
}

void cc_ir_print(struct cc_shader *s, const char *after)
{
    if (!(s->options->print_mask & MAGMA_CC_PRINT_IR) || !s->options->print) {
        return;
    }
    struct line line = {.used = 0};
    put(&line, "# %s\n", after);
    s->options->print(s->options->print_ctx, line.text);
    for (size_t i = 0; i < s->rpo_count; i++) {
        const struct cc_block *block = s->rpo[i];
        line.used = 0;
        put(&line, "b%" PRIu32 ":  # preds", block->id);
        for (size_t p = 0; p < block->pred_count && p < 16; p++) {
            put(&line, " b%" PRIu32, block->preds[p]->id);
        }
        for (unsigned k = 0; k < 2; k++) {
            if (block->succ[k]) {
                put(&line, "%s b%" PRIu32, k ? "" : " succs", block->succ[k]->id);
            }
        }
        put(&line, " loop %" PRIu32 "\n", block->loop_depth);
        s->options->print(s->options->print_ctx, line.text);
        for (const struct cc_inst *inst = block->first; inst; inst = inst->next) {
            print_inst(s, inst);
        }
    }
}
