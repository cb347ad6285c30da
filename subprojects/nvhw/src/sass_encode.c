/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * SASS encoding: finds the row of an operation whose slots take the given operand kinds, and fills
 * in the fields. The message for a refusal comes from the row that got furthest.
 */
#include "sass_table.h"

#include <stdio.h>

static const char *const slot_names[NV_SASS_SLOT_COUNT] = {
    "D", "A", "B", "C", "PD", "PQ", "PA", "PB", "PC", "UR", "OFFSET", "LUT", "LUT2", "CB", "D2"};

struct attempt {
    uint64_t word[2];
    int sm_index;
    unsigned progress; /* fields done before the refusal, to choose the most telling message */
    char why[128];
};

static void put(uint64_t word[2], unsigned lo, unsigned count, uint64_t value)
{
    if (count < 64)
        value &= (UINT64_C(1) << count) - 1;
    if (lo >= 64) {
        word[1] |= value << (lo - 64);
        return;
    }
    word[0] |= value << lo;
    if (lo + count > 64)
        word[1] |= value >> (64 - lo);
}

static void put_field(uint64_t word[2], const struct sass_field *field, uint64_t value)
{
    for (unsigned i = 0; i < 3 && field->piece[i][1]; i++) {
        put(word, field->piece[i][0], field->piece[i][1], value);
        value >>= field->piece[i][1];
    }
}

#define REFUSE(a, ...) (snprintf((a)->why, sizeof((a)->why), __VA_ARGS__), false)

static bool put_sign(struct attempt *a, bool wanted, uint8_t bit, const char *slot,
                     const char *what)
{
    if (!wanted)
        return true;
    if (!bit)
        return REFUSE(a, "operand %s cannot take %s here", slot, what);
    put(a->word, bit, 1, 1);
    return true;
}

static bool put_imm(struct attempt *a, const struct sass_field *field, int64_t imm,
                    const char *slot)
{
    unsigned bits = sass_bits(field);
    uint64_t low = (uint64_t)imm & ((UINT64_C(1) << field->shift) - 1);
    int64_t value = imm >> field->shift;
    int64_t most = bits >= 63 ? INT64_MAX : (int64_t)((UINT64_C(1) << bits) - 1);
    int64_t least = bits >= 63 ? INT64_MIN : -(int64_t)(UINT64_C(1) << (bits - 1));
    if (field->type == SASS_IMM_SIGNED && bits < 32)
        most = -least - 1;
    else if (field->type != SASS_IMM_SIGNED && bits < 32)
        least = 0;
    if (field->type == SASS_IMM_SIGNED && bits > 32)
        most = -least - 1;
    if (low || value < least || value > most)
        return REFUSE(a, "immediate %lld of %s does not fit %u bits%s", (long long)imm, slot, bits,
                      field->shift ? " of multiples" : "");
    put_field(a->word, field, (uint64_t)value);
    return true;
}

static bool put_ureg(struct attempt *a, unsigned lo, unsigned bits, unsigned reg, const char *slot)
{
    bool narrow = a->sm_index < 5;
    if (narrow && reg == NV_SASS_URZ)
        reg = 63;
    else if (narrow && reg >= 63)
        return REFUSE(a, "uniform register %u of %s does not exist", reg, slot);
    put(a->word, lo, bits, reg);
    return true;
}

static bool put_const(struct attempt *a, const struct sass_field *field,
                      const struct nvhw_sass_operand *o, const char *slot)
{
    const uint8_t(*piece)[2] = field->piece;
    if (field->kind == SASS_FIELD_CONST) {
        if (o->imm < 0 || o->imm > 0xffff || o->bank > 31)
            return REFUSE(a, "c[%u][%lld] is out of range", o->bank, (long long)o->imm);
        put(a->word, 38, 16, (uint64_t)o->imm);
        if (o->kind == NV_SASS_CONST)
            put(a->word, 54, 5, o->bank);
        else
            put(a->word, 91, 1, 1);
        return o->kind == NV_SASS_CONST || put_ureg(a, 32, 6, o->reg, slot);
    }
    if (o->imm < -(INT64_C(1) << (piece[0][1] - 1)) || o->imm >= INT64_C(1) << piece[0][1])
        return REFUSE(a, "constant offset %lld is out of range", (long long)o->imm);
    put(a->word, piece[0][0], piece[0][1], (uint64_t)o->imm);
    if (field->kind == SASS_FIELD_CONST_UR)
        return put_ureg(a, piece[1][0], piece[1][1], o->reg, slot);
    put(a->word, piece[1][0], piece[1][1], o->bank);
    return true;
}

