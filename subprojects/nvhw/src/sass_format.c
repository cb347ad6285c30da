/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Prints a SASS instruction from its row's template. A template is text with commands, each a byte
 * below 8 followed by an index + 128:  1 operand, 2 modifier, 3 begin "if modifier set", 6 begin
 * "if modifier not set", 5 begin "if operand is not PT/RZ/0", 7 special, and 4 ends what was begun.
 */
#include "sass_text.h"

enum command {
    CMD_OPERAND = 1,
    CMD_MOD,
    CMD_IF_MOD,
    CMD_END,
    CMD_IF_OPERAND,
    CMD_IF_NOT_MOD,
    CMD_SPECIAL
};
enum special {
    SPECIAL_ADDRESS = 1,
    SPECIAL_INDEXED,
    SPECIAL_TARGET,
    SPECIAL_IMAD,
    SPECIAL_REGISTER
};

static void say_imm(struct sass_printer *p, const struct sass_field *field,
                    const struct nvhw_sass_operand *o)
{
    uint64_t low = (uint64_t)o->imm & 0xffffffff;
    unsigned source = p->in->mod[NV_SASS_MOD_SRC];
    switch (field ? field->type : SASS_IMM_UNSIGNED) {
    case SASS_IMM_FLOAT:
    case SASS_IMM_DOUBLE:
        if (p->in->mod[NV_SASS_MOD_F16] == NV_SASS_F16_BF16 || source == NV_SASS_SRC_BF16)
            sass_say_float(p, low << 16 & 0xffffffff, 32);
        else if (p->in->mod[NV_SASS_MOD_F16] || source == NV_SASS_SRC_F16)
            sass_say_float(p, low, 16);
        else
            sass_say_float(p, low,
                           field->type == SASS_IMM_FLOAT || source == NV_SASS_SRC_F32 ? 32 : 64);
        break;
    case SASS_IMM_HALF2:
        if (p->in->mod[NV_SASS_MOD_BF16V2]) {
            sass_say_float(p, low & 0xffff0000, 32);
            sass_say(p, ", ");
            sass_say_float(p, low << 16 & 0xffff0000, 32);
            break;
        }
        if (!p->in->mod[NV_SASS_MOD_F32]) {
            sass_say_float(p, low >> 16, 16);
            sass_say(p, ", ");
        }
        sass_say_float(p, low & 0xffff, 16);
        break;
    case SASS_IMM_SWIZZLE:
        sass_say_lanes(p, low);
        break;
    case SASS_IMM_SIGNED:
        sass_say_hex(p, sass_bits(field) == 32 ? (int32_t)low : o->imm);
        break;
    default:
        sass_say_hex(p, field && sass_bits(field) == 32 ? (int64_t)low : o->imm);
        break;
    }
}

static void say_reg(struct sass_printer *p, const struct nvhw_sass_operand *o)
{
    const char *uniform = o->kind == NV_SASS_UREG || o->kind == NV_SASS_CONST_UR ? "U" : "";
    if (o->reg == NV_SASS_RZ)
        sass_say(p, "%sRZ", uniform);
    else
        sass_say(p, "%sR%u", uniform, o->reg);
}

static void say_pred(struct sass_printer *p, const struct nvhw_sass_operand *o)
{
    const char *uniform = o->kind == NV_SASS_UPRED ? "U" : "";
    if (o->reg == NV_SASS_PT)
        sass_say(p, "%s%sPT", o->inv ? "!" : "", uniform);
    else
        sass_say(p, "%s%sP%u", o->inv ? "!" : "", uniform, o->reg);
}

static bool reused(const struct sass_printer *p, unsigned slot)
{
    return slot >= NV_SASS_A && slot <= NV_SASS_C &&
           (p->in->control.reuse >> (slot - NV_SASS_A) & 1);
}

static bool negation_is_not(const struct sass_printer *p)
{
    return p->in->mod[NV_SASS_MOD_X] &&
           (p->in->op == NV_SASS_IADD3 || p->in->op == NV_SASS_UIADD3 ||
            p->in->op == NV_SASS_IMAD || p->in->op == NV_SASS_IMAD_WIDE ||
            p->in->op == NV_SASS_IMAD_HI || p->in->op == NV_SASS_LEA || p->in->op == NV_SASS_ULEA ||
            p->in->op == NV_SASS_LEA_HI_SX32);
}

