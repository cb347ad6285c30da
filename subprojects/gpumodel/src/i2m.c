/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Inline data to memory, as methods of the compute class: LAUNCH_DMA opens a transfer of lines in
 * pitch layout, the words that follow in LOAD_INLINE_DATA fill them.
 */
#include "fifo.h"
#include "gmmu.h"

#include <nvhw/compute.h>

static enum gpum_method_result inline_fail(struct gpum_channel *ch, const char *what, uint32_t data)
{
    return gpum_channel_fail(ch, NV_XID_GR_CLASS_ERROR, NULL, "inline to memory: %s (data 0x%08x)",
                             what, data);
}

enum gpum_method_result gpum_inline_launch(struct gpum_channel *ch, struct gpum_object *obj,
                                           uint32_t data)
{
    if (ch->inline_data.active)
        return inline_fail(ch, "launch while the data of the last one is incomplete", data);
    if (NVHW_TEST(NVC5C0_LAUNCH_DMA, DST_MEMORY_LAYOUT, BLOCKLINEAR, data))
        return inline_fail(ch, "block linear layout is not supported", data);
    if (NVHW_TEST(NVC5C0_LAUNCH_DMA, COMPLETION_TYPE, RELEASE_SEMAPHORE, data))
        return inline_fail(ch, "semaphore release is not supported", data);
    ch->inline_data = (struct gpum_inline_data){.active = gpum_state(obj, NVC5C0_LINE_LENGTH_IN) &&
                                                          gpum_state(obj, NVC5C0_LINE_COUNT)};
    return GPUM_METHOD_DONE;
}

/* The padding of a line's last word is dropped: each line begins with a word of its own. */
enum gpum_method_result gpum_inline_word(struct gpum_channel *ch, struct gpum_object *obj,
                                         uint32_t data)
{
    struct gpum_inline_data *d = &ch->inline_data;
    uint64_t line_bytes = gpum_state(obj, NVC5C0_LINE_LENGTH_IN);
    uint64_t left = line_bytes - d->byte;
    uint64_t at = gpum_state64(obj, NVC5C0_OFFSET_OUT_UPPER, NVC5C0_OFFSET_OUT) +
                  d->line * gpum_state(obj, NVC5C0_PITCH_OUT) + d->byte;
    struct gpum_mmu_fault fault = {0};

    if (!d->active || d->byte >= line_bytes)
        return inline_fail(ch, "data without a launch that expects it", data);
    if (!gpum_virt_write_as(ch->m, &gpum_client_front, &ch->desc.vas, at, &data,
                            left < sizeof(data) ? left : sizeof(data), &fault))
        return gpum_channel_fail_mmu(ch, &fault, "inline to memory");
    d->byte += sizeof(data);
    if (d->byte >= line_bytes) {
        d->byte = 0;
        d->line++;
        d->active = d->line < gpum_state(obj, NVC5C0_LINE_COUNT);
    }
    return GPUM_METHOD_DONE;
}
