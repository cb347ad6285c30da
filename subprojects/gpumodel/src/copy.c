/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The copy engine, classes C5B5 to CAB5: LAUNCH_DMA is checked and turned into work, the work goes
 * on line by line while host already reads on, and ends with its semaphore and interrupt. Launches
 * of a channel are done in order.
 */
#include "fifo.h"
#include "gmmu.h"

#include <nvhw/copy.h>

static enum gpum_method_result copy_fail(struct gpum_channel *ch, const char *what, uint32_t launch)
{
    return gpum_channel_fail(ch, NV_XID_CE0_ERROR, NULL, "copy engine: %s (LAUNCH_DMA 0x%08x)",
                             what, launch);
}

/* ---- Launch ---------------------------------------------------------------------------------- */

static bool physical_target(struct gpum_channel *ch, uint32_t mode, enum gpum_aperture *aperture)
{
    switch (NVHW_GET(NVC5B5_SET_SRC_PHYS_MODE, TARGET, mode)) {
    case NVC5B5_SET_SRC_PHYS_MODE_TARGET_LOCAL_FB:
        *aperture = GPUM_VRAM;
        return true;
    case NVC5B5_SET_SRC_PHYS_MODE_TARGET_COHERENT_SYSMEM:
        *aperture = GPUM_SYS_COHERENT;
        return true;
    case NVC5B5_SET_SRC_PHYS_MODE_TARGET_NONCOHERENT_SYSMEM:
        *aperture = GPUM_SYS_NONCOHERENT;
        return true;
    }
    gpum_channel_fail(ch, NV_XID_CE0_ERROR, NULL, "copy engine: peer memory is not supported");
    return false;
}

static bool side_setup(struct gpum_channel *ch, struct gpum_copy_side *side, bool physical,
                       uint32_t mode)
{
    side->physical = physical;
    if (!physical)
        return true;
    if (!ch->desc.privileged) {
        gpum_channel_fail(ch, NV_XID_CE0_ERROR, NULL,
                          "copy engine: physical addresses need a privileged channel");
        return false;
    }
    return physical_target(ch, mode, &side->aperture);
}

static void remap_setup(struct gpum_copy_work *work, const struct gpum_object *obj)
{
    uint32_t r = gpum_state(obj, NVC5B5_SET_REMAP_COMPONENTS);
    struct gpum_copy_remap *remap = &work->remap;

    *remap = (struct gpum_copy_remap){.enabled = true};
    remap->component_bytes = NVHW_GET(NVC5B5_SET_REMAP_COMPONENTS, COMPONENT_SIZE, r) + 1;
    remap->source_count = NVHW_GET(NVC5B5_SET_REMAP_COMPONENTS, NUM_SRC_COMPONENTS, r) + 1;
    remap->destination_count = NVHW_GET(NVC5B5_SET_REMAP_COMPONENTS, NUM_DST_COMPONENTS, r) + 1;
    remap->source[0] = NVHW_GET(NVC5B5_SET_REMAP_COMPONENTS, DST_X, r);
    remap->source[1] = NVHW_GET(NVC5B5_SET_REMAP_COMPONENTS, DST_Y, r);
    remap->source[2] = NVHW_GET(NVC5B5_SET_REMAP_COMPONENTS, DST_Z, r);
    remap->source[3] = NVHW_GET(NVC5B5_SET_REMAP_COMPONENTS, DST_W, r);
    remap->constant[0] = gpum_state(obj, NVC5B5_SET_REMAP_CONST_A);
    remap->constant[1] = gpum_state(obj, NVC5B5_SET_REMAP_CONST_B);
}

/* Does a destination component name something that the source has? */
static bool remap_valid(const struct gpum_copy_remap *remap)
{
    for (unsigned i = 0; i < remap->destination_count; i++) {
        uint32_t from = remap->source[i];

        if (from > NVC5B5_SET_REMAP_COMPONENTS_DST_X_NO_WRITE)
            return false;
        if (from <= NVC5B5_SET_REMAP_COMPONENTS_DST_X_SRC_W && from >= remap->source_count)
            return false;
    }
    return true;
}

