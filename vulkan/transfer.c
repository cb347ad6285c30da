/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See transfer.h. The kernels take addresses as push constants and touch no descriptor. */
#include "transfer.h"

#include "command_buffer.h"
#include "command_pool.h"
#include "device.h"

#include <magma-nv/cc.h>

#include <string.h>

#include "mvk_copy.spv.h"
#include "mvk_fill.spv.h"

/* UNIT_BYTES and UNITS_PER_GROUP are the shaders'; the copy engine starts sooner on few bytes. */
enum { UNIT_BYTES = 16, UNITS_PER_GROUP = 1024, KERNEL_MIN_BYTES = 16 << 10 };
/* Of one dispatch: the shaders' offsets have 31 bits. */
static const VkDeviceSize dispatch_max_bytes = 1u << 30;

struct parameters { /* as the shaders' push constants; of a fill the source is count and value */
    uint64_t target;
    uint64_t source;
    uint32_t count;
};

void mvk_transfer_init(struct mvk_transfer *transfer)
{
    pthread_mutex_init(&transfer->lock, NULL);
    memset(transfer->kernels, 0, sizeof(transfer->kernels));
}

void mvk_transfer_finish(struct mvk_transfer *transfer)
{
    for (int i = 0; i < MVK_TRANSFER_COUNT; i++)
        magma_kernel_destroy(transfer->kernels[i]);
    pthread_mutex_destroy(&transfer->lock);
}

static struct magma_kernel *compile(struct mvk_device *device, const uint32_t *words,
                                    size_t word_count)
{
    const struct magma_cc_options options = {.sm = device->physical_device->info->sm_version};
    struct magma_cc_shader *shader = NULL;
    struct magma_kernel *kernel = NULL;
    if (!magma_cc_compile(words, word_count, &options, &shader, NULL, 0))
        return NULL;
    const struct magma_kernel_desc desc = {
        .code = shader->code,
        .code_size_bytes = shader->code_size_bytes,
        .register_count = shader->register_count,
        .barrier_count = shader->barrier_count,
        .workgroup_size = {shader->workgroup_size[0], 1, 1},
    };
    if (magma_kernel_create(device->gpu, &desc, &kernel, NULL) != MAGMA_OK)
        kernel = NULL;
    magma_cc_shader_destroy(shader);
    return kernel;
}

/* NULL when it cannot be had: the copy engine does it then. */
static const struct magma_kernel *kernel_of(struct mvk_device *device,
                                            enum mvk_transfer_kernel which)
{
    struct mvk_transfer *transfer = &device->transfer;
    pthread_mutex_lock(&transfer->lock);
    struct magma_kernel **kernel = &transfer->kernels[which];
    if (!*kernel)
        *kernel = which == MVK_TRANSFER_COPY
                      ? compile(device, mvk_copy_spv, MVK_COUNT_OF(mvk_copy_spv))
                      : compile(device, mvk_fill_spv, MVK_COUNT_OF(mvk_fill_spv));
    pthread_mutex_unlock(&transfer->lock);
    return *kernel;
}

static const struct magma_kernel *usable(struct mvk_command_buffer *commands,
                                         enum mvk_transfer_kernel which, uint64_t addresses,
                                         VkDeviceSize size_bytes)
{
    bool computes = mvk_queue_families[commands->pool->family].flags & VK_QUEUE_COMPUTE_BIT;
    if (!computes || size_bytes < KERNEL_MIN_BYTES || addresses % UNIT_BYTES != 0)
        return NULL;
    return kernel_of(commands->device, which);
}

static void dispatch(struct mvk_command_buffer *commands, const struct magma_kernel *kernel,
                     const struct parameters *p, uint32_t units)
{
    uint8_t root[MAGMA_CC_ROOT_PUSH_CONSTANTS + sizeof(*p)] = {0};
    memcpy(root + MAGMA_CC_ROOT_PUSH_CONSTANTS, p, sizeof(*p));
    magma_dispatch(commands->push,
                   &(struct magma_dispatch){
                       .kernel = kernel,
                       .groups = {(units + UNITS_PER_GROUP - 1) / UNITS_PER_GROUP, 1, 1},
                       .root = root,
                       .root_size_bytes = sizeof(root),
                   });
}

static uint32_t next_units(VkDeviceSize left_bytes)
{
    return (uint32_t)((left_bytes < dispatch_max_bytes ? left_bytes : dispatch_max_bytes) /
                      UNIT_BYTES);
}

VkDeviceSize mvk_transfer_copy(struct mvk_command_buffer *commands, magma_gpu_va target,
                               magma_gpu_va source, VkDeviceSize size_bytes)
{
    const struct magma_kernel *kernel =
        usable(commands, MVK_TRANSFER_COPY, target.raw | source.raw, size_bytes);
    VkDeviceSize done = 0;
    while (kernel && size_bytes - done >= UNIT_BYTES) {
        uint32_t units = next_units(size_bytes - done);
        dispatch(commands, kernel,
                 &(struct parameters){target.raw + done, source.raw + done, units}, units);
        done += (VkDeviceSize)units * UNIT_BYTES;
    }
    return done;
}

VkDeviceSize mvk_transfer_fill(struct mvk_command_buffer *commands, magma_gpu_va target,
                               VkDeviceSize size_bytes, uint32_t value)
{
    const struct magma_kernel *kernel = usable(commands, MVK_TRANSFER_FILL, target.raw, size_bytes);
    VkDeviceSize done = 0;
    while (kernel && size_bytes - done >= UNIT_BYTES) {
        uint32_t units = next_units(size_bytes - done);
        dispatch(commands, kernel,
                 &(struct parameters){target.raw + done, (uint64_t)value << 32 | units, 0}, units);
        done += (VkDeviceSize)units * UNIT_BYTES;
    }
    return done;
}
