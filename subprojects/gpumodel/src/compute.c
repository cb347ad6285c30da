/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The compute front end, classes C5C0 to CEC0: state methods, launches through QMDs, cache and
 * idle methods, report semaphores. A launch does not hold the stream: grids of a channel run side
 * by side until something waits for idle, as they may on silicon.
 */
#include "fifo.h"

#include "chip.h"
#include "gmmu.h"

#include <nvhw/compute.h>
#include <nvhw/qmd.h>

static enum gpum_method_result compute_fail(struct gpum_channel *ch, const char *what,
                                            uint32_t data)
{
    return gpum_channel_fail(ch, NV_XID_GR_CLASS_ERROR, NULL, "compute: %s (data 0x%08x)", what,
                             data);
}

/* ---- Launch ---------------------------------------------------------------------------------- */

static struct gpum_grid_slot *free_slot(struct gpum_channel *ch)
{
    for (unsigned i = 0; i < GPUM_GRIDS_MAX; i++)
        if (!ch->grids[i].grid)
            return &ch->grids[i];
    return NULL;
}

static uint64_t qmd_get(const struct gpum_grid_slot *slot, enum nvhw_qmd_field field)
{
    uint64_t value = 0;

    nvhw_qmd_get((enum nvhw_qmd_version)slot->version, slot->qmd, field, 0, &value);
    return value;
}

static bool qmd_release(struct gpum_channel *ch, const struct gpum_grid_slot *slot)
{
    bool wide = qmd_get(slot, NV_QMD_FIELD_RELEASE0_PAYLOAD64B);
    struct gpum_release release = {
        .va = qmd_get(slot, NV_QMD_FIELD_RELEASE0_ADDRESS),
        .payload = qmd_get(slot, NV_QMD_FIELD_RELEASE0_PAYLOAD),
        .payload_bytes = wide ? 8 : 4,
        .with_time = qmd_get(slot, NV_QMD_FIELD_RELEASE0_STRUCTURE_SIZE) == 0,
    };

    if (!qmd_get(slot, NV_QMD_FIELD_SEMAPHORE_RELEASE_ENABLE0))
        return true;
    return gpum_release(ch, &gpum_client_front, NV_XID_GR_EXCEPTION, &release) == GPUM_METHOD_DONE;
}

static struct gpum_object *compute_object(struct gpum_channel *ch)
{
    return ch->bound[NV_PBDMA_SUBCHANNEL_COMPUTE];
}

static bool launch(struct gpum_channel *ch, struct gpum_object *obj, uint64_t qmd_va,
                   struct gpum_grid_slot *slot);

/* A grid has run: its release, then the QMD that waited for it. The slot is free again. */
static bool grid_done(struct gpum_channel *ch, struct gpum_grid_slot *slot)
{
    struct gpum_object *obj = compute_object(ch);

    gpum_trace(ch->m, "channel %u: grid of QMD 0x%llx done", ch->desc.chid,
               (unsigned long long)slot->qmd_va);
    if (!qmd_release(ch, slot))
        return false;
    if (!qmd_get(slot, NV_QMD_FIELD_DEPENDENT_QMD0_ENABLE) || !obj)
        return true;
    return launch(ch, obj, qmd_get(slot, NV_QMD_FIELD_DEPENDENT_QMD0_POINTER), slot);
}

static bool launch(struct gpum_channel *ch, struct gpum_object *obj, uint64_t qmd_va,
                   struct gpum_grid_slot *slot)
{
    struct gpum_grid_desc desc;
    char reason[256] = "";
    bool empty;