/* Components of 2 and 4 bytes want the addresses they are moved at aligned. */
static bool remap_aligned(const struct gpum_copy_work *work)
{
    uint32_t size = work->remap.component_bytes;
    uint64_t bits = work->destination.base;

    if (size != 2 && size != 4)
        return true;
    if (work->line_count > 1)
        bits |= work->destination.pitch_bytes;
    return !(bits % size);
}

/* Block linear sides, once lines, bases and remap are known. */
static enum gpum_method_result blocks_setup(struct gpum_channel *ch, const struct gpum_object *obj,
                                            struct gpum_copy_work *work)
{
    uint32_t component = work->remap.enabled ? work->remap.component_bytes : 1;
    uint32_t from = work->remap.enabled ? component * work->remap.source_count : 1;
    uint32_t to = work->remap.enabled ? component * work->remap.destination_count : 1;
    struct gpum_copy_side *sides[] = {&work->source, &work->destination};
    uint32_t elements[] = {from, to};
    bool wanted[] = {
        NVHW_TEST(NVC5B5_LAUNCH_DMA, SRC_MEMORY_LAYOUT, BLOCKLINEAR, work->launch),
        NVHW_TEST(NVC5B5_LAUNCH_DMA, DST_MEMORY_LAYOUT, BLOCKLINEAR, work->launch),
    };

    for (unsigned i = 0; i < 2; i++) {
        struct gpum_copy_side *side = sides[i];
        const char *wrong;

        if (!wanted[i])
            continue;
        wrong = gpum_blocks_setup(obj, i == 0, elements[i], side);
        if (wrong)
            return copy_fail(ch, wrong, work->launch);
        if (side->x_bytes + work->line_elements * elements[i] > side->width_bytes ||
            side->y + work->line_count > side->height)
            return copy_fail(ch, "lines reach beyond the block linear surface", work->launch);
    }
    return GPUM_METHOD_DONE;
}

static enum gpum_method_result check_transfer(struct gpum_channel *ch, uint32_t launch)
{
    if (NVHW_GET(NVC5B5_LAUNCH_DMA, DATA_TRANSFER_TYPE, launch) >
        NVC5B5_LAUNCH_DMA_DATA_TRANSFER_TYPE_NON_PIPELINED)
        return copy_fail(ch, "data transfer type is reserved or not supported", launch);
    return GPUM_METHOD_DONE;
}

static enum gpum_method_result transfer_setup(struct gpum_channel *ch, struct gpum_object *obj,
                                              struct gpum_copy_work *work)
{
    uint32_t launch = work->launch;
    bool many = NVHW_TEST(NVC5B5_LAUNCH_DMA, MULTI_LINE_ENABLE, TRUE, launch);

    if (check_transfer(ch, launch) != GPUM_METHOD_DONE ||
        !side_setup(ch, &work->source, NVHW_TEST(NVC5B5_LAUNCH_DMA, SRC_TYPE, PHYSICAL, launch),
                    gpum_state(obj, NVC5B5_SET_SRC_PHYS_MODE)) ||
        !side_setup(ch, &work->destination,
                    NVHW_TEST(NVC5B5_LAUNCH_DMA, DST_TYPE, PHYSICAL, launch),
                    gpum_state(obj, NVC5B5_SET_DST_PHYS_MODE)))
        return GPUM_METHOD_FAILED;
    work->source.base = gpum_state64(obj, NVC5B5_OFFSET_IN_UPPER, NVC5B5_OFFSET_IN_LOWER);
    work->destination.base = gpum_state64(obj, NVC5B5_OFFSET_OUT_UPPER, NVC5B5_OFFSET_OUT_LOWER);
    /* Pitches are signed 32-bit numbers. */
    work->source.pitch_bytes = (uint64_t)(int64_t)(int32_t)gpum_state(obj, NVC5B5_PITCH_IN);
    work->destination.pitch_bytes = (uint64_t)(int64_t)(int32_t)gpum_state(obj, NVC5B5_PITCH_OUT);
    work->line_elements = gpum_state(obj, NVC5B5_LINE_LENGTH_IN);
    work->line_count = many ? gpum_state(obj, NVC5B5_LINE_COUNT) : 1;
    if (!work->line_elements || !work->line_count)
        gpum_note(ch->m, "copy engine: launch with nothing to copy");
    if (NVHW_TEST(NVC5B5_LAUNCH_DMA, REMAP_ENABLE, TRUE, launch)) {
        remap_setup(work, obj);
        if (!remap_valid(&work->remap))
            return copy_fail(ch, "remap names a component that the source lacks", launch);
        if (!remap_aligned(work))
            return copy_fail(ch, "remap destination is not aligned to the component size", launch);
    }
    return blocks_setup(ch, obj, work);
}

