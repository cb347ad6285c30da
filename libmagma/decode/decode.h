/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Decoders: captured bytes to text, for `magma decode`, MAGMA_DEBUG and crash reports. Pure
 * functions of their input, which may be anything at all: what cannot be decoded is shown as
 * numbers. Any thread.
 */
#ifndef MG_DECODE_H
#define MG_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Receives one line without its line end; valid during the call. */
typedef void (*mg_decode_line)(void *ctx, const char *line);

/* Which class each subchannel holds; 0: nothing bound yet. SET_OBJECT in the stream updates it. */
struct mg_decode_push_state {
    uint32_t host_class;     /* methods below 0x100; 0: C56F */
    uint32_t object_class[8]; /* per subchannel */
};

/*
 * A pushbuffer segment: one line per method with its class, name and fields. state may be NULL;
 * otherwise it carries bindings from one segment to the next. Returns false when the stream is
 * malformed (reserved method header, data beyond the end); the lines say where.
 */
bool mg_decode_push(const uint32_t *dwords, size_t count, struct mg_decode_push_state *state,
                    mg_decode_line line, void *ctx);

/*
 * One message of a GSP queue, from its element header on (a capture of MAGMA_DEBUG=rpc, or a piece
 * of queue memory). Returns how many bytes it takes (whole 4 KiB elements, or all that is left), 0
 * when there is no message at `data`.
 */
size_t mg_decode_rpc(const uint8_t *data, size_t size_bytes, mg_decode_line line, void *ctx);

/*
 * Machine code for `sm`: one line per 16-byte instruction with address, text and control bits.
 * Returns false when an instruction could not be decoded (it is shown as bytes).
 */
bool mg_decode_shader(unsigned sm, const uint8_t *code, size_t size_bytes, mg_decode_line line,
                      void *ctx);

#endif
