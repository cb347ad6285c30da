/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The QMD: which version a class takes, and every field held against what the chip can do. What
 * real hardware would launch wrongly, hang on or raise an exception for is refused here in words.
 */
#include "fifo.h"

#include "chip.h"
#include "gmmu.h"

#include <nvhw/compute.h>
#include <nvhw/qmd.h>

#include <stdio.h>
#include <string.h>

struct accepted {
    uint32_t class_id;
    enum nvhw_qmd_version version;
    uint32_t major, minor;
};

/* The version fields are not looked at: an H100 takes any, in the one layout it knows. */
#define ANY UINT32_MAX

/* Version 2.2 has the layout of 2.3 in every field that is known here. */
static const struct accepted accepted[] = {
    {NVC5C0, NV_QMD_V02_03, 2, 2}, {NVC5C0, NV_QMD_V02_03, 2, 3},     {NVC6C0, NV_QMD_V02_03, 2, 3},
    {NVC6C0, NV_QMD_V02_04, 2, 4}, {NVC6C0, NV_QMD_V03_00, 3, 0},     {NVC7C0, NV_QMD_V02_03, 2, 3},
    {NVC7C0, NV_QMD_V02_04, 2, 4}, {NVC7C0, NV_QMD_V03_00, 3, 0},     {NVC9C0, NV_QMD_V02_04, 2, 4},
    {NVC9C0, NV_QMD_V03_00, 3, 0}, {NVCBC0, NV_QMD_V04_00, ANY, ANY}, {NVCDC0, NV_QMD_V05_00, 5, 0},
    {NVCDC0, NV_QMD_V04_01, 4, 1}, {NVCEC0, NV_QMD_V05_00, 5, 0},     {NVCEC0, NV_QMD_V04_01, 4, 1},
};

/* The QMD being checked: a complaint becomes the channel's error. */
struct check {
    struct gpum_channel *ch;
    const struct gpum_chip *chip;
    const uint32_t *qmd;
    enum nvhw_qmd_version version;
    uint64_t va;
};

static uint64_t get_at(const struct check *c, enum nvhw_qmd_field field, unsigned index)
{
    uint64_t value = 0;

    nvhw_qmd_get(c->version, c->qmd, field, index, &value);
    return value;
}

#define GET(c, name)           get_at(c, NV_QMD_FIELD_##name, 0)
#define GET_AT(c, name, index) get_at(c, NV_QMD_FIELD_##name, index)

static bool refuse(const struct check *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static bool refuse(const struct check *c, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    gpum_channel_fail(c->ch, NV_XID_GR_EXCEPTION, NULL, "QMD at 0x%llx: %s",
                      (unsigned long long)c->va, text);
    return false;
}

/* ---- Version --------------------------------------------------------------------------------- */

static bool find_version(struct check *c, uint32_t class_id)
{
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        if (accepted[i].class_id != class_id)
            continue;
        c->version = accepted[i].version;
        if (accepted[i].major == ANY)
            return true;
        if (GET(c, QMD_MAJOR_VERSION) == accepted[i].major &&
            GET(c, QMD_VERSION) == accepted[i].minor)
            return true;
    }
    return refuse(c, "class 0x%04x does not take version %u.%u", class_id,
                  (unsigned)GET(c, QMD_MAJOR_VERSION), (unsigned)GET(c, QMD_VERSION));
}

/* Hopper's types that run nothing and say nothing. A descriptor of version 3 is a queue to it. */
static bool is_ignored(const struct check *c)
{
    uint64_t type;

    if (c->version != NV_QMD_V04_00)
        return false;
    type = GET(c, QMD_TYPE);
    if (type != NV_QMD_V04_00_QMD_TYPE_QUEUE && type != NV_QMD_V04_00_QMD_TYPE_GRID_NULL)
        return false;
    gpum_fault(c->ch->m,
               "channel %u: QMD at 0x%llx has type %s (version %u.%u in another layout?): ignored",
               c->ch->desc.chid, (unsigned long long)c->va,
               type == NV_QMD_V04_00_QMD_TYPE_QUEUE ? "QUEUE" : "GRID_NULL",
               (unsigned)GET(c, QMD_MAJOR_VERSION), (unsigned)GET(c, QMD_VERSION));
    return true;
}