/* What follows the data: checked at the launch, so that a wrong one never half happens. */
static enum gpum_method_result check_end(struct gpum_channel *ch, const struct gpum_object *obj,
                                         uint32_t launch)
{
    if (NVHW_TEST(NVC5B5_LAUNCH_DMA, SEMAPHORE_TYPE, RELEASE_CONDITIONAL_INTR_SEMAPHORE, launch))
        return copy_fail(ch, "conditional interrupt semaphores are not supported", launch);
    if (NVHW_TEST(NVC5B5_LAUNCH_DMA, SEMAPHORE_REDUCTION_ENABLE, TRUE, launch))
        return copy_fail(ch, "semaphore reductions are not supported", launch);
    if (NVHW_TEST(NVC5B5_LAUNCH_DMA, INTERRUPT_TYPE, BLOCKING, launch))
        return copy_fail(ch, "blocking interrupts belong to the resource manager", launch);
    if (obj->cls->number < NVC7B5 &&
        NVHW_TEST(NVC7B5_LAUNCH_DMA, SEMAPHORE_PAYLOAD_SIZE, TWO_WORD, launch))
        return copy_fail(ch, "64-bit payload on a class without it", launch);
    ch->copy.release = (struct gpum_release){
        .va = gpum_state64(obj, NVC5B5_SET_SEMAPHORE_A, NVC5B5_SET_SEMAPHORE_B),
        .payload = gpum_state(obj, NVC5B5_SET_SEMAPHORE_PAYLOAD),
        .payload_bytes = 4,
        .with_time =
            NVHW_TEST(NVC5B5_LAUNCH_DMA, SEMAPHORE_TYPE, RELEASE_FOUR_WORD_SEMAPHORE, launch),
    };
    if (NVHW_TEST(NVC7B5_LAUNCH_DMA, SEMAPHORE_PAYLOAD_SIZE, TWO_WORD, launch)) {
        ch->copy.release.payload_bytes = 8;
        ch->copy.release.payload |= (uint64_t)gpum_state(obj, NVC7B5_SET_SEMAPHORE_PAYLOAD_UPPER)
                                    << 32;
    }
    return GPUM_METHOD_DONE;
}

/* false: conditional rendering, which is not supported, was asked for. */
static bool render_enabled(struct gpum_channel *ch, const struct gpum_object *obj, bool *enabled)
{
    uint32_t mode =
        NVHW_GET(NVC5B5_SET_RENDER_ENABLE_C, MODE, gpum_state(obj, NVC5B5_SET_RENDER_ENABLE_C));

    *enabled = mode == NVC5B5_SET_RENDER_ENABLE_C_MODE_TRUE;
    if (mode <= NVC5B5_SET_RENDER_ENABLE_C_MODE_TRUE)
        return true;
    gpum_channel_fail(ch, NV_XID_CE0_ERROR, NULL,
                      "copy engine: conditional rendering (mode %u) is not supported", mode);
    return false;
}

