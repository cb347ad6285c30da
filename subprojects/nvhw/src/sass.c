/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * SASS decoding, and questions about decoded instructions. Rows come from the generated table; the
 * first row of an opcode whose fixed bits match and whose unnamed bits are all zero wins.
 */
#include "sass_table.h"

static const unsigned sass_sms[] = {75, 80, 86, 89, 90, 100, 120};

int sass_sm_index(unsigned sm)
{
    switch (sm) {
    case 87:
        sm = 86;
        break;
    case 101:
    case 103:
        sm = 100;
        break;
    case 121:
        sm = 120;
        break;
    default:
        break;
    }
    for (unsigned i = 0; i < sizeof(sass_sms) / sizeof(sass_sms[0]); i++)
        if (sass_sms[i] == sm)
            return (int)i;
    return -1;
}

static uint64_t bits_of(const uint64_t word[2], unsigned lo, unsigned count)
{
    uint64_t value = lo < 64 ? word[0] >> lo : word[1] >> (lo - 64);
    if (lo < 64 && lo + count > 64)
        value |= word[1] << (64 - lo);
    return count < 64 ? value & ((UINT64_C(1) << count) - 1) : value;
}

static bool bit_of(const uint64_t word[2], unsigned bit)
{
    return bit && ((word[bit / 64] >> (bit % 64)) & 1);
}

unsigned sass_bits(const struct sass_field *field)
{
    return field->piece[0][1] + 0u + field->piece[1][1] + field->piece[2][1];
}

uint64_t sass_get(const struct sass_field *field, const uint64_t word[2])
{
    uint64_t value = 0;
    unsigned at = 0;
    for (unsigned i = 0; i < 3 && field->piece[i][1]; i++) {
        value |= bits_of(word, field->piece[i][0], field->piece[i][1]) << at;
        at += field->piece[i][1];
    }
    return value;
}

static int64_t sign_extend(uint64_t value, unsigned bits)
{
    uint64_t top = UINT64_C(1) << (bits - 1);
    return (int64_t)((value ^ top) - top);
}

static uint8_t ureg_from(uint64_t value, int sm_index)
{
    return (uint8_t)(sm_index < 5 && value == 63 ? NV_SASS_URZ : value);
}

static bool decode_const(const struct sass_field *field, const uint64_t word[2], int sm_index,
                         struct nvhw_sass_operand *o)
{
    if (field->kind == SASS_FIELD_CONST_BANK || field->kind == SASS_FIELD_CONST_UR) {
        const uint8_t(*piece)[2] = field->piece;
        uint64_t second = bits_of(word, piece[1][0], piece[1][1]);
        o->imm = (int64_t)bits_of(word, piece[0][0], piece[0][1]);
        if (field->kind == SASS_FIELD_CONST_BANK) {
            o->kind = NV_SASS_CONST;
            o->bank = (uint8_t)second;
        } else {
            o->kind = NV_SASS_CONST_UR;
            o->reg = ureg_from(second, sm_index);
        }
        return true;
    }
    o->imm = (int64_t)bits_of(word, 38, 16);
    if (bit_of(word, 91)) {
        o->kind = NV_SASS_CONST_UR;
        o->reg = ureg_from(bits_of(word, 32, 6), sm_index);
        return true;
    }
    o->kind = NV_SASS_CONST;
    o->bank = (uint8_t)bits_of(word, 54, 5);
    return true;
}

static bool decode_mod(const struct sass_field *field, const uint64_t word[2],
                       struct nvhw_sass *out)
{
    uint64_t code = sass_get(field, word);
    if (!field->value_count) {
        out->mod[field->target] = (uint16_t)code;
        return true;
    }
    if (code >= field->value_count)
        return false;
    uint16_t value = sass_values[field->first_value + code].value;
    if (value == SASS_VALUE_NONE)
        return false;
    out->mod[field->target] = value & (uint16_t)~SASS_VALUE_DEFAULT;
    return true;
}

static bool decode_field(const struct sass_field *field, const uint64_t word[2], int sm_index,
                         struct nvhw_sass *out)
{
    if (field->kind == SASS_FIELD_MOD)
        return decode_mod(field, word, out);
    struct nvhw_sass_operand *o = &out->o[field->target];
    uint64_t value = sass_get(field, word);
    o->neg = bit_of(word, field->neg);
    o->abs = bit_of(word, field->abs);
    o->inv = bit_of(word, field->inv);
    if (field->half)
        o->half = (uint8_t)bits_of(word, field->half, 2);
    switch (field->kind) {
    case SASS_FIELD_REG:
        o->kind = NV_SASS_REG;
        o->reg = (uint8_t)value;
        return true;
    case SASS_FIELD_UREG:
        o->kind = NV_SASS_UREG;
        o->reg = ureg_from(value, sm_index);
        return true;
    case SASS_FIELD_PRED:
    case SASS_FIELD_UPRED:
        o->kind = field->kind == SASS_FIELD_PRED ? NV_SASS_PRED : NV_SASS_UPRED;
        o->reg = (uint8_t)((field->absent & SASS_FIELD_INVERTED) ? 7 - value : value);
        return true;
    case SASS_FIELD_CBAR:
        o->kind = NV_SASS_CBAR;
        o->reg = (uint8_t)value;
        return true;
    case SASS_FIELD_IMM:
        o->kind = NV_SASS_IMM;
        o->imm =
            field->type == SASS_IMM_SIGNED ? sign_extend(value, sass_bits(field)) : (int64_t)value;
        o->imm = (int64_t)((uint64_t)o->imm << field->shift);
        return true;
    default:
        return decode_const(field, word, sm_index, o);
    }
}

