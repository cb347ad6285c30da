/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Arbitrary pushbuffers: whatever a client puts into its ring, the model answers with an error of
 * the channel and never with one of its own. First byte: bit 0 privileged copy channel instead of
 * a graphics one. The rest are the words of one segment; the same memory also is what they point
 * to.
 */
#include "chip.h"
#include "model.h"

#include <nvhw/fifo.h>
#include <nvhw/gmmu.h>
#include <nvhw/pci.h>
#include <nvhw/rm.h>

#include <stdlib.h>
#include <string.h>

enum {
    ROOT = 0x100000, /* PD3, PD2, PD1, PD0, small page table, 4 KiB each */
    USERD = 0x180000,
    SPACE = 0x200000, /* VRAM behind addresses 0 to 2 MiB */
    SPACE_BYTES = 0x40000,
    PUSH_VA = 0x10000,
    RING_VA = 0x1000,
    CHID = 1,
    RUNLIST = 1,
};

static struct gpum *model;

static void put64(uint64_t at, uint64_t value)
{
    memcpy(model->vram + at, &value, 8);
}

/* Addresses 0 to SPACE_BYTES, the last quarter read only; everything else unmapped. */
static void map_space(void)
{
    for (unsigned i = 0; i < 4; i++)
        put64(ROOT + i * 0x1000u + (i == 3 ? 8 : 0),
              NVHW_NUM(NV_PDE_V2, APERTURE, NV_PDE_V2_APERTURE_VIDEO_MEMORY) |
                  (ROOT + (i + 1) * 0x1000u) >> 4);
    for (unsigned i = 0; i < SPACE_BYTES / 0x1000; i++)
        put64(ROOT + 0x4000 + i * 8,
              (SPACE + i * 0x1000u) >> 4 | NVHW_NUM(NV_PTE_V2, VALID, 1) |
                  NVHW_NUM(NV_PTE_V2, READ_ONLY, i >= SPACE_BYTES / 0x1000 * 3 / 4));
}

static bool make_channel(bool copy)
{
    struct gpum_channel_desc desc = {
        .chid = CHID,
        .runlist = RUNLIST,
        .engine_type = copy ? NV2080_ENGINE_TYPE_COPY0 : NV2080_ENGINE_TYPE_GR0,
        .class_id = model->chip->channel_class,
        .gpfifo_va = RING_VA,
        .gpfifo_entries = 16,
        .userd_address = USERD,
        .privileged = copy,
        .vas = {GPUM_VRAM, ROOT, true},
    };

    if (!gpum_channel_create(model, &desc, NULL, 0) ||
        !gpum_channel_add_object(model, RUNLIST, CHID, model->chip->copy_class) ||
        !gpum_channel_add_object(model, RUNLIST, CHID, model->chip->compute_class))
        return false;
    gpum_channel_set_gr_context(model, RUNLIST, CHID, true);
    return gpum_channel_enable(model, RUNLIST, CHID, true);
}

static void submit(size_t size_bytes)
{
    uint32_t put = 1;
    uint64_t entry = (uint64_t)(size_bytes / 4) << 42 | PUSH_VA;

    put64(SPACE + RING_VA, entry);
    memcpy(model->vram + USERD + 0x8c, &put, 4);
    gpum_write(model, GPUM_BAR0, NV_VIRTUAL_FUNCTION_DOORBELL, 4, RUNLIST << 16 | CHID);
    for (unsigned i = 0; i < 16 && gpum_fifo_step(model, 256); i++)
        model->time_ns += 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gpum_config config = {.chip = "ga102"};
    char error[256];

    if (size < 5 || size > SPACE_BYTES / 2)
        return 0;
    if (!model && !(model = gpum_create(&config, error, sizeof(error))))
        abort();
    gpum_write(model, GPUM_CONFIG, NV_PCI_CONFIG_COMMAND, 2,
               NVHW_NUM(NV_PCI_CONFIG_COMMAND, MEMORY_SPACE, 1));
    gpum_fifo_power_on(model);
    gpum_mmu_power_on(model);
    memset(model->vram + SPACE, 0, SPACE_BYTES);
    memset(model->vram + USERD, 0, NV_USERD_BYTES);
    memcpy(model->vram + SPACE + PUSH_VA, data + 1, size - 1);
    map_space();
    if (!make_channel(data[0] & 1))
        abort();
    submit(size - 1);
    gpum_channel_destroy(model, RUNLIST, CHID);
    return 0;
}
