/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A buddy allocator over a range of addresses (video memory, GPU virtual addresses). It never
 * touches the memory itself. Blocks are powers of two internally, but what an allocation does not
 * need of its block goes back at once, so that 3 MiB take 3 MiB. Not thread safe: the owner locks.
 */
#ifndef MG_MEM_BUDDY_H
#define MG_MEM_BUDDY_H

#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/status.h>

struct mg_buddy;

/* Manages [base, base + size_bytes); both are cut to whole units of unit_bytes (a power of two).
 * MAGMA_INVALID_ARGUMENT: nothing is left, or more than 2^31 units. */
enum magma_code mg_buddy_create(uint64_t base, uint64_t size_bytes, uint64_t unit_bytes,
                                struct mg_buddy **out, struct magma_error *err);
void mg_buddy_destroy(struct mg_buddy *buddy);

/*
 * Takes size_bytes (> 0, rounded up to units) at a multiple of align_bytes (a power of two).
 * Returns false when no free block is large enough.
 */
bool mg_buddy_alloc(struct mg_buddy *buddy, uint64_t size_bytes, uint64_t align_bytes,
                    uint64_t *address);

/* Gives a range back: address and size as allocated. Returns false (and changes nothing) when the
 * range is not within the managed one or a part of it is free already. */
bool mg_buddy_free(struct mg_buddy *buddy, uint64_t address, uint64_t size_bytes);

uint64_t mg_buddy_free_bytes(const struct mg_buddy *buddy);
uint64_t mg_buddy_total_bytes(const struct mg_buddy *buddy);

/* True when address lies in the managed range. */
bool mg_buddy_contains(const struct mg_buddy *buddy, uint64_t address);

#endif
