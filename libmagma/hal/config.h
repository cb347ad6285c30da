/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* PCI config space: typed access, identity, the two capability lists, command bits. Any thread. */
#ifndef MG_HAL_CONFIG_H
#define MG_HAL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/status.h>

struct mg_hal;

/* offset is aligned to the access. Little endian device, host order values. */
enum magma_code mg_config_rd8(struct mg_hal *hal, uint32_t offset, uint8_t *out,
                              struct magma_error *err);
enum magma_code mg_config_rd16(struct mg_hal *hal, uint32_t offset, uint16_t *out,
                               struct magma_error *err);
enum magma_code mg_config_rd32(struct mg_hal *hal, uint32_t offset, uint32_t *out,
                               struct magma_error *err);
enum magma_code mg_config_wr16(struct mg_hal *hal, uint32_t offset, uint16_t value,
                               struct magma_error *err);
enum magma_code mg_config_wr32(struct mg_hal *hal, uint32_t offset, uint32_t value,
                               struct magma_error *err);

struct mg_pci_id {
    uint16_t vendor_id;
    uint16_t device_id;
    uint16_t subsystem_vendor_id;
    uint16_t subsystem_id;
    uint8_t revision;
    uint32_t class_code; /* 24 bits */
};

enum magma_code mg_config_id(struct mg_hal *hal, struct mg_pci_id *out, struct magma_error *err);

/* Finds a capability by its id; *out is its offset, 0 when the device has none. A list that loops
 * or leaves config space is MAGMA_PROTOCOL. */
enum magma_code mg_config_capability(struct mg_hal *hal, uint8_t id, uint32_t *out,
                                     struct magma_error *err);
enum magma_code mg_config_extended_capability(struct mg_hal *hal, uint16_t id, uint32_t *out,
                                              struct magma_error *err);

/* Turns memory decoding and bus mastering on, or bus mastering off. */
enum magma_code mg_config_bus_master(struct mg_hal *hal, bool on, struct magma_error *err);

#endif
