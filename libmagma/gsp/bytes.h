/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A run of bytes that came from outside (a file, a ROM), and checked access to it: every function
 * says false instead of reading past the end. Offsets may be any number; nothing overflows.
 */
#ifndef MG_GSP_BYTES_H
#define MG_GSP_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct mg_bytes {
    const uint8_t *data;
    size_t size;
};

/* Whether size bytes at offset lie inside. */
static inline bool mg_bytes_has(struct mg_bytes b, uint64_t offset, uint64_t size)
{
    return offset <= b.size && size <= b.size - offset;
}

/* The part at offset; *out is left alone when it does not lie inside. */
static inline bool mg_bytes_part(struct mg_bytes b, uint64_t offset, uint64_t size,
                                 struct mg_bytes *out)
{
    if (!mg_bytes_has(b, offset, size))
        return false;
    *out = (struct mg_bytes){b.data + offset, (size_t)size};
    return true;
}

/* Copies size bytes at offset to out: the way to read a structure or a little endian number. */
static inline bool mg_bytes_get(struct mg_bytes b, uint64_t offset, void *out, size_t size)
{
    if (!mg_bytes_has(b, offset, size))
        return false;
    memcpy(out, b.data + offset, size);
    return true;
}

/* Copies all of it to memory that has room; it may be empty. */
static inline void mg_bytes_copy(struct mg_bytes b, void *to)
{
    if (b.size)
        memcpy(to, b.data, b.size);
}

#endif
