/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Inside a push: methods go into chunks of system memory that the GPU reads; a segment is a run of
 * them that becomes one GPFIFO entry. Data (constants, QMDs) lives in chunks of its own.
 */
#ifndef MG_CMD_PUSH_H
#define MG_CMD_PUSH_H

#include <magma-nv/push.h>

#include <nvhw/host.h>

#include "libmagma/cmd/device.h"

struct mg_segment {
    uint64_t va;
    const uint32_t *cpu;
    uint32_t dword_count;
};

struct mg_chunk {
    struct magma_bo *bo;
    uint32_t used_bytes;
};

struct mg_chunks {
    struct mg_chunk *list;
    size_t count, room;
    size_t current; /* the one being filled */
};

struct magma_push {
    struct mg_device *dev;
    enum magma_code status;
    struct mg_chunks methods, data;
    struct mg_segment *segments;
    size_t segment_count, segment_room;
    uint32_t *at, *end;      /* where the next method goes, and the chunk's end */
    uint32_t *segment_start; /* beginning of the open segment, NULL: none is open */
    uint64_t segment_va;
    uint32_t local_bytes; /* largest scratch per thread that a dispatch in here needs */
};

/* Makes an error stick (the first one stays). */
void mg_push_fail(struct magma_push *push, enum magma_code code);

/* Writes the header of `count` (1 .. NV_PB_METHOD_COUNT_MAX) consecutive methods and returns where
 * their values go; NULL once the push has failed. */
uint32_t *mg_push_begin(struct magma_push *push, unsigned subchannel, uint32_t method,
                        uint32_t count);

/* One method with one value. */
void mg_push_one(struct magma_push *push, unsigned subchannel, uint32_t method, uint32_t value);

/* A semaphore operation of the host: execute is a SEM_EXECUTE word. */
void mg_push_semaphore(struct magma_push *push, uint64_t va, uint64_t payload, uint32_t execute);

/* Ends the open segment, so that segments[] has everything. */
void mg_push_close_segment(struct magma_push *push);

/* ---- The same words for memory that is not a push (the channel's own commands) ---- */

enum { MG_SEMAPHORE_DWORDS = 6 };

static inline uint32_t mg_words_header(unsigned subchannel, uint32_t method, uint32_t count)
{
    return NVHW_DEF(NV_PB_METHOD, SEC_OP, INC_METHOD) | NVHW_NUM(NV_PB_METHOD, COUNT, count) |
           NVHW_NUM(NV_PB_METHOD, SUBCHANNEL, subchannel) |
           NVHW_NUM(NV_PB_METHOD, ADDRESS, method / sizeof(uint32_t));
}

static inline uint32_t *mg_words_semaphore(uint32_t *at, uint64_t va, uint64_t payload,
                                           uint32_t execute)
{
    at[0] = mg_words_header(0, NVC46F_SEM_ADDR_LO, MG_SEMAPHORE_DWORDS - 1);
    at[1] = (uint32_t)va;
    at[2] = (uint32_t)(va >> 32);
    at[3] = (uint32_t)payload;
    at[4] = (uint32_t)(payload >> 32);
    at[5] = execute;
    return at + MG_SEMAPHORE_DWORDS;
}

/* SEM_EXECUTE words. */
static inline uint32_t mg_release_word(bool wait_idle, bool timestamp, bool payload64)
{
    return NVHW_DEF(NVC46F_SEM_EXECUTE, OPERATION, RELEASE) |
           NVHW_NUM(NVC46F_SEM_EXECUTE, RELEASE_WFI, wait_idle) |
           NVHW_NUM(NVC46F_SEM_EXECUTE, RELEASE_TIMESTAMP, timestamp) |
           NVHW_NUM(NVC46F_SEM_EXECUTE, PAYLOAD_SIZE, payload64);
}

static inline uint32_t mg_acquire_word(uint32_t operation, bool payload64)
{
    return NVHW_NUM(NVC46F_SEM_EXECUTE, OPERATION, operation) |
           NVHW_DEF(NVC46F_SEM_EXECUTE, ACQUIRE_SWITCH_TSG, EN) |
           NVHW_NUM(NVC46F_SEM_EXECUTE, PAYLOAD_SIZE, payload64);
}

#endif