static void decode_control(const uint64_t word[2], struct nvhw_sass_control *control)
{
    control->stall = (uint8_t)bits_of(word, 105, 4);
    control->yield = !bit_of(word, 109);
    control->write_sb = (uint8_t)bits_of(word, 110, 3);
    control->read_sb = (uint8_t)bits_of(word, 113, 3);
    control->wait_mask = (uint8_t)bits_of(word, 116, 6);
    control->reuse = (uint8_t)bits_of(word, 122, 4);
}

static bool decode_row(const struct sass_row *row, const uint64_t word[2], int sm_index,
                       struct nvhw_sass *out)
{
    if ((word[0] & row->must[0]) != row->fixed[0] || (word[1] & row->must[1]) != row->fixed[1])
        return false;
    memset(out, 0, sizeof(*out));
    for (unsigned i = 0; i < row->field_count; i++)
        if (!decode_field(&sass_fields[row->first_field + i], word, sm_index, out))
            return false;
    out->op = row->op;
    out->form = (uint16_t)(row - sass_rows);
    out->guard = (uint8_t)bits_of(word, 12, 3);
    out->guard_not = bit_of(word, 15);
    decode_control(word, &out->control);
    return true;
}

/* c[] leaves 32..37 unused, cx[] the bank number. */
static bool const_is_clean(const struct sass_row *row, const uint64_t word[2])
{
    for (unsigned i = 0; i < row->field_count; i++)
        if (sass_fields[row->first_field + i].kind == SASS_FIELD_CONST)
            return bit_of(word, 91) ? !bits_of(word, 54, 5) : !bits_of(word, 32, 6);
    return true;
}

static bool decode(unsigned sm, const uint8_t bytes[NV_SASS_BYTES], bool strict,
                   struct nvhw_sass *out)
{
    uint64_t word[2] = {0, 0};
    int sm_index = sass_sm_index(sm);
    if (sm_index < 0)
        return false;
    for (unsigned i = 0; i < NV_SASS_BYTES; i++)
        word[i / 8] |= (uint64_t)bytes[i] << (i % 8 * 8);
    unsigned code = (unsigned)(word[0] & 0xfff);
    for (unsigned i = sass_code_starts[code]; i < sass_code_starts[code + 1]; i++) {
        const struct sass_row *row = &sass_rows[sass_code_rows[i]];
        bool clean =
            !(word[0] & ~row->mask[0]) && !(word[1] & ~row->mask[1]) && const_is_clean(row, word);
        if ((row->sms >> sm_index & 1) && (clean || !strict) &&
            decode_row(row, word, sm_index, out))
            return true;
    }
    return false;
}

bool nvhw_sass_decode(unsigned sm, const uint8_t bytes[NV_SASS_BYTES], struct nvhw_sass *out)
{
    return decode(sm, bytes, true, out);
}

bool nvhw_sass_decode_lenient(unsigned sm, const uint8_t bytes[NV_SASS_BYTES],
                              struct nvhw_sass *out)
{
    return decode(sm, bytes, true, out) || decode(sm, bytes, false, out);
}

const char *nvhw_sass_op_name(unsigned op)
{
    return op < NV_SASS_OP_COUNT ? sass_ops[op].name : sass_ops[0].name;
}

const struct sass_row *sass_row_of(const struct nvhw_sass *in)
{
    if (in->op == NV_SASS_INVALID || in->op >= NV_SASS_OP_COUNT)
        return NULL;
    if (in->form < sass_row_count && sass_rows[in->form].op == in->op)
        return &sass_rows[in->form];
    return &sass_rows[sass_ops[in->op].first_row];
}

const struct sass_field *sass_slot_field(const struct sass_row *row, unsigned slot)
{
    for (unsigned i = 0; i < row->field_count; i++) {
        const struct sass_field *field = &sass_fields[row->first_field + i];
        if (field->kind != SASS_FIELD_MOD && field->target == slot)
            return field;
    }
    return NULL;
}

enum nvhw_sass_pipe nvhw_sass_pipe(unsigned sm, const struct nvhw_sass *in)
{
    (void)sm;
    const struct sass_row *row = sass_row_of(in);
    if (!row)
        return NV_SASS_PIPE_SYNC;
    if (row->pipe == NV_SASS_PIPE_DISP64 && !in->mod[NV_SASS_MOD_B64])
        return NV_SASS_PIPE_ALU;
    return (enum nvhw_sass_pipe)row->pipe;
}

