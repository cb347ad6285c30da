/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The copy engine's part of a channel's setup. See magma-nv/copy.h for copies themselves. */
#ifndef MG_ENGINE_COPY_H
#define MG_ENGINE_COPY_H

#include <magma-nv/copy.h>

/* Binds a copy class to its subchannel. */
void mg_copy_push_setup(struct magma_push *push, uint32_t copy_class);

#endif
