/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Arbitrary QMDs: byte 0 picks the compute class, the next 384 are the QMD, the rest is code at the
 * program's place. A QMD that passes the checks is run for a while.
 */
#include "chip.h"
#include "fifo.h"
#include "model.h"

#include <nvhw/compute.h>
#include <nvhw/gmmu.h>
#include <nvhw/rm.h>

#include <stdlib.h>
#include <string.h>

enum {
    ROOT = 0x100000,
    USERD = 0x180000,
    SPACE = 0x200000,
    QMD_AT = 0x1000,
    CODE_AT = 0x10000,
    SPACE_BYTES = 0x40000,
    QMD_BYTES = 384,
    CHID = 1,
    RUNLIST = 1,
};

static struct gpum *model;
static const uint32_t classes[] = {NVC5C0, NVC6C0, NVC7C0, NVC9C0, NVCBC0, NVCDC0, NVCEC0};

static void put64(uint64_t at, uint64_t value)
{
    memcpy(model->vram + at, &value, 8);
}

static void map_space(void)
{
    for (unsigned i = 0; i < 4; i++)
        put64(ROOT + i * 0x1000u + (i == 3 ? 8 : 0),
              NVHW_NUM(NV_PDE_V2, APERTURE, NV_PDE_V2_APERTURE_VIDEO_MEMORY) |
                  (ROOT + (i + 1) * 0x1000u) >> 4);
    for (unsigned i = 0; i < SPACE_BYTES / 0x1000; i++)
        put64(ROOT + 0x4000 + i * 8, (SPACE + i * 0x1000u) >> 4 | NVHW_NUM(NV_PTE_V2, VALID, 1));
}

static struct gpum_channel *make_channel(uint32_t class_id)
{
    struct gpum_channel_desc desc = {.chid = CHID,
                                     .runlist = RUNLIST,
                                     .engine_type = NV2080_ENGINE_TYPE_GR0,
                                     .class_id = model->chip->channel_class,
                                     .gpfifo_entries = 16,
                                     .userd_address = USERD,
                                     .vas = {GPUM_VRAM, ROOT, true}};

    if (!gpum_channel_create(model, &desc, NULL, 0) ||
        !gpum_channel_add_object(model, RUNLIST, CHID, class_id))
        abort();
    gpum_channel_set_gr_context(model, RUNLIST, CHID, true);
    gpum_channel_enable(model, RUNLIST, CHID, true);
    return gpum_channel_find(model, RUNLIST, CHID);
}

static void launch(struct gpum_channel *ch)
{
    struct gpum_object *obj = &ch->objects[0];
    gpum_method_fn method = obj->execute;

    ch->bound[NV_PBDMA_SUBCHANNEL_COMPUTE] = obj;
    method(ch, obj, NVC5C0_SET_SHADER_LOCAL_MEMORY_NON_THROTTLED_B, 0x200000);
    method(ch, obj, NVC5C0_SEND_PCAS_A, QMD_AT >> 8);
    method(ch, obj, NVC6C0_SEND_SIGNALING_PCAS2_B, 3);
    for (unsigned i = 0; i < 16 && gpum_fifo_step(model, 256); i++)
        model->time_ns += 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gpum_config config = {.chip = "ga102"};
    char error[256];

    if (size < 1 + QMD_BYTES || size > 0x10000)
        return 0;
    if (!model && !(model = gpum_create(&config, error, sizeof(error))))
        abort();
    gpum_fifo_power_on(model);
    gpum_mmu_power_on(model);
    gpum_sm_invalidate(model);
    memset(model->vram + SPACE, 0, SPACE_BYTES);
    memcpy(model->vram + SPACE + QMD_AT, data + 1, QMD_BYTES);
    memcpy(model->vram + SPACE + CODE_AT, data + 1 + QMD_BYTES, size - 1 - QMD_BYTES);
    map_space();
    launch(make_channel(classes[data[0] % (sizeof(classes) / sizeof(classes[0]))]));
    gpum_channel_destroy(model, RUNLIST, CHID);
    return 0;
}
