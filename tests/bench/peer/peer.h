/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The groups of lines that `peer` prints. Each checks what its jobs left in memory. */
#ifndef BENCH_PEER_PEER_H
#define BENCH_PEER_PEER_H

#include "vk.h"

/* One line of the result. Units that are times are better when small, rates when large. */
void peer_note(const char *key, const char *what, double value, const char *unit);
/* Ends the program: the figure before it is worth nothing. */
_Noreturn void peer_wrong(const char *what, uint64_t at, double is, double want);

void peer_devices(struct vkb *b); /* creates devices; leaves none */
void peer_submissions(struct vkb *b);
void peer_allocations(struct vkb *b);
void peer_recording(struct vkb *b);
void peer_compiling(struct vkb *b);
void peer_transfers(struct vkb *b);
void peer_dispatches(struct vkb *b);
void peer_kernels(struct vkb *b);

#endif
