/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Recording: chunks, segments, the generic methods of a push. */
#include "libmagma/cmd/push.h"

#include <stdlib.h>
#include <string.h>

#include "libmagma/core/status.h"
#include "libmagma/engine/classes.h"

#define METHOD_CHUNK_BYTES (64u << 10)
#define DATA_CHUNK_BYTES   (64u << 10)

enum magma_code magma_push_create(struct magma_gpu *gpu, struct magma_push **out,
                                  struct magma_error *err)
{
    struct magma_push *push = calloc(1, sizeof *push);

    *out = push;
    if (!push)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "push: no memory");
    push->dev = mg_gpu_device(gpu);
    return MAGMA_OK;
}

static void chunks_finish(struct mg_chunks *chunks)
{
    for (size_t i = 0; i < chunks->count; i++)
        magma_bo_destroy(chunks->list[i].bo);
    free(chunks->list);
}

void magma_push_destroy(struct magma_push *push)
{
    if (!push)
        return;
    chunks_finish(&push->methods);
    chunks_finish(&push->data);
    free(push->segments);
    free(push);
}

void magma_push_reset(struct magma_push *push)
{
    push->status = MAGMA_OK;
    push->methods.current = push->data.current = 0;
    for (size_t i = 0; i < push->methods.count; i++)
        push->methods.list[i].used_bytes = 0;
    for (size_t i = 0; i < push->data.count; i++)
        push->data.list[i].used_bytes = 0;
    push->segment_count = 0;
    push->at = push->end = push->segment_start = NULL;
    push->local_bytes = 0;
}

enum magma_code magma_push_status(const struct magma_push *push)
{
    return push->status;
}

void mg_push_fail(struct magma_push *push, enum magma_code code)
{
    if (push->status == MAGMA_OK)
        push->status = code;
}

/* ---- Chunks ---------------------------------------------------------------------------------- */

static bool grow(void **list, size_t *room, size_t need, size_t element_bytes)
{
    size_t wish = *room ? *room * 2 : 16;
    void *bigger;

    if (need <= *room)
        return true;
    bigger = realloc(*list, wish * element_bytes);
    if (!bigger)
        return false;
    *list = bigger;
    *room = wish;
    return true;
}

/*
 * Methods are fetched ahead, so system memory does; what launches read (descriptors of theirs,
 * constants) is waited for, and lies in video memory where the CPU reaches it.
 */
static enum magma_code chunk_memory(struct magma_push *push, const struct mg_chunks *chunks,
                                    uint64_t size_bytes, struct magma_bo **out)
{
    enum magma_code code = MAGMA_OUT_OF_DEVICE_MEMORY;

    if (chunks == &push->data)
        code = mg_bo_create(push->dev->mem, size_bytes, 0, MAGMA_DOMAIN_VRAM, MAGMA_BO_CPU_ACCESS,
                            out, NULL);
    if (code == MAGMA_OK || code == MAGMA_DEVICE_LOST)
        return code;
    return mg_bo_create(push->dev->mem, size_bytes, 0, MAGMA_DOMAIN_SYSTEM, 0, out, NULL);
}

/* Appends a chunk of at least size_bytes; NULL with a sticky error on failure. */
static struct mg_chunk *add_chunk(struct magma_push *push, struct mg_chunks *chunks,
                                  uint64_t size_bytes)
{
    void *list = chunks->list;
    struct mg_chunk *chunk;
    enum magma_code code;

    if (!grow(&list, &chunks->room, chunks->count + 1, sizeof *chunks->list)) {
        mg_push_fail(push, MAGMA_OUT_OF_HOST_MEMORY);
        return NULL;
    }
    chunks->list = list;
    chunk = &chunks->list[chunks->count];
    *chunk = (struct mg_chunk){0};
    code = chunk_memory(push, chunks, size_bytes, &chunk->bo);
    if (code != MAGMA_OK) {
        mg_push_fail(push, code);
        return NULL;
    }
    chunks->count++;
    return chunk;
}

/* ---- Methods --------------------------------------------------------------------------------- */

static bool add_segment(struct magma_push *push, uint64_t va, const uint32_t *cpu,
                        uint32_t dword_count)
{
    void *list = push->segments;

    if (!grow(&list, &push->segment_room, push->segment_count + 1, sizeof *push->segments)) {
        mg_push_fail(push, MAGMA_OUT_OF_HOST_MEMORY);
        return false;
    }
    push->segments = list;
    push->segments[push->segment_count++] = (struct mg_segment){va, cpu, dword_count};
    return true;
}

void mg_push_close_segment(struct magma_push *push)
{
    if (push->segment_start && push->at != push->segment_start)
        add_segment(push, push->segment_va, push->segment_start,
                    (uint32_t)(push->at - push->segment_start));
    if (push->segment_start) {
        push->segment_va += (uint64_t)(push->at - push->segment_start) * sizeof(uint32_t);
        push->segment_start = push->at;
    }
}

static bool next_method_chunk(struct magma_push *push)
{
    struct mg_chunk *chunk;

    mg_push_close_segment(push);
    if (push->segment_start)
        push->methods.current++;
    if (push->methods.current < push->methods.count)
        chunk = &push->methods.list[push->methods.current];
    else
        chunk = add_chunk(push, &push->methods, METHOD_CHUNK_BYTES);
    if (!chunk)
        return false;
    push->at = push->segment_start = magma_bo_map(chunk->bo);
    push->end = push->at + METHOD_CHUNK_BYTES / sizeof(uint32_t);
    push->segment_va = magma_bo_address(chunk->bo).raw;
    return true;
}

