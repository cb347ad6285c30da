/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Finding PCI functions in sysfs, and judging whether VFIO can hand one over. */
#include "device.h"
#include "sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PCI_VENDOR_NVIDIA = 0x10de,
    PCI_CLASS_VGA = 0x0300,
    PCI_CLASS_3D = 0x0302,
    PCI_BASE_CLASS_BRIDGE = 0x06
};

static uint32_t class_of(const char *root, const char *address)
{
    uint64_t value = 0;

    sysfs_read_number(root, address, "class", &value);
    return (uint32_t)(value & 0xffffff);
}

static int compare_siblings(const void *a, const void *b)
{
    return strcmp(((const struct mvfio_pci_sibling *)a)->address,
                  ((const struct mvfio_pci_sibling *)b)->address);
}

static void read_siblings(const char *root, struct mvfio_pci_function *function)
{
    char path[SYSFS_PATH_MAX];
    struct dirent *entry;
    uint32_t listed;
    DIR *dir;

    if (!sysfs_device_path(root, function->address, "iommu_group/devices", path))
        return;
    dir = opendir(path);
    if (!dir)
        return;
    while ((entry = readdir(dir))) {
        struct mvfio_pci_sibling sibling = {.driver = ""};

        if (!sysfs_is_address(entry->d_name) || !strcmp(entry->d_name, function->address))
            continue;
        memcpy(sibling.address, entry->d_name, strlen(entry->d_name) + 1);
        sibling.class_code = class_of(root, sibling.address);
        if (sibling.class_code >> 16 == PCI_BASE_CLASS_BRIDGE)
            continue;
        sysfs_link_name(root, sibling.address, "driver", sibling.driver, sizeof sibling.driver);
        if (function->sibling_count < MVFIO_SIBLINGS_MAX)
            function->siblings[function->sibling_count] = sibling;
        function->sibling_count++;
    }
    closedir(dir);
    listed =
        function->sibling_count < MVFIO_SIBLINGS_MAX ? function->sibling_count : MVFIO_SIBLINGS_MAX;
    qsort(function->siblings, listed, sizeof function->siblings[0], compare_siblings);
}

/* The kernel's cdev of a function bound to vfio-pci: the one entry "vfioN" below vfio-dev. */
static void read_cdev(const char *root, struct mvfio_pci_function *function)
{
    char path[SYSFS_PATH_MAX];
    struct dirent *entry;
    DIR *dir;

    if (!sysfs_device_path(root, function->address, "vfio-dev", path))
        return;
    dir = opendir(path);
    if (!dir)
        return;
    while ((entry = readdir(dir)))
        if (!strncmp(entry->d_name, "vfio", 4) && strlen(entry->d_name) < sizeof function->cdev) {
            memcpy(function->cdev, entry->d_name, strlen(entry->d_name) + 1);
            break;
        }
    closedir(dir);
}

/* What the kernel calls the groups it makes up in enable_unsafe_noiommu_mode. */
static bool is_noiommu(const char *root, const char *address)
{
    char name[32];

    return sysfs_read_text(root, address, "iommu_group/name", name, sizeof name) &&
           !strcmp(name, "vfio-noiommu");
}

static int group_number(const char *root, const char *address)
{
    char name[32], *end;
    long number;

    sysfs_link_name(root, address, "iommu_group", name, sizeof name);
    if (!name[0])
        return -1;
    errno = 0;
    number = strtol(name, &end, 10);
    return errno || *end || number < 0 || number > INT32_MAX ? -1 : (int)number;
}

enum magma_code mvfio_pci_find(const char *sysfs_root, const char *address,
                               struct mvfio_pci_function *out, struct magma_error *err)
{
    const char *root = sysfs_root_or_default(sysfs_root);
    uint64_t vendor, device, value;