    if (!gpum_qmd_decode(ch, obj, qmd_va, slot, &desc, &empty))
        return false;
    gpum_texture_state(obj, &desc);
    if (qmd_get(slot, NV_QMD_FIELD_INVALIDATE_INSTRUCTION_CACHE))
        gpum_sm_invalidate(ch->m);
    gpum_trace(ch->m, "channel %u: grid %u x %u x %u of %u x %u x %u, program 0x%llx, %u registers",
               ch->desc.chid, desc.grid[0], desc.grid[1], desc.grid[2], desc.cta[0], desc.cta[1],
               desc.cta[2], (unsigned long long)desc.program_va, desc.register_count);
    if (empty) {
        /* A dependent QMD of an empty grid that points to itself must not recurse. */
        if (qmd_get(slot, NV_QMD_FIELD_DEPENDENT_QMD0_ENABLE)) {
            compute_fail(ch, "dependent QMD of an empty grid is not supported", 0);
            return false;
        }
        return qmd_release(ch, slot);
    }
    slot->grid = gpum_sm_launch(ch->m, &desc, reason, sizeof(reason));
    if (!slot->grid) {
        gpum_channel_fail(ch, NV_XID_GR_EXCEPTION, NULL, "grid of QMD 0x%llx cannot run: %s",
                          (unsigned long long)qmd_va, reason);
        return false;
    }
    ch->grid_count++;
    return true;
}

static enum gpum_method_result schedule(struct gpum_channel *ch, struct gpum_object *obj)
{
    struct gpum_grid_slot *slot = free_slot(ch);
    uint64_t qmd_va = (uint64_t)gpum_state(obj, NVC5C0_SEND_PCAS_A) * NV_QMD_ALIGN_BYTES;

    if (!slot)
        return GPUM_METHOD_WAIT;
    return launch(ch, obj, qmd_va, slot) ? GPUM_METHOD_DONE : GPUM_METHOD_FAILED;
}

static enum gpum_method_result pcas_action(struct gpum_channel *ch, struct gpum_object *obj,
                                           uint32_t data)
{
    switch (NVHW_GET(NVC6C0_SEND_SIGNALING_PCAS2_B, PCAS_ACTION, data)) {
    case NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_NOP:
    case NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_INVALIDATE:
    case NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_PREFETCH:
        return GPUM_METHOD_DONE;
    case NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_SCHEDULE:
    case NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_INVALIDATE_COPY_SCHEDULE:
    case NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_PREFETCH_SCHEDULE:
    case NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_INVALIDATE_PREFETCH_COPY_SCHEDULE:
    case NVC6C0_SEND_SIGNALING_PCAS2_B_PCAS_ACTION_INVALIDATE_PREFETCH_COPY_FORCE_REQUIRE_SCHEDULING:
        return schedule(ch, obj);
    }
    return compute_fail(ch, "PCAS action is not supported", data);
}

/* ---- Progress -------------------------------------------------------------------------------- */

static void grid_fault(struct gpum_channel *ch, const struct gpum_grid_slot *slot)
{
    const struct gpum_grid_fault *fault = gpum_sm_fault(slot->grid);
    struct gpum_grid_fault copy = {.text = "no reason given"};

    if (fault)
        copy = *fault; /* failing the channel releases the grid */
    if (copy.is_mmu) {
        gpum_mmu_record_fault(ch->m, &copy.mmu);
        gpum_channel_fail(ch, NV_XID_MMU_FAULT, &copy.mmu, "%s", copy.text);
    } else {
        gpum_channel_fail(ch, NV_XID_GR_EXCEPTION, NULL, "%s", copy.text);
    }
}

/* One grid's part of a turn; false when the channel was stopped. */
static bool grid_run(struct gpum_channel *ch, struct gpum_grid_slot *slot, unsigned budget,
                     unsigned *used)
{
    switch (gpum_sm_step(slot->grid, budget, used)) {
    case GPUM_GRID_RUNNING:
        return true;
    case GPUM_GRID_DONE:
        gpum_sm_release(slot->grid);
        slot->grid = NULL;
        ch->grid_count--;
        return grid_done(ch, slot);
    default:
        grid_fault(ch, slot);
        return false;
    }
}