uint32_t *mg_push_begin(struct magma_push *push, unsigned subchannel, uint32_t method,
                        uint32_t count)
{
    uint32_t *values;

    if (push->status != MAGMA_OK)
        return NULL;
    if (push->end - push->at < (ptrdiff_t)count + 1 && !next_method_chunk(push))
        return NULL;
    *push->at = mg_words_header(subchannel, method, count);
    values = push->at + 1;
    push->at += count + 1;
    return values;
}

void mg_push_one(struct magma_push *push, unsigned subchannel, uint32_t method, uint32_t value)
{
    uint32_t *p = mg_push_begin(push, subchannel, method, 1);

    if (p)
        p[0] = value;
}

void mg_push_semaphore(struct magma_push *push, uint64_t va, uint64_t payload, uint32_t execute)
{
    uint32_t *p = mg_push_begin(push, 0, NVC46F_SEM_ADDR_LO, MG_SEMAPHORE_DWORDS - 1);

    if (p)
        mg_words_semaphore(p - 1, va, payload, execute);
}

void magma_push_methods(struct magma_push *push, unsigned subchannel, uint32_t method,
                        const uint32_t *values, uint32_t count)
{
    if (subchannel >= NV_PBDMA_SUBCHANNEL_COUNT || method % sizeof(uint32_t) ||
        method + (uint64_t)count * sizeof(uint32_t) > NV_PBDMA_METHOD_SPACE_BYTES) {
        mg_push_fail(push, MAGMA_INVALID_ARGUMENT);
        return;
    }
    while (count) {
        uint32_t n = count < NV_PB_METHOD_COUNT_MAX ? count : NV_PB_METHOD_COUNT_MAX;
        uint32_t *p = mg_push_begin(push, subchannel, method, n);

        if (!p)
            return;
        memcpy(p, values, n * sizeof *values);
        values += n;
        method += n * (uint32_t)sizeof *values;
        count -= n;
    }
}

/* ---- Data ------------------------------------------------------------------------------------ */

void *magma_push_data(struct magma_push *push, uint64_t size_bytes, uint64_t align_bytes,
                      magma_gpu_va *va)
{
    struct mg_chunks *data = &push->data;
    struct mg_chunk *chunk = NULL;
    uint64_t offset = 0;

    if (push->status != MAGMA_OK)
        return NULL;
    if (!size_bytes || align_bytes > 4096 || (align_bytes & (align_bytes - 1)) ||
        size_bytes > UINT32_MAX / 2) {
        mg_push_fail(push, MAGMA_INVALID_ARGUMENT);
        return NULL;
    }
    if (!align_bytes)
        align_bytes = 1;
    /* Chunks that were large enough for their first user are kept over a reset. */
    for (; data->current < data->count; data->current++) {
        chunk = &data->list[data->current];
        offset = (chunk->used_bytes + align_bytes - 1) & ~(align_bytes - 1);
        if (offset + size_bytes <= magma_bo_size(chunk->bo))
            break;
        chunk = NULL;
    }
    if (!chunk) {
        uint64_t bytes = size_bytes > DATA_CHUNK_BYTES ? size_bytes : DATA_CHUNK_BYTES;

        chunk = add_chunk(push, data, bytes);
        if (!chunk)
            return NULL;
        data->current = data->count - 1;
        offset = 0; /* a new chunk is aligned to its size or a page */
    }
    chunk->used_bytes = (uint32_t)(offset + size_bytes);
    *va = magma_gpu_va_add(magma_bo_address(chunk->bo), offset);
    return (char *)magma_bo_map(chunk->bo) + offset;
}

/* ---- Host operations ------------------------------------------------------------------------- */

void magma_push_barrier(struct magma_push *push)
{
    /* The release waits until the channel is idle and its writes have reached memory; dispatches
     * invalidate the caches they read through when they start. */
    mg_push_semaphore(push, magma_bo_address(push->dev->scratch).raw, 0,
                      mg_release_word(true, false, false));
}

static bool check_semaphore(struct magma_push *push, magma_gpu_va va, uint64_t value,
                            unsigned size_bytes)
{
    if ((size_bytes == 4 || size_bytes == 8) && va.raw % size_bytes == 0 &&
        (size_bytes == 8 || value <= UINT32_MAX))
        return true;
    mg_push_fail(push, MAGMA_INVALID_ARGUMENT);
    return false;
}

void magma_push_write(struct magma_push *push, magma_gpu_va va, uint64_t value, unsigned size_bytes)
{
    if (check_semaphore(push, va, value, size_bytes))
        mg_push_semaphore(push, va.raw, value, mg_release_word(true, false, size_bytes == 8));
}

void magma_push_wait(struct magma_push *push, magma_gpu_va va, uint64_t value, unsigned size_bytes)
{
    if (check_semaphore(push, va, value, size_bytes))
        mg_push_semaphore(push, va.raw, value,
                          mg_acquire_word(push->dev->classes->acquire_op, size_bytes == 8));
}

void magma_push_timestamp(struct magma_push *push, magma_gpu_va va, uint64_t value)
{
    if (va.raw % NV_SEMAPHORE_BYTES) {
        mg_push_fail(push, MAGMA_INVALID_ARGUMENT);
        return;
    }
    mg_push_semaphore(push, va.raw, value, mg_release_word(true, true, true));
}

void magma_push_call(struct magma_push *push, struct magma_push *inner)
{
    if (inner->status != MAGMA_OK)
        mg_push_fail(push, inner->status);
    if (push->status != MAGMA_OK)
        return;
    mg_push_close_segment(inner);
    mg_push_close_segment(push);
    for (size_t i = 0; i < inner->segment_count; i++)
        if (!add_segment(push, inner->segments[i].va, inner->segments[i].cpu,
                         inner->segments[i].dword_count))
            return;
    if (inner->local_bytes > push->local_bytes)
        push->local_bytes = inner->local_bytes;
}
