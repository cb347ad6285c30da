/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Timelines from the inside: embedded ones (a channel's own), and waiting by device. */
#ifndef MG_CMD_TIMELINE_H
#define MG_CMD_TIMELINE_H

#include <stdatomic.h>

#include <magma-nv/timeline.h>

#include "libmagma/cmd/device.h"

struct magma_timeline {
    struct mg_device *dev;
    struct magma_bo *bo;
    _Atomic uint64_t *value; /* in bo */
};

enum magma_code mg_timeline_init(struct mg_device *dev, uint64_t initial,
                                 struct magma_timeline *out, struct magma_error *err);
void mg_timeline_finish(struct magma_timeline *timeline);

/* As magma_timeline_wait. */
enum magma_code mg_timeline_wait(struct mg_device *dev, const struct magma_timeline_point *points,
                                 size_t count, bool all, uint64_t timeout_ns);

#endif
