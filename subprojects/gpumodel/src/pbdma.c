/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The pushbuffer's stream: method headers, their data, subchannels. Methods below 0x100 are host's
 * whatever the subchannel; the rest goes to the object bound there.
 */
#include "fifo.h"

#include "chip.h"

#include <nvhw/compute.h>
#include <nvhw/host.h>
#include <nvhw/rm.h>

#include <string.h>

static enum gpum_method_result header_fail(struct gpum_channel *ch, uint32_t header,
                                           const char *what)
{
    return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL, "PBENTRY: %s (header 0x%08x)", what,
                             header);
}

static bool is_graphics_runlist(const struct gpum_channel *ch)
{
    return ch->desc.engine_type == NV2080_ENGINE_TYPE_GR0;
}

/* ---- Binding --------------------------------------------------------------------------------- */

static bool subchannel_fits(const struct gpum_channel *ch, const struct gpum_object *obj,
                            uint32_t subchannel)
{
    if (!strcmp(obj->cls->kind, "copy"))
        return subchannel == NV_PBDMA_SUBCHANNEL_COPY;
    return is_graphics_runlist(ch) && subchannel == NV_PBDMA_SUBCHANNEL_COMPUTE;
}

static enum gpum_method_result set_object(struct gpum_channel *ch, uint32_t subchannel,
                                          uint32_t data)
{
    uint32_t class_id = NVHW_GET(NVC46F_SET_OBJECT, NVCLASS, data);
    struct gpum_object *obj = NULL;

    for (unsigned i = 0; i < ch->object_count; i++)
        if (ch->objects[i].cls && ch->objects[i].cls->number == class_id)
            obj = &ch->objects[i];
    if (!obj)
        return gpum_channel_fail(ch, NV_XID_GR_EXCEPTION, NULL,
                                 "SET_OBJECT: class 0x%04x, subchannel %u mismatch: no such object "
                                 "was allocated on this channel",
                                 class_id, subchannel);
    if (!obj->execute)
        return gpum_channel_fail(ch, NV_XID_GR_CLASS_ERROR, NULL,
                                 "SET_OBJECT: class %s is not supported by the model",
                                 obj->cls->name);
    if (!subchannel_fits(ch, obj, subchannel))
        return gpum_channel_fail(ch, NV_XID_GR_CLASS_ERROR, NULL,
                                 "SET_OBJECT: class %s does not go on subchannel %u of this "
                                 "runlist",
                                 obj->cls->name, subchannel);
    if (!strcmp(obj->cls->kind, "compute") && !ch->gr_ready)
        return gpum_channel_fail(ch, NV_XID_GR_EXCEPTION, NULL,
                                 "SET_OBJECT: class %s without promoted graphics context buffers",
                                 obj->cls->name);
    ch->bound[subchannel] = obj;
    return GPUM_METHOD_DONE;
}

/* ---- Methods --------------------------------------------------------------------------------- */

static uint32_t unknown_method_xid(const struct gpum_object *obj, uint32_t method)
{
    bool compute = !strcmp(obj->cls->kind, "compute");

    return compute && method < NV_COMPUTE_METHOD_LIMIT ? NV_XID_BAD_METHOD : NV_XID_PBDMA_ERROR;
}

static enum gpum_method_result engine_method(struct gpum_channel *ch, uint32_t subchannel,
                                             uint32_t method, uint32_t data)
{
    struct gpum_object *obj = ch->bound[subchannel];

    if (!obj)
        return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL,
                                 "method 0x%04x to subchannel %u, which has no object", method,
                                 subchannel);
    if (!(obj->known[method / 4 / 64] >> method / 4 % 64 & 1))
        return gpum_channel_fail(ch, unknown_method_xid(obj, method), NULL,
                                 "METHOD: illegal method 0x%04x of class %s (data 0x%08x)", method,
                                 obj->cls->name, data);
    /* Going from one engine to another, host waits for the first to be idle. */
    if (subchannel != ch->last_subchannel && !gpum_channel_idle(ch))
        return GPUM_METHOD_WAIT;
    ch->last_subchannel = subchannel;
    return obj->execute(ch, obj, method, data);
}

static enum gpum_method_result method(struct gpum_channel *ch, uint32_t subchannel,
                                      uint32_t method_offset, uint32_t data)
{
    enum gpum_method_result result;

    if (method_offset == NVC46F_SET_OBJECT)
        result = set_object(ch, subchannel, data);
    else if (method_offset < NV_PBDMA_HOST_METHOD_BYTES)
        result = gpum_host_method(ch, subchannel, method_offset, data);
    else
        result = engine_method(ch, subchannel, method_offset, data);
    ch->held = result == GPUM_METHOD_WAIT;
    if (ch->held) {
        ch->held_subchannel = subchannel;
        ch->held_method = method_offset;
        ch->held_data = data;
    } else if (result == GPUM_METHOD_DONE) {
        ch->m->stats.methods++;
    }
    return result;
}

/* The data of the run under way. */
static enum gpum_method_result run_data(struct gpum_channel *ch, uint32_t data)
{
    struct gpum_method_run *run = &ch->run;
    uint32_t offset = run->method;

