/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Compute: kernels in GPU memory, scratch memory, launches. */
#include "libmagma/engine/compute.h"

#include <stdlib.h>
#include <string.h>

#include <nvhw/compute.h>
#include <nvhw/fifo.h>

#include "libmagma/cmd/push.h"
#include "libmagma/core/status.h"
#include "libmagma/engine/copy.h"
#include "libmagma/engine/qmd.h"
#include "libmagma/engine/sm.h"

#define SUBCHANNEL         NV_PBDMA_SUBCHANNEL_COMPUTE
/* The SM fetches ahead of the program counter: there must be memory behind the code. */
#define CODE_PADDING_BYTES 512u
#define LOCAL_BYTES_MAX    0x80000u

struct magma_kernel {
    struct mg_device *dev;
    struct magma_bo *code;
    uint32_t local_bytes;
    struct mg_qmd qmd;
};

/* ---- Channel setup --------------------------------------------------------------------------- */

static void push_address(struct magma_push *push, uint32_t method_upper, uint64_t address)
{
    uint32_t *p = mg_push_begin(push, SUBCHANNEL, method_upper, 2);

    if (!p)
        return;
    p[0] = (uint32_t)(address >> 32);
    p[1] = (uint32_t)address;
}

void mg_compute_push_setup(struct magma_push *push, uint32_t compute_class)
{
    mg_push_one(push, SUBCHANNEL, NVC5C0_SET_OBJECT, compute_class);
    push_address(push, NVC5C0_SET_SHADER_SHARED_MEMORY_WINDOW_A, push->dev->ws->shared_window);
    push_address(push, NVC5C0_SET_SHADER_LOCAL_MEMORY_WINDOW_A, push->dev->ws->local_window);
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static uint64_t local_per_tpc(const struct mg_device *dev, uint32_t local_bytes)
{
    uint64_t per_warp =
        round_up((uint64_t)local_bytes * NV_COMPUTE_WARP_LANES, NV_COMPUTE_LOCAL_WARP_ALIGN_BYTES);

    return round_up(per_warp * dev->sm->warps * NV_COMPUTE_SMS_PER_TPC,
                    NV_COMPUTE_LOCAL_TPC_ALIGN_BYTES);
}

enum magma_code mg_compute_local_create(struct mg_device *dev, uint32_t local_bytes,
                                        struct magma_bo **out)
{
    uint64_t tpcs = dev->ws->info.sm_count / NV_COMPUTE_SMS_PER_TPC;
    uint64_t total = round_up(local_per_tpc(dev, local_bytes) * (tpcs ? tpcs : 1),
                              NV_COMPUTE_LOCAL_TOTAL_ALIGN_BYTES);

    return mg_bo_create(dev->mem, total, NV_COMPUTE_LOCAL_TOTAL_ALIGN_BYTES, MAGMA_DOMAIN_VRAM, 0,
                        out, NULL);
}

void mg_compute_push_local(struct magma_push *push, const struct magma_bo *bo, uint32_t local_bytes)
{
    uint64_t per_tpc = local_per_tpc(push->dev, local_bytes);
    uint32_t *p;

    mg_push_one(push, SUBCHANNEL, NVC5C0_WAIT_FOR_IDLE, 0);
    push_address(push, NVC5C0_SET_SHADER_LOCAL_MEMORY_A, magma_bo_address(bo).raw);
    p = mg_push_begin(push, SUBCHANNEL, NVC5C0_SET_SHADER_LOCAL_MEMORY_NON_THROTTLED_A, 3);
    if (!p)
        return;
    p[0] = (uint32_t)(per_tpc >> 32);
    p[1] = (uint32_t)per_tpc;
    p[2] = NVHW_NUM(NVC5C0_SET_SHADER_LOCAL_MEMORY_NON_THROTTLED_C, MAX_SM_COUNT, 0xff);
}

/* ---- Kernels --------------------------------------------------------------------------------- */

static enum magma_code check_kernel(const struct mg_device *dev, const struct magma_kernel_desc *d,
                                    struct magma_error *err)
{
    uint64_t threads = (uint64_t)d->workgroup_size[0] * d->workgroup_size[1];

    if (!d->code || !d->code_size_bytes || d->code_size_bytes > (64u << 20))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "kernel: %zu bytes of code",
                       d->code_size_bytes);
    if (!d->register_count || d->register_count > NV_COMPUTE_REGISTERS_MAX ||
        d->barrier_count > NV_COMPUTE_BARRIERS_MAX || d->local_size_bytes % 16 ||
        d->local_size_bytes > LOCAL_BYTES_MAX)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "kernel: %u registers, %u barriers or %u bytes of scratch out of range",
                       d->register_count, d->barrier_count, d->local_size_bytes);
    if (d->shared_size_bytes > dev->sm->shared_cta_bytes)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "kernel: %u bytes of shared memory, this GPU has %u", d->shared_size_bytes,
                       dev->sm->shared_cta_bytes);
    if (!threads || !d->workgroup_size[2] || d->workgroup_size[2] > NV_COMPUTE_CTA_Z_MAX ||
        threads > NV_COMPUTE_THREADS_MAX || threads * d->workgroup_size[2] > NV_COMPUTE_THREADS_MAX)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "kernel: workgroup of %u x %u x %u threads",
                       d->workgroup_size[0], d->workgroup_size[1], d->workgroup_size[2]);
    return MAGMA_OK;
}

