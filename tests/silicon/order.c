/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What has to stand between CPU writes, GP_PUT and the doorbell. Data goes to video memory through
 * its write-combined view, then the ring's put index to USERD the same way, then the doorbell,
 * which is uncached; the GPU copies the data to system memory, where it is compared. Once with the
 * driver's fences, once with weaker ones, once with none but the compiler's.
 */
#include "tests/silicon/deed.h"

#include <stdlib.h>
#include <string.h>
#include <xmmintrin.h>

#include "libmagma/cmd/push.h"
#include "libmagma/cmd/ring.h"
#include "libmagma/engine/copy.h"
#include "libmagma/winsys/winsys.h"

#define ROUNDS       150000u
#define RING_ENTRIES 512u
#define DATA_BYTES   4096u
#define LATE_NS      UINT64_C(5000000)
#define COMPILER()   __asm__ volatile("" ::: "memory")

enum fence { FENCE_NONE, FENCE_STORE, FENCE_FULL };

struct order {
    struct mg_winsys *ws;
    struct mg_channel_port port;
    struct mg_ring ring;
    struct magma_bo *ring_bo, *words, *data, *out, *mark;
    uint32_t sequence;
    unsigned late, wrong, lost;
};

static void between(enum fence fence)
{
    COMPILER();
    if (fence == FENCE_STORE)
        _mm_sfence();
    else if (fence == FENCE_FULL)
        mg_dma_publish();
}

static bool order_open(struct order *o, struct silicon *s)
{
    struct magma_error err = {0};

    *o = (struct order){.ws = mg_gpu_device(s->gpu)->ws};
    o->ring_bo = new_bo(s, RING_ENTRIES * 8, MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO);
    o->words = new_bo(s, 4096, MAGMA_DOMAIN_SYSTEM, 0);
    o->data = new_bo(s, DATA_BYTES, MAGMA_DOMAIN_VRAM, MAGMA_BO_CPU_ACCESS);
    o->out = new_bo(s, DATA_BYTES, MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO);
    o->mark = new_bo(s, 4096, MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO);
    if (!o->ring_bo || !o->words || !o->data || !o->out || !o->mark)
        return false;
    if (o->ws->ops->channel_create(o->ws, MAGMA_ENGINE_COPY, magma_bo_address(o->ring_bo),
                                   RING_ENTRIES, &o->port, &err) != MAGMA_OK ||
        !mg_ring_init(&o->ring, magma_bo_map(o->ring_bo), RING_ENTRIES, magma_bo_map(o->words),
                      magma_bo_address(o->words).raw, 1024)) {
        report("order", false, "%s", err.text);
        return false;
    }
    return true;
}

static void order_close(struct order *o)
{
    if (o->port.impl)
        o->ws->ops->channel_destroy(o->ws, &o->port);
    mg_ring_finish(&o->ring);
    magma_bo_destroy(o->mark);
    magma_bo_destroy(o->out);
    magma_bo_destroy(o->data);
    magma_bo_destroy(o->words);
    magma_bo_destroy(o->ring_bo);
}

static bool passed(const struct order *o)
{
    return *(volatile uint64_t *)magma_bo_map(o->mark) >= o->sequence;
}

static bool wait_mark(const struct order *o, uint64_t limit_ns)
{
    uint64_t end = now_ns() + limit_ns;

    while (!passed(o))
        if (now_ns() > end)
            return passed(o);
    return true;
}

/* One round: bytes of data, a copy, a mark. */
static void round_once(struct order *o, struct magma_push *push, enum fence fence, uint32_t seed)
{
    uint32_t bytes = 4 + seed % (DATA_BYTES / 16) / 4 * 4, *from = magma_bo_map(o->data);
    const uint32_t *to = magma_bo_map(o->out);

    o->sequence++;
    magma_push_reset(push);
    if (o->sequence == 1)
        mg_copy_push_setup(push, o->port.copy_class);
    magma_copy_buffer(push, magma_bo_address(o->out), magma_bo_address(o->data), bytes);
    magma_push_write(push, magma_bo_address(o->mark), o->sequence, 8);
    mg_push_close_segment(push);
    for (size_t i = 0; i < push->segment_count; i++)
        mg_ring_put(&o->ring, push->segments[i].va, push->segments[i].dword_count);
    for (uint32_t i = 0; i < bytes / 4; i++)
        from[i] = seed + i;
    between(fence);
    *o->port.gp_put = mg_ring_gp_put(&o->ring);
    between(fence);
    *o->port.doorbell = o->port.token;
    if (!wait_mark(o, LATE_NS)) {
        o->late++;
        mg_dma_publish();
        *o->port.doorbell = o->port.token;
        if (!wait_mark(o, LATE_NS * 100)) {
            o->lost++;
            return;
        }
    }
    for (uint32_t i = 0; i < bytes / 4; i++)
        if (to[i] != seed + i) {
            o->wrong++;
            break;
        }
}

static void stress(struct silicon *s, enum fence fence, const char *name)
{
    struct order o;
    uint64_t start = now_ns();
    uint32_t seed = 1;

    if (order_open(&o, s)) {
        for (unsigned i = 0; i < ROUNDS && !o.lost; i++) {
            seed = seed * 1664525u + 1013904223u;
            round_once(&o, s->push, fence, seed >> 8);
        }
        /* Without fences anything may happen: that is the question. */
        report(name, !o.lost && (fence == FENCE_NONE || (!o.late && !o.wrong)),
               "%u rounds: %u doorbells rang in vain, %u copies of old data, %u never ended; %.2f "
               "us each",
               o.sequence, o.late, o.wrong, o.lost,
               (double)(now_ns() - start) / 1e3 / (o.sequence ? o.sequence : 1));
    }
    order_close(&o);
    magma_push_reset(s->push);
}

/* ---- Launches -------------------------------------------------------------------------------- */

#define LAUNCHES 30000u
#define SLOTS    128u

/* Each launch says "done" in a slot of its own: an old descriptor or an old constant bank would say
 * it in another. Both are written through the write-combined view right before the doorbell. */
static void launches(struct silicon *s, const char *name)
{
    struct deed deed = {0};
    struct magma_kernel *kernel = NULL;
    struct magma_error err = {0};
    const char *why = err.text;
    uint64_t start = now_ns();
    unsigned wrong = 0, i = 0, rounds = is_model(s) ? 300 : LAUNCHES;

    if (deed_create(&deed, s, name) &&
        magma_kernel_create(s->gpu, &deed.desc, &kernel, &err) == MAGMA_OK) {
        volatile struct deed_said *said = deed_said(&deed);

        for (bool good = true; i < rounds && good; i++) {
            unsigned slot = i * 37 % SLOTS;

            said[slot].done = 0;
            deed_push_at(&deed, kernel, slot);
            good = run_push(s, s->compute, &why);
            wrong += good && !said[slot].done;
        }
    }
    report(name, i == rounds && !wrong, "%u launches, %u with old contents; %.2f us each %s", i,
           wrong, (double)(now_ns() - start) / 1e3 / (i ? i : 1), i == rounds ? "" : why);
    magma_kernel_destroy(kernel);
    deed_destroy(&deed);
}

void check_order(struct silicon *s)
{
    launches(s, "order: launches");
    if (strcmp(mg_gpu_device(s->gpu)->ws->ops->kind, "nvidia") != 0) {
        report("order: fences", true, "skipped: needs real memory behind nvidia.ko");
        return;
    }
    stress(s, FENCE_FULL, "order: the driver's fences");
    stress(s, FENCE_STORE, "order: store fences");
    stress(s, FENCE_NONE, "order: no fences");
}
