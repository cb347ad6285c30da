/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The generated SASS rows for those who walk them: see nvhw/sass_forms.h. */
#include "sass_table.h"

#include <nvhw/sass_forms.h>

unsigned nvhw_sass_form_count(void)
{
    return sass_row_count;
}

static uint8_t kind_of(uint8_t field)
{
    switch (field) {
    case SASS_FIELD_REG:
        return NV_SASS_REG;
    case SASS_FIELD_UREG:
        return NV_SASS_UREG;
    case SASS_FIELD_PRED:
        return NV_SASS_PRED;
    case SASS_FIELD_UPRED:
        return NV_SASS_UPRED;
    case SASS_FIELD_IMM:
        return NV_SASS_IMM;
    case SASS_FIELD_CBAR:
        return NV_SASS_CBAR;
    case SASS_FIELD_CONST_UR:
        return NV_SASS_CONST_UR;
    default:
        return NV_SASS_CONST;
    }
}

static uint8_t imm_type_of(uint8_t type)
{
    switch (type) {
    case SASS_IMM_SIGNED:
        return NV_SASS_IMM_SIGNED;
    case SASS_IMM_FLOAT:
        return NV_SASS_IMM_F32;
    case SASS_IMM_DOUBLE:
        return NV_SASS_IMM_F64;
    case SASS_IMM_HALF2:
        return NV_SASS_IMM_F16X2;
    default:
        return NV_SASS_IMM_UNSIGNED;
    }
}

static void describe_slot(const struct sass_field *field, struct nvhw_sass_form_slot *slot)
{
    *slot = (struct nvhw_sass_form_slot){.kind = kind_of(field->kind),
                                         .neg = field->neg != 0,
                                         .abs = field->abs != 0,
                                         .inv = field->inv != 0,
                                         .half = field->half != 0};
    if (field->kind != SASS_FIELD_IMM)
        return;
    slot->imm_bits = (uint8_t)sass_bits(field);
    slot->imm_shift = field->shift;
    slot->imm_type = imm_type_of(field->type);
}

static bool has_value(const struct nvhw_sass_form_mod *mod, uint16_t value)
{
    for (unsigned i = 0; i < mod->count; i++)
        if (mod->values[i] == value)
            return true;
    return false;
}

static void describe_mod(const struct sass_field *field, struct nvhw_sass_form_mod *mod)
{
    *mod = (struct nvhw_sass_form_mod){.mod = field->target, .bits = (uint8_t)sass_bits(field)};
    for (unsigned i = 0; i < field->value_count && mod->count < NV_SASS_FORM_VALUES; i++) {
        uint16_t value = sass_values[field->first_value + i].value;
        if (value == SASS_VALUE_NONE)
            continue;
        value = (uint16_t)(value & ~SASS_VALUE_DEFAULT);
        if (!has_value(mod, value))
            mod->values[mod->count++] = value;
    }
}

bool nvhw_sass_form_describe(unsigned sm, unsigned form, struct nvhw_sass_form *out)
{
    int sm_index = sass_sm_index(sm);
    if (sm_index < 0 || form >= sass_row_count || !(sass_rows[form].sms >> sm_index & 1))
        return false;
    const struct sass_row *row = &sass_rows[form];
    *out = (struct nvhw_sass_form){.op = row->op, .code = row->code};
    for (unsigned i = 0; i < row->field_count; i++) {
        const struct sass_field *field = &sass_fields[row->first_field + i];
        if (field->kind != SASS_FIELD_MOD)
            describe_slot(field, &out->slot[field->target]);
        else if (out->mod_count < NV_SASS_FORM_MODS)
            describe_mod(field, &out->mod[out->mod_count++]);
    }
    return true;
}