/* The vendor's tool puts a blank into constants that are read as 16 bits or less. */
static bool narrow_source(const struct sass_printer *p)
{
    switch (p->in->op) {
    case NV_SASS_HADD2:
    case NV_SASS_HMUL2:
    case NV_SASS_HFMA2:
    case NV_SASS_HSET2:
    case NV_SASS_HSETP2:
    case NV_SASS_HMNMX2:
        return true;
    case NV_SASS_F2I:
    case NV_SASS_I2F:
    case NV_SASS_F2F: {
        unsigned source = p->in->mod[NV_SASS_MOD_SRC];
        return (source >= NV_SASS_SRC_U8 && source <= NV_SASS_SRC_S16) ||
               source == NV_SASS_SRC_F16 || source == NV_SASS_SRC_BF16;
    }
    default:
        return p->in->mod[NV_SASS_MOD_F16] != 0 && p->in->op == NV_SASS_MUFU;
    }
}

static void say_operand(struct sass_printer *p, unsigned slot)
{
    static const char *const halves[] = {"", ".F32", ".H0_H0", ".H1_H1"};
    const struct sass_field *field = sass_slot_field(p->row, slot);
    struct nvhw_sass_operand o = p->in->o[slot];
    bool spaced = slot == NV_SASS_B && narrow_source(p);
    if (o.kind == NV_SASS_NONE && field &&
        (field->kind == SASS_FIELD_PRED || field->kind == SASS_FIELD_UPRED))
        o = (struct nvhw_sass_operand){.kind = field->kind == SASS_FIELD_PRED ? NV_SASS_PRED
                                                                              : NV_SASS_UPRED,
                                       .reg = field->absent & 7,
                                       .inv = field->absent & 8};
    else if (o.kind == NV_SASS_NONE)
        o = (struct nvhw_sass_operand){
            .kind = field && field->kind == SASS_FIELD_UREG ? NV_SASS_UREG : NV_SASS_REG,
            .reg = NV_SASS_RZ};
    if (o.kind == NV_SASS_PRED || o.kind == NV_SASS_UPRED) {
        say_pred(p, &o);
        return;
    }
    sass_say(p, "%s%s%s", o.inv ? "~" : "", o.neg ? (negation_is_not(p) ? "~" : "-") : "",
             o.abs ? "|" : "");
    switch (o.kind) {
    case NV_SASS_REG:
    case NV_SASS_UREG:
        say_reg(p, &o);
        break;
    case NV_SASS_CBAR:
        sass_say(p, "B%u", o.reg);
        break;
    case NV_SASS_CONST:
        sass_say(p, "c[0x%x]%s[", o.bank, spaced ? " " : "");
        sass_say_hex(p, (int16_t)o.imm);
        sass_say(p, "]");
        break;
    case NV_SASS_CONST_UR:
        sass_say(p, "cx[");
        say_reg(p, &o);
        sass_say(p, "]%s[", spaced ? " " : "");
        sass_say_hex(p, (int16_t)o.imm);
        sass_say(p, "]");
        break;
    default:
        say_imm(p, field, &o);
        break;
    }
    sass_say(p, "%s%s", o.abs ? "|" : "", halves[o.half & 3]);
    if (o.kind == NV_SASS_REG && reused(p, slot))
        sass_say(p, ".reuse");
    if (p->in->op == NV_SASS_R2P && slot == NV_SASS_A) {
        static const char *const bytes[] = {"", ".B1", ".B2", ".B3"};
        sass_say(p, "%s", bytes[p->in->mod[NV_SASS_MOD_BYTE] & 3]);
    }
}

/* [R2.64+UR4+0x10], desc[UR4][R2.64], [R3.X4], [0x40] */
static void say_address(struct sass_printer *p)
{
    static const char *const scales[] = {"", ".X4", ".X8", ".X16"};
    const struct nvhw_sass *in = p->in;
    unsigned mode = in->mod[NV_SASS_MOD_ADDR];
    bool base = in->o[NV_SASS_UR].kind != NV_SASS_NONE;
    bool register_shown = false;
    if (in->op == NV_SASS_CCTL && in->mod[NV_SASS_MOD_CCTL] == NV_SASS_CCTL_IVALL)
        return;
    bool hidden_desc = p->sm < 90 && mode == NV_SASS_ADDR_DESC && !in->mod[NV_SASS_MOD_PRIVATE];
    if (base && mode == NV_SASS_ADDR_DESC && !hidden_desc) {
        sass_say(p, "desc[");
        say_reg(p, &in->o[NV_SASS_UR]);
        sass_say(p, "]");
    }
    sass_say(p, "[");
    if (in->o[NV_SASS_A].kind == NV_SASS_REG &&
        (in->o[NV_SASS_A].reg != NV_SASS_RZ || mode == NV_SASS_ADDR_DESC ||
         mode == NV_SASS_ADDR_U32UR)) {
        say_reg(p, &in->o[NV_SASS_A]);
        sass_say(p, "%s", scales[in->mod[NV_SASS_MOD_XS] & 3]);
        register_shown = true;
        if (base && mode == NV_SASS_ADDR_U32UR)
            sass_say(p, ".U32");
        else if (base && mode && in->op != NV_SASS_LDL && in->op != NV_SASS_STL)
            sass_say(p, ".64");
    }
    if (base && mode != NV_SASS_ADDR_DESC) {
        sass_say(p, "%s", register_shown ? "+" : "");
        say_reg(p, &in->o[NV_SASS_UR]);
        register_shown = true;
    }
    if (in->o[NV_SASS_OFFSET].imm || !register_shown) {
        if (register_shown)
            sass_say(p, "+");
        if (!register_shown && !in->o[NV_SASS_OFFSET].imm)
            say_reg(p, &in->o[NV_SASS_A]);
        else
            sass_say_hex(p, in->o[NV_SASS_OFFSET].imm);
    }
    sass_say(p, "]");
}

