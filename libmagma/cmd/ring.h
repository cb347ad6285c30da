/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A channel's two circular memories: the GPFIFO, and the words of its own commands (waits,
 * signals, fences). What is free follows from fences alone: each remembers how far both had been
 * filled when it was written, and its value in memory says that the GPU has passed it. Pure
 * bookkeeping over memory that the caller gives; one thread at a time.
 */
#ifndef MG_CMD_RING_H
#define MG_CMD_RING_H

#include <stdbool.h>
#include <stdint.h>

struct mg_ring_fence {
    uint64_t value;
    uint64_t entry_put, word_put; /* both counters when it was written */
};

struct mg_ring {
    uint64_t *entries;    /* the GPFIFO */
    uint32_t entry_count; /* a power of two */
    uint32_t *words;
    uint64_t words_va;
    uint32_t word_count;

    /* Counters that only grow; an index is the counter modulo the size. */
    uint64_t entry_put, entry_get;
    uint64_t word_put, word_get;

    struct mg_ring_fence *fences; /* entry_count of them */
    uint64_t fence_put, fence_get;
};

/* memory: entry_count * 8 bytes and word_count * 4 bytes. false: no host memory. */
bool mg_ring_init(struct mg_ring *ring, uint64_t *entries, uint32_t entry_count, uint32_t *words,
                  uint64_t words_va, uint32_t word_count);
void mg_ring_finish(struct mg_ring *ring);

/* Takes back what fences up to `completed` free. */
void mg_ring_reclaim(struct mg_ring *ring, uint64_t completed);

/* Entries that may be written now (one always stays unused). */
uint32_t mg_ring_free_entries(const struct mg_ring *ring);

/* Room for `count` words in a row, at most half of word_count; NULL: not now. *va is their GPU
 * address. */
uint32_t *mg_ring_take_words(struct mg_ring *ring, uint32_t count, uint64_t *va);

/* Writes an entry; there must be a free one. */
void mg_ring_put(struct mg_ring *ring, uint64_t segment_va, uint32_t dword_count);

/* Remembers that a fence of this value follows what has been put so far. */
void mg_ring_fence(struct mg_ring *ring, uint64_t value);

/* What GP_PUT has to become. */
uint32_t mg_ring_gp_put(const struct mg_ring *ring);

/* Entries written after the last fence. */
uint32_t mg_ring_since_fence(const struct mg_ring *ring);

#endif
