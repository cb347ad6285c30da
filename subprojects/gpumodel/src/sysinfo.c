/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* GSP-RM's look at GSP_SET_SYSTEM_INFO and SET_REGISTRY. */
#include <nvhw/pci.h>
#include <nvhw/rpc.h>
#include <string.h>

#include "chip.h"
#include "gsp_state.h"
#include "pci.h"

struct rule {
    const char *field;
    uint64_t found, wanted;
    bool holds;
};
#define EQUAL(name, value)                                                                         \
    {                                                                                              \
#name, info.name, (value), info.name == (value)                                            \
    }

bool gpum_system_info_ok(struct gpum *m, const uint8_t *payload, uint32_t size_bytes)
{
    struct nvhw_r570_gsp_system_info info;
    if (size_bytes != sizeof(info)) {
        gpum_gsp_hang(m, "GSP_SET_SYSTEM_INFO has 0x%x bytes, 570.144 wants 0x%zx", size_bytes,
                      sizeof(info));
        return false;
    }
    memcpy(&info, payload, sizeof(info));
    const struct rule rules[] = {
        EQUAL(gpu_phys_addr, gpum_pci_bar_address(m, GPUM_BAR0)),
        EQUAL(gpu_phys_fb_addr, gpum_pci_bar_address(m, GPUM_BAR1)),
        EQUAL(gpu_phys_inst_addr, gpum_pci_bar_address(m, GPUM_BAR3)),
        EQUAL(pci_config_mirror_base, m->chip->mirror_base),
        EQUAL(pci_config_mirror_size, NV_PCI_CONFIG_MIRROR_SIZE_BYTES),
        EQUAL(pci_device_id, gpum_pci_read(m, NV_PCI_CONFIG_ID, 4)),
        EQUAL(pci_sub_device_id, gpum_pci_read(m, NV_PCI_CONFIG_SUBSYSTEM, 4)),
        EQUAL(pci_revision_id, gpum_pci_read(m, NV_PCI_CONFIG_CLASS, 1)),
        EQUAL(is_64bit_bar0_supported, 0),
        {"max_user_va", info.max_user_va, NV_GSP_MAX_USER_VA, info.max_user_va != 0},
        {"domain_bus_device_func", info.domain_bus_device_func, 0xffffffff,
         info.domain_bus_device_func <= UINT32_MAX},
        {"host_page_size", info.host_page_size, NV_PCI_CONFIG_MIRROR_SIZE_BYTES,
         info.host_page_size == 0 || info.host_page_size == NV_PCI_CONFIG_MIRROR_SIZE_BYTES},
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        if (rules[i].holds)
            continue;
        gpum_gsp_hang(m, "GSP_SET_SYSTEM_INFO: %s is 0x%llx, wanted 0x%llx", rules[i].field,
                      (unsigned long long)rules[i].found, (unsigned long long)rules[i].wanted);
        return false;
    }
    return true;
}

/* A NUL-terminated name within the table. */
static bool name_ok(const uint8_t *table, uint32_t size_bytes, uint32_t offset)
{
    return offset < size_bytes && memchr(table + offset, 0, size_bytes - offset) != NULL &&
           table[offset] != 0;
}

static const char *entry_wrong(const uint8_t *table, uint32_t size_bytes,
                               const struct nvhw_rpc_registry_entry *e, uint32_t names_at)
{
    if (e->name_offset < names_at || !name_ok(table, size_bytes, e->name_offset))
        return "its name lies outside the table";
    if (e->type == NV_RPC_REGISTRY_TYPE_DWORD)
        return e->length == 0 || e->length == sizeof(e->data) ? NULL : "a dword of another length";
    if (e->type != NV_RPC_REGISTRY_TYPE_BINARY && e->type != NV_RPC_REGISTRY_TYPE_STRING)
        return "its type is unknown";
    return e->length <= size_bytes && e->data <= size_bytes - e->length ? NULL
                                                                        : "its data lies outside";
}

bool gpum_registry_ok(struct gpum *m, const uint8_t *payload, uint32_t size_bytes)
{
    struct nvhw_rpc_registry_table table;
    struct nvhw_rpc_registry_entry e;
    if (size_bytes < sizeof(table)) {
        gpum_gsp_hang(m, "SET_REGISTRY has %u bytes", size_bytes);
        return false;
    }
    memcpy(&table, payload, sizeof(table));
    if (table.size > size_bytes || table.size < sizeof(table) ||
        table.num_entries > (table.size - sizeof(table)) / sizeof(e)) {
        gpum_gsp_hang(m, "SET_REGISTRY: %u entries in a table of %u bytes, message of %u",
                      table.num_entries, table.size, size_bytes);
        return false;
    }
    uint32_t names_at = (uint32_t)(sizeof(table) + table.num_entries * sizeof(e));
    for (uint32_t i = 0; i < table.num_entries; i++) {
        memcpy(&e, payload + sizeof(table) + i * sizeof(e), sizeof(e));
        const char *wrong = entry_wrong(payload, table.size, &e, names_at);
        if (!wrong)
            continue;
        gpum_gsp_hang(m, "SET_REGISTRY: entry %u: %s", i, wrong);
        return false;
    }
    return true;
}
