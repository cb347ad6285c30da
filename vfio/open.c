/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* From a device's name, or from descriptors, to a device: chooses the backend. */
#include "device.h"
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char pci_prefix[] = "pci:";
static const char user_prefix[] = "vfio-user:";

static bool has_prefix(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* What the user wants where the program does not say. */
static enum magma_code from_environment(const char *address, enum mvfio_backend *backend,
                                        struct magma_error *err)
{
    const char *wanted = secure_getenv("MAGMA_VFIO");

    if (!wanted || !*wanted)
        return MAGMA_OK;
    if (!strcmp(wanted, "group"))
        *backend = MVFIO_BACKEND_GROUP;
    else if (!strcmp(wanted, "iommufd"))
        *backend = MVFIO_BACKEND_IOMMUFD;
    else
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "%s: MAGMA_VFIO is '%s'; it may be group or iommufd", address, wanted);
    return MAGMA_OK;
}

bool mvfio_pci_iommufd_usable(const struct mvfio_pci_function *function, const char *dev_root)
{
    const char *dev = dev_root ? dev_root : "/dev";
    char iommu[SYSFS_PATH_MAX], cdev[SYSFS_PATH_MAX];

    snprintf(iommu, sizeof iommu, "%s/iommu", dev);
    snprintf(cdev, sizeof cdev, "%s/vfio/devices/%s", dev, function->cdev);
    return function->cdev[0] && access(iommu, R_OK | W_OK) == 0 && access(cdev, R_OK | W_OK) == 0;
}

static enum magma_code open_pci(const char *address, const struct mvfio_options *options,
                                struct mvfio_device **out, struct magma_error *err)
{
    enum mvfio_backend backend = options ? options->backend : MVFIO_BACKEND_AUTO;
    struct mvfio_pci_function function;
    enum magma_code code =
        mvfio_pci_find(options ? options->sysfs_root : NULL, address, &function, err);
    const struct mvfio_ops *ops;
    void *impl;

    if (!code)
        code = mvfio_pci_check(&function, err);
    if (!code && backend == MVFIO_BACKEND_AUTO)
        code = from_environment(address, &backend, err);
    if (code)
        return code;
    if (backend == MVFIO_BACKEND_AUTO)
        backend = mvfio_pci_iommufd_usable(&function, options ? options->dev_root : NULL)
                      ? MVFIO_BACKEND_IOMMUFD
                      : MVFIO_BACKEND_GROUP;
    if (backend == MVFIO_BACKEND_IOMMUFD) {
        ops = &mvfio_iommufd_ops;
        code = mvfio_iommufd_open(&function, options, &impl, err);
    } else {
        ops = &mvfio_group_ops;
        code = mvfio_group_open(&function, options, &impl, err);
    }
    return code ? code : mvfio_device_wrap(ops, impl, address, options, out, err);
}

static enum magma_code open_user(const char *name, const struct mvfio_options *options,
                                 struct mvfio_device **out, struct magma_error *err)
{
    enum magma_code code;
    void *impl;
    int fd;

    code = mvfio_user_connect(name + strlen(user_prefix), options, &fd, err);
    if (code)
        return code;
    code = mvfio_user_create(fd, name, options, &impl, err);
    if (code) {
        close(fd);
        return code;
    }
    return mvfio_device_wrap(&mvfio_user_ops, impl, name, options, out, err);
}

enum magma_code mvfio_device_open(const char *name, const struct mvfio_options *options,
                                  struct mvfio_device **out, struct magma_error *err)
{
    *out = NULL;
    if (has_prefix(name, user_prefix))
        return open_user(name, options, out, err);
    if (has_prefix(name, pci_prefix))
        return open_pci(name + strlen(pci_prefix), options, out, err);
    if (sysfs_is_address(name))
        return open_pci(name, options, out, err);
    return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                   "'%s' names no VFIO device; the forms are pci:0000:01:00.0 and "
                   "vfio-user:SOCKET",
                   name);
}

/* Works on copies, so that whatever fails, the caller's descriptors are as they were. */
static enum magma_code copy_fds(const struct mvfio_fds *fds, const char *name,
                                struct mvfio_fds *copy, struct magma_error *err)
{
    int given[3] = {fds->container, fds->group, fds->device};
    int *copies[3] = {&copy->container, &copy->group, &copy->device};
    bool used[3] = {fds->kind != MVFIO_FDS_USER, fds->kind == MVFIO_FDS_GROUP,
                    fds->kind != MVFIO_FDS_GROUP};

    *copy = (struct mvfio_fds){fds->kind, -1, -1, -1};
    for (int i = 0; i < 3; i++) {
        if (!used[i])
            continue;
        *copies[i] = fcntl(given[i], F_DUPFD_CLOEXEC, 0);
        if (*copies[i] < 0)
            return mg_fail_errno(err, errno, "%s: taking over descriptor %d", name, given[i]);
    }
    return MAGMA_OK;
}

static void close_fds(const struct mvfio_fds *fds)
{
    if (fds->container >= 0 && fds->kind != MVFIO_FDS_USER)
        close(fds->container);
    if (fds->group >= 0 && fds->kind == MVFIO_FDS_GROUP)
        close(fds->group);
    if (fds->device >= 0 && fds->kind != MVFIO_FDS_GROUP)
        close(fds->device);
}

static enum magma_code adopt(const struct mvfio_fds *fds, const char *name,
                             const struct mvfio_options *options, const struct mvfio_ops **ops,
                             void **impl, struct magma_error *err)
{
    switch (fds->kind) {
    case MVFIO_FDS_GROUP:
        *ops = &mvfio_group_ops;
        return mvfio_group_adopt(fds, name, impl, err);
    case MVFIO_FDS_IOMMUFD:
        *ops = &mvfio_iommufd_ops;
        return mvfio_iommufd_adopt(fds, name, impl, err);
    case MVFIO_FDS_USER:
        *ops = &mvfio_user_ops;
        return mvfio_user_create(fds->device, name, options, impl, err);
    }
    return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: unknown kind of descriptors %d", name,
                   (int)fds->kind);
}

enum magma_code mvfio_device_open_fds(const struct mvfio_fds *fds, const char *name,
                                      const struct mvfio_options *options,
                                      struct mvfio_device **out, struct magma_error *err)
{
    const struct mvfio_ops *ops = NULL;
    struct mvfio_fds copy;
    enum magma_code code;
    void *impl = NULL;

    *out = NULL;
    code = copy_fds(fds, name, &copy, err);
    if (!code)
        code = adopt(&copy, name, options, &ops, &impl, err);
    if (code) {
        close_fds(&copy);
        return code;
    }
    code = mvfio_device_wrap(ops, impl, name, options, out, err);
    if (!code)
        close_fds(fds);
    return code;
}
