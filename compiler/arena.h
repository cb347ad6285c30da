/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Memory and failure of one compilation. Everything a compilation allocates comes from one arena
 * and is freed at once, so passes own nothing; and whatever goes wrong, in any depth, ends the
 * compilation through cc_fail(), which returns to magma_cc_compile() with a sentence.
 */
#ifndef CC_ARENA_H
#define CC_ARENA_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

struct cc_chunk;

struct cc_arena {
    struct cc_chunk *chunks;
    size_t total_bytes;
    jmp_buf *fail_to; /* where cc_fail() continues; never NULL while a compilation runs */
    char *error;
    size_t error_size_bytes;
};

/* Prepares an empty arena; messages of cc_fail() go to error (may be NULL). */
void cc_arena_init(struct cc_arena *arena, jmp_buf *fail_to, char *error, size_t error_size_bytes);

/* Frees all memory of the arena. */
void cc_arena_finish(struct cc_arena *arena);

/* count * size zeroed bytes, aligned for any type. Never returns NULL: fails the compilation. */
void *cc_alloc(struct cc_arena *arena, size_t count, size_t size_bytes);

/* Writes the sentence and leaves the compilation. The sentence names what is wrong, not where in us. */
void cc_fail(struct cc_arena *arena, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

/* Grows array (of *capacity elements) so that index `need - 1` exists; new elements are zero. */
void *cc_grow(struct cc_arena *arena, void *array, size_t *capacity, size_t need, size_t size_bytes);

#endif