static bool check_type(const struct check *c)
{
    if (nvhw_qmd_has(c->version, NV_QMD_FIELD_QMD_TYPE)) {
        if (GET(c, QMD_TYPE) != NV_QMD_V05_00_QMD_TYPE_GRID_CTA)
            return refuse(c, "QMD_TYPE %u is not GRID_CTA", (unsigned)GET(c, QMD_TYPE));
    } else if (GET(c, IS_QUEUE)) {
        return refuse(c, "queues are not supported");
    }
    return true;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static bool check_shape(const struct check *c, struct gpum_grid_desc *d)
{
    uint64_t threads;

    d->grid[0] = (uint32_t)GET(c, CTA_RASTER_WIDTH);
    d->grid[1] = (uint32_t)GET(c, CTA_RASTER_HEIGHT);
    d->grid[2] = (uint32_t)GET(c, CTA_RASTER_DEPTH);
    d->cta[0] = (uint32_t)GET(c, CTA_THREAD_DIMENSION0);
    d->cta[1] = (uint32_t)GET(c, CTA_THREAD_DIMENSION1);
    d->cta[2] = (uint32_t)GET(c, CTA_THREAD_DIMENSION2);
    if (d->grid[0] > NV_COMPUTE_GRID_X_MAX)
        return refuse(c, "grid width %u is above %u", d->grid[0], NV_COMPUTE_GRID_X_MAX);
    if (d->grid[1] > NV_COMPUTE_GRID_YZ_MAX || d->grid[2] > NV_COMPUTE_GRID_YZ_MAX)
        return refuse(c, "grid height %u or depth %u is above %u", d->grid[1], d->grid[2],
                      NV_COMPUTE_GRID_YZ_MAX);
    if (!d->cta[0] || !d->cta[1] || !d->cta[2])
        return refuse(c, "SKEDCHECK16 CTA_THREAD_DIMENSION_ZERO: CTA of %u x %u x %u threads",
                      d->cta[0], d->cta[1], d->cta[2]);
    threads = (uint64_t)d->cta[0] * d->cta[1];
    if (threads > NV_COMPUTE_THREADS_MAX || threads * d->cta[2] > NV_COMPUTE_THREADS_MAX)
        return refuse(c, "SKEDCHECK11 TOTAL_THREADS: CTA of %u x %u x %u threads has more than %u",
                      d->cta[0], d->cta[1], d->cta[2], NV_COMPUTE_THREADS_MAX);
    if (d->cta[2] > NV_COMPUTE_CTA_Z_MAX)
        return refuse(c, "SKEDCHECK16 CTA_THREAD_DIMENSION: CTA depth %u is above %u", d->cta[2],
                      NV_COMPUTE_CTA_Z_MAX);
    return true;
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static bool check_registers(const struct check *c, struct gpum_grid_desc *d)
{
    uint32_t threads = d->cta[0] * d->cta[1] * d->cta[2];
    /* Warps get their registers in fours. */
    uint64_t warps = round_up((threads + NV_COMPUTE_WARP_LANES - 1) / NV_COMPUTE_WARP_LANES, 4);
    uint64_t per_warp;

    d->register_count = (uint32_t)GET(c, REGISTER_COUNT_V);
    d->barrier_count = (uint32_t)GET(c, BARRIER_COUNT);
    if (!d->register_count || d->register_count > NV_COMPUTE_REGISTERS_MAX)
        return refuse(c, "SKEDCHECK06 REGISTER_COUNT: %u is not 1 to %u", d->register_count,
                      NV_COMPUTE_REGISTERS_MAX);
    per_warp =
        round_up((uint64_t)d->register_count * NV_COMPUTE_WARP_LANES, NV_COMPUTE_REGISTER_UNIT);
    if (warps * per_warp > NV_COMPUTE_REGISTERS_PER_SM)
        return refuse(c, "a CTA of %u threads with %u registers each does not fit in an SM",
                      threads, d->register_count);
    if (d->barrier_count > NV_COMPUTE_BARRIERS_MAX)
        return refuse(c, "barrier count %u is above %u", d->barrier_count, NV_COMPUTE_BARRIERS_MAX);
    return true;
}

static uint64_t config_bytes(uint64_t config)
{
    return (config - 1) * NV_QMD_SM_CONFIG_UNIT_BYTES;
}

static bool check_shared(const struct check *c, struct gpum_grid_desc *d)
{
    uint64_t min = GET(c, MIN_SM_CONFIG_SHARED_MEM_SIZE);
    uint64_t max = GET(c, MAX_SM_CONFIG_SHARED_MEM_SIZE);
    uint64_t target = GET(c, TARGET_SM_CONFIG_SHARED_MEM_SIZE);
    bool in_units = c->version == NV_QMD_V05_00;

    d->shared_bytes = (uint32_t)GET(c, SHARED_MEMORY_SIZE);
    if (!in_units && d->shared_bytes % NV_QMD_SHARED_ALIGN_BYTES)
        return refuse(c, "SKEDCHECK14 SHARED_MEMORY_SIZE: %u is no multiple of %u", d->shared_bytes,
                      NV_QMD_SHARED_ALIGN_BYTES);
    if (c->chip->shared_cta_bytes && d->shared_bytes > c->chip->shared_cta_bytes)
        return refuse(c, "shared memory size %u is above this chip's %u", d->shared_bytes,
                      c->chip->shared_cta_bytes);
    if (!min || !max || !target)
        return refuse(c, "shared memory configuration min %u, target %u, max %u: 0 is none",
                      (unsigned)min, (unsigned)target, (unsigned)max);
    if (min > target || target > max)
        return refuse(c, "shared memory configuration is not min %u <= target %u <= max %u",
                      (unsigned)min, (unsigned)target, (unsigned)max);
    if (c->chip->carveouts && !nvhw_sm90_carveout_name((uint32_t)(config_bytes(target) / 1024)))
        return refuse(c, "no shared memory of %llu bytes can be configured (target %u)",
                      (unsigned long long)config_bytes(target), (unsigned)target);
    if (d->shared_bytes > config_bytes(target))
        return refuse(c, "shared memory size %u is above the configured %llu", d->shared_bytes,
                      (unsigned long long)config_bytes(target));
    return true;
}

static bool check_program(const struct check *c, struct gpum_grid_desc *d)
{
    struct gpum_mmu_fault fault = {0};
    uint64_t run = 0;

    d->program_va = GET(c, PROGRAM_ADDRESS);
    if (d->program_va % NV_COMPUTE_PROGRAM_ALIGN_BYTES)
        return refuse(c, "SKEDCHECK13 PROGRAM_OFFSET: 0x%llx is not aligned to %u bytes",
                      (unsigned long long)d->program_va, NV_COMPUTE_PROGRAM_ALIGN_BYTES);
    if (gpum_virt(c->ch->m, &c->ch->desc.vas, d->program_va, GPUM_READ, &run, &fault))
        return true;
    gpum_channel_fail_mmu(c->ch, &fault, "instruction fetch");
    return false;
}

static bool check_banks(const struct check *c, struct gpum_grid_desc *d)
{
    for (unsigned i = 0; i < NV_QMD_CONSTANT_BUFFER_COUNT; i++) {
        struct gpum_constant_bank *bank = &d->bank[i];

        bank->valid = GET_AT(c, CONSTANT_BUFFER_VALID, i);
        if (!bank->valid)
            continue;
        bank->va = GET_AT(c, CONSTANT_BUFFER_ADDR, i);
        bank->size_bytes = (uint32_t)GET_AT(c, CONSTANT_BUFFER_SIZE, i);
        if (bank->va % NV_QMD_CONSTANT_BUFFER_ALIGN_BYTES)
            return refuse(c, "constant bank %u at 0x%llx is not aligned to %u bytes", i,
                          (unsigned long long)bank->va, NV_QMD_CONSTANT_BUFFER_ALIGN_BYTES);
        if (!bank->size_bytes || bank->size_bytes > NV_COMPUTE_CONSTANT_BANK_BYTES)
            return refuse(c, "constant bank %u has a size of %u bytes", i, bank->size_bytes);
    }
    return true;
}

/* Local memory: backing that the object's methods announced, large enough for a full chip. */
static bool check_local(const struct check *c, const struct gpum_object *obj,
                        struct gpum_grid_desc *d)
{
    uint64_t low = GET(c, SHADER_LOCAL_MEMORY_LOW_SIZE);
    uint64_t high = GET(c, SHADER_LOCAL_MEMORY_HIGH_SIZE);
    uint64_t have = gpum_state64(obj, NVC5C0_SET_SHADER_LOCAL_MEMORY_NON_THROTTLED_A,
                                 NVC5C0_SET_SHADER_LOCAL_MEMORY_NON_THROTTLED_B);
    uint64_t base =
        gpum_state64(obj, NVC5C0_SET_SHADER_LOCAL_MEMORY_A, NVC5C0_SET_SHADER_LOCAL_MEMORY_B);
    struct gpum_mmu_fault fault = {0};
    uint64_t need, run = 0;

    d->local_bytes = (uint32_t)(low + high);
    if (low % 16 || high % 16)
        return refuse(c, "SKEDCHECK02 LOCAL_MEMORY_LOW_SIZE: %u and %u are no multiples of 16",
                      (unsigned)low, (unsigned)high);
    if (!d->local_bytes)
        return true;
    need = round_up((low + high) * NV_COMPUTE_WARP_LANES, NV_COMPUTE_LOCAL_WARP_ALIGN_BYTES);
    need = round_up(need * c->chip->warps_per_sm * c->chip->sm_per_tpc,
                    NV_COMPUTE_LOCAL_TPC_ALIGN_BYTES);
    if (need > have)
        return refuse(
            c,
            "SKEDCHECK05 LOCAL_MEMORY_TOTAL_SIZE: %u bytes per thread need 0x%llx bytes per "
            "TPC, "
            "SET_SHADER_LOCAL_MEMORY_NON_THROTTLED gives 0x%llx",
            d->local_bytes, (unsigned long long)need, (unsigned long long)have);
    if (gpum_virt(c->ch->m, &c->ch->desc.vas, base, GPUM_WRITE, &run, &fault) &&
        gpum_virt(c->ch->m, &c->ch->desc.vas,
                  base + have * c->chip->gpc_count * c->chip->tpc_per_gpc - 1, GPUM_WRITE, &run,
                  &fault))
        return true;
    gpum_channel_fail_mmu(c->ch, &fault, "local memory");
    return false;
}

static bool check_release(const struct check *c)
{
    uint64_t va = GET(c, RELEASE0_ADDRESS);
    bool wide = GET(c, RELEASE0_PAYLOAD64B);
    uint64_t align = GET(c, RELEASE0_STRUCTURE_SIZE) ? (wide ? 8 : 4) : 16;

    if (GET(c, SEMAPHORE_RELEASE_ENABLE0) && va % align)
        return refuse(c, "release semaphore at 0x%llx is not aligned to %u bytes",
                      (unsigned long long)va, (unsigned)align);
    if (GET(c, DEPENDENT_QMD0_ENABLE) &&
        nvhw_qmd_has(c->version, NV_QMD_FIELD_DEPENDENT_QMD0_ACTION) &&
        GET(c, DEPENDENT_QMD0_ACTION) != NV_QMD_V03_00_DEPENDENT_QMD0_ACTION_QMD_SCHEDULE &&
        GET(c, DEPENDENT_QMD0_ACTION) !=
            NV_QMD_V03_00_DEPENDENT_QMD0_ACTION_QMD_INVALIDATE_COPY_SCHEDULE)
        return refuse(c, "dependent QMD action %u is not supported",
                      (unsigned)GET(c, DEPENDENT_QMD0_ACTION));
    return true;
}

static void windows(const struct gpum_object *obj, struct gpum_grid_desc *d)
{
    d->shared_window = gpum_state64(obj, NVC5C0_SET_SHADER_SHARED_MEMORY_WINDOW_A,
                                    NVC5C0_SET_SHADER_SHARED_MEMORY_WINDOW_B);
    d->local_window = gpum_state64(obj, NVC5C0_SET_SHADER_LOCAL_MEMORY_WINDOW_A,
                                   NVC5C0_SET_SHADER_LOCAL_MEMORY_WINDOW_B);
}

/* A local address in the 4 GiB behind the shared window would be a shared one. */
static bool check_windows(const struct check *c, const struct gpum_grid_desc *d)
{
    uint64_t behind = d->local_window - d->shared_window;

    if (!c->chip->window_rules || !d->shared_bytes || behind >= NV_SM90_SHARED_WINDOW_ALIGN_BYTES)
        return true;
    return refuse(c,
                  "SKEDCHECK17 MEMORY_WINDOW_OVERLAP: the local window 0x%llx lies in the 4 GiB "
                  "behind the shared one 0x%llx",
                  (unsigned long long)d->local_window, (unsigned long long)d->shared_window);
}

/* ---- Decode ---------------------------------------------------------------------------------- */

static bool fetch(struct gpum_channel *ch, uint64_t va, struct gpum_grid_slot *slot,
                  uint32_t size_bytes)
{
    struct gpum_mmu_fault fault = {0};

    if (gpum_virt_read_as(ch->m, &gpum_client_front, &ch->desc.vas, va, slot->qmd, size_bytes,
                          &fault))
        return true;
    gpum_channel_fail_mmu(ch, &fault, "QMD fetch");
    return false;
}

bool gpum_qmd_decode(struct gpum_channel *ch, struct gpum_object *obj, uint64_t qmd_va,
                     struct gpum_grid_slot *slot, struct gpum_grid_desc *desc, bool *empty)
{
    struct check c = {ch, ch->m->chip, slot->qmd, NV_QMD_V03_00, qmd_va};

    _Static_assert(sizeof(slot->qmd) / 4 >= NV_QMD__DWORDS_MAX, "any version fits");
    memset(slot->qmd, 0, sizeof(slot->qmd));
    if (!fetch(ch, qmd_va, slot, nvhw_qmd_size_bytes(NV_QMD_V03_00)) ||
        !find_version(&c, obj->cls->number))
        return false;
    if (nvhw_qmd_size_bytes(c.version) > nvhw_qmd_size_bytes(NV_QMD_V03_00) &&
        !fetch(ch, qmd_va, slot, nvhw_qmd_size_bytes(c.version)))
        return false;
    slot->qmd_va = qmd_va;
    slot->version = c.version;
    *desc = (struct gpum_grid_desc){.vas = ch->desc.vas, .sm_version = c.chip->sm_version};
    windows(obj, desc);
    *empty = is_ignored(&c);
    if (*empty) {
        memset(slot->qmd, 0, sizeof(slot->qmd)); /* its release does not happen either */
        return true;
    }
    if (!check_type(&c) || !check_shape(&c, desc) || !check_registers(&c, desc) ||
        !check_shared(&c, desc) || !check_program(&c, desc) || !check_banks(&c, desc) ||
        !check_local(&c, obj, desc) || !check_windows(&c, desc) || !check_release(&c))
        return false;
    *empty = !desc->grid[0] || !desc->grid[1] || !desc->grid[2];
    return true;
}
