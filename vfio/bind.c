/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Binding a PCI function to a driver through sysfs: driver_override says which driver may have
 * it, unbind takes it from the one that does, drivers_probe makes the kernel choose again.
 */
#include "device.h"
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum magma_code write_text(const char *path, const char *text, const char *address,
                                  struct magma_error *err)
{
    size_t length = strlen(text);
    enum magma_code code = MAGMA_OK;
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 && (errno == EACCES || errno == EPERM))
        return mg_fail(err, MAGMA_PERMISSION, "%s: no permission to write %s; binding needs root",
                       address, path);
    if (fd < 0)
        return mg_fail_errno(err, errno, "%s: opening %s", address, path);
    if (write(fd, text, length) != (ssize_t)length)
        code = mg_fail_errno(err, errno, "%s: writing to %s", address, path);
    close(fd);
    return code;
}

static enum magma_code unbind(const char *root, const char *address, struct magma_error *err)
{
    char path[SYSFS_PATH_MAX];

    if (!sysfs_device_path(root, address, "driver/unbind", path))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: the path of sysfs is too long", address);
    return write_text(path, address, address, err);
}

/* A newline clears the override. */
static enum magma_code set_override(const char *root, const char *address, const char *driver,
                                    struct magma_error *err)
{
    char path[SYSFS_PATH_MAX];

    if (!sysfs_device_path(root, address, "driver_override", path))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: the path of sysfs is too long", address);
    return write_text(path, driver ? driver : "\n", address, err);
}

static enum magma_code probe(const char *root, const char *address, struct magma_error *err)
{
    char path[SYSFS_PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/bus/pci/drivers_probe", root);

    if (n < 0 || n >= (int)sizeof path)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: the path of sysfs is too long", address);
    return write_text(path, address, address, err);
}

/* Did the kernel give it to the driver we asked for? */
static enum magma_code confirm(const char *root, const char *address, const char *driver,
                               struct magma_error *err)
{
    struct mvfio_pci_function now;
    enum magma_code code = mvfio_pci_find(root, address, &now, err);

    if (code || !driver || !strcmp(now.driver, driver))
        return code;
    if (now.iommu_group < 0)
        return mg_fail(err, MAGMA_NO_DEVICE,
                       "%s: %s did not take it, and it is in no IOMMU group; " MVFIO_IOMMU_REMEDY,
                       address, driver);
    return mg_fail(err, MAGMA_NO_DEVICE,
                   "%s: %s did not take it (bound to %s); is the module loaded? `modprobe %s`",
                   address, driver, now.driver[0] ? now.driver : "no driver", driver);
}

enum magma_code mvfio_pci_bind(const char *sysfs_root, const char *address, const char *driver,
                               char *old_driver, struct magma_error *err)
{
    const char *root = sysfs_root_or_default(sysfs_root);
    struct mvfio_pci_function function;
    enum magma_code code = mvfio_pci_find(root, address, &function, err);

    if (old_driver)
        old_driver[0] = 0;
    if (code)
        return code;
    if (driver && (strchr(driver, '/') || strchr(driver, '\n') || !*driver))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: '%s' is no driver name", address, driver);
    if (old_driver)
        memcpy(old_driver, function.driver, sizeof function.driver);
    code = set_override(root, address, driver, err);
    if (code || (driver && !strcmp(function.driver, driver)))
        return code;
    if (function.driver[0])
        code = unbind(root, address, err);
    if (!code)
        code = probe(root, address, err);
    if (!code)
        code = confirm(root, address, driver, err);
    return code;
}
