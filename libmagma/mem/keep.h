/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Large blocks that were freed and may be wanted again, mapped as they are: making one means asking
 * the GPU's manager for memory, mapping and clearing it, a thousand times the cost of taking one from
 * here. What is kept is bounded; the longest kept goes first. Any thread.
 */
#ifndef MG_MEM_KEEP_H
#define MG_MEM_KEEP_H

#include "libmagma/mem/mem.h"

struct mg_keep;

enum magma_code mg_keep_create(struct mg_mem *mem, struct mg_keep **out, struct magma_error *err);
/* Destroys the blocks. NULL is fine. */
void mg_keep_destroy(struct mg_keep *keep);

/* A block of this domain and reach for the CPU, hardly larger than wanted; false when none is kept.
 * Its contents are what its last owner left. */
bool mg_keep_take(struct mg_keep *keep, enum magma_domain domain, uint64_t size_bytes,
                  uint64_t align_bytes, bool cpu, struct mg_memory *out);

/* Takes the block, which may be destroyed at once. */
void mg_keep_give(struct mg_keep *keep, struct mg_memory *block, bool cpu);

/* Destroys all kept blocks; true when there were any. */
bool mg_keep_empty(struct mg_keep *keep);

#endif