/* Code goes to video memory where the CPU reaches it, else to system memory. */
static enum magma_code upload(struct mg_device *dev, const struct magma_kernel_desc *desc,
                              struct magma_bo **out, struct magma_error *err)
{
    uint64_t bytes = desc->code_size_bytes + CODE_PADDING_BYTES;
    enum magma_code code;
    char *cpu;

    code = mg_bo_create(dev->mem, bytes, NV_COMPUTE_PROGRAM_ALIGN_BYTES, MAGMA_DOMAIN_VRAM,
                        MAGMA_BO_CPU_ACCESS, out, err);
    if (code != MAGMA_OK && code != MAGMA_DEVICE_LOST)
        code = mg_bo_create(dev->mem, bytes, NV_COMPUTE_PROGRAM_ALIGN_BYTES, MAGMA_DOMAIN_SYSTEM, 0,
                            out, err);
    if (code != MAGMA_OK)
        return code;
    cpu = magma_bo_map(*out);
    memcpy(cpu, desc->code, desc->code_size_bytes);
    memset(cpu + desc->code_size_bytes, 0, CODE_PADDING_BYTES);
    mg_dma_publish();
    return MAGMA_OK;
}

enum magma_code mg_kernel_create(struct mg_device *dev, const struct magma_kernel_desc *desc,
                                 struct magma_kernel **out, struct magma_error *err)
{
    struct magma_kernel *kernel;
    enum magma_code code;
    const char *field;

    *out = NULL;
    if (!dev->classes || !dev->sm)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "compute on this GPU: not supported");
    code = check_kernel(dev, desc, err);
    if (code != MAGMA_OK)
        return code;
    kernel = calloc(1, sizeof *kernel);
    if (!kernel)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "kernel: no memory");
    kernel->dev = dev;
    kernel->local_bytes = desc->local_size_bytes;
    code = upload(dev, desc, &kernel->code, err);
    if (code == MAGMA_OK &&
        !mg_qmd_template(dev->classes, dev->sm, desc, magma_bo_address(kernel->code).raw,
                         &kernel->qmd, &field))
        code = mg_fail(err, MAGMA_INVALID_ARGUMENT, "kernel: its value for %s does not fit", field);
    if (code != MAGMA_OK) {
        magma_kernel_destroy(kernel);
        return code;
    }
    *out = kernel;
    return MAGMA_OK;
}

enum magma_code magma_kernel_create(struct magma_gpu *gpu, const struct magma_kernel_desc *desc,
                                    struct magma_kernel **out, struct magma_error *err)
{
    return mg_kernel_create(mg_gpu_device(gpu), desc, out, err);
}

void magma_kernel_destroy(struct magma_kernel *kernel)
{
    if (!kernel)
        return;
    magma_bo_destroy(kernel->code);
    free(kernel);
}

