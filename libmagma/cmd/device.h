/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What recording and submitting need to know of a GPU. Constant after opening but for the list of
 * channels; any thread.
 */
#ifndef MG_CMD_DEVICE_H
#define MG_CMD_DEVICE_H

#include <pthread.h>
#include <stdint.h>

#include <nvhw/fifo.h>

#include "libmagma/mem/mem.h"
#include "libmagma/winsys/winsys.h"

struct mg_engine_classes; /* engine/classes.h */
struct mg_sm_facts;       /* engine/sm.h */

struct mg_device {
    struct mg_winsys *ws;
    struct mg_mem *mem;
    const struct mg_engine_classes *classes;
    const struct mg_sm_facts *sm;
    /* 16 bytes of system memory that semaphores whose value nobody reads are released to. */
    struct magma_bo *scratch;

    pthread_mutex_t channels_lock;
    struct magma_channel *channels; /* all there are, for closing; under channels_lock */
};

/* The part of a GPU that this is; implemented by api/. */
struct mg_device *mg_gpu_device(struct magma_gpu *gpu);

#endif