/* c[0x0][R4+0x10], cx[UR4][R2]: LDC and its uniform relatives */
static void say_indexed(struct sass_printer *p)
{
    const struct nvhw_sass_operand *b = &p->in->o[NV_SASS_B], *a = &p->in->o[NV_SASS_A];
    const struct sass_field *field = sass_slot_field(p->row, NV_SASS_B);
    unsigned bits = field ? field->piece[0][1] : 16;
    int64_t offset = b->imm;
    if (b->kind == NV_SASS_CONST) {
        sass_say(p, "c[0x%x][", b->bank);
    } else {
        sass_say(p, "cx[");
        say_reg(p, b);
        sass_say(p, "][");
    }
    if (a->kind != NV_SASS_NONE && a->reg != NV_SASS_RZ) {
        if (offset >> (bits - 1) & 1)
            offset -= INT64_C(1) << bits;
        say_reg(p, a);
        if (offset) {
            sass_say(p, "+");
            sass_say_hex(p, offset);
        }
    } else if (offset || a->kind == NV_SASS_NONE) {
        sass_say_hex(p, offset);
    } else {
        say_reg(p, a);
    }
    sass_say(p, "]");
}

static void say_target(struct sass_printer *p)
{
    int64_t offset = p->in->o[NV_SASS_OFFSET].imm;
    if (p->in->op == NV_SASS_RET && p->in->mod[NV_SASS_MOD_RET] == NV_SASS_RET_ABS)
        sass_say_hex(p, offset);
    else
        sass_say_hex(p, (int64_t)(p->pc + NV_SASS_BYTES + (uint64_t)offset));
}

static void say_imad(struct sass_printer *p)
{
    const struct nvhw_sass_operand *a = &p->in->o[NV_SASS_A], *b = &p->in->o[NV_SASS_B],
                                   *c = &p->in->o[NV_SASS_C];
    bool rz_a = (a->kind == NV_SASS_REG || a->kind == NV_SASS_NONE) && a->reg == NV_SASS_RZ;
    bool rz_b = b->kind == NV_SASS_REG && b->reg == NV_SASS_RZ;
    bool rz_c = c->kind == NV_SASS_REG && c->reg == NV_SASS_RZ;
    uint64_t imm = (uint64_t)b->imm & 0xffffffff;
    if (p->in->mod[NV_SASS_MOD_X])
        return;
    if (rz_a && rz_b)
        sass_say(p, "%s", c->kind == NV_SASS_UREG || c->kind == NV_SASS_CONST_UR ? "" : ".MOV");
    else if (b->kind == NV_SASS_IMM && imm == 1)
        sass_say(p, ".IADD");
    else if (b->kind == NV_SASS_IMM && rz_c && imm && imm != 0x10000 && !(imm & (imm - 1)))
        sass_say(p, ".SHL");
}

static const char *mod_text(const struct sass_printer *p, unsigned mod)
{
    for (unsigned i = 0; i < p->row->field_count; i++) {
        const struct sass_field *field = &sass_fields[p->row->first_field + i];
        if (field->kind != SASS_FIELD_MOD || field->target != mod)
            continue;
        for (unsigned code = 0; code < field->value_count; code++) {
            const struct sass_value *value = &sass_values[field->first_value + code];
            if (value->value != SASS_VALUE_NONE &&
                (value->value & ~SASS_VALUE_DEFAULT) == p->in->mod[mod])
                return value->text;
        }
    }
    return "";
}

static void say_mod(struct sass_printer *p, unsigned mod)
{
    if (mod == NV_SASS_MOD_LMASK && p->in->mod[mod]) {
        const char *sep = p->in->mod[NV_SASS_MOD_LE] ? ", {" : " {";
        for (int i = 5; i >= 0; i--)
            if (p->in->mod[mod] >> i & 1) {
                sass_say(p, "%s%d", sep, i);
                sep = ",";
            }
        sass_say(p, "}");
    } else if (mod == NV_SASS_MOD_SB) {
        sass_say(p, "%u", p->in->mod[mod]);
    } else {
        sass_say(p, "%s", mod_text(p, mod));
    }
}

