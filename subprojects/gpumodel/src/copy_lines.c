/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Moving the bytes of a copy. Without remap a line goes in runs as long as both sides' pages allow;
 * with remap it goes in batches of elements through two small buffers.
 */
#include "fifo.h"
#include "gmmu.h"

#include <nvhw/copy.h>

#include <string.h>

enum { BATCH_ELEMENTS = 1024, ELEMENT_BYTES_MAX = 16 };

/* ---- One side -------------------------------------------------------------------------------- */

/* A byte of a line. */
struct place {
    uint64_t line, byte;
};

static uint8_t *address_pointer(struct gpum_channel *ch, const struct gpum_copy_side *side,
                                uint64_t address, bool write, uint64_t *run_bytes)
{
    struct gpum_mmu_fault fault = {0};
    uint8_t *pointer;

    if (side->physical) {
        pointer = gpum_phys(ch->m, side->aperture, address, write, run_bytes);
        if (!pointer)
            gpum_channel_fail(ch, NV_XID_CE0_ERROR, NULL,
                              "copy engine: physical %s at 0x%llx, where there is no memory",
                              write ? "write" : "read", (unsigned long long)address);
        return pointer;
    }
    pointer = gpum_virt_as(ch->m, &gpum_client_copy, &ch->desc.vas, address,
                           write ? GPUM_WRITE : GPUM_READ, run_bytes, &fault);
    if (!pointer)
        gpum_channel_fail_mmu(ch, &fault, write ? "copy destination" : "copy source");
    return pointer;
}

static uint8_t *side_pointer(struct gpum_channel *ch, const struct gpum_copy_side *side,
                             struct place at, bool write, uint64_t *run_bytes)
{
    uint64_t together = UINT64_MAX, offset = at.line * side->pitch_bytes + at.byte;
    uint8_t *pointer;

    if (side->block_linear)
        offset = gpum_blocks_offset(side, at.line, at.byte, &together);
    pointer = address_pointer(ch, side, side->base + offset, write, run_bytes);
    if (*run_bytes > together)
        *run_bytes = together;
    return pointer;
}

static bool side_read(struct gpum_channel *ch, const struct gpum_copy_side *side, struct place at,
                      uint8_t *data, uint64_t size_bytes)
{
    while (size_bytes) {
        uint64_t run = 0;
        const uint8_t *from = side_pointer(ch, side, at, false, &run);

        if (!from)
            return false;
        run = run < size_bytes ? run : size_bytes;
        memcpy(data, from, run);
        data += run;
        at.byte += run;
        size_bytes -= run;
    }
    return true;
}

static bool side_write(struct gpum_channel *ch, const struct gpum_copy_side *side, struct place at,
                       const uint8_t *data, uint64_t size_bytes)
{
    while (size_bytes) {
        uint64_t run = 0;
        uint8_t *to = side_pointer(ch, side, at, true, &run);

        if (!to)
            return false;
        run = run < size_bytes ? run : size_bytes;
        memcpy(to, data, run);
        data += run;
        at.byte += run;
        size_bytes -= run;
    }
    return true;
}

/* ---- Plain bytes ----------------------------------------------------------------------------- */

/* One run; returns bytes moved, 0 on failure. */
static uint64_t move_run(struct gpum_channel *ch, uint64_t limit_bytes)
{
    struct gpum_copy_work *w = &ch->copy;
    uint64_t from_run = 0, to_run = 0, n = w->line_elements - w->element;
    struct place at = {w->line, w->element};
    const uint8_t *from = side_pointer(ch, &w->source, at, false, &from_run);
    uint8_t *to;

    if (!from)
        return 0;
    to = side_pointer(ch, &w->destination, at, true, &to_run);
    if (!to)
        return 0;
    n = n < from_run ? n : from_run;
    n = n < to_run ? n : to_run;
    n = n < limit_bytes ? n : limit_bytes;
    memmove(to, from, n);
    w->element += n;
    return n;
}

/* ---- Remap ----------------------------------------------------------------------------------- */

static bool reads_source(const struct gpum_copy_remap *r)
{
    for (unsigned i = 0; i < r->destination_count; i++)
        if (r->source[i] <= NVC5B5_SET_REMAP_COMPONENTS_DST_X_SRC_W)
            return true;
    return false;
}

static bool keeps_destination(const struct gpum_copy_remap *r)
{
    for (unsigned i = 0; i < r->destination_count; i++)
        if (r->source[i] == NVC5B5_SET_REMAP_COMPONENTS_DST_X_NO_WRITE)
            return true;
    return false;
}

static void remap_element(const struct gpum_copy_remap *r, const uint8_t *from, uint8_t *to)
{
    for (unsigned i = 0; i < r->destination_count; i++, to += r->component_bytes) {
        uint32_t s = r->source[i];

        if (s <= NVC5B5_SET_REMAP_COMPONENTS_DST_X_SRC_W)
            memcpy(to, from + (size_t)s * r->component_bytes, r->component_bytes);
        else if (s != NVC5B5_SET_REMAP_COMPONENTS_DST_X_NO_WRITE)
            memcpy(to, &r->constant[s - NVC5B5_SET_REMAP_COMPONENTS_DST_X_CONST_A],
                   r->component_bytes);
    }
}

/* Only constants: the first element repeated. */
static void remap_constant(const struct gpum_copy_remap *r, uint8_t *to, uint64_t size_bytes)
{
    uint64_t done = (uint64_t)r->component_bytes * r->destination_count;

    remap_element(r, NULL, to);
    while (done < size_bytes) {
        uint64_t n = done < size_bytes - done ? done : size_bytes - done;

        memcpy(to + done, to, n);
        done += n;
    }
}

/* One batch; returns destination bytes, 0 on failure. */
static uint64_t move_batch(struct gpum_channel *ch)
{
    struct gpum_copy_work *w = &ch->copy;
    const struct gpum_copy_remap *r = &w->remap;
    uint32_t from_size = r->component_bytes * r->source_count;
    uint32_t to_size = r->component_bytes * r->destination_count;
    uint64_t n = w->line_elements - w->element;
    struct place to_at = {w->line, w->element * to_size};
    struct place from_at = {w->line, w->element * from_size};
    bool reads = reads_source(r), keeps = keeps_destination(r);
    uint8_t from[BATCH_ELEMENTS * ELEMENT_BYTES_MAX], to[BATCH_ELEMENTS * ELEMENT_BYTES_MAX];

    if (n > BATCH_ELEMENTS)
        n = BATCH_ELEMENTS;
    if (reads && !side_read(ch, &w->source, from_at, from, n * from_size))
        return 0;
    if (keeps && !side_read(ch, &w->destination, to_at, to, n * to_size))
        return 0;
    if (!reads && !keeps)
        remap_constant(r, to, n * to_size);
    for (uint64_t i = 0; (reads || keeps) && i < n; i++)
        remap_element(r, from + i * from_size, to + i * to_size);
    if (!side_write(ch, &w->destination, to_at, to, n * to_size))
        return 0;
    w->element += n;
    return n * to_size;
}

bool gpum_copy_move(struct gpum_channel *ch, uint64_t budget_bytes, uint64_t *moved_bytes)
{
    struct gpum_copy_work *w = &ch->copy;

    if (!w->line_elements)
        return true;
    while (w->line < w->line_count && *moved_bytes < budget_bytes) {
        uint64_t n = w->remap.enabled ? move_batch(ch) : move_run(ch, budget_bytes - *moved_bytes);

        if (!n)
            return false;
        *moved_bytes += n;
        if (w->element == w->line_elements) {
            w->element = 0;
            w->line++;
        }
    }
    return true;
}