    run->count--;
    if (run->increment || run->increment_once)
        run->method += 4;
    run->increment_once = false;
    if (run->method > NV_PBDMA_METHOD_SPACE_BYTES)
        return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL, "method address beyond 0x%x",
                                 NV_PBDMA_METHOD_SPACE_BYTES);
    if (!ch->subdevice_on)
        return GPUM_METHOD_DONE;
    return method(ch, run->subchannel, offset, data);
}

/* ---- Headers --------------------------------------------------------------------------------- */

/* The first group: the old form, and masks of devices working in parallel (this is device 0). */
static enum gpum_method_result group_0(struct gpum_channel *ch, uint32_t header)
{
    uint32_t mask = header >> NV_PB_METHOD_SUB_DEV_MASK__LO &
                    (NVHW_MASK(NV_PB_METHOD, SUB_DEV_MASK) >> NV_PB_METHOD_SUB_DEV_MASK__LO);

    switch (NVHW_GET(NV_PB_METHOD, TERT_OP, header)) {
    case NV_PB_METHOD_TERT_OP_GRP0_SET_SUB_DEV_MASK:
        ch->subdevice_on = mask & 1;
        return GPUM_METHOD_DONE;
    case NV_PB_METHOD_TERT_OP_GRP0_STORE_SUB_DEV_MASK:
        ch->subdevice_mask = mask;
        return GPUM_METHOD_DONE;
    case NV_PB_METHOD_TERT_OP_GRP0_USE_SUB_DEV_MASK:
        ch->subdevice_on = ch->subdevice_mask & 1;
        return GPUM_METHOD_DONE;
    }
    ch->run = (struct gpum_method_run){NVHW_GET(NV_PB_METHOD, SUBCHANNEL, header),
                                       NVHW_GET(NV_PB_METHOD, ADDRESS_OLD, header) * 4,
                                       NVHW_GET(NV_PB_METHOD, COUNT_OLD, header), true, false};
    return GPUM_METHOD_DONE;
}

static enum gpum_method_result group_2(struct gpum_channel *ch, uint32_t header)
{
    if (!NVHW_TEST(NV_PB_METHOD, TERT_OP, GRP2_NON_INC_METHOD, header))
        return header_fail(ch, header, "reserved form");
    ch->run = (struct gpum_method_run){NVHW_GET(NV_PB_METHOD, SUBCHANNEL, header),
                                       NVHW_GET(NV_PB_METHOD, ADDRESS_OLD, header) * 4,
                                       NVHW_GET(NV_PB_METHOD, COUNT_OLD, header), false, false};
    return GPUM_METHOD_DONE;
}

static enum gpum_method_result header_word(struct gpum_channel *ch, uint32_t header)
{
    uint32_t subchannel = NVHW_GET(NV_PB_METHOD, SUBCHANNEL, header);
    uint32_t address = NVHW_GET(NV_PB_METHOD, ADDRESS, header) * 4;
    uint32_t count = NVHW_GET(NV_PB_METHOD, COUNT, header);

    switch (NVHW_GET(NV_PB_METHOD, SEC_OP, header)) {
    case NV_PB_METHOD_SEC_OP_GRP0_USE_TERT:
        return group_0(ch, header);
    case NV_PB_METHOD_SEC_OP_GRP2_USE_TERT:
        return group_2(ch, header);
    case NV_PB_METHOD_SEC_OP_INC_METHOD:
        ch->run = (struct gpum_method_run){subchannel, address, count, true, false};
        return GPUM_METHOD_DONE;
    case NV_PB_METHOD_SEC_OP_NON_INC_METHOD:
        ch->run = (struct gpum_method_run){subchannel, address, count, false, false};
        return GPUM_METHOD_DONE;
    case NV_PB_METHOD_SEC_OP_ONE_INC:
        ch->run = (struct gpum_method_run){subchannel, address, count, false, true};
        return GPUM_METHOD_DONE;
    case NV_PB_METHOD_SEC_OP_IMMD_DATA_METHOD:
        if (!ch->subdevice_on)
            return GPUM_METHOD_DONE;
        return method(ch, subchannel, address, NVHW_GET(NV_PB_METHOD, IMMD_DATA, header));
    case NV_PB_METHOD_SEC_OP_END_PB_SEGMENT:
        ch->segment_words = 0;
        return GPUM_METHOD_DONE;
    }
    return header_fail(ch, header, "reserved SEC_OP");
}

/* ---- Run ------------------------------------------------------------------------------------- */

unsigned gpum_pbdma_run(struct gpum_channel *ch, unsigned budget)
{
    unsigned used = 0;

    if (ch->held) {
        if (method(ch, ch->held_subchannel, ch->held_method, ch->held_data) != GPUM_METHOD_DONE)
            return 0;
        used++;
    }
    while (used < budget && !ch->yield) {
        enum gpum_method_result result;
        uint32_t word;

        if (ch->rung && !gpum_pbdma_take_doorbell(ch))
            break;
        if (!gpum_pbdma_next_word(ch, &word))
            break;
        used++;
        result = ch->run.count ? run_data(ch, word) : header_word(ch, word);
        if (result != GPUM_METHOD_DONE)
            break;
    }
    return used;
}
