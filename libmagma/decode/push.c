/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A pushbuffer segment to text. Method headers carry an operation, a subchannel, a method address
 * and a count; which class a subchannel holds is learnt from SET_OBJECT on the way.
 */
#include "libmagma/decode/decode.h"
#include "libmagma/decode/lines.h"

#include <inttypes.h>
#include <nvhw/describe.h>
#include <nvhw/fifo.h>
#include <nvhw/host.h>
#include <stdio.h>

struct stream {
    const uint32_t *dwords;
    size_t count;
    size_t at;
    struct mg_decode_push_state *state;
    struct mg_lines to;
    bool good;
};

static const struct nvhw_class_desc *class_of(const struct stream *s, unsigned subchannel,
                                              uint32_t method)
{
    if (method < NV_PBDMA_HOST_METHOD_BYTES)
        return nvhw_class_find(s->state->host_class ? s->state->host_class : NVC56F);
    return nvhw_class_find(s->state->object_class[subchannel]);
}

static void put_method(struct stream *s, size_t at, unsigned subchannel, uint32_t method,
                       uint32_t value)
{
    const struct nvhw_class_desc *cls = class_of(s, subchannel, method);
    const struct nvhw_reg_desc *desc = NULL;
    char fields[512], element[16] = "";
    uint32_t index = 0;

    if (method == NVC56F_SET_OBJECT)
        s->state->object_class[subchannel] = NVHW_GET(NVC56F_SET_OBJECT, NVCLASS, value);
    if (cls)
        desc = nvhw_method_find(cls, method, &index);
    if (!desc) {
        mg_lines_put(&s->to, "%05zx  sub %u  %s method 0x%04" PRIx32 " = 0x%08" PRIx32, at * 4,
                     subchannel, cls ? cls->name : "(no object)", method, value);
        return;
    }
    if (desc->count > 1)
        snprintf(element, sizeof element, "(%" PRIu32 ")", index);
    nvhw_format_fields(fields, sizeof fields, desc, value);
    if (desc->field_count)
        mg_lines_put(&s->to, "%05zx  sub %u  %s_%s%s = 0x%08" PRIx32 "  %s", at * 4, subchannel,
                     cls->name, desc->name, element, value, fields);
    else
        mg_lines_put(&s->to, "%05zx  sub %u  %s_%s%s = 0x%08" PRIx32, at * 4, subchannel, cls->name,
                     desc->name, element, value);
}

/* The data of one header: `step` bytes between methods, `first_step` after the first word. */
static void put_data(struct stream *s, uint32_t header, uint32_t first_step, uint32_t step)
{
    unsigned subchannel = NVHW_GET(NV_PB_METHOD, SUBCHANNEL, header);
    uint32_t method = NVHW_GET(NV_PB_METHOD, ADDRESS, header) << 2;
    uint32_t count = NVHW_GET(NV_PB_METHOD, COUNT, header);

    for (uint32_t i = 0; i < count; i++) {
        if (s->at == s->count) {
            mg_lines_put(&s->to, "%05zx  the segment ends, %" PRIu32 " data words are missing",
                         s->at * 4, count - i);
            s->good = false;
            return;
        }
        put_method(s, s->at, subchannel, method, s->dwords[s->at]);
        s->at++;
        method += i == 0 ? first_step : step;
    }
}

static void put_header(struct stream *s)
{
    size_t at = s->at++;
    uint32_t header = s->dwords[at];

    switch (NVHW_GET(NV_PB_METHOD, SEC_OP, header)) {
    case NV_PB_METHOD_SEC_OP_INC_METHOD:
        put_data(s, header, 4, 4);
        break;
    case NV_PB_METHOD_SEC_OP_NON_INC_METHOD:
        put_data(s, header, 0, 0);
        break;
    case NV_PB_METHOD_SEC_OP_ONE_INC:
        put_data(s, header, 4, 0);
        break;
    case NV_PB_METHOD_SEC_OP_IMMD_DATA_METHOD:
        put_method(s, at, NVHW_GET(NV_PB_METHOD, SUBCHANNEL, header),
                   NVHW_GET(NV_PB_METHOD, ADDRESS, header) << 2,
                   NVHW_GET(NV_PB_METHOD, IMMD_DATA, header));
        break;
    case NV_PB_METHOD_SEC_OP_END_PB_SEGMENT:
        mg_lines_put(&s->to, "%05zx  END_PB_SEGMENT", at * 4);
        s->at = s->count;
        break;
    default:
        if (header == 0)
            break;
        mg_lines_put(&s->to, "%05zx  method header 0x%08" PRIx32 " of a form that is not decoded",
                     at * 4, header);
        s->good = false;
    }
}

bool mg_decode_push(const uint32_t *dwords, size_t count, struct mg_decode_push_state *state,
                    mg_decode_line line, void *ctx)
{
    struct mg_decode_push_state own = {0};
    struct stream s = {.dwords = dwords,
                       .count = count,
                       .state = state ? state : &own,
                       .to = {line, ctx},
                       .good = true};

    while (s.at < s.count)
        put_header(&s);
    return s.good;
}
