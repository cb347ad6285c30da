/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A winsys of plain memory for tests above the seam: counts calls, fails on demand. */
#ifndef TESTS_MEM_FAKE_WINSYS_H
#define TESTS_MEM_FAKE_WINSYS_H

#include <stdlib.h>
#include <string.h>

#include "libmagma/core/status.h"
#include "libmagma/winsys/winsys.h"

struct fake_winsys {
    struct mg_winsys ws;                  /* first */
    unsigned memories, maps;              /* alive now */
    unsigned created;                     /* calls that succeeded */
    unsigned fail_memory_at, fail_map_at; /* fail the n-th call from now, 0: never */
    bool no_vram_cpu;
    uint32_t gp_put, rings;
    atomic_bool channel_dead;
};

static bool fake_due(unsigned *at)
{
    return *at && --*at == 0;
}

static enum magma_code fake_memory_create(struct mg_winsys *ws, enum magma_domain domain,
                                          uint64_t size_bytes, uint64_t align_bytes, uint32_t flags,
                                          struct mg_memory *out, struct magma_error *err)
{
    struct fake_winsys *f = (struct fake_winsys *)ws;
    void *p = NULL;

    *out = (struct mg_memory){0};
    if (fake_due(&f->fail_memory_at))
        return mg_fail(err, MAGMA_OUT_OF_DEVICE_MEMORY, "fake: no memory");
    size_bytes = (size_bytes + 4095) & ~UINT64_C(4095);
    if (posix_memalign(&p, align_bytes < 4096 ? 4096 : align_bytes, size_bytes))
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "fake");
    if (size_bytes < (64u << 20)) /* larger ones are for tests of limits */
        memset(p, domain == MAGMA_DOMAIN_VRAM ? 0xdd : 0, size_bytes);
    *out = (struct mg_memory){.domain = domain, .size_bytes = size_bytes};
    out->dma.cpu = p; /* where the memory is, whatever the CPU may see */
    if (domain == MAGMA_DOMAIN_SYSTEM || flags & MG_MEMORY_CPU || !f->no_vram_cpu)
        out->cpu = p;
    f->memories++;
    f->created++;
    return MAGMA_OK;
}

static void fake_memory_destroy(struct mg_winsys *ws, struct mg_memory *memory)
{
    ((struct fake_winsys *)ws)->memories--;
    free(memory->dma.cpu);
}

static enum magma_code fake_map(struct mg_winsys *ws, struct mg_memory *memory, magma_gpu_va va,
                                uint32_t flags, struct magma_error *err)
{
    struct fake_winsys *f = (struct fake_winsys *)ws;

    (void)flags;
    if (fake_due(&f->fail_map_at))
        return mg_fail(err, MAGMA_OUT_OF_DEVICE_MEMORY, "fake: no tables");
    memory->va = va;
    f->maps++;
    return MAGMA_OK;
}

static void fake_unmap(struct mg_winsys *ws, struct mg_memory *memory)
{
    ((struct fake_winsys *)ws)->maps--;
    memory->va.raw = 0;
}

static void fake_nothing(struct mg_winsys *ws)
{
    (void)ws;
}

static enum magma_code fake_wait(struct mg_winsys *ws, bool (*done)(void *), void *ctx,
                                 uint64_t timeout_ns)
{
    (void)timeout_ns;
    if (mg_winsys_is_lost(ws))
        return MAGMA_DEVICE_LOST;
    return done(ctx) ? MAGMA_OK : MAGMA_TIMEOUT;
}

static enum magma_code fake_channel_create(struct mg_winsys *ws, enum magma_engine engine,
                                           magma_gpu_va ring, uint32_t ring_entries,
                                           struct mg_channel_port *out, struct magma_error *err)
{
    struct fake_winsys *f = (struct fake_winsys *)ws;

    (void)ring;
    (void)ring_entries;
    (void)err;
    *out = (struct mg_channel_port){.gp_put = &f->gp_put,
                                    .host_class = 0xc56f,
                                    .copy_class = 0xc7b5,
                                    .compute_class = engine == MAGMA_ENGINE_COMPUTE ? 0xc7c0 : 0,
                                    .dead = &f->channel_dead,
                                    .impl = f};
    return MAGMA_OK;
}

static void fake_channel_destroy(struct mg_winsys *ws, struct mg_channel_port *port)
{
    (void)ws;
    *port = (struct mg_channel_port){0};
}

static void fake_ring(struct mg_winsys *ws, const struct mg_channel_port *port)
{
    (void)port;
    ((struct fake_winsys *)ws)->rings++;
}

static const struct mg_winsys_ops fake_ops = {
    .kind = "fake",
    .close = fake_nothing,
    .poll = fake_nothing,
    .wait = fake_wait,
    .wake = fake_nothing,
    .memory_create = fake_memory_create,
    .memory_destroy = fake_memory_destroy,
    .map = fake_map,
    .unmap = fake_unmap,
    .channel_create = fake_channel_create,
    .channel_destroy = fake_channel_destroy,
    .ring = fake_ring,
};

static void fake_winsys_init(struct fake_winsys *f)
{
    memset(f, 0, sizeof *f);
    f->ws.ops = &fake_ops;
    f->ws.clock = &mg_clock_system;
    f->ws.va_start = UINT64_C(0x1000000000);
    f->ws.va_end = UINT64_C(0x1040000000);
    f->ws.info.sm_count = 8;
}

#endif
