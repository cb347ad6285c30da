/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Channels: creation and end, the doorbell, errors, and whose turn it is. See fifo.h. */
#include "fifo.h"

#include "chip.h"
#include "gmmu.h"

#include <nvhw/boot.h>
#include <nvhw/gmmu.h>
#include <nvhw/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct gpum_channel **bucket_of(struct gpum *m, uint32_t chid)
{
    return &m->fifo->bucket[chid % GPUM_CHANNEL_BUCKETS];
}

struct gpum_channel *gpum_channel_find(struct gpum *m, uint32_t runlist, uint32_t chid)
{
    for (struct gpum_channel *ch = *bucket_of(m, chid); ch; ch = ch->next)
        if (ch->desc.chid == chid && ch->desc.runlist == runlist)
            return ch;
    return NULL;
}

/* Notes in a bit set, by offset / 4, which methods below limit_bytes a class has. */
static void note_methods(const struct nvhw_class_desc *cls, uint64_t *known, uint32_t limit_bytes)
{
    for (size_t i = 0; cls && i < cls->method_count; i++) {
        const struct nvhw_reg_desc *reg = &cls->methods[i];

        for (uint32_t e = 0; e < reg->count; e++) {
            uint32_t offset = reg->offset + e * reg->step;

            if (offset < limit_bytes)
                known[offset / 4 / 64] |= UINT64_C(1) << offset / 4 % 64;
        }
    }
}

/* ---- Errors ---------------------------------------------------------------------------------- */

enum gpum_method_result gpum_channel_fail(struct gpum_channel *ch, uint32_t xid,
                                          const struct gpum_mmu_fault *mmu, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    ch->faulted = true;
    ch->enabled = false;
    ch->held = false;
    ch->copy.active = false;
    ch->inline_data.active = false;
    gpum_fault(ch->m, "channel %u of runlist %u: Xid %u: %s", ch->desc.chid, ch->desc.runlist, xid,
               text);
    gpum_gsp_channel_error(ch->m, ch->desc.runlist, ch->desc.chid, xid, mmu, text);
    gpum_compute_drop(ch); /* last: mmu may point into a grid */
    return GPUM_METHOD_FAILED;
}

enum gpum_method_result gpum_channel_fail_mmu(struct gpum_channel *ch,
                                              const struct gpum_mmu_fault *mmu, const char *what)
{
    static const char *const accesses[] = {"read", "write", "atomic"};
    const char *type = nvhw_fault_type_name(mmu->type);

    return gpum_channel_fail(ch, NV_XID_MMU_FAULT, mmu, "%s: MMU fault %s at 0x%llx, %s by %s",
                             what, type ? type : "?", (unsigned long long)mmu->va,
                             accesses[mmu->access % 3], mmu->client ? mmu->client : "?");
}

/* ---- Life of a channel ----------------------------------------------------------------------- */

static bool describe(char *reason, size_t reason_size_bytes, const char *text)
{
    if (reason)
        snprintf(reason, reason_size_bytes, "%s", text);
    return false;
}

static bool check_desc(struct gpum *m, const struct gpum_channel_desc *d, char *reason,
                       size_t reason_size_bytes)
{
    uint64_t run = 0;

    if (d->chid >= NV_CHRAM_CHANNEL__SIZE_1)
        return describe(reason, reason_size_bytes, "channel id beyond 2047");
    if (gpum_channel_find(m, d->runlist, d->chid))
        return describe(reason, reason_size_bytes, "channel id in use on this runlist");
    if (d->class_id != m->chip->channel_class)
        return describe(reason, reason_size_bytes, "channel class is not this chip's");
    if (!d->gpfifo_entries || d->gpfifo_entries & (d->gpfifo_entries - 1))
        return describe(reason, reason_size_bytes, "GPFIFO entry count is no power of two");
    if (d->gpfifo_va % NV_PBDMA_GP_ENTRY_BYTES)
        return describe(reason, reason_size_bytes, "GPFIFO address is not 8-byte aligned");
    if (d->userd_address % NV_USERD_ALIGN_BYTES)
        return describe(reason, reason_size_bytes, "USERD address is not 512-byte aligned");
    if (!gpum_phys(m, d->userd_aperture, d->userd_address, true, &run) || run < NV_USERD_BYTES)
        return describe(reason, reason_size_bytes, "USERD address is not memory");
    return true;
}

