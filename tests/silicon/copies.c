/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Copies and fills against memcmp: all the way through video memory, with bytes around that stay.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/silicon/silicon.h"

#define ROOM  (8u << 20)
#define GUARD 0xa5

struct copies {
    struct silicon *s;
    struct magma_bo *src, *dst, *vram;
    uint8_t *in, *out;
};

static bool guarded(const struct copies *c, uint64_t offset, uint64_t size)
{
    uint64_t from = offset < 64 ? 0 : offset - 64;

    for (uint64_t i = from; i < offset; i++)
        if (c->out[i] != GUARD)
            return false;
    for (uint64_t i = offset + size; i < offset + size + 64 && i < ROOM; i++)
        if (c->out[i] != GUARD)
            return false;
    return true;
}

/* System to video memory and back, at offsets of their own. */
static bool linear(struct copies *c, struct magma_channel *channel, uint64_t size, uint64_t in_at,
                   uint64_t vram_at, uint64_t out_at, const char **why)
{
    struct magma_push *push = c->s->push;

    memset(c->out, GUARD, out_at + size + 64);
    magma_copy_buffer(push, magma_gpu_va_add(magma_bo_address(c->vram), vram_at),
                      magma_gpu_va_add(magma_bo_address(c->src), in_at), size);
    magma_push_barrier(push);
    magma_copy_buffer(push, magma_gpu_va_add(magma_bo_address(c->dst), out_at),
                      magma_gpu_va_add(magma_bo_address(c->vram), vram_at), size);
    if (!run_push(c->s, channel, why))
        return false;
    *why = "bytes differ";
    return memcmp(c->out + out_at, c->in + in_at, size) == 0 && guarded(c, out_at, size);
}

static void linear_copies(struct copies *c, struct magma_channel *channel, const char *name)
{
    static const uint64_t sizes[] = {1,
                                     2,
                                     3,
                                     4,
                                     5,
                                     15,
                                     16,
                                     17,
                                     63,
                                     64,
                                     65,
                                     127,
                                     255,
                                     256,
                                     257,
                                     511,
                                     4095,
                                     4096,
                                     4097,
                                     65535,
                                     65536,
                                     1000003,
                                     (3u << 20) + 7};
    unsigned count = 0, bad = 0;
    const char *why = "", *first = "";

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (uint64_t shift = 0; shift < 4; shift++) {
            bool good = linear(c, channel, sizes[i], 64 + shift * 5, 4096 + shift * 3,
                               128 + shift * 7, &why);

            count++;
            if (!good && bad++ == 0)
                first = why;
        }
    report(name, bad == 0, "%u copies of 1 byte to 3 MiB at odd offsets, %u wrong %s", count, bad,
           first);
}

static void rects(struct copies *c)
{
    const uint32_t src_pitch = 1000, dst_pitch = 777, line = 333, lines = 500;
    struct magma_copy_rect rect = {
        magma_bo_address(c->dst), magma_bo_address(c->src), dst_pitch, src_pitch, line, lines};
    const char *why;
    unsigned bad = 0;

    memset(c->out, GUARD, ROOM);
    magma_copy_rect(c->s->push, &rect);
    if (!run_push(c->s, c->s->copy, &why)) {
        report("pitch copy", false, "%s", why);
        return;
    }
    for (uint32_t y = 0; y < lines; y++) {
        bad += memcmp(c->out + y * dst_pitch, c->in + y * src_pitch, line) != 0;
        for (uint32_t x = line; x < dst_pitch; x++)
            if (c->out[y * dst_pitch + x] != GUARD) {
                bad++;
                break;
            }
    }
    report("pitch copy", bad == 0, "%u lines of %u bytes, pitches %u and %u, %u wrong", lines, line,
           src_pitch, dst_pitch, bad);
}

static void fills(struct copies *c)
{
    static const uint64_t counts[] = {1, 3, 255, 32767, 32768, 32769, 65537, 1000001};
    unsigned bad = 0;
    const char *why = "";

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint32_t value = 0x01020304u * (uint32_t)(i + 1);
        const uint32_t *words = (const uint32_t *)(c->out + 128);
        bool good;

        memset(c->out, GUARD, 128 + counts[i] * 4 + 64);
        magma_fill_buffer(c->s->push, magma_gpu_va_add(magma_bo_address(c->dst), 128),
                          counts[i] * 4, value);
        good = run_push(c->s, c->s->copy, &why) && guarded(c, 128, counts[i] * 4);
        for (uint64_t k = 0; k < counts[i] && good; k++)
            good = words[k] == value;
        bad += !good;
    }
    report("fills", bad == 0, "8 fills of 1 to 1000001 words, %u wrong", bad);
}

