/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Interrupts: MSI-X (else one MSI) on eventfds, and the GPU's CPU interrupt tree behind them.
 * A vector is a bit of the tree: leaf vector/32, bit vector%32, two leaves to a subtree. Which
 * tree bits reach which MSI-X entry is not documented, so every entry signals the same service
 * pass, which looks at the whole tree.
 *
 * The loop owns the waiting: it polls mg_irq_fds and calls mg_irq_service when one is readable.
 * Handlers run on the thread that calls mg_irq_service and must not block.
 */
#ifndef MG_HAL_IRQ_H
#define MG_HAL_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/status.h>

struct mg_hal;
struct mg_irq;

/* What differs between generations; gen has the values. All zero: Turing to Ada. */
struct mg_irq_options {
    uint32_t leaf_count; /* 8 (TU..AD) or 16 (GH100, GB); 0: 8 */
    bool msi_no_rearm;   /* MSI needs no write to the rearm register (GH100, GB) */
};

/* Disables every vector in the tree and sets an eventfd on each interrupt vector the device
 * offers (one alone with MSI). MAGMA_NOT_SUPPORTED: neither MSI-X nor MSI. */
enum magma_code mg_irq_create(struct mg_hal *hal, const struct mg_irq_options *options,
                              struct mg_irq **out, struct magma_error *err);

/* Disables every vector, takes the eventfds off, closes them. The loop must have let go of the
 * descriptors. NULL is fine. */
void mg_irq_destroy(struct mg_irq *irq);

/* The eventfds to wait on (owned by irq, nonblocking); *count of them. Valid until destroy. */
const int *mg_irq_fds(const struct mg_irq *irq, uint32_t *count);

typedef void (*mg_irq_handler)(void *ctx, uint32_t vector);

/* Installs the handler of a vector and enables it in the tree. One handler per vector:
 * MAGMA_BUSY when it has one. Any thread, handlers included. */
enum magma_code mg_irq_attach(struct mg_irq *irq, uint32_t vector, mg_irq_handler handler,
                              void *ctx, struct magma_error *err);

/* Disables the vector and removes its handler. When called from another thread than the one that
 * services, a call of the handler may still be running on return. */
void mg_irq_detach(struct mg_irq *irq, uint32_t vector);

/*
 * One pass: empties the eventfds, disarms the top, reads top and leaves, clears the pending bits
 * that have handlers, calls each handler once, arms the top again. *handled (may be NULL) gets
 * the number of vectors served. Repeats while more came in, at most a few times; what then is
 * still pending raises the interrupt again. One thread at a time.
 * MAGMA_DEVICE_GONE: the tree reads as all ones and the device is gone.
 */
enum magma_code mg_irq_service(struct mg_irq *irq, uint32_t *handled, struct magma_error *err);

/* Vectors served since create, and passes that found nothing. For `magma top` and tests. */
void mg_irq_stats(const struct mg_irq *irq, uint64_t *served, uint64_t *empty_passes);

#endif