bool gpum_channel_create(struct gpum *m, const struct gpum_channel_desc *desc, char *reason,
                         size_t reason_size_bytes)
{
    struct gpum_channel **bucket = bucket_of(m, desc->chid);
    struct gpum_channel *ch;

    if (!check_desc(m, desc, reason, reason_size_bytes))
        return false;
    ch = calloc(1, sizeof(*ch));
    if (!ch)
        return describe(reason, reason_size_bytes, "out of memory");
    ch->m = m;
    ch->desc = *desc;
    ch->host_class = nvhw_class_find(desc->class_id);
    ch->subdevice_on = true;
    ch->subdevice_mask = UINT32_MAX;
    note_methods(ch->host_class, ch->host_known, NV_PBDMA_HOST_METHOD_BYTES);
    ch->next = *bucket;
    *bucket = ch;
    ch->next_turn = m->fifo->first;
    m->fifo->first = ch;
    m->fifo->channel_count++;
    return true;
}

static void channel_free(struct gpum_channel *ch)
{
    gpum_compute_drop(ch);
    for (unsigned i = 0; i < ch->object_count; i++)
        free(ch->objects[i].state);
    free(ch);
}

static void unlink_turn(struct gpum_fifo *fifo, const struct gpum_channel *ch)
{
    struct gpum_channel **at = &fifo->first;

    while (*at != ch)
        at = &(*at)->next_turn;
    *at = ch->next_turn;
    if (fifo->turn == ch)
        fifo->turn = ch->next_turn;
    fifo->channel_count--;
}

void gpum_channel_destroy(struct gpum *m, uint32_t runlist, uint32_t chid)
{
    for (struct gpum_channel **at = bucket_of(m, chid); *at; at = &(*at)->next) {
        struct gpum_channel *ch = *at;

        if (ch->desc.chid == chid && ch->desc.runlist == runlist) {
            *at = ch->next;
            unlink_turn(m->fifo, ch);
            channel_free(ch);
            return;
        }
    }
}

bool gpum_channel_enable(struct gpum *m, uint32_t runlist, uint32_t chid, bool enable)
{
    struct gpum_channel *ch = gpum_channel_find(m, runlist, chid);

    if (!ch || ch->faulted)
        return false;
    ch->enabled = enable;
    return true;
}

bool gpum_channel_add_object(struct gpum *m, uint32_t runlist, uint32_t chid, uint32_t class_id)
{
    struct gpum_channel *ch = gpum_channel_find(m, runlist, chid);
    const struct nvhw_class_desc *cls = nvhw_class_find(class_id);
    struct gpum_object *obj;

    if (!ch || ch->object_count == GPUM_OBJECTS_MAX)
        return false;
    for (unsigned i = 0; i < ch->object_count; i++)
        if (ch->objects[i].cls && ch->objects[i].cls->number == class_id)
            return true;
    obj = &ch->objects[ch->object_count];
    *obj = (struct gpum_object){.cls = cls};
    obj->state = calloc(GPUM_METHOD_COUNT, sizeof(*obj->state));
    if (!obj->state)
        return false;
    note_methods(cls, obj->known, NV_PBDMA_METHOD_SPACE_BYTES);
    obj->execute = gpum_copy_handler(class_id);
    if (obj->execute)
        gpum_copy_reset_state(obj);
    else if ((obj->execute = gpum_compute_handler(class_id)))
        gpum_compute_reset_state(obj);
    ch->object_count++;
    return true;
}

void gpum_channel_set_gr_context(struct gpum *m, uint32_t runlist, uint32_t chid, bool ready)
{
    struct gpum_channel *ch = gpum_channel_find(m, runlist, chid);

    if (ch)
        ch->gr_ready = ready;
}

bool gpum_channel_idle(const struct gpum_channel *ch)
{
    return !ch->copy.active && !ch->grid_count;
}

void gpum_channel_interrupt(struct gpum_channel *ch)
{
    unsigned vector = gpum_engine_nonstall_vector(ch->m, ch->desc.engine_type);

    if (vector == GPUM_NO_VECTOR)
        gpum_note(ch->m, "engine type %u has no non-stall vector", ch->desc.engine_type);
    else
        gpum_irq_raise(ch->m, vector);
}

/* ---- Scheduling ------------------------------------------------------------------------------ */

/* One turn of a channel: half of it for the engines, the rest for the stream. Returns the units
 * spent. */
static unsigned channel_turn(struct gpum_channel *ch, unsigned budget)
{
    unsigned used = 0, half = (budget + 1) / 2;

    if (!ch->enabled)
        return 0;
    ch->yield = false;
    if (ch->copy.active)
        used += gpum_copy_run(ch, half);
    if (used < half && ch->grid_count)
        used += gpum_compute_run(ch, half - used);
    if (used < budget && ch->enabled)
        used += gpum_pbdma_run(ch, budget - used);
    return used;
}

static bool channel_has_work(const struct gpum_channel *ch)
{
    return ch->enabled &&
           (ch->rung || ch->held || !gpum_channel_idle(ch) || gpum_pbdma_has_words(ch));
}