static void bandwidth(struct silicon *s, struct magma_channel *channel, enum magma_domain from,
                      enum magma_domain to, const char *name)
{
    const uint64_t bytes = UINT64_C(1) << (is_model(s) ? 22 : 28);
    struct magma_bo *src = new_bo(s, bytes, from, 0), *dst = new_bo(s, bytes, to, 0);
    uint64_t best = UINT64_MAX;
    const char *why = "";
    bool good = src && dst;

    for (int i = 0; i < 5 && good; i++) {
        uint64_t start = now_ns(), took;

        magma_copy_buffer(s->push, magma_bo_address(dst), magma_bo_address(src), bytes);
        good = run_push(s, channel, &why);
        took = now_ns() - start;
        best = took < best ? took : best;
    }
    report(name, good, "%llu MiB: %.1f GB/s", (unsigned long long)bytes >> 20,
           (double)bytes / (double)best);
    magma_bo_destroy(src);
    magma_bo_destroy(dst);
}

/* The same bytes as many lines: engines share out lines, not bytes. */
static void bandwidth_lines(struct silicon *s, struct magma_channel *channel, uint32_t line_bytes,
                            const char *name)
{
    const uint64_t bytes = UINT64_C(1) << (is_model(s) ? 22 : 28);
    struct magma_bo *src = new_bo(s, bytes, MAGMA_DOMAIN_VRAM, 0);
    struct magma_bo *dst = new_bo(s, bytes, MAGMA_DOMAIN_VRAM, 0);
    uint64_t best = UINT64_MAX;
    const char *why = "";
    bool good = src && dst;

    for (int i = 0; i < 5 && good; i++) {
        struct magma_copy_rect rect = {magma_bo_address(dst),
                                       magma_bo_address(src),
                                       line_bytes,
                                       line_bytes,
                                       line_bytes,
                                       (uint32_t)(bytes / line_bytes)};
        uint64_t start = now_ns(), took;

        magma_copy_rect(s->push, &rect);
        good = run_push(s, channel, &why);
        took = now_ns() - start;
        best = took < best ? took : best;
    }
    report(name, good, "%llu MiB in lines of %u bytes: %.1f GB/s", (unsigned long long)bytes >> 20,
           line_bytes, (double)bytes / (double)best);
    magma_bo_destroy(src);
    magma_bo_destroy(dst);
}

void check_copies(struct silicon *s)
{
    struct copies c = {.s = s,
                       .src = new_bo(s, ROOM, MAGMA_DOMAIN_SYSTEM, 0),
                       .dst = new_bo(s, ROOM, MAGMA_DOMAIN_SYSTEM, 0),
                       .vram = new_bo(s, ROOM, MAGMA_DOMAIN_VRAM, 0)};
    uint32_t state = 1;

    if (c.src && c.dst && c.vram) {
        c.in = magma_bo_map(c.src);
        c.out = magma_bo_map(c.dst);
        for (uint32_t i = 0; i < ROOM; i++) {
            state = state * 1664525u + 1013904223u;
            c.in[i] = (uint8_t)(state >> 24);
        }
        linear_copies(&c, s->copy, "linear, copy engine");
        linear_copies(&c, s->compute, "linear, beside compute");
        rects(&c);
        fills(&c);
        bandwidth(s, s->copy, MAGMA_DOMAIN_SYSTEM, MAGMA_DOMAIN_VRAM, "system to video");
        bandwidth(s, s->copy, MAGMA_DOMAIN_VRAM, MAGMA_DOMAIN_SYSTEM, "video to system");
        bandwidth(s, s->copy, MAGMA_DOMAIN_VRAM, MAGMA_DOMAIN_VRAM, "video to video");
        bandwidth(s, s->compute, MAGMA_DOMAIN_VRAM, MAGMA_DOMAIN_VRAM, "video to video, compute");
        bandwidth_lines(s, s->copy, 4096, "video to video, 4K lines");
        bandwidth_lines(s, s->copy, 65536, "video to video, 64K lines");
    }
    magma_bo_destroy(c.vram);
    magma_bo_destroy(c.dst);
    magma_bo_destroy(c.src);
}
