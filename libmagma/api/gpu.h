/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* struct magma_gpu from the inside, and opening one over a device that the caller has. */
#ifndef MG_API_GPU_H
#define MG_API_GPU_H

#include <pthread.h>

#include <magma-nv/gpu.h>

#include "libmagma/cmd/device.h"
#include "libmagma/core/clock.h"

struct mg_child;
struct magma_channel;
struct magma_push;
struct mvfio_device;

struct magma_gpu {
    struct mg_device dev;
    struct magma_gpu_options options; /* strings are not kept */
    struct mg_child *child;           /* the software GPU's process, NULL: none */

    /* Clears video memory out of the CPU's reach; made when first needed. */
    pthread_mutex_t clear_lock;
    struct magma_channel *clear_channel;
    struct magma_push *clear_push;
};

/* How to open a device that is there already. All zero is a usable value. */
struct mg_gpu_setup {
    const struct magma_gpu_options *options; /* may be NULL */
    const struct mg_clock *clock;            /* NULL: the system's; must outlive the GPU */
    const char *address;                     /* for info.address; NULL: the device's name */
    const char *firmware_path;               /* NULL: that of the options */
    bool is_model;
    bool is_nvidia; /* `address` names a GPU of the kernel driver; the device is NULL */
    struct mg_child *child; /* becomes the GPU's, also when opening fails */
};

/* As magma_gpu_open over an open device, which becomes the GPU's, also when this fails. Tests open
 * a software GPU inside their own process this way. */
enum magma_code mg_gpu_open_device(struct mvfio_device *device, const struct mg_gpu_setup *setup,
                                   struct magma_gpu **out, struct magma_error *err);

/* Log settings of options: level, debug words, callback. */
void mg_gpu_log(const struct magma_gpu_options *options, struct mg_log *out);

/* Zeroes GPU memory by a fill on a channel of its own (mg_mem_clear). */
enum magma_code mg_gpu_clear(void *ctx, magma_gpu_va va, uint64_t size_bytes,
                             struct magma_error *err);
void mg_gpu_clear_finish(struct magma_gpu *gpu);

#endif