unsigned gpum_compute_run(struct gpum_channel *ch, unsigned budget)
{
    unsigned total = 0;

    for (unsigned i = 0; i < GPUM_GRIDS_MAX && total < budget && ch->grid_count; i++) {
        unsigned share = (budget - total) / ch->grid_count, used = 0;

        if (!ch->grids[i].grid)
            continue;
        if (!grid_run(ch, &ch->grids[i], share ? share : 1, &used))
            return total + used + 1;
        total += used ? used : 1;
    }
    return total;
}

void gpum_compute_drop(struct gpum_channel *ch)
{
    for (unsigned i = 0; i < GPUM_GRIDS_MAX; i++) {
        if (ch->grids[i].grid)
            gpum_sm_release(ch->grids[i].grid);
        ch->grids[i].grid = NULL;
    }
    ch->grid_count = 0;
}

/* ---- Semaphores ------------------------------------------------------------------------------ */

static enum gpum_method_result report_semaphore(struct gpum_channel *ch, struct gpum_object *obj,
                                                uint32_t data)
{
    struct gpum_release release = {
        .va = gpum_state64(obj, NVC5C0_SET_REPORT_SEMAPHORE_A, NVC5C0_SET_REPORT_SEMAPHORE_B),
        .payload = gpum_state(obj, NVC5C0_SET_REPORT_SEMAPHORE_C),
        .payload_bytes = 4,
        .with_time = NVHW_TEST(NVC5C0_SET_REPORT_SEMAPHORE_D, STRUCTURE_SIZE, FOUR_WORDS, data),
    };

    if (!NVHW_TEST(NVC5C0_SET_REPORT_SEMAPHORE_D, OPERATION, RELEASE, data))
        return compute_fail(ch, "report semaphore operation is not supported", data);
    if (ch->grid_count)
        return GPUM_METHOD_WAIT;
    if (gpum_release(ch, &gpum_client_front, NV_XID_GR_CLASS_ERROR, &release) != GPUM_METHOD_DONE)
        return GPUM_METHOD_FAILED;
    if (NVHW_TEST(NVC5C0_SET_REPORT_SEMAPHORE_D, AWAKEN_ENABLE, TRUE, data))
        gpum_channel_interrupt(ch);
    return GPUM_METHOD_DONE;
}

/* ---- Methods --------------------------------------------------------------------------------- */

static bool inline_qmd_word(struct gpum_channel *ch, struct gpum_object *obj, uint32_t method,
                            uint32_t data)
{
    uint64_t shifted =
        gpum_state64(obj, NVC5C0_SET_INLINE_QMD_ADDRESS_A, NVC5C0_SET_INLINE_QMD_ADDRESS_B);
    uint64_t at = shifted * NV_QMD_ALIGN_BYTES + (method - NVC5C0_LOAD_INLINE_QMD_DATA(0));
    struct gpum_mmu_fault fault = {0};

    if (gpum_virt_write_as(ch->m, &gpum_client_front, &ch->desc.vas, at, &data, sizeof(data),
                           &fault))
        return true;
    gpum_channel_fail_mmu(ch, &fault, "inline QMD");
    return false;
}

static enum gpum_method_result wait_grids(const struct gpum_channel *ch)
{
    return ch->grid_count ? GPUM_METHOD_WAIT : GPUM_METHOD_DONE;
}

/* From Hopper on each window has to lie at a multiple of its own unit. */
static enum gpum_method_result window(struct gpum_channel *ch, uint32_t method, uint32_t data,
                                      uint64_t unit_bytes)
{
    if (!ch->m->chip->window_rules || !(data & (uint32_t)(unit_bytes - 1)))
        return GPUM_METHOD_DONE;
    return gpum_channel_fail(ch, NV_XID_GR_CLASS_ERROR, NULL,
                             "compute: method 0x%04x, data 0x%08x: the window is not aligned",
                             method, data);
}

