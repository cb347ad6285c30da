/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The CPU interrupt tree. A device raises its message interrupt when a leaf bit that is enabled
 * becomes pending while its subtree is armed in the top; a service pass disarms the top, serves
 * the leaves, and arms it again, which raises a new message if anything is pending then. So
 * nothing is lost between looking and arming.
 */
#include "libmagma/hal/hal_priv.h"

#include <errno.h>
#include <nvhw/bits.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    LEAVES_MAX = NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF__COUNT,
    VECTORS_MAX = LEAVES_MAX * NV_CPU_INTR_VECTORS_PER_LEAF,
    ROUNDS_MAX = 4
};

struct slot {
    mg_irq_handler handler;
    void *ctx;
};

struct mg_irq {
    struct mg_hal *hal;
    uint32_t leaf_count;
    uint32_t top_mask;
    bool rearm_msi;
    enum mvfio_irq kind;
    int fds[MVFIO_VECTORS_MAX];
    uint32_t fd_count;
    pthread_mutex_t lock; /* guards slots and enabled */
    struct slot slots[VECTORS_MAX];
    uint32_t enabled[LEAVES_MAX];
    atomic_uint_least64_t served;
    atomic_uint_least64_t empty_passes;
};

static void disable_tree(struct mg_irq *irq)
{
    mg_mmio_wr32(irq->hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR, irq->top_mask);
    for (uint32_t leaf = 0; leaf < irq->leaf_count; leaf++)
        mg_mmio_wr32(irq->hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR(leaf), UINT32_MAX);
}

static void rearm(struct mg_irq *irq)
{
    if (irq->rearm_msi)
        mg_mmio_wr32(irq->hal, NV_PCI_CONFIG_TU102_BASE + NV_PCI_MSI_REARM_OFFSET, 0);
    mg_mmio_wr32(irq->hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET, irq->top_mask);
}

/* MSI-X with all its vectors, else a single MSI. */
static enum magma_code choose_kind(struct mg_irq *irq, struct magma_error *err)
{
    struct mvfio_device *device = irq->hal->device;
    struct mvfio_irq_info info;

    irq->kind = MVFIO_IRQ_MSIX;
    if (!mvfio_irq_info(device, MVFIO_IRQ_MSIX, &info, NULL) && info.count) {
        irq->fd_count = info.count < MVFIO_VECTORS_MAX ? info.count : MVFIO_VECTORS_MAX;
        irq->rearm_msi = false;
        return MAGMA_OK;
    }
    irq->kind = MVFIO_IRQ_MSI;
    if (!mvfio_irq_info(device, MVFIO_IRQ_MSI, &info, NULL) && info.count) {
        irq->fd_count = 1;
        return MAGMA_OK;
    }
    return mg_fail(err, MAGMA_NOT_SUPPORTED,
                   "%s: the device offers neither MSI-X nor MSI; INTx is not supported",
                   mvfio_device_name(device));
}

static enum magma_code open_eventfds(struct mg_irq *irq, struct magma_error *err)
{
    for (uint32_t i = 0; i < irq->fd_count; i++) {
        irq->fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (irq->fds[i] < 0)
            return mg_fail_errno(err, errno, "%s: making an eventfd",
                                 mvfio_device_name(irq->hal->device));
    }
    return MAGMA_OK;
}

enum magma_code mg_irq_create(struct mg_hal *hal, const struct mg_irq_options *options,
                              struct mg_irq **out, struct magma_error *err)
{
    uint32_t leaves =
        options && options->leaf_count ? options->leaf_count : NV_CPU_INTR_LEAF_COUNT_TU102;
    struct mg_irq *irq;
    enum magma_code code;

    *out = NULL;
    if (leaves > LEAVES_MAX || leaves % NV_CPU_INTR_LEAVES_PER_SUBTREE)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "an interrupt tree of %u leaves", leaves);
    irq = calloc(1, sizeof *irq);
    if (!irq)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for the interrupt tree",
                       mvfio_device_name(hal->device));
    irq->hal = hal;
    irq->leaf_count = leaves;
    irq->top_mask = (UINT32_C(1) << leaves / NV_CPU_INTR_LEAVES_PER_SUBTREE) - 1;
    irq->rearm_msi = !(options && options->msi_no_rearm);
    for (uint32_t i = 0; i < MVFIO_VECTORS_MAX; i++)
        irq->fds[i] = -1;
    pthread_mutex_init(&irq->lock, NULL);
    code = choose_kind(irq, err);
    if (!code)
        code = open_eventfds(irq, err);
    if (!code) {
        disable_tree(irq);
        code = hal_fail_if_gone(hal, err);
    }
    if (!code)
        code = hal_note(hal, mvfio_irq_set(hal->device, irq->kind, 0, irq->fds, irq->fd_count, err),
                        err);
    if (code) {
        irq->fd_count = 0;
        mg_irq_destroy(irq);
        return code;
    }
    rearm(irq);
    *out = irq;
    return MAGMA_OK;
}

void mg_irq_destroy(struct mg_irq *irq)
{
    if (!irq)
        return;
    if (irq->fd_count && !mg_hal_gone(irq->hal)) {
        disable_tree(irq);
        (void)mvfio_irq_disable(irq->hal->device, irq->kind, NULL);
    }
    for (uint32_t i = 0; i < MVFIO_VECTORS_MAX; i++)
        if (irq->fds[i] >= 0)
            close(irq->fds[i]);
    pthread_mutex_destroy(&irq->lock);
    free(irq);
}