static bool operand_shown(const struct sass_printer *p, unsigned slot)
{
    const struct nvhw_sass_operand *o = &p->in->o[slot];
    const struct sass_field *field = sass_slot_field(p->row, slot);
    if (p->in->op == NV_SASS_BAR && slot == NV_SASS_PA) {
        unsigned mode = p->in->mod[NV_SASS_MOD_BAR];
        return mode >= NV_SASS_BAR_RED_POPC && mode <= NV_SASS_BAR_SCAN;
    }
    switch (o->kind) {
    case NV_SASS_NONE:
        return false;
    case NV_SASS_PRED:
    case NV_SASS_UPRED:
        return o->reg != NV_SASS_PT || o->inv;
    case NV_SASS_IMM:
        return field ? o->imm != (field->absent & 0xff) : o->imm != 0;
    default:
        return o->reg != NV_SASS_RZ;
    }
}

static void say_special(struct sass_printer *p, unsigned what)
{
    switch (what) {
    case SPECIAL_ADDRESS:
        say_address(p);
        break;
    case SPECIAL_INDEXED:
        say_indexed(p);
        break;
    case SPECIAL_TARGET:
        say_target(p);
        break;
    case SPECIAL_IMAD:
        say_imad(p);
        break;
    default:
        sass_say_special(p, p->in->mod[NV_SASS_MOD_SR]);
        break;
    }
}

static const unsigned char *skip_group(const unsigned char *at)
{
    for (unsigned depth = 1; *at && depth; at++) {
        if (*at == CMD_IF_MOD || *at == CMD_IF_NOT_MOD || *at == CMD_IF_OPERAND)
            depth++;
        else if (*at == CMD_END)
            depth--;
    }
    return at;
}

static void say_template(struct sass_printer *p)
{
    const unsigned char *at = (const unsigned char *)p->row->text;
    while (*at) {
        unsigned char byte = *at++;
        if (byte == CMD_END)
            continue;
        if (byte > CMD_SPECIAL) {
            sass_say(p, "%c", byte);
            continue;
        }
        unsigned index = *at++ - 128u;
        if (byte == CMD_OPERAND)
            say_operand(p, index);
        else if (byte == CMD_MOD)
            say_mod(p, index);
        else if (byte == CMD_SPECIAL)
            say_special(p, index);
        else if ((byte == CMD_IF_MOD && !p->in->mod[index]) ||
                 (byte == CMD_IF_NOT_MOD && p->in->mod[index]) ||
                 (byte == CMD_IF_OPERAND && !operand_shown(p, index)))
            at = skip_group(at);
    }
}

static bool is_uniform(const struct sass_row *row)
{
    return row->pipe == NV_SASS_PIPE_UDP || row->op == NV_SASS_UMOV || row->op == NV_SASS_ULDC ||
           row->op == NV_SASS_LDCU || row->op == NV_SASS_S2UR;
}

int nvhw_sass_format(unsigned sm, const struct nvhw_sass *in, uint64_t pc, char *text, size_t size)
{
    struct sass_printer p = {
        .text = text, .size = size, .sm = sm, .pc = pc, .in = in, .row = sass_row_of(in)};
    if (!p.row) {
        sass_say(&p, "?");
        return (int)p.at;
    }
    if (in->guard != NV_SASS_PT || in->guard_not) {
        struct nvhw_sass_operand guard = nvhw_sass_pred(in->guard, in->guard_not);
        guard.kind = is_uniform(p.row) ? NV_SASS_UPRED : NV_SASS_PRED;
        sass_say(&p, "@");
        say_pred(&p, &guard);
        sass_say(&p, " ");
    }
    say_template(&p);
    if (size && p.at < size)
        while (p.at && text[p.at - 1] == ' ')
            text[--p.at] = 0;
    return (int)p.at;
}

int nvhw_sass_format_control(const struct nvhw_sass_control *control, char *text, size_t size)
{
    struct sass_printer p = {.text = text, .size = size};
    sass_say(&p, "stall %u%s", control->stall, control->yield ? " yield" : "");
    if (control->write_sb != NV_SASS_SB_NONE)
        sass_say(&p, " write %u", control->write_sb);
    if (control->read_sb != NV_SASS_SB_NONE)
        sass_say(&p, " read %u", control->read_sb);
    const char *sep = " wait ";
    for (unsigned i = 0; i < 6; i++)
        if (control->wait_mask >> i & 1) {
            sass_say(&p, "%s%u", sep, i);
            sep = ",";
        }
    return (int)p.at;
}
