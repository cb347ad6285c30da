/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* VkEvent: a word in system memory that CPU and GPU set, clear and wait for. */
#ifndef MVK_EVENT_H
#define MVK_EVENT_H

#include "object.h"

#include <magma-nv/bo.h>

#include <stdatomic.h>

enum mvk_event_value { MVK_EVENT_CLEAR = 0, MVK_EVENT_SET = 1 };

struct mvk_event {
    struct magma_bo *bo;
    _Atomic uint32_t *word; /* in the bo: an enum mvk_event_value */
    magma_gpu_va address;   /* of the word */
};

/* Width of the word, as pushes want it. */
enum { MVK_EVENT_SIZE_BYTES = sizeof(uint32_t) };

MVK_HANDLE(mvk_event, VkEvent)

#endif
