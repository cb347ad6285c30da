/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* SET_REGISTRY: head, one entry per key, then the names. */
#include "libmagma/rpc/early.h"

#include <string.h>

uint32_t mg_registry_pack(const struct mg_registry_key *keys, uint32_t count, void *out,
                          uint32_t size_bytes)
{
    struct nvhw_rpc_registry_table head = {.num_entries = count};
    uint64_t name_at = sizeof head + (uint64_t)count * sizeof(struct nvhw_rpc_registry_entry);
    uint8_t *bytes = out;

    if (name_at > size_bytes)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        size_t length = strlen(keys[i].name) + 1;
        struct nvhw_rpc_registry_entry entry = {.name_offset = (uint32_t)name_at,
                                                .type = NV_RPC_REGISTRY_TYPE_DWORD,
                                                .data = keys[i].value,
                                                .length = sizeof entry.data};

        if (length > size_bytes - name_at)
            return 0;
        memcpy(bytes + sizeof head + i * sizeof entry, &entry, sizeof entry);
        memcpy(bytes + name_at, keys[i].name, length);
        name_at += length;
    }
    head.size = (uint32_t)name_at;
    memcpy(bytes, &head, sizeof head);
    return head.size;
}

uint32_t mg_registry_default(void *out, uint32_t size_bytes)
{
    static const struct mg_registry_key keys[] = {
        /* Without these GSP-RM resets the bus and loses config space when it recovers. */
        {"RMSecBusResetEnable", 1},
        {"RMForcePcieConfigSave", 1},
        /* Boards that NVIDIA's list does not have. */
        {"RMDevidCheckIgnore", 1},
    };

    return mg_registry_pack(keys, sizeof keys / sizeof keys[0], out, size_bytes);
}
