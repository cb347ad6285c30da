/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Ring and segments: GP_PUT at the doorbell, GP entries, and the words of the pushbuffer. Nothing
 * is fetched ahead, so the SYNC bit of an entry is kept by itself.
 */
#include "fifo.h"
#include "gmmu.h"

#include <nvhw/host.h>

#include <stddef.h>
#include <string.h>

#define EXTENDED_BASE_LIMIT_WORDS ((UINT64_C(1) << NV_GP_ENTRY_ADDRESS_BITS) / 4)

static bool has_extended_base(const struct gpum_channel *ch)
{
    return ch->desc.class_id >= NVC86F;
}

/* The Blackwell class names GP_PUT only. */
static bool writes_back_get(const struct gpum_channel *ch)
{
    return ch->desc.class_id < NVC96F;
}

bool gpum_pbdma_take_doorbell(struct gpum_channel *ch)
{
    uint32_t put;

    ch->rung = false;
    if (!gpum_phys_read(ch->m, ch->desc.userd_aperture,
                        ch->desc.userd_address + offsetof(struct nvhw_userd, gp_put), &put, 4)) {
        gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL, "USERD is no longer memory");
        return false;
    }
    if (put >= ch->desc.gpfifo_entries) {
        gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL,
                          "GPPTR: GP_PUT %u is not below the ring's %u entries", put,
                          ch->desc.gpfifo_entries);
        return false;
    }
    ch->gp_put = put;
    return true;
}

static void write_back_get(struct gpum_channel *ch)
{
    if (writes_back_get(ch))
        gpum_phys_write(ch->m, ch->desc.userd_aperture,
                        ch->desc.userd_address + offsetof(struct nvhw_userd, gp_get), &ch->gp_get,
                        4);
}

static bool entry_fail(struct gpum_channel *ch, const uint32_t entry[2], const char *what)
{
    gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL, "GPENTRY: %s (entry %u: 0x%08x 0x%08x)", what,
                      ch->gp_get, entry[0], entry[1]);
    return false;
}

static bool control_entry(struct gpum_channel *ch, const uint32_t entry[2])
{
    switch (NVHW_GET(NV_GP_ENTRY1, OPCODE, entry[1])) {
    case NV_GP_ENTRY1_OPCODE_NOP:
        return true;
    case NV_GP_ENTRY1_OPCODE_ILLEGAL:
        return entry_fail(ch, entry, "opcode ILLEGAL");
    case NV_GP_ENTRY1_OPCODE_GP_CRC:
    case NV_GP_ENTRY1_OPCODE_PB_CRC:
        return entry_fail(ch, entry, "CRC checks are not supported");
    case NV_GP_ENTRY1_OPCODE_SET_PB_SEGMENT_EXTENDED_BASE:
        if (!has_extended_base(ch))
            return entry_fail(ch, entry, "extended base on a host class without it");
        ch->extended_base = (uint64_t)NVHW_GET(NV_GP_ENTRY0, OPERAND, entry[0])
                            << NV_GP_ENTRY_ADDRESS_BITS;
        return true;
    }
    return entry_fail(ch, entry, "unknown opcode");
}

static bool segment_entry(struct gpum_channel *ch, const uint32_t entry[2])
{
    uint64_t low = (uint64_t)NVHW_GET(NV_GP_ENTRY1, GET_HI, entry[1]) << 32 |
                   (entry[0] & NVHW_MASK(NV_GP_ENTRY0, GET));
    uint32_t words = NVHW_GET(NV_GP_ENTRY1, LENGTH, entry[1]);

    if (NVHW_TEST(NV_GP_ENTRY0, FETCH, CONDITIONAL, entry[0]))
        return entry_fail(ch, entry, "conditional fetch is not supported");
    if (low / 4 + words > EXTENDED_BASE_LIMIT_WORDS)
        return entry_fail(ch, entry, "segment crosses a 2^40 boundary");
    ch->segment_va = ch->extended_base | low;
    ch->segment_words = words;
    return true;
}

/* Takes the next ring entry; false when the ring is empty or the channel was stopped. */
static bool next_entry(struct gpum_channel *ch)
{
    struct gpum_mmu_fault fault = {0};
    uint32_t entry[2];
    bool ok;

    if (ch->gp_get == ch->gp_put)
        return false;
    if (!gpum_virt_read_as(ch->m, &gpum_client_host, &ch->desc.vas,
                           ch->desc.gpfifo_va + (uint64_t)ch->gp_get * NV_PBDMA_GP_ENTRY_BYTES,
                           entry, sizeof(entry), &fault)) {
        gpum_channel_fail_mmu(ch, &fault, "GP entry fetch");
        return false;
    }
    if (NVHW_GET(NV_GP_ENTRY1, LENGTH, entry[1]))
        ok = segment_entry(ch, entry);
    else
        ok = control_entry(ch, entry);
    if (!ok)
        return false;
    ch->gp_get = (ch->gp_get + 1) % ch->desc.gpfifo_entries;
    write_back_get(ch);
    return true;
}

bool gpum_pbdma_has_words(const struct gpum_channel *ch)
{
    return ch->segment_words || ch->gp_get != ch->gp_put;
}

/* Finds the memory of the next words of the segment. */
static bool fetch_run(struct gpum_channel *ch)
{
    struct gpum_mmu_fault fault = {0};

    ch->fetch_generation = ch->m->memory_generation;
    ch->fetch_pointer = gpum_virt_as(ch->m, &gpum_client_host, &ch->desc.vas, ch->segment_va,
                                     GPUM_READ, &ch->fetch_bytes, &fault);
    if (ch->fetch_pointer)
        return true;
    ch->fetch_bytes = 0;
    gpum_channel_fail_mmu(ch, &fault, "pushbuffer fetch");
    return false;
}

bool gpum_pbdma_next_word(struct gpum_channel *ch, uint32_t *word)
{
    while (!ch->segment_words) {
        ch->fetch_bytes = 0;
        if (!next_entry(ch))
            return false;
    }
    if ((!ch->fetch_bytes || ch->fetch_generation != ch->m->memory_generation) && !fetch_run(ch))
        return false;
    memcpy(word, ch->fetch_pointer, sizeof(*word));
    ch->fetch_pointer += sizeof(*word);
    ch->fetch_bytes -= sizeof(*word);
    ch->segment_va += sizeof(*word);
    ch->segment_words--;
    return true;
}