bool nvhw_sass_is_fence(const struct nvhw_sass *in)
{
    return in->op == NV_SASS_MEMBAR || in->op == NV_SASS_CCTL;
}

bool nvhw_sass_is_variable(unsigned sm, const struct nvhw_sass *in)
{
    enum nvhw_sass_pipe pipe = nvhw_sass_pipe(sm, in);
    if (in->op == NV_SASS_R2UR)
        return sm < 90; /* fixed, with a long latency, from sm_90 on */
    if (in->op == NV_SASS_HFMA2_MMA || nvhw_sass_is_fence(in))
        return false;
    if (pipe == NV_SASS_PIPE_FP64)
        return sm != 80 && sm != 90 && sm != 100 && sm != 103;
    return pipe == NV_SASS_PIPE_XU || pipe == NV_SASS_PIPE_MEM;
}

static unsigned width_by_type(unsigned type)
{
    return type == NV_SASS_DST_U64 || type == NV_SASS_DST_S64 || type == NV_SASS_DST_F64 ? 2 : 1;
}

static unsigned width_by_atype(unsigned type)
{
    switch (type) {
    case NV_SASS_ATYPE_U64:
    case NV_SASS_ATYPE_S64:
    case NV_SASS_ATYPE_F64:
    case NV_SASS_ATYPE_F16X4:
    case NV_SASS_ATYPE_BF16X4:
    case NV_SASS_ATYPE_F32X2:
    case NV_SASS_ATYPE_F32X2_RN:
        return 2;
    case NV_SASS_ATYPE_B128:
    case NV_SASS_ATYPE_F16X8:
    case NV_SASS_ATYPE_BF16X8:
    case NV_SASS_ATYPE_F32X4:
    case NV_SASS_ATYPE_F32X4_RN:
        return 4;
    default:
        return 1;
    }
}

unsigned nvhw_sass_access_bytes(const struct nvhw_sass *in)
{
    switch (in->mod[NV_SASS_MOD_SIZE]) {
    case NV_SASS_SIZE_U8:
    case NV_SASS_SIZE_S8:
        return 1;
    case NV_SASS_SIZE_U16:
    case NV_SASS_SIZE_S16:
        return 2;
    case NV_SASS_SIZE_B64:
        return 8;
    case NV_SASS_SIZE_B128:
        return 16;
    default:
        return 4;
    }
}

static unsigned address_width(const struct nvhw_sass *in)
{
    if (!in->mod[NV_SASS_MOD_E])
        return 1;
    return in->o[NV_SASS_UR].kind != NV_SASS_NONE && in->mod[NV_SASS_MOD_ADDR] == NV_SASS_ADDR_U32UR
               ? 1
               : 2;
}

static unsigned slot_width(const struct nvhw_sass *in, const struct sass_field *field)
{
    switch (field->width) {
    case SASS_WIDTH_SIZE:
        return (nvhw_sass_access_bytes(in) + 3) / 4;
    case SASS_WIDTH_ATYPE:
        return width_by_atype(in->mod[NV_SASS_MOD_ATYPE]);
    case SASS_WIDTH_DST:
        return width_by_type(in->mod[NV_SASS_MOD_DST]);
    case SASS_WIDTH_SRC:
        return width_by_type(in->mod[NV_SASS_MOD_SRC]);
    case SASS_WIDTH_E:
        return address_width(in);
    case SASS_WIDTH_U64:
        return in->mod[NV_SASS_MOD_U64] ? 2 : 1;
    case SASS_WIDTH_ASIZE:
        return in->mod[NV_SASS_MOD_ASIZE] + 1u;
    case SASS_WIDTH_B64:
        return in->mod[NV_SASS_MOD_B64] ? 2 : 1;
    default:
        return field->width;
    }
}

unsigned nvhw_sass_width(const struct nvhw_sass *in, enum nvhw_sass_slot slot)
{
    const struct sass_row *row = sass_row_of(in);
    const struct sass_field *field;
    if (!row || slot >= NV_SASS_SLOT_COUNT)
        return 0;
    const struct nvhw_sass_operand *o = &in->o[slot];
    if ((o->kind != NV_SASS_REG && o->kind != NV_SASS_UREG) || o->reg == NV_SASS_RZ)
        return 0;
    field = sass_slot_field(row, slot);
    if (slot == NV_SASS_UR)
        return in->mod[NV_SASS_MOD_ADDR] == NV_SASS_ADDR_DESC || in->mod[NV_SASS_MOD_E] ? 2 : 1;
    return field ? slot_width(in, field) : 0;
}

bool nvhw_sass_is_result(enum nvhw_sass_slot slot)
{
    return slot == NV_SASS_D || slot == NV_SASS_D2 || slot == NV_SASS_PD || slot == NV_SASS_PQ;
}
