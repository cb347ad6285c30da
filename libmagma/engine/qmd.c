/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Filling QMDs through the field tables of nvhw: one code for all versions. */
#include "libmagma/engine/qmd.h"

#include <string.h>

#include <nvhw/compute.h>

/* What the open drivers put there; its meaning is not documented. */
#define GROUP_ID_NONE 0x1fu
#define KIB           UINT64_C(1024)

struct writer {
    enum nvhw_qmd_version version;
    uint32_t *dwords;
    const char *failed; /* name of the first field that did not fit */
};

static void set(struct writer *w, enum nvhw_qmd_field field, unsigned index, uint64_t value)
{
    if (!nvhw_qmd_set(w->version, w->dwords, field, index, value) && !w->failed)
        w->failed = nvhw_qmd_field_name(field);
}

/* A field that only some versions have. */
static void set_if(struct writer *w, enum nvhw_qmd_field field, uint64_t value)
{
    if (nvhw_qmd_has(w->version, field))
        set(w, field, 0, value);
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* What the configuration fields hold for a size of an SM's shared memory. */
static uint64_t carveout_code(uint64_t kib)
{
    return kib * KIB / NV_QMD_SM_CONFIG_UNIT_BYTES + 1;
}

/* The smallest size of an SM's shared memory that holds so much, or else the largest. */
static uint64_t carveout_for(const struct mg_sm_facts *sm, uint64_t size_bytes)
{
    uint32_t i = 0;

    while (i + 1 < sm->carveout_count && sm->carveout_kib[i] * KIB < size_bytes)
        i++;
    return sm->carveout_kib[i];
}

/* How many workgroups an SM can run at once, shared memory aside. */
static uint64_t resident_groups(const struct mg_sm_facts *sm, const struct magma_kernel_desc *kernel)
{
    uint64_t threads = (uint64_t)kernel->workgroup_size[0] * kernel->workgroup_size[1] *
                       kernel->workgroup_size[2];
    uint64_t warps = (threads + NV_COMPUTE_WARP_LANES - 1) / NV_COMPUTE_WARP_LANES;
    uint64_t registers =
        warps * round_up((uint64_t)kernel->register_count * NV_COMPUTE_WARP_LANES,
                         NV_COMPUTE_REGISTER_UNIT);
    uint64_t by_warps = sm->warps / warps, by_registers = NV_COMPUTE_REGISTERS_PER_SM / registers;
    uint64_t groups = by_warps < by_registers ? by_warps : by_registers;

    return groups ? groups : 1;
}

/* At least what one workgroup needs; wanted is what as many as fit need, or they run one by one. */
static void set_shared(struct writer *w, const struct mg_sm_facts *sm,
                       const struct magma_kernel_desc *kernel)
{
    uint64_t size = round_up(kernel->shared_size_bytes, NV_QMD_SHARED_ALIGN_BYTES);
    uint32_t last = sm->carveout_count - 1;
    /* The hardware keeps some for itself, per workgroup. */
    uint64_t each = size ? size + sm->carveout_kib[last] * KIB - sm->shared_cta_bytes : 0;

    set(w, NV_QMD_FIELD_SHARED_MEMORY_SIZE, 0, size);
    set(w, NV_QMD_FIELD_MIN_SM_CONFIG_SHARED_MEM_SIZE, 0, carveout_code(carveout_for(sm, each)));
    set(w, NV_QMD_FIELD_TARGET_SM_CONFIG_SHARED_MEM_SIZE, 0,
        carveout_code(carveout_for(sm, each * resident_groups(sm, kernel))));
    set(w, NV_QMD_FIELD_MAX_SM_CONFIG_SHARED_MEM_SIZE, 0, carveout_code(sm->carveout_kib[last]));
}

static void set_caches(struct writer *w)
{
    set(w, NV_QMD_FIELD_INVALIDATE_TEXTURE_HEADER_CACHE, 0, 1);
    set(w, NV_QMD_FIELD_INVALIDATE_TEXTURE_SAMPLER_CACHE, 0, 1);
    set(w, NV_QMD_FIELD_INVALIDATE_TEXTURE_DATA_CACHE, 0, 1);
    set(w, NV_QMD_FIELD_INVALIDATE_SHADER_DATA_CACHE, 0, 1);
    set(w, NV_QMD_FIELD_INVALIDATE_INSTRUCTION_CACHE, 0, 1);
    set(w, NV_QMD_FIELD_INVALIDATE_SHADER_CONSTANT_CACHE, 0, 1);
    set(w, NV_QMD_FIELD_CWD_MEMBAR_TYPE, 0, NV_QMD_V03_00_CWD_MEMBAR_TYPE_L1_SYSMEMBAR);
}

bool mg_qmd_template(const struct mg_engine_classes *classes, const struct mg_sm_facts *sm,
                     const struct magma_kernel_desc *kernel, uint64_t program_va,
                     struct mg_qmd *out, const char **field)
{
    struct writer w = {.version = classes->qmd, .dwords = out->dwords};

    memset(out, 0, sizeof *out);
    set(&w, NV_QMD_FIELD_QMD_MAJOR_VERSION, 0, classes->qmd_major);
    set(&w, NV_QMD_FIELD_QMD_VERSION, 0, classes->qmd_minor);
    set_if(&w, NV_QMD_FIELD_QMD_TYPE, NV_QMD_V05_00_QMD_TYPE_GRID_CTA);
    set(&w, NV_QMD_FIELD_QMD_GROUP_ID, 0, GROUP_ID_NONE);
    set_if(&w, NV_QMD_FIELD_SM_GLOBAL_CACHING_ENABLE, 1);
    set(&w, NV_QMD_FIELD_API_VISIBLE_CALL_LIMIT, 0, NV_QMD_V03_00_API_VISIBLE_CALL_LIMIT_NO_CHECK);
    set(&w, NV_QMD_FIELD_SAMPLER_INDEX, 0, NV_QMD_V03_00_SAMPLER_INDEX_INDEPENDENTLY);
    set(&w, NV_QMD_FIELD_CTA_THREAD_DIMENSION0, 0, kernel->workgroup_size[0]);
    set(&w, NV_QMD_FIELD_CTA_THREAD_DIMENSION1, 0, kernel->workgroup_size[1]);
    set(&w, NV_QMD_FIELD_CTA_THREAD_DIMENSION2, 0, kernel->workgroup_size[2]);
    set(&w, NV_QMD_FIELD_PROGRAM_ADDRESS, 0, program_va);
    set(&w, NV_QMD_FIELD_REGISTER_COUNT_V, 0, kernel->register_count);
    set(&w, NV_QMD_FIELD_BARRIER_COUNT, 0, kernel->barrier_count);
    set(&w, NV_QMD_FIELD_SHADER_LOCAL_MEMORY_LOW_SIZE, 0, kernel->local_size_bytes);
    set_shared(&w, sm, kernel);
    set_caches(&w);
    if (field)
        *field = w.failed;
    return !w.failed;
}

bool mg_qmd_launch(const struct mg_engine_classes *classes, struct mg_qmd *qmd,
                   const uint32_t groups[3], uint64_t root_va, uint32_t root_bytes)
{
    struct writer w = {.version = classes->qmd, .dwords = qmd->dwords};

    set(&w, NV_QMD_FIELD_CTA_RASTER_WIDTH, 0, groups[0]);
    set(&w, NV_QMD_FIELD_CTA_RASTER_HEIGHT, 0, groups[1]);
    set(&w, NV_QMD_FIELD_CTA_RASTER_DEPTH, 0, groups[2]);
    if (root_bytes) {
        set(&w, NV_QMD_FIELD_CONSTANT_BUFFER_VALID, 0, 1);
        set(&w, NV_QMD_FIELD_CONSTANT_BUFFER_INVALIDATE, 0, 1);
        set(&w, NV_QMD_FIELD_CONSTANT_BUFFER_ADDR, 0, root_va);
        set(&w, NV_QMD_FIELD_CONSTANT_BUFFER_SIZE, 0, round_up(root_bytes, 16));
    }
    return !w.failed;
}

uint32_t mg_qmd_grid_offset(const struct mg_engine_classes *classes)
{
    /* In every version height and depth begin the words after the width's, alone in them. */
    switch (classes->qmd) {
    case NV_QMD_V05_00:
        return NV_QMD_V05_00_CTA_RASTER_WIDTH__LO / 8;
    case NV_QMD_V04_00:
    case NV_QMD_V04_01:
        return NV_QMD_V04_00_CTA_RASTER_WIDTH__LO / 8;
    default:
        return NV_QMD_V03_00_CTA_RASTER_WIDTH__LO / 8;
    }
}
