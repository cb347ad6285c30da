/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Resets beyond the one the kernel takes first: which kinds it offers for a function (sysfs,
 * Linux 5.15 and later), choosing among them, and the hot reset, which resets the whole bus and
 * so every function on it: the caller has to own them all.
 */
#include "kernel.h"
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { DEVICES_MAX = 64, GROUPS_MAX = 16, TEXT_BYTES = 128 };

/* ---- Kinds of reset ---- */

enum magma_code mvfio_reset_methods(const char *sysfs_root, const char *address,
                                    struct mvfio_reset_methods *out, struct magma_error *err)
{
    char path[SYSFS_PATH_MAX], text[TEXT_BYTES], *rest = NULL;
    ssize_t n;
    int fd;

    *out = (struct mvfio_reset_methods){.count = 0};
    if (!sysfs_is_address(address) ||
        !sysfs_device_path(sysfs_root_or_default(sysfs_root), address, "reset_method", path))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "'%s' is no PCI address", address);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return MAGMA_OK;
    if (fd < 0)
        return mg_fail_errno(err, errno, "%s: opening %s", address, path);
    n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    for (char *word = strtok_r(text, " \n", &rest); word && out->count < MVFIO_RESET_METHODS_MAX;
         word = strtok_r(NULL, " \n", &rest))
        snprintf(out->names[out->count++], sizeof out->names[0], "%s", word);
    return MAGMA_OK;
}

enum magma_code mvfio_reset_select(const char *sysfs_root, const char *address, const char *method,
                                   struct magma_error *err)
{
    const char *text = method ? method : "default";
    char path[SYSFS_PATH_MAX];
    enum magma_code code = MAGMA_OK;
    int fd;

    if (!sysfs_is_address(address) ||
        !sysfs_device_path(sysfs_root_or_default(sysfs_root), address, "reset_method", path))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "'%s' is no PCI address", address);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return mg_fail_errno(err, errno, "%s: the reset '%s' cannot be chosen in %s", address, text,
                             path);
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        code =
            mg_fail_errno(err, errno, "%s: the kernel does not take the reset '%s'", address, text);
    close(fd);
    return code;
}

/* ---- Hot reset ---- */

union hot_reset_info {
    struct vfio_pci_hot_reset_info info;
    unsigned char bytes[sizeof(struct vfio_pci_hot_reset_info) +
                        DEVICES_MAX * sizeof(struct vfio_pci_dependent_device)];
};

union hot_reset {
    struct vfio_pci_hot_reset reset;
    unsigned char bytes[sizeof(struct vfio_pci_hot_reset) + GROUPS_MAX * sizeof(int32_t)];
};

struct groups {
    uint32_t numbers[GROUPS_MAX];
    int32_t fds[GROUPS_MAX]; /* the first is the device's own */
    uint32_t count;
};

static bool is_known(const struct groups *groups, uint32_t number)
{
    for (uint32_t i = 0; i < groups->count; i++)
        if (groups->numbers[i] == number)
            return true;
    return false;
}

static void address_of(const struct vfio_pci_dependent_device *d, char *text, size_t size_bytes)
{
    snprintf(text, size_bytes, "%04x:%02x:%02x.%x", d->segment, d->bus, d->devfn >> 3,
             d->devfn & 7u);
}

/* The groups of the other functions that would be reset too, opened. */
static enum magma_code open_groups(const struct kernel_device *kernel,
                                   const union hot_reset_info *ask, struct groups *groups,
                                   struct magma_error *err)
{
    for (uint32_t i = 0; i < ask->info.count && i < DEVICES_MAX; i++) {
        struct vfio_pci_dependent_device d;
        char address[32], node[32];
        enum magma_code code;

        memcpy(&d, ask->bytes + sizeof ask->info + i * sizeof d, sizeof d);
        address_of(&d, address, sizeof address);
        if (is_known(groups, d.group_id))
            continue;
        if (groups->count == GROUPS_MAX)
            return mg_fail(err, MAGMA_NOT_SUPPORTED,
                           "%s: a hot reset would concern more than %d IOMMU groups", kernel->name,
                           GROUPS_MAX);
        snprintf(node, sizeof node, "vfio/%u", d.group_id);
        code = kernel_open_node(kernel, NULL, node, &groups->fds[groups->count], err);
        if (code)
            return mg_prefix(err, code, "a hot reset would reset %s too", address);
        groups->numbers[groups->count++] = d.group_id;
    }
    return MAGMA_OK;
}

/* Our own group stands in the list too, so that its functions are not taken for strangers. */
static enum magma_code find_own(const struct kernel_device *kernel, const union hot_reset_info *ask,
                                struct groups *groups, struct magma_error *err)
{
    for (uint32_t i = 0; i < ask->info.count && i < DEVICES_MAX; i++) {
        struct vfio_pci_dependent_device d;
        char address[32];

        memcpy(&d, ask->bytes + sizeof ask->info + i * sizeof d, sizeof d);
        address_of(&d, address, sizeof address);
        if (strcmp(address, kernel->name) != 0)
            continue;
        groups->numbers[0] = d.group_id;
        return MAGMA_OK;
    }
    return mg_fail(err, MAGMA_PROTOCOL, "%s: the kernel's list for a hot reset lacks it",
                   kernel->name);
}

static enum magma_code reset_groups(const struct kernel_device *kernel, const struct groups *groups,
                                    struct magma_error *err)
{
    union hot_reset arg = {.reset = {.count = groups->count}};

    arg.reset.argsz = (uint32_t)(sizeof arg.reset + groups->count * sizeof(int32_t));
    memcpy(arg.bytes + sizeof arg.reset, groups->fds, groups->count * sizeof(int32_t));
    if (ioctl(kernel->fd, VFIO_DEVICE_PCI_HOT_RESET, &arg) == 0)
        return MAGMA_OK;
    if (errno == EINVAL || errno == EPERM)
        return mg_fail(err, MAGMA_PERMISSION,
                       "%s: no hot reset: not all functions on its bus are ours (%s); `magma bind "
                       "%s` takes them",
                       kernel->name, strerror(errno), kernel->name);
    return mg_fail_errno(err, errno, "%s: hot reset (the kernel's log says more)", kernel->name);
}

enum magma_code kernel_hot_reset(void *impl, struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    union hot_reset_info ask = {.info = {.argsz = sizeof ask}};
    struct groups groups = {.fds = {kernel->group}, .count = 1};
    enum magma_code code = MAGMA_OK;

    if (kernel->group < 0) { /* the kernel knows by the iommufd what is ours */
        groups.count = 0;
        return reset_groups(kernel, &groups, err);
    }
    if (ioctl(kernel->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &ask)) {
        if (errno == ENODEV || errno == ENOTTY)
            return mg_fail(err, MAGMA_NOT_SUPPORTED,
                           "%s: the kernel offers no hot reset of its "
                           "bus",
                           kernel->name);
        return mg_fail_errno(err, errno, "%s: asking for the extent of a hot reset", kernel->name);
    }
    code = find_own(kernel, &ask, &groups, err);
    if (code == MAGMA_OK)
        code = open_groups(kernel, &ask, &groups, err);
    if (code == MAGMA_OK)
        code = reset_groups(kernel, &groups, err);
    for (uint32_t i = 1; i < groups.count; i++)
        close(groups.fds[i]);
    return code;
}
