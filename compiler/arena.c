/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The arena: chunks from malloc, bumped, never freed one by one. See arena.h. */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE_BYTES = 64 * 1024, ALIGN_BYTES = 16 };

/* More than any shader of sense needs; keeps a hostile module from taking the machine. */
static const size_t total_max_bytes = (size_t)1 << 30;

struct cc_chunk {
    struct cc_chunk *next;
    size_t used_bytes, size_bytes;
    _Alignas(ALIGN_BYTES) unsigned char data[];
};

void cc_arena_init(struct cc_arena *arena, jmp_buf *fail_to, char *error, size_t error_size_bytes)
{
    *arena = (struct cc_arena){.fail_to = fail_to, .error = error,
                               .error_size_bytes = error_size_bytes};
    if (error && error_size_bytes > 0) {
        error[0] = '\0';
    }
}

void cc_arena_finish(struct cc_arena *arena)
{
    struct cc_chunk *chunk = arena->chunks;
    while (chunk) {
        struct cc_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    arena->chunks = NULL;
}

void cc_fail(struct cc_arena *arena, const char *format, ...)
{
    if (arena->error && arena->error_size_bytes > 0) {
        va_list args;
        va_start(args, format);
        vsnprintf(arena->error, arena->error_size_bytes, format, args);
        va_end(args);
    }
    longjmp(*arena->fail_to, 1);
}

static struct cc_chunk *chunk_create(struct cc_arena *arena, size_t need_bytes)
{
    size_t size = need_bytes > CHUNK_SIZE_BYTES ? need_bytes : CHUNK_SIZE_BYTES;
    if (size > total_max_bytes - arena->total_bytes) {
        cc_fail(arena, "shader too large: needs more than %zu MiB to compile: not supported",
                total_max_bytes >> 20);
    }
    struct cc_chunk *chunk = calloc(1, sizeof(*chunk) + size);
    if (!chunk) {
        cc_fail(arena, "out of memory");
    }
    chunk->size_bytes = size;
    arena->total_bytes += size;
    return chunk;
}

void *cc_alloc(struct cc_arena *arena, size_t count, size_t size_bytes)
{
    if (size_bytes != 0 && count > total_max_bytes / size_bytes) {
        cc_fail(arena, "shader too large: not supported");
    }
    size_t need = (count * size_bytes + ALIGN_BYTES - 1) & ~(size_t)(ALIGN_BYTES - 1);
    struct cc_chunk *chunk = arena->chunks;
    if (!chunk || chunk->size_bytes - chunk->used_bytes < need) {
        struct cc_chunk *fresh = chunk_create(arena, need);
        /* A large block of its own goes behind the current chunk, whose rest stays usable. */
        if (chunk && need >= CHUNK_SIZE_BYTES) {
            fresh->next = chunk->next;
            chunk->next = fresh;
        } else {
            fresh->next = chunk;
            arena->chunks = fresh;
        }
        chunk = fresh;
    }
    void *memory = chunk->data + chunk->used_bytes;
    chunk->used_bytes += need;
    return memory;
}

void *cc_grow(struct cc_arena *arena, void *array, size_t *capacity, size_t need, size_t size_bytes)
{
    if (need <= *capacity) {
        return array;
    }
    size_t grown = *capacity ? *capacity * 2 : 16;
    grown = grown < need ? need : grown;
    void *fresh = cc_alloc(arena, grown, size_bytes);
    if (*capacity) {
        memcpy(fresh, array, *capacity * size_bytes);
    }
    *capacity = grown;
    return fresh;
}