static bool kind_fits(uint8_t field, uint8_t kind)
{
    switch (field) {
    case SASS_FIELD_REG:
        return kind == NV_SASS_REG;
    case SASS_FIELD_UREG:
        return kind == NV_SASS_UREG;
    case SASS_FIELD_PRED:
        return kind == NV_SASS_PRED;
    case SASS_FIELD_UPRED:
        return kind == NV_SASS_UPRED;
    case SASS_FIELD_IMM:
        return kind == NV_SASS_IMM;
    case SASS_FIELD_CBAR:
        return kind == NV_SASS_CBAR;
    case SASS_FIELD_CONST:
        return kind == NV_SASS_CONST || kind == NV_SASS_CONST_UR;
    case SASS_FIELD_CONST_BANK:
        return kind == NV_SASS_CONST;
    case SASS_FIELD_CONST_UR:
        return kind == NV_SASS_CONST_UR;
    default:
        return false;
    }
}

static void put_absent(struct attempt *a, const struct sass_field *field)
{
    unsigned value = field->absent & 0xffu;
    if (field->kind == SASS_FIELD_PRED || field->kind == SASS_FIELD_UPRED) {
        put_field(a->word, field,
                  (field->absent & SASS_FIELD_INVERTED) ? 7 - (value & 7) : value & 7);
        if (value & 8)
            put(a->word, field->inv, 1, 1);
    } else if (field->kind == SASS_FIELD_UREG && a->sm_index < 5) {
        put_field(a->word, field, 63);
    } else {
        put_field(a->word, field, value);
    }
}

static bool put_slot(struct attempt *a, const struct sass_field *field,
                     const struct nvhw_sass_operand *o)
{
    const char *slot = slot_names[field->target];
    if (o->kind == NV_SASS_NONE) {
        if (field->kind == SASS_FIELD_CONST || field->kind == SASS_FIELD_CONST_BANK ||
            field->kind == SASS_FIELD_CONST_UR)
            return REFUSE(a, "operand %s is missing", slot);
        put_absent(a, field);
        return true;
    }
    if (!kind_fits(field->kind, o->kind))
        return REFUSE(a, "operand %s is of the wrong kind", slot);
    a->progress++;
    if (!put_sign(a, o->neg, field->neg, slot, "a negation") ||
        !put_sign(a, o->abs, field->abs, slot, "an absolute value") ||
        !put_sign(a, o->inv, field->inv, slot, "an inversion"))
        return false;
    if (field->half)
        put(a->word, field->half, 2, o->half);
    else if (o->half)
        return REFUSE(a, "operand %s has no half selector", slot);
    switch (field->kind) {
    case SASS_FIELD_IMM:
        return put_imm(a, field, o->imm, slot);
    case SASS_FIELD_UREG:
        return put_ureg(a, field->piece[0][0], field->piece[0][1], o->reg, slot);
    case SASS_FIELD_PRED:
    case SASS_FIELD_UPRED:
        if (o->reg > 7)
            return REFUSE(a, "predicate %u of %s does not exist", o->reg, slot);
        put_field(a->word, field, (field->absent & SASS_FIELD_INVERTED) ? 7u - o->reg : o->reg);
        return true;
    case SASS_FIELD_CBAR:
        if (o->reg > 15)
            return REFUSE(a, "barrier register %u does not exist", o->reg);
        put_field(a->word, field, o->reg);
        return true;
    case SASS_FIELD_REG:
        put_field(a->word, field, o->reg);
        return true;
    default:
        return put_const(a, field, o, slot);
    }
}

static bool put_mod(struct attempt *a, const struct sass_field *field, uint16_t value)
{
    if (!field->value_count) {
        if ((uint64_t)value >> sass_bits(field))
            return REFUSE(a, "%s %u does not fit", sass_mod_names[field->target], value);
        put_field(a->word, field, value);
        return true;
    }
    for (int pass = 0; pass < 2; pass++)
        for (unsigned code = 0; code < field->value_count; code++) {
            uint16_t have = sass_values[field->first_value + code].value;
            if (have == SASS_VALUE_NONE)
                continue;
            if (pass == 0 ? (have & ~SASS_VALUE_DEFAULT) == value
                          : value == 0 && (have & SASS_VALUE_DEFAULT)) {
                put_field(a->word, field, code);
                return true;
            }
        }
    return REFUSE(a, "modifier %s has no value %u here", sass_mod_names[field->target], value);
}

