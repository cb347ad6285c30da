/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The PCI function: config space and the way an interrupt message leaves the device. */
#ifndef GPUM_PCI_H
#define GPUM_PCI_H

#include <stdbool.h>
#include <stdint.h>

struct gpum;

bool gpum_pci_memory_space(const struct gpum *m);
bool gpum_pci_bus_master(const struct gpum *m);
bool gpum_pci_msix_enabled(const struct gpum *m); /* enabled and not masked as a whole */
bool gpum_pci_msi_enabled(const struct gpum *m);

/* Config space, any aligned size; what is read only stays so. A write may start a reset. */
uint32_t gpum_pci_read(struct gpum *m, uint32_t offset, unsigned size_bytes);
void gpum_pci_write(struct gpum *m, uint32_t offset, unsigned size_bytes, uint32_t value);

/*
 * Sends the message of an MSI-X entry whose mask is clear (or of MSI when that is on, then vector
 * must be 0). False when it did not leave: bus mastering off, kind off, MSI not rearmed. The fault
 * plan may drop or double it.
 */
bool gpum_pci_interrupt(struct gpum *m, unsigned vector);

/* The bus addresses that GSP_SET_SYSTEM_INFO has to repeat: what the BAR registers hold. */
uint64_t gpum_pci_bar_address(const struct gpum *m, unsigned bar);

#endif
