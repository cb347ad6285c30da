/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The seam below which somebody owns the GPU: winsys/bare (VFIO and our own boot of GSP-RM) or
 * winsys/nvidia (the kernel driver nvidia.ko).
 * Four nouns: device, memory, address space, channel. Everything above calls these functions and
 * is the same code on every owner. The address space is one per device.
 *
 * Threads: any thread may call any function, except close.
 */
#ifndef MG_WINSYS_WINSYS_H
#define MG_WINSYS_WINSYS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/bo.h>
#include <magma-nv/channel.h>
#include <magma-nv/gpu.h>

#include "libmagma/core/clock.h"
#include "libmagma/core/log.h"
#include "libmagma/hal/dma.h"

struct mg_winsys;

/* Physical memory. A plain value that its owner keeps at one address; fields are read only. */
struct mg_memory {
    enum magma_domain domain;
    uint64_t size_bytes;
    void *cpu;            /* NULL: out of the CPU's reach */
    magma_gpu_va va;      /* 0: not mapped */
    magma_vram_addr vram; /* VRAM: where */
    struct mg_dma dma;    /* SYSTEM: what */
    void *impl;           /* the owner's */
};

enum {
    MG_MEMORY_CPU = 1u << 0,        /* the CPU must be able to reach it */
    MG_MEMORY_PRIVILEGED = 1u << 1, /* mapped out of the reach of shaders */
    MG_MEMORY_READ_ONLY = 1u << 2,
};

/* How work gets into a channel. Plain value, filled by channel_create. */
struct mg_channel_port {
    volatile uint32_t *gp_put;   /* in USERD */
    volatile uint32_t *doorbell; /* NULL: ring by ops->ring */
    uint32_t token;              /* what the doorbell takes */
    uint32_t host_class, copy_class;
    uint32_t compute_class; /* 0: the channel has no compute object */
    atomic_bool *dead;      /* set once the firmware reported an error on this channel */
    void *impl;
};

struct mg_winsys_ops {
    const char *kind; /* "bare", "nvidia" */

    /* ---- Device ---- */
    /* Gives the GPU back and frees ws. */
    void (*close)(struct mg_winsys *ws);
    /* Serves what interrupts have brought; never waits. */
    void (*poll)(struct mg_winsys *ws);
    /* Sleeps until done(ctx) (asked after each interrupt and wake, and now and then), the GPU is
     * lost or timeout_ns is over; serves interrupts meanwhile. MAGMA_OK, MAGMA_DEVICE_LOST or
     * MAGMA_TIMEOUT. */
    enum magma_code (*wait)(struct mg_winsys *ws, bool (*done)(void *ctx), void *ctx,
                            uint64_t timeout_ns);
    /* Makes everybody who waits ask again. */
    void (*wake)(struct mg_winsys *ws);
    enum magma_code (*timestamp)(struct mg_winsys *ws, uint64_t *time_ns);

    /* ---- Memory ---- */
    /* size_bytes is rounded up to pages; align_bytes (a power of two) holds for the physical
     * address. Contents are undefined in VRAM, zero in system memory. */
    enum magma_code (*memory_create)(struct mg_winsys *ws, enum magma_domain domain,
                                     uint64_t size_bytes, uint64_t align_bytes, uint32_t flags,
                                     struct mg_memory *out, struct magma_error *err);
    void (*memory_destroy)(struct mg_winsys *ws, struct mg_memory *memory);

    /* ---- Address space ---- */
    enum magma_code (*map)(struct mg_winsys *ws, struct mg_memory *memory, magma_gpu_va va,
                           uint32_t flags, struct magma_error *err);
    void (*unmap)(struct mg_winsys *ws, struct mg_memory *memory);

    /* ---- Channel ---- */
    enum magma_code (*channel_create)(struct mg_winsys *ws, enum magma_engine engine,
                                      magma_gpu_va ring, uint32_t ring_entries,
                                      struct mg_channel_port *out, struct magma_error *err);
    void (*channel_destroy)(struct mg_winsys *ws, struct mg_channel_port *port);
    /* Rings the doorbell where it is not mapped. */
    void (*ring)(struct mg_winsys *ws, const struct mg_channel_port *port);
};

/* The part that every owner shares: it stands first in the owner's own structure. */
struct mg_winsys {
    const struct mg_winsys_ops *ops;
    struct mg_log log;
    const struct mg_clock *clock;
    struct magma_gpu_info info;
    /* GPU addresses from which the address space may be used, below 2^40. */
    uint64_t va_start, va_end;
    uint64_t shared_window, local_window; /* where compute sees its two windows */

    /* Lost: the first cause stays; `reason` may grow at its end, never change. */
    atomic_bool lost;
    atomic_uint lost_writers;
    char reason[2048];
};

static inline bool mg_winsys_is_lost(const struct mg_winsys *ws)
{
    return atomic_load_explicit(&ws->lost, memory_order_acquire);
}

/* Marks the GPU lost with a cause (logged), or adds a line to the cause it has, and wakes waiters.
 */
void mg_winsys_set_lost(struct mg_winsys *ws, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* MAGMA_OK, or MAGMA_DEVICE_LOST with the cause in err. */
enum magma_code mg_winsys_check(struct mg_winsys *ws, struct magma_error *err);

#endif