/* Every operand and modifier that is given must have a place in the row. */
static bool all_have_place(struct attempt *a, const struct sass_row *row,
                           const struct nvhw_sass *in)
{
    uint64_t slots = 0, mods[2] = {0, 0};
    for (unsigned i = 0; i < row->field_count; i++) {
        const struct sass_field *field = &sass_fields[row->first_field + i];
        if (field->kind == SASS_FIELD_MOD)
            mods[field->target / 64] |= UINT64_C(1) << (field->target % 64);
        else
            slots |= UINT64_C(1) << field->target;
    }
    for (unsigned i = 0; i < NV_SASS_SLOT_COUNT; i++)
        if (in->o[i].kind != NV_SASS_NONE && !(slots >> i & 1))
            return REFUSE(a, "operand %s is not taken here", slot_names[i]);
    for (unsigned i = 0; i < NV_SASS_MOD_COUNT; i++)
        if (in->mod[i] && !(mods[i / 64] >> (i % 64) & 1))
            return REFUSE(a, "modifier %s does not exist here", sass_mod_names[i]);
    return true;
}

static bool encode_row(struct attempt *a, const struct sass_row *row, const struct nvhw_sass *in)
{
    a->progress = 0;
    if (!(row->sms >> a->sm_index & 1))
        return REFUSE(a, "not on this SM");
    a->progress = 1;
    a->word[0] = row->fixed[0];
    a->word[1] = row->fixed[1];
    if (!all_have_place(a, row, in))
        return false;
    for (unsigned i = 0; i < row->field_count; i++) {
        const struct sass_field *field = &sass_fields[row->first_field + i];
        a->progress = 2 + 2 * i;
        if (field->kind == SASS_FIELD_MOD ? !put_mod(a, field, in->mod[field->target])
                                          : !put_slot(a, field, &in->o[field->target]))
            return false;
    }
    return true;
}

static bool put_control(struct attempt *a, const struct nvhw_sass *in)
{
    const struct nvhw_sass_control *c = &in->control;
    if (in->guard > 7 || c->stall > 15 || c->write_sb > 7 || c->read_sb > 7 || c->wait_mask > 63 ||
        c->reuse > 15)
        return REFUSE(a, "guard or control field out of range");
    put(a->word, 12, 3, in->guard);
    put(a->word, 15, 1, in->guard_not);
    put(a->word, 105, 4, c->stall);
    put(a->word, 109, 1, !c->yield);
    put(a->word, 110, 3, c->write_sb);
    put(a->word, 113, 3, c->read_sb);
    put(a->word, 116, 6, c->wait_mask);
    put(a->word, 122, 4, c->reuse);
    return true;
}

static bool choose_row(struct attempt *best, const struct nvhw_sass *in)
{
    const struct sass_op_entry *op = &sass_ops[in->op];
    struct attempt a = *best;
    if (in->form < sass_row_count && sass_rows[in->form].op == in->op &&
        encode_row(&a, &sass_rows[in->form], in)) {
        *best = a;
        return true;
    }
    for (unsigned i = 0; i < op->row_count; i++) {
        bool done = encode_row(&a, &sass_rows[op->first_row + i], in);
        if (done || a.progress >= best->progress)
            *best = a;
        if (done)
            return true;
    }
    return false;
}

bool nvhw_sass_encode(unsigned sm, const struct nvhw_sass *in, uint8_t bytes[NV_SASS_BYTES],
                      char *why, size_t why_size)
{
    struct attempt a = {.sm_index = sass_sm_index(sm)};
    bool done = false;
    if (a.sm_index < 0)
        snprintf(a.why, sizeof(a.why), "unknown SM");
    else if (in->op == NV_SASS_INVALID || in->op >= NV_SASS_OP_COUNT)
        snprintf(a.why, sizeof(a.why), "unknown operation %u", in->op);
    else
        done = choose_row(&a, in) && put_control(&a, in);
    if (!done) {
        if (why && why_size)
            snprintf(why, why_size, "%s for sm_%u: %s", nvhw_sass_op_name(in->op), sm, a.why);
        return false;
    }
    for (unsigned i = 0; i < NV_SASS_BYTES; i++)
        bytes[i] = (uint8_t)(a.word[i / 8] >> (i % 8 * 8));
    return true;
}
