/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Video memory: the regions that GSP-RM leaves to us, each under a buddy, split into what the CPU
 * can reach through BAR1 and what it cannot. Any thread.
 */
#ifndef MG_MEM_HEAP_H
#define MG_MEM_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <magma-nv/address.h>
#include <magma-nv/status.h>

struct mg_heap;

struct mg_heap_range {
    magma_vram_addr base;
    uint64_t size_bytes;
};

/* Manages the ranges (at most 16); VRAM below visible_bytes is CPU reachable. */
enum magma_code mg_heap_create(const struct mg_heap_range *ranges, size_t count,
                               uint64_t visible_bytes, struct mg_heap **out,
                               struct magma_error *err);
void mg_heap_destroy(struct mg_heap *heap);

enum mg_heap_zone {
    MG_HEAP_VISIBLE, /* reachable through BAR1, or nothing */
    MG_HEAP_ANY,     /* out of the CPU's reach if possible, else anywhere */
};

/* MAGMA_OUT_OF_DEVICE_MEMORY: the text says how much is free. The contents are whatever was there.
 */
enum magma_code mg_heap_alloc(struct mg_heap *heap, uint64_t size_bytes, uint64_t align_bytes,
                              enum mg_heap_zone zone, magma_vram_addr *out,
                              struct magma_error *err);
/* address and size as allocated. */
void mg_heap_free(struct mg_heap *heap, magma_vram_addr address, uint64_t size_bytes);

/* True when all of an allocation at address is CPU reachable. */
bool mg_heap_is_visible(const struct mg_heap *heap, magma_vram_addr address);

uint64_t mg_heap_total_bytes(struct mg_heap *heap);
uint64_t mg_heap_free_bytes(struct mg_heap *heap);

#endif