    *out = (struct mvfio_pci_function){.iommu_group = -1};
    if (!sysfs_is_address(address))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "'%s' is no PCI address; the form is 0000:01:00.0", address);
    if (!sysfs_read_number(root, address, "vendor", &vendor) ||
        !sysfs_read_number(root, address, "device", &device))
        return mg_fail(err, MAGMA_NO_DEVICE,
                       "%s: there is no such PCI device; `magma list` shows the GPUs", address);
    memcpy(out->address, address, strlen(address) + 1);
    out->vendor_id = (uint16_t)vendor;
    out->device_id = (uint16_t)device;
    out->class_code = class_of(root, address);
    if (sysfs_read_number(root, address, "subsystem_vendor", &value))
        out->subsystem_vendor_id = (uint16_t)value;
    if (sysfs_read_number(root, address, "subsystem_device", &value))
        out->subsystem_id = (uint16_t)value;
    if (sysfs_read_number(root, address, "revision", &value))
        out->revision = (uint8_t)value;
    if (sysfs_read_number(root, address, "boot_vga", &value))
        out->boot_vga = value == 1;
    sysfs_link_name(root, address, "driver", out->driver, sizeof out->driver);
    out->iommu_group = group_number(root, address);
    out->noiommu = is_noiommu(root, address);
    read_siblings(root, out);
    read_cdev(root, out);
    return MAGMA_OK;
}

static bool is_gpu(const struct mvfio_pci_function *function)
{
    uint32_t class_code = function->class_code >> 8;

    return function->vendor_id == PCI_VENDOR_NVIDIA &&
           (class_code == PCI_CLASS_VGA || class_code == PCI_CLASS_3D);
}

static int only_addresses(const struct dirent *entry)
{
    return sysfs_is_address(entry->d_name);
}

enum magma_code mvfio_pci_list(const char *sysfs_root, struct mvfio_pci_function *out, uint32_t max,
                               uint32_t *count, struct magma_error *err)
{
    char path[SYSFS_PATH_MAX];
    struct dirent **entries;
    int n;

    *count = 0;
    snprintf(path, sizeof path, "%s/bus/pci/devices", sysfs_root_or_default(sysfs_root));
    n = scandir(path, &entries, only_addresses, alphasort);
    if (n < 0 && errno == ENOENT)
        return MAGMA_OK; /* a machine without PCI has no GPUs */
    if (n < 0)
        return mg_fail_errno(err, errno, "reading %s", path);
    for (int i = 0; i < n; i++) {
        struct mvfio_pci_function function;

        if (!mvfio_pci_find(sysfs_root, entries[i]->d_name, &function, NULL) && is_gpu(&function)) {
            if (*count < max)
                out[*count] = function;
            ++*count;
        }
        free(entries[i]);
    }
    free(entries);
    return MAGMA_OK;
}

bool mvfio_pci_is_vfio(const char *driver)
{
    static const char suffix[] = "vfio-pci";
    size_t length = strlen(driver);

    return length >= sizeof suffix - 1 && !strcmp(driver + length - (sizeof suffix - 1), suffix);
}

bool mvfio_pci_is_harmless(const char *driver)
{
    return !driver[0] || mvfio_pci_is_vfio(driver) || !strcmp(driver, "pci-stub") ||
           !strcmp(driver, "pcieport");
}

enum magma_code mvfio_pci_check(const struct mvfio_pci_function *function, struct magma_error *err)
{
    const char *address = function->address;

    if (!function->driver[0])
        return mg_fail(err, MAGMA_NO_DEVICE,
                       "%s is bound to no driver; run `magma bind %s` to bind it to vfio-pci",
                       address, address);
    if (!mvfio_pci_is_vfio(function->driver))
        return mg_fail(err, MAGMA_BUSY, "%s is bound to %s; run `magma bind %s`", address,
                       function->driver, address);
    if (function->iommu_group < 0)
        return mg_fail(err, MAGMA_NO_DEVICE, "%s is in no IOMMU group; " MVFIO_IOMMU_REMEDY,
                       address);
    if (function->noiommu)
        return mg_fail(err, MAGMA_NOT_SUPPORTED,
                       "%s is in the kernel's no-IOMMU mode, in which it reaches all memory; magma "
                       "does not use that: " MVFIO_IOMMU_REMEDY,
                       address);
    for (uint32_t i = 0; i < function->sibling_count && i < MVFIO_SIBLINGS_MAX; i++) {
        const struct mvfio_pci_sibling *sibling = &function->siblings[i];
        bool own = sysfs_same_slot(sibling->address, address);

        if (!mvfio_pci_is_harmless(sibling->driver))
            return mg_fail(err, MAGMA_BUSY,
                           "%s shares IOMMU group %d with %s, which is bound to %s; run `magma "
                           "bind%s %s`%s",
                           address, function->iommu_group, sibling->address, sibling->driver,
                           own ? "" : " --group", address,
                           own ? "" : ", or move the card to another slot");
    }
    return MAGMA_OK;
}