const int *mg_irq_fds(const struct mg_irq *irq, uint32_t *count)
{
    *count = irq->fd_count;
    return irq->fds;
}

static uint32_t leaf_of(uint32_t vector)
{
    return vector / NV_CPU_INTR_VECTORS_PER_LEAF;
}

static uint32_t bit_of(uint32_t vector)
{
    return UINT32_C(1) << vector % NV_CPU_INTR_VECTORS_PER_LEAF;
}

enum magma_code mg_irq_attach(struct mg_irq *irq, uint32_t vector, mg_irq_handler handler,
                              void *ctx, struct magma_error *err)
{
    const char *name = mvfio_device_name(irq->hal->device);
    bool taken;

    if (!handler || vector >= irq->leaf_count * NV_CPU_INTR_VECTORS_PER_LEAF)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: interrupt vector %u of %u", name, vector,
                       irq->leaf_count * (uint32_t)NV_CPU_INTR_VECTORS_PER_LEAF);
    pthread_mutex_lock(&irq->lock);
    taken = irq->slots[vector].handler != NULL;
    if (!taken) {
        irq->slots[vector] = (struct slot){handler, ctx};
        irq->enabled[leaf_of(vector)] |= bit_of(vector);
        mg_mmio_wr32(irq->hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(leaf_of(vector)),
                     bit_of(vector));
    }
    pthread_mutex_unlock(&irq->lock);
    if (taken)
        return mg_fail(err, MAGMA_BUSY, "%s: interrupt vector %u has a handler already", name,
                       vector);
    return hal_fail_if_gone(irq->hal, err);
}

void mg_irq_detach(struct mg_irq *irq, uint32_t vector)
{
    if (vector >= irq->leaf_count * NV_CPU_INTR_VECTORS_PER_LEAF)
        return;
    pthread_mutex_lock(&irq->lock);
    if (irq->slots[vector].handler) {
        mg_mmio_wr32(irq->hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR(leaf_of(vector)),
                     bit_of(vector));
        irq->enabled[leaf_of(vector)] &= ~bit_of(vector);
        irq->slots[vector] = (struct slot){0};
    }
    pthread_mutex_unlock(&irq->lock);
}

/* ---- Service ---- */

static void drain(const struct mg_irq *irq)
{
    uint64_t count;

    for (uint32_t i = 0; i < irq->fd_count; i++)
        while (read(irq->fds[i], &count, sizeof count) < 0 && errno == EINTR)
            ;
}

/* The handler runs without the lock, so that it may attach and detach. */
static bool call_handler(struct mg_irq *irq, uint32_t vector)
{
    struct slot slot;

    pthread_mutex_lock(&irq->lock);
    slot = irq->slots[vector];
    pthread_mutex_unlock(&irq->lock);
    if (slot.handler)
        slot.handler(slot.ctx, vector);
    return slot.handler != NULL;
}

static uint32_t serve_leaf(struct mg_irq *irq, uint32_t leaf)
{
    uint32_t pending = mg_mmio_rd32(irq->hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF(leaf));
    uint32_t served = 0;

    if (mg_hal_gone(irq->hal))
        return 0;
    pthread_mutex_lock(&irq->lock);
    pending &= irq->enabled[leaf];
    pthread_mutex_unlock(&irq->lock);
    if (!pending)
        return 0;
    /* Cleared first: what happens while a handler runs makes it pending again. */
    mg_mmio_wr32(irq->hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF(leaf), pending);
    while (pending) {
        uint32_t bit = (uint32_t)__builtin_ctz(pending);

        pending &= pending - 1;
        served += call_handler(irq, leaf * NV_CPU_INTR_VECTORS_PER_LEAF + bit);
    }
    return served;
}

static uint32_t serve_round(struct mg_irq *irq)
{
    uint32_t top = mg_mmio_rd32(irq->hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP) & irq->top_mask;
    uint32_t served = 0;

    for (; top && !mg_hal_gone(irq->hal); top &= top - 1) {
        uint32_t first = (uint32_t)__builtin_ctz(top) * NV_CPU_INTR_LEAVES_PER_SUBTREE;

        for (uint32_t i = 0; i < NV_CPU_INTR_LEAVES_PER_SUBTREE; i++)
            served += serve_leaf(irq, first + i);
    }
    return served;
}

enum magma_code mg_irq_service(struct mg_irq *irq, uint32_t *handled, struct magma_error *err)
{
    uint32_t served = 0, round;

    drain(irq);
    mg_mmio_wr32(irq->hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR, irq->top_mask);
    for (int i = 0; i < ROUNDS_MAX; i++) {
        round = serve_round(irq);
        served += round;
        if (!round)
            break;
    }
    rearm(irq);
    atomic_fetch_add(&irq->served, served);
    if (!served)
        atomic_fetch_add(&irq->empty_passes, 1);
    if (handled)
        *handled = served;
    return hal_fail_if_gone(irq->hal, err);
}

void mg_irq_stats(const struct mg_irq *irq, uint64_t *served, uint64_t *empty_passes)
{
    *served = atomic_load(&irq->served);
    *empty_passes = atomic_load(&irq->empty_passes);
}
