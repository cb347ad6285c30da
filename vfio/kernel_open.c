/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Opening, adopting and closing a device of the kernel's VFIO, and giving it back when asked. */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PATH_BYTES = 256 };

static struct kernel_device *kernel_new(const struct kernel_api *api, const char *name,
                                        struct magma_error *err)
{
    struct kernel_device *kernel = calloc(1, sizeof *kernel);

    if (!kernel) {
        mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for the device", name);
        return NULL;
    }
    kernel->api = api;
    kernel->fd = kernel->container = kernel->group = kernel->request = -1;
    snprintf(kernel->name, sizeof kernel->name, "%s", name);
    atomic_init(&kernel->mapped_bytes, 0);
    return kernel;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void kernel_close(void *impl)
{
    struct kernel_device *kernel = impl;

    /* The device first: closing it ends its use of the I/O address space. */
    close_if_open(kernel->fd);
    close_if_open(kernel->request);
    if (kernel->group >= 0 && kernel->api->detach)
        kernel->api->detach(kernel);
    close_if_open(kernel->group);
    close_if_open(kernel->container);
    free(kernel);
}

enum magma_code kernel_open_node(const struct kernel_device *kernel, const char *dev_root,
                                 const char *node, int *fd, struct magma_error *err)
{
    const char *name = kernel->name;
    char path[PATH_BYTES];

    if (snprintf(path, sizeof path, "%s/%s", dev_root ? dev_root : "/dev", node) >= PATH_BYTES)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: the path of %s is too long", name, node);
    *fd = open(path, O_RDWR | O_CLOEXEC);
    if (*fd >= 0)
        return MAGMA_OK;
    switch (errno) {
    case ENOENT:
    case ENODEV:
        return mg_fail(err, MAGMA_NO_DEVICE, "%s: there is no %s; %s", name, path,
                       kernel->api->missing);
    case EACCES:
    case EPERM:
        return mg_fail(err, MAGMA_PERMISSION,
                       "%s: no permission to open %s; run `chown $USER %s` as root, or add a udev "
                       "rule for your group",
                       name, path, path);
    case EBUSY:
        return mg_fail(err, MAGMA_BUSY, "%s: %s is open in another process; `fuser -v %s` names it",
                       name, path, path);
    default:
        return mg_fail_errno(err, errno, "%s: opening %s", name, path);
    }
}

/* ---- The kernel wants it back ---- */

/* Best effort: without it the kernel waits until the device is closed. */
static void watch_requests(struct kernel_device *kernel)
{
    kernel->request = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (kernel->request >= 0 &&
        kernel_irq_set(kernel, VFIO_PCI_REQ_IRQ_INDEX, 0, &kernel->request, 1, NULL)) {
        close(kernel->request);
        kernel->request = -1;
    }
}

int kernel_poll_fd(void *impl)
{
    return ((struct kernel_device *)impl)->request;
}

enum magma_code kernel_service(void *impl, struct magma_error *err)
{
    struct kernel_device *kernel = impl;
    uint64_t count;

    if (kernel->request < 0 || read(kernel->request, &count, sizeof count) != sizeof count)
        return MAGMA_OK;
    return mg_fail(err, MAGMA_DEVICE_GONE,
                   "%s: the kernel asks for the device back: it is being unbound or pulled",
                   kernel->name);
}

/* ---- Opening ---- */

enum magma_code kernel_open(const struct kernel_api *api, const struct mvfio_pci_function *function,
                            const struct mvfio_options *options, void **impl,
                            struct magma_error *err)
{
    struct kernel_device *kernel = kernel_new(api, function->address, err);
    enum magma_code code;

    if (!kernel)
        return MAGMA_OUT_OF_HOST_MEMORY;
    code = api->open_nodes(kernel, function, options ? options->dev_root : NULL, err);
    if (!code)
        code = api->attach(kernel, err);
    if (code) {
        kernel_close(kernel);
        return code;
    }
    watch_requests(kernel);
    *impl = kernel;
    return MAGMA_OK;
}

enum magma_code kernel_adopt(const struct kernel_api *api, const struct mvfio_fds *fds,
                             const char *address, void **impl, struct magma_error *err)
{
    struct kernel_device *kernel = kernel_new(api, address, err);
    enum magma_code code;

    if (!kernel)
        return MAGMA_OUT_OF_HOST_MEMORY;
    api->take(kernel, fds);
    code = api->attach(kernel, err);
    if (code) {
        if (api->detach)
            api->detach(kernel);
        if (kernel->fd == fds->device)
            kernel->fd = -1;
        kernel->container = kernel->group = -1;
        kernel_close(kernel);
        return code;
    }
    watch_requests(kernel);
    *impl = kernel;
    return MAGMA_OK;
}
