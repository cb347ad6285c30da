/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Look-ups and printers over the generated description tables. */
#include <nvhw/bits.h>
#include <nvhw/describe.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct sink {
    char *text;
    size_t size;
    size_t length;
};

static void put(struct sink *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct sink *s, const char *fmt, ...)
{
    size_t room = s->length < s->size ? s->size - s->length : 0;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(room ? s->text + s->length : NULL, room, fmt, ap);
    va_end(ap);
    if (n > 0)
        s->length += (size_t)n;
}

static const struct nvhw_reg_desc *reg_at(const struct nvhw_reg_desc *regs, size_t count,
                                          uint32_t offset, uint32_t *index)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t delta = offset - regs[i].offset;

        if (offset < regs[i].offset)
            continue;
        if (delta == 0 || (regs[i].count > 1 && delta % regs[i].step == 0 &&
                           delta / regs[i].step < regs[i].count)) {
            *index = delta ? delta / regs[i].step : 0;
            return &regs[i];
        }
    }
    return NULL;
}

bool nvhw_register_find(uint32_t offset, struct nvhw_register_hit *hit)
{
    for (const struct nvhw_reg_block *b = nvhw_reg_blocks; b->label; b++) {
        if (offset < b->base)
            continue;
        hit->reg = reg_at(b->regs, b->reg_count, offset - b->base, &hit->index);
        hit->block = b;
        if (hit->reg)
            return true;
    }
    return false;
}

const struct nvhw_class_desc *nvhw_class_find(uint32_t number)
{
    for (const struct nvhw_class_desc *c = nvhw_classes; c->name; c++)
        if (c->number == number)
            return c;
    return NULL;
}

const struct nvhw_reg_desc *nvhw_method_find(const struct nvhw_class_desc *cls, uint32_t offset,
                                             uint32_t *index)
{
    return reg_at(cls->methods, cls->method_count, offset, index);
}

const struct nvhw_struct_desc *nvhw_struct_find(const char *name)
{
    for (const struct nvhw_struct_desc *s = nvhw_structs; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

int nvhw_format_register_name(char *text, size_t size_bytes, uint32_t offset)
{
    struct sink s = {text, size_bytes, 0};
    struct nvhw_register_hit hit;

    if (!nvhw_register_find(offset, &hit)) {
        put(&s, "0x%08" PRIx32, offset);
        return (int)s.length;
    }
    if (hit.block->label[0])
        put(&s, "%s:", hit.block->label);
    put(&s, "%s", hit.reg->name);
    if (hit.reg->count > 1)
        put(&s, "(%" PRIu32 ")", hit.index);
    return (int)s.length;
}

static void put_field(struct sink *s, const struct nvhw_field *f, uint64_t value)
{
    uint64_t number = nvhw_get64(value, f->lo, f->hi);

    for (size_t i = 0; i < f->value_count; i++) {
        if (f->values[i].number == number) {
            put(s, "%s=%s", f->name, f->values[i].name);
            return;
        }
    }
    put(s, "%s=0x%" PRIx64, f->name, number);
}

int nvhw_format_fields(char *text, size_t size_bytes, const struct nvhw_reg_desc *reg,
                       uint64_t value)
{
    struct sink s = {text, size_bytes, 0};

    if (size_bytes)
        text[0] = 0;
    for (size_t i = 0; i < reg->field_count; i++) {
        if (i)
            put(&s, " ");
        put_field(&s, &reg->fields[i], value);
    }
    if (!reg->field_count)
        put(&s, "0x%" PRIx64, value);
    return (int)s.length;
}

static void put_struct(struct sink *s, const struct nvhw_struct_desc *desc, const uint8_t *data,
                       size_t data_bytes, unsigned depth);

static void put_element(struct sink *s, const struct nvhw_member_desc *m, const uint8_t *at,
                        size_t room, unsigned depth)
{
    const struct nvhw_struct_desc *inner = m->inner ? nvhw_struct_find(m->inner) : NULL;
    uint64_t number = 0;

    if (inner) {
        put(s, "\n");
        put_struct(s, inner, at, room, depth + 1);
        return;
    }
    memcpy(&number, at, m->element_bytes);
    put(s, " 0x%" PRIx64 "\n", number);
}

static void put_bytes(struct sink *s, const uint8_t *at, size_t count)
{
    for (size_t i = 0; i < count && i < 16; i++)
        put(s, " %02x", at[i]);
    put(s, count > 16 ? " ... (%zu bytes)\n" : "\n", count);
}

static void put_struct(struct sink *s, const struct nvhw_struct_desc *desc, const uint8_t *data,
                       size_t data_bytes, unsigned depth)
{
    for (size_t i = 0; i < desc->member_count; i++) {
        const struct nvhw_member_desc *m = &desc->members[i];

        if ((uint64_t)m->offset + (uint64_t)m->element_bytes * m->count > data_bytes)
            continue;
        if (m->element_bytes == 1 && m->count > 1) {
            put(s, "%*s%s =", (int)(2 * depth + 2), "", m->name);
            put_bytes(s, data + m->offset, m->count);
            continue;
        }
        for (uint32_t k = 0; k < m->count && k < 8; k++) {
            size_t at = m->offset + (size_t)m->element_bytes * k;

            put(s, "%*s%s", (int)(2 * depth + 2), "", m->name);
            if (m->count > 1)
                put(s, "[%" PRIu32 "]", k);
            put(s, " =");
            put_element(s, m, data + at, data_bytes - at, depth);
        }
    }
}

int nvhw_format_struct(char *text, size_t size_bytes, const struct nvhw_struct_desc *desc,
                       const void *data, size_t data_bytes)
{
    struct sink s = {text, size_bytes, 0};

    if (size_bytes)
        text[0] = 0;
    put_struct(&s, desc, data, data_bytes, 0);
    return (int)s.length;
}