static enum gpum_method_result launch_dma(struct gpum_channel *ch, struct gpum_object *obj,
                                          uint32_t launch)
{
    struct gpum_copy_work *work = &ch->copy;
    bool enabled;

    if (work->active)
        return GPUM_METHOD_WAIT;
    if (!render_enabled(ch, obj, &enabled))
        return GPUM_METHOD_FAILED;
    if (!enabled)
        return GPUM_METHOD_DONE;
    *work = (struct gpum_copy_work){.launch = launch};
    if (check_end(ch, obj, launch) != GPUM_METHOD_DONE)
        return GPUM_METHOD_FAILED;
    if (!NVHW_TEST(NVC5B5_LAUNCH_DMA, DATA_TRANSFER_TYPE, NONE, launch) &&
        transfer_setup(ch, obj, work) != GPUM_METHOD_DONE)
        return GPUM_METHOD_FAILED;
    work->active = true;
    gpum_trace(ch->m, "channel %u: copy 0x%llx -> 0x%llx, %llu x %llu%s", ch->desc.chid,
               (unsigned long long)work->source.base, (unsigned long long)work->destination.base,
               (unsigned long long)work->line_elements, (unsigned long long)work->line_count,
               work->remap.enabled ? ", remap" : "");
    return GPUM_METHOD_DONE;
}

/* ---- Progress -------------------------------------------------------------------------------- */

static void finish(struct gpum_channel *ch)
{
    uint32_t launch = ch->copy.launch;

    ch->copy.active = false;
    if (!NVHW_TEST(NVC5B5_LAUNCH_DMA, SEMAPHORE_TYPE, NONE, launch) &&
        gpum_release(ch, &gpum_client_copy, NV_XID_CE0_ERROR, &ch->copy.release) !=
            GPUM_METHOD_DONE)
        return;
    if (NVHW_TEST(NVC5B5_LAUNCH_DMA, INTERRUPT_TYPE, NON_BLOCKING, launch))
        gpum_channel_interrupt(ch);
}

unsigned gpum_copy_run(struct gpum_channel *ch, unsigned budget)
{
    uint64_t moved = 0;
    unsigned units;

    if (!gpum_copy_move(ch, (uint64_t)budget * GPUM_PIECE_BYTES, &moved))
        return 1;
    ch->m->stats.copied_bytes += moved;
    units = (unsigned)((moved + GPUM_PIECE_BYTES - 1) / GPUM_PIECE_BYTES);
    if (!ch->copy.line_elements || ch->copy.line >= ch->copy.line_count)
        finish(ch);
    return units ? units : 1;
}

/* ---- Methods --------------------------------------------------------------------------------- */

static enum gpum_method_result execute(struct gpum_channel *ch, struct gpum_object *obj,
                                       uint32_t method, uint32_t data)
{
    if (method == NVC5B5_LAUNCH_DMA)
        return launch_dma(ch, obj, data);
    if (method == NVC7B5_SET_MONITORED_FENCE_TYPE && data)
        return gpum_channel_fail(ch, NV_XID_CE0_ERROR, NULL,
                                 "copy engine: monitored fences are not supported");
    obj->state[method / 4] = data;
    /* The packed origin is the older form of the two below it. */
    if (method == NVC5B5_SET_SRC_ORIGIN) {
        obj->state[NVC5B5_SRC_ORIGIN_X / 4] = NVHW_GET(NVC5B5_SET_SRC_ORIGIN, X, data);
        obj->state[NVC5B5_SRC_ORIGIN_Y / 4] = NVHW_GET(NVC5B5_SET_SRC_ORIGIN, Y, data);
    } else if (method == NVC5B5_SET_DST_ORIGIN) {
        obj->state[NVC5B5_DST_ORIGIN_X / 4] = NVHW_GET(NVC5B5_SET_DST_ORIGIN, X, data);
        obj->state[NVC5B5_DST_ORIGIN_Y / 4] = NVHW_GET(NVC5B5_SET_DST_ORIGIN, Y, data);
    }
    return GPUM_METHOD_DONE;
}

gpum_method_fn gpum_copy_handler(uint32_t class_id)
{
    switch (class_id) {
    case NVC5B5:
    case NVC6B5:
    case NVC7B5:
    case NVC8B5:
    case NVC9B5:
    case NVCAB5:
        return execute;
    }
    return NULL;
}

void gpum_copy_reset_state(struct gpum_object *obj)
{
    obj->state[NVC5B5_SET_RENDER_ENABLE_C / 4] = NVC5B5_SET_RENDER_ENABLE_C_MODE_TRUE;
}
