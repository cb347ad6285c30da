/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The CPU interrupt tree and the MSI-X table. A message leaves when the tree's line (top status
 * and top enable) rises; it rises again only after it fell, which is why a handler clears and
 * sets the top enable before it returns.
 */
#ifndef GPUM_IRQ_H
#define GPUM_IRQ_H

#include "model.h"

enum { GPUM_LEAF_COUNT_MAX = 16, GPUM_MSIX_ENTRIES_MAX = 16 };

struct gpum_msix_entry {
    uint32_t address_lo, address_hi, data, control;
};

struct gpum_irq {
    uint32_t leaf[GPUM_LEAF_COUNT_MAX];
    uint32_t leaf_enable[GPUM_LEAF_COUNT_MAX];
    uint32_t top_enable;
    bool line;    /* as last seen */
    bool pending; /* a message has not left yet: masked, or the kind is off */
    struct gpum_msix_entry msix[GPUM_MSIX_ENTRIES_MAX];
};

/* Config space or the MSI rearm register changed: messages held back may leave now. */
void gpum_irq_msi_changed(struct gpum *m);

/* The MSI-X entry that this device uses for its tree; which one is not known of silicon, so it
 * depends on the seed. */
unsigned gpum_irq_msix_entry(const struct gpum *m);

#endif
