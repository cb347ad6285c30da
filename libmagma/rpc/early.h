/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The messages around GSP-RM's start: what the host tells about the machine (system info), the
 * settings it wants (registry), and what GSP-RM tells about the GPU (static info).
 */
#ifndef MG_RPC_EARLY_H
#define MG_RPC_EARLY_H

#include <stdint.h>

#include <magma-nv/status.h>

#include <nvhw/rpc.h>

struct mg_gen;
struct mg_gsp_info;
struct mg_hal;

/* Fills the system info from PCI config space. bus, device and function come from the device's
 * name when that is a PCI address; else they are 0. */
enum magma_code mg_sysinfo_fill(struct mg_hal *hal, const struct mg_gen *gen,
                                struct nvhw_r570_gsp_system_info *out, struct magma_error *err);

/* One number for GSP-RM's registry. */
struct mg_registry_key {
    const char *name;
    uint32_t value;
};

/* Writes the table to out. Returns its size in bytes, 0 when it does not fit. */
uint32_t mg_registry_pack(const struct mg_registry_key *keys, uint32_t count, void *out,
                          uint32_t size_bytes);

/* The keys that every boot sends, packed. */
uint32_t mg_registry_default(void *out, uint32_t size_bytes);

/* Reads the reply of GET_GSP_STATIC_INFO into the fields of *out that it has; everything is
 * checked. MAGMA_PROTOCOL: too short, or regions that make no sense. */
enum magma_code mg_staticinfo_read(const void *payload, uint32_t size_bytes,
                                   struct mg_gsp_info *out, struct magma_error *err);

#endif
