/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Channels from the inside: creation on a struct mg_device, for api/ and its clearing channel. */
#ifndef MG_CMD_CHANNEL_H
#define MG_CMD_CHANNEL_H

#include <magma-nv/channel.h>

#include "libmagma/cmd/ring.h"
#include "libmagma/cmd/timeline.h"

struct magma_channel {
    struct mg_device *dev;
    struct magma_channel *prev, *next; /* among the device's */
    struct mg_channel_port port;
    struct magma_bo *ring_bo, *words_bo;
    struct mg_ring ring;
    struct magma_timeline done; /* what the ring's fences release */
    uint64_t last_fence;
    struct magma_push *setup; /* binds the objects; submitted once */
    struct magma_bo *local;   /* scratch memory of compute */
    uint32_t local_bytes;     /* per thread that it suffices for */
};

enum magma_code mg_channel_create(struct mg_device *dev, enum magma_engine engine,
                                  struct magma_channel **out, struct magma_error *err);

#endif