/* ---- Launching ------------------------------------------------------------------------------- */

#define GRID_BYTES 12u

/* Has the GPU read the group counts: they go over the QMD's grid words and the root's first. */
static void patch_indirect(struct magma_push *push, const struct magma_dispatch *d,
                           magma_gpu_va qmd, magma_gpu_va root)
{
    uint32_t grid = mg_qmd_grid_offset(push->dev->classes);

    magma_copy_buffer(push, magma_gpu_va_add(qmd, grid), d->indirect, GRID_BYTES);
    if (d->root_size_bytes >= GRID_BYTES)
        magma_copy_buffer(push, root, d->indirect, GRID_BYTES);
    magma_push_barrier(push);
    mg_push_one(push, SUBCHANNEL, NVC5C0_INVALIDATE_SKED_CACHES, 0);
}

static void launch(struct magma_push *push, magma_gpu_va qmd)
{
    mg_push_one(push, SUBCHANNEL, NVC5C0_SEND_PCAS_A, (uint32_t)(qmd.raw / NV_QMD_ALIGN_BYTES));
    if (push->dev->classes->pcas2)
        mg_push_one(push, SUBCHANNEL, NVC6C0_SEND_SIGNALING_PCAS2_B,
                    NVHW_DEF(NVC6C0_SEND_SIGNALING_PCAS2_B, PCAS_ACTION, INVALIDATE_COPY_SCHEDULE));
    else
        mg_push_one(push, SUBCHANNEL, NVC5C0_SEND_SIGNALING_PCAS_B,
                    NVHW_DEF(NVC5C0_SEND_SIGNALING_PCAS_B, INVALIDATE, TRUE) |
                        NVHW_DEF(NVC5C0_SEND_SIGNALING_PCAS_B, SCHEDULE, TRUE));
}

static bool check_dispatch(struct magma_push *push, const struct magma_dispatch *d)
{
    if (d->groups[0] <= NV_COMPUTE_GRID_X_MAX && d->groups[1] <= NV_COMPUTE_GRID_YZ_MAX &&
        d->groups[2] <= NV_COMPUTE_GRID_YZ_MAX &&
        d->root_size_bytes <= NV_COMPUTE_CONSTANT_BANK_BYTES &&
        d->indirect.raw % sizeof(uint32_t) == 0)
        return true;
    mg_push_fail(push, MAGMA_INVALID_ARGUMENT);
    return false;
}

void magma_dispatch(struct magma_push *push, const struct magma_dispatch *d)
{
    const struct magma_kernel *kernel = d->kernel;
    uint32_t root_bytes = (uint32_t)d->root_size_bytes;
    static const uint32_t one_group[3] = {1, 1, 1};
    struct mg_qmd qmd = kernel->qmd;
    magma_gpu_va va, root;
    char *cpu;

    if (!check_dispatch(push, d))
        return;
    if (!d->indirect.raw && (!d->groups[0] || !d->groups[1] || !d->groups[2]))
        return;
    cpu = magma_push_data(push, round_up(sizeof qmd, NV_QMD_ALIGN_BYTES) + round_up(root_bytes, 16),
                          NV_QMD_ALIGN_BYTES, &va);
    if (!cpu)
        return;
    root = magma_gpu_va_add(va, round_up(sizeof qmd, NV_QMD_ALIGN_BYTES));
    if (!mg_qmd_launch(push->dev->classes, &qmd, d->indirect.raw ? one_group : d->groups, root.raw,
                       root_bytes)) {
        mg_push_fail(push, MAGMA_INTERNAL);
        return;
    }
    memcpy(cpu, &qmd, sizeof qmd);
    if (root_bytes)
        memcpy(cpu + (root.raw - va.raw), d->root, root_bytes);
    memset(cpu + (root.raw - va.raw) + root_bytes, 0, round_up(root_bytes, 16) - root_bytes);
    if (d->indirect.raw)
        patch_indirect(push, d, va, root);
    launch(push, va);
    if (kernel->local_bytes > push->local_bytes)
        push->local_bytes = kernel->local_bytes;
}