static enum gpum_method_result trigger(struct gpum_channel *ch, struct gpum_object *obj,
                                       uint32_t method, uint32_t data)
{
    switch (method) {
    case NVC5C0_SET_SHADER_SHARED_MEMORY_WINDOW_B:
        return window(ch, method, data, NV_SM90_SHARED_WINDOW_ALIGN_BYTES);
    case NVC5C0_SET_SHADER_LOCAL_MEMORY_WINDOW_B:
        return window(ch, method, data, NV_SM90_LOCAL_WINDOW_ALIGN_BYTES);
    case NVC5C0_WAIT_FOR_IDLE:
    case NVC5C0_INVALIDATE_SAMPLER_CACHE:
    case NVC5C0_INVALIDATE_TEXTURE_HEADER_CACHE:
    case NVC5C0_INVALIDATE_TEXTURE_DATA_CACHE:
        return wait_grids(ch);
    case NVC5C0_INVALIDATE_SHADER_CACHES:
        if (NVHW_TEST(NVC5C0_INVALIDATE_SHADER_CACHES, INSTRUCTION, TRUE, data))
            gpum_sm_invalidate(ch->m);
        return wait_grids(ch);
    case NVC5C0_INVALIDATE_SHADER_CACHES_NO_WFI:
        if (NVHW_TEST(NVC5C0_INVALIDATE_SHADER_CACHES_NO_WFI, INSTRUCTION, TRUE, data))
            gpum_sm_invalidate(ch->m);
        return GPUM_METHOD_DONE;
    case NVC5C0_SEND_SIGNALING_PCAS_B:
        if (NVHW_TEST(NVC5C0_SEND_SIGNALING_PCAS_B, SCHEDULE, TRUE, data))
            return schedule(ch, obj);
        return GPUM_METHOD_DONE;
    case NVC6C0_SEND_SIGNALING_PCAS2_B:
        return pcas_action(ch, obj, data);
    case NVC5C0_SEND_PCAS_B:
        return compute_fail(ch, "SEND_PCAS_B is not supported", data);
    case NVC5C0_SET_REPORT_SEMAPHORE_D:
        return report_semaphore(ch, obj, data);
    case NVC7C0_REPORT_SEMAPHORE_EXECUTE:
        return compute_fail(ch, "REPORT_SEMAPHORE_EXECUTE is not supported", data);
    case NVC5C0_LAUNCH_DMA:
        return gpum_inline_launch(ch, obj, data);
    case NVC5C0_LOAD_INLINE_DATA:
        return gpum_inline_word(ch, obj, data);
    }
    return GPUM_METHOD_DONE;
}

static enum gpum_method_result execute(struct gpum_channel *ch, struct gpum_object *obj,
                                       uint32_t method, uint32_t data)
{
    if (method == NVCBC0_SET_TEXTURE_HEADER_VERSION && gpum_texture_version_wrong(obj, data))
        return compute_fail(ch, gpum_texture_version_wrong(obj, data), data);
    obj->state[method / 4] = data;
    if (method >= NVC5C0_LOAD_INLINE_QMD_DATA(0) &&
        method < NVC5C0_LOAD_INLINE_QMD_DATA(NVC5C0_LOAD_INLINE_QMD_DATA__COUNT))
        return inline_qmd_word(ch, obj, method, data) ? GPUM_METHOD_DONE : GPUM_METHOD_FAILED;
    return trigger(ch, obj, method, data);
}

gpum_method_fn gpum_compute_handler(uint32_t class_id)
{
    switch (class_id) {
    case NVC5C0:
    case NVC6C0:
    case NVC7C0:
    case NVC9C0:
    case NVCBC0:
    case NVCDC0:
    case NVCEC0:
        return execute;
    }
    return NULL;
}

void gpum_compute_reset_state(struct gpum_object *obj)
{
    obj->state[NVC5C0_SET_RENDER_ENABLE_C / 4] = NVC5C0_SET_RENDER_ENABLE_C_MODE_TRUE;
}