bool gpum_fifo_step(struct gpum *m, unsigned budget)
{
    struct gpum_fifo *fifo = m->fifo;

    /* Ends after a whole round in which nobody got anywhere: acquires may all be unmet. */
    for (unsigned quiet = 0; budget && quiet < fifo->channel_count;) {
        struct gpum_channel *ch = fifo->turn ? fifo->turn : fifo->first;
        unsigned used = channel_turn(ch, budget < GPUM_SLICE_UNITS ? budget : GPUM_SLICE_UNITS);

        fifo->turn = ch->next_turn;
        budget -= used < budget ? used : budget;
        quiet = used ? 0 : quiet + 1;
    }
    for (const struct gpum_channel *ch = fifo->first; ch; ch = ch->next_turn)
        if (channel_has_work(ch))
            return true;
    return false;
}

/* ---- Registers ------------------------------------------------------------------------------- */

static void doorbell(struct gpum *m, uint32_t token)
{
    uint32_t runlist = NVHW_GET(NV_VIRTUAL_FUNCTION_DOORBELL, RUNLIST_ID, token);
    uint32_t chid = NVHW_GET(NV_VIRTUAL_FUNCTION_DOORBELL, CHANNEL_ID, token);
    bool runlist_bit = NVHW_TEST(NV_VIRTUAL_FUNCTION_DOORBELL, RUNLIST_DOORBELL, ENABLE, token);
    struct gpum_channel *ch = gpum_channel_find(m, runlist, chid);

    if (m->chip->runlist_doorbell && !runlist_bit)
        gpum_fault(m, "doorbell 0x%08x lacks the runlist doorbell bit: lost", token);
    else if (!ch)
        gpum_fault(m, "doorbell 0x%08x: no channel %u on runlist %u", token, chid, runlist);
    else if (!ch->enabled)
        gpum_fault(m, "doorbell for channel %u of runlist %u, which is %s: lost", chid, runlist,
                   ch->faulted ? "stopped by an error" : "not scheduled");
    else
        ch->rung = true;
}

static uint32_t mailbox_index(uint32_t offset)
{
    return (offset - NV_VIRTUAL_FUNCTION_PRIV_MAILBOX_SCRATCH(0)) / 4 %
           NV_VIRTUAL_FUNCTION_PRIV_MAILBOX_SCRATCH__COUNT;
}

static uint32_t usermode_read(struct gpum *m, uint32_t offset)
{
    switch (offset) {
    case NV_VIRTUAL_FUNCTION_TIME_0:
        return (uint32_t)m->time_ns & NVHW_MASK(NV_VIRTUAL_FUNCTION_TIME_0, NSEC);
    case NV_VIRTUAL_FUNCTION_TIME_1:
        return (uint32_t)(m->time_ns >> 32) & NVHW_MASK(NV_VIRTUAL_FUNCTION_TIME_1, NSEC);
    case NV_VIRTUAL_FUNCTION_DOORBELL:
        return 0;
    }
    gpum_note(m, "read of 0x%06x: no register of the usermode page", offset);
    return NV_PRI_ERROR_NO_TARGET;
}

static void usermode_write(struct gpum *m, uint32_t offset, uint32_t value)
{
    if (offset == NV_VIRTUAL_FUNCTION_DOORBELL)
        doorbell(m, value);
    else
        gpum_note(m, "write of 0x%08x to 0x%06x: no register of the usermode page", value, offset);
}

static uint32_t mailbox_read(struct gpum *m, uint32_t offset)
{
    return m->fifo->mailbox[mailbox_index(offset)];
}

static void mailbox_write(struct gpum *m, uint32_t offset, uint32_t value)
{
    m->fifo->mailbox[mailbox_index(offset)] = value;
}

const struct gpum_unit gpum_fifo_units[] = {
    {"usermode", NV_VIRTUAL_FUNCTION_USERMODE_BASE, NV_VIRTUAL_FUNCTION_USERMODE_BYTES,
     usermode_read, usermode_write},
    {"vf-mailbox", NV_VIRTUAL_FUNCTION_PRIV_MAILBOX_SCRATCH(0),
     NV_VIRTUAL_FUNCTION_PRIV_MAILBOX_SCRATCH__COUNT * 4, mailbox_read, mailbox_write},
    {.name = NULL},
};

/* ---- Life ------------------------------------------------------------------------------------ */

bool gpum_fifo_create(struct gpum *m)
{
    m->fifo = calloc(1, sizeof(*m->fifo));
    return m->fifo != NULL;
}

void gpum_fifo_power_on(struct gpum *m)
{
    while (m->fifo->first) {
        struct gpum_channel *ch = m->fifo->first;

        m->fifo->first = ch->next_turn;
        channel_free(ch);
    }
    memset(m->fifo, 0, sizeof(*m->fifo));
}

void gpum_fifo_destroy(struct gpum *m)
{
    if (!m->fifo)
        return;
    gpum_fifo_power_on(m);
    free(m->fifo);
    m->fifo = NULL;
}
