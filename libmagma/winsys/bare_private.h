/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Shared by the files of winsys/bare*. */
#ifndef MG_WINSYS_BARE_PRIVATE_H
#define MG_WINSYS_BARE_PRIVATE_H

#include <pthread.h>

#include "libmagma/gen/gen.h"
#include "libmagma/gsp/gsp.h"
#include "libmagma/hal/hal.h"
#include "libmagma/loop/loop.h"
#include "libmagma/mem/buddy.h"
#include "libmagma/mem/heap.h"
#include "libmagma/mem/vas.h"
#include "libmagma/rm/rm.h"
#include "libmagma/winsys/bare.h"

/* A context buffer of the graphics engine where it is now. */
struct mg_bare_buffer {
    uint64_t vram, va, size_bytes; /* size 0: not allocated */
};

struct mg_bare_channel {
    struct mg_rm_channel rm;
    magma_vram_addr instance; /* all ones: none */
    struct mg_dma userd, method_buffer;
    struct mg_bare_buffer gr[MG_GR_BUFFERS_MAX]; /* this channel's own */
    atomic_bool dead;
    struct mg_bare_channel *next; /* among the winsys's channels */
};

struct mg_bare {
    struct mg_winsys ws; /* first */
    struct mg_bare_options options;
    char address[64];
    struct mvfio_device *device;
    struct mg_hal *hal;
    const struct mg_gen *gen;
    const struct mg_chip *chip;
    struct mg_gsp *gsp;
    struct mg_irq *irq;
    struct mg_loop *loop;
    struct mg_watch *watch_irq, *watch_device;
    bool events_on;
    struct mg_rm *rm;

    uint64_t bar1_bytes;    /* VRAM below it is reachable through BAR1 */
    struct mg_bar_map bar1; /* cpu NULL: only by mg_bar_read and _write */
    struct mg_heap *heap;

    pthread_mutex_t invalidate_lock; /* the three invalidate registers */
    struct mg_vas *vas;
    uint32_t vaspace; /* RM's handle, 0: none */
    pthread_mutex_t private_lock;
    struct mg_buddy *private_va; /* GPU addresses of context buffers; under private_lock */

    struct mg_gr_buffers gr;
    struct mg_bare_buffer gr_global[MG_GR_BUFFERS_MAX];

    pthread_mutex_t channels_lock; /* the list and vector_on */
    struct mg_bare_channel *channels;
    bool vector_on[MG_RM_ENGINES_MAX];
};

static inline struct mg_bare *mg_bare_of(struct mg_winsys *ws)
{
    return (struct mg_bare *)ws;
}

/* ---- bare_memory.c ---- */

/* Puts BAR1 into physical mode, sets up heap and address space. */
enum magma_code mg_bare_memory_init(struct mg_bare *bare, struct magma_error *err);
void mg_bare_memory_finish(struct mg_bare *bare);
/* An address space's backend that keeps tables in CPU-visible VRAM. */
void mg_bare_vas_backend(struct mg_bare *bare, struct mg_vas_backend *out);
/* Writes VRAM below bar1_bytes and makes it arrive; data NULL: zeros. */
void mg_bare_vram_write(struct mg_bare *bare, uint64_t address, const void *data,
                        size_t size_bytes);

enum magma_code mg_bare_memory_create(struct mg_winsys *ws, enum magma_domain domain,
                                      uint64_t size_bytes, uint64_t align_bytes, uint32_t flags,
                                      struct mg_memory *out, struct magma_error *err);
void mg_bare_memory_destroy(struct mg_winsys *ws, struct mg_memory *memory);
enum magma_code mg_bare_map(struct mg_winsys *ws, struct mg_memory *memory, magma_gpu_va va,
                            uint32_t flags, struct magma_error *err);
void mg_bare_unmap(struct mg_winsys *ws, struct mg_memory *memory);

/* ---- bare_events.c ---- */

/* Interrupts, the loop that serves them, and what GSP-RM reports by itself. */
enum magma_code mg_bare_events_init(struct mg_bare *bare, struct magma_error *err);
void mg_bare_events_finish(struct mg_bare *bare);
/* Lets an engine's completion interrupts end waits. */
void mg_bare_engine_interrupt(struct mg_bare *bare, const struct mg_rm_engine *engine);
void mg_bare_poll(struct mg_winsys *ws);
enum magma_code mg_bare_wait(struct mg_winsys *ws, bool (*done)(void *ctx), void *ctx,
                             uint64_t timeout_ns);
void mg_bare_wake(struct mg_winsys *ws);

/* ---- bare_gr.c ---- */

/* Records the golden context, leaves the global buffers allocated and mapped. */
enum magma_code mg_bare_gr_init(struct mg_bare *bare, struct magma_error *err);
void mg_bare_gr_finish(struct mg_bare *bare);
/* Allocates, maps and promotes a channel's buffers. */
enum magma_code mg_bare_gr_attach(struct mg_bare *bare, struct mg_bare_channel *channel,
                                  struct magma_error *err);
void mg_bare_gr_detach(struct mg_bare *bare, struct mg_bare_channel *channel);

/* ---- bare_channel.c ---- */

/* Everything up to the RM channel, not yet running. vas and vaspace are the channel's. */
enum magma_code mg_bare_channel_init(struct mg_bare *bare, const struct mg_rm_engine *engine,
                                     struct mg_vas *vas, uint32_t vaspace, magma_gpu_va ring,
                                     uint32_t ring_entries, bool privileged,
                                     struct mg_bare_channel *out, struct magma_error *err);
void mg_bare_channel_finish(struct mg_bare *bare, struct mg_bare_channel *channel);

enum magma_code mg_bare_channel_create(struct mg_winsys *ws, enum magma_engine engine,
                                       magma_gpu_va ring, uint32_t ring_entries,
                                       struct mg_channel_port *out, struct magma_error *err);
void mg_bare_channel_destroy(struct mg_winsys *ws, struct mg_channel_port *port);
void mg_bare_ring(struct mg_winsys *ws, const struct mg_channel_port *port);

#endif
