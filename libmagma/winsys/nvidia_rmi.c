/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ioctls of the kernel driver: the envelope, and the few blocks that differ by branch. */
#include "libmagma/winsys/nvidia_rmi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nvhw/rm.h>
#include <nvhw/rmioctl.h>

#include "libmagma/core/status.h"

#define CONTROL_NODE "/dev/nvidiactl"
#define BRANCH_FIRST 535u
#define BRANCH_570   570u
#define BRANCH_580   580u

/* ---- System calls ---------------------------------------------------------------------------- */

static int system_open(void *ctx, const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    (void)ctx;
    return fd < 0 ? -errno : fd;
}

static void system_close(void *ctx, int fd)
{
    (void)ctx;
    close(fd);
}

static int system_ioctl(void *ctx, int fd, unsigned long request, void *argument)
{
    int result;

    (void)ctx;
    do
        result = ioctl(fd, request, argument);
    while (result < 0 && (errno == EINTR || errno == EAGAIN));
    return result < 0 ? -errno : 0;
}

static void *system_map(void *ctx, int fd, size_t size_bytes)
{
    void *address = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    (void)ctx;
    return address == MAP_FAILED ? NULL : address;
}

static void system_unmap(void *ctx, void *address, size_t size_bytes)
{
    (void)ctx;
    munmap(address, size_bytes);
}

const struct mg_rmi_os mg_rmi_os_system = {
    .open = system_open,
    .close = system_close,
    .ioctl = system_ioctl,
    .map = system_map,
    .unmap = system_unmap,
};

/* ---- Errors ---------------------------------------------------------------------------------- */

static enum magma_code code_of(uint32_t status)
{
    switch (status) {
    case NV_RM_STATUS_OK:
        return MAGMA_OK;
    case NV_RM_STATUS_NO_MEMORY:
    case NV_RM_STATUS_INSUFFICIENT_RESOURCES:
        return MAGMA_OUT_OF_DEVICE_MEMORY;
    case NV_RM_STATUS_INSUFFICIENT_PERMISSIONS:
        return MAGMA_PERMISSION;
    case NV_RM_STATUS_NOT_SUPPORTED:
        return MAGMA_NOT_SUPPORTED;
    case NV_RM_STATUS_GPU_IS_LOST:
        return MAGMA_DEVICE_LOST;
    default:
        return MAGMA_FIRMWARE_REFUSED;
    }
}

static enum magma_code refused(struct magma_error *err, uint32_t status, const char *what,
                               uint32_t number)
{
    const char *name = nvhw_rm_status_name(status);

    if (status == NV_RM_STATUS_OK)
        return MAGMA_OK;
    return mg_fail(err, code_of(status), "the resource manager refused %s 0x%x: status 0x%x%s%s",
                   what, number, status, name ? " " : "", name ? name : "");
}

enum magma_code mg_rmi_escape(const struct mg_rmi *rmi, int fd, unsigned number, void *block,
                              size_t size_bytes, struct magma_error *err)
{
    unsigned long request = _IOC(_IOC_READ | _IOC_WRITE, NV_IOCTL_TYPE, number, size_bytes);
    int result = rmi->os->ioctl(rmi->os->ctx, fd, request, block);

    if (result == 0)
        return MAGMA_OK;
    return mg_fail_errno(err, -result, "%s with %zu bytes (driver %s)", nvhw_rm_escape_name(number),
                         size_bytes, rmi->version);
}

static enum magma_code control_escape(const struct mg_rmi *rmi, unsigned number, void *block,
                                      size_t size_bytes, struct magma_error *err)
{
    return mg_rmi_escape(rmi, rmi->control_fd, number, block, size_bytes, err);
}

/* ---- Objects --------------------------------------------------------------------------------- */

enum magma_code mg_rmi_alloc(const struct mg_rmi *rmi, uint32_t parent, uint32_t class_id,
                             void *params, size_t size_bytes, uint32_t *handle,
                             struct magma_error *err)
{
    _Alignas(8) uint8_t room[NV_RMI_ALLOC_PARAMS_ROOM] = {0};
    struct nvhw_rmi_alloc block = {
        .h_root = rmi->client,
        .h_parent = parent,
        .h_class = class_id,
        .params = params ? (uint64_t)(uintptr_t)room : 0,
    };
    enum magma_code code;

    *handle = 0;
    if (size_bytes > sizeof room)
        return mg_fail(err, MAGMA_INTERNAL, "parameters of class 0x%x: %zu bytes", class_id,
                       size_bytes);
    if (params)
        memcpy(room, params, size_bytes);
    code = control_escape(rmi, NV_ESC_RM_ALLOC, &block, sizeof block, err);
    if (code == MAGMA_OK)
        code = refused(err, block.status, "an object of class", class_id);
    if (code != MAGMA_OK)
        return code;
    if (params)
        memcpy(params, room, size_bytes);
    *handle = block.h_new;
    return MAGMA_OK;
}

void mg_rmi_free(const struct mg_rmi *rmi, uint32_t parent, uint32_t handle)
{
    struct nvhw_rmi_free block = {.h_root = rmi->client, .h_parent = parent, .h_old = handle};

    if (handle)
        (void)control_escape(rmi, NV_ESC_RM_FREE, &block, sizeof block, NULL);
}

enum magma_code mg_rmi_control(const struct mg_rmi *rmi, uint32_t object, uint32_t command,
                               void *params, size_t size_bytes, struct magma_error *err)
{
    struct nvhw_rmi_control block = {
        .h_client = rmi->client,
        .h_object = object,
        .cmd = command,
        .params = (uint64_t)(uintptr_t)params,
        .params_size = (uint32_t)size_bytes,
    };
    enum magma_code code = control_escape(rmi, NV_ESC_RM_CONTROL, &block, sizeof block, err);

    return code == MAGMA_OK ? refused(err, block.status, "control", command) : code;
}

/* ---- The CPU's view -------------------------------------------------------------------------- */

enum magma_code mg_rmi_view_init(const struct mg_rmi *rmi, const char *node, uint32_t device,
                                 uint32_t memory, size_t size_bytes, struct mg_rmi_view *out,
                                 struct magma_error *err)
{
    struct nvhw_rmi_map_memory block = {
        .h_client = rmi->client,
        .h_device = device,
        .h_memory = memory,
        .length = size_bytes,
    };
    int fd = rmi->os->open(rmi->os->ctx, node);
    enum magma_code code;

    *out = (struct mg_rmi_view){0};
    if (fd < 0)
        return mg_fail_errno(err, -fd, "%s", node);
    block.fd = (uint32_t)fd;
    code = control_escape(rmi, NV_ESC_RM_MAP_MEMORY, &block, sizeof block, err);
    if (code == MAGMA_OK)
        code = refused(err, block.status, "a CPU mapping of object", memory);
    if (code != MAGMA_OK)
        goto done;
    *out = (struct mg_rmi_view){
        .cpu = rmi->os->map(rmi->os->ctx, fd, size_bytes),
        .size_bytes = size_bytes,
        .cookie = block.linear,
    };
    if (!out->cpu) {
        code = mg_fail_errno(err, errno, "mapping %zu bytes of %s", size_bytes, node);
        mg_rmi_view_finish(rmi, device, memory, out);
    }
done:
    /* The mapping keeps what it needs. */
    rmi->os->close(rmi->os->ctx, fd);
    return code;
}

void mg_rmi_view_finish(const struct mg_rmi *rmi, uint32_t device, uint32_t memory,
                        struct mg_rmi_view *view)
{
    struct nvhw_rmi_unmap_memory block = {
        .h_client = rmi->client,
        .h_device = device,
        .h_memory = memory,
        .linear = view->cookie,
    };

    if (!view->size_bytes)
        return;
    if (view->cpu)
        rmi->os->unmap(rmi->os->ctx, view->cpu, view->size_bytes);
    (void)control_escape(rmi, NV_ESC_RM_UNMAP_MEMORY, &block, sizeof block, NULL);
    *view = (struct mg_rmi_view){0};
}

/* ---- The GPU's view -------------------------------------------------------------------------- */

enum magma_code mg_rmi_map_dma(const struct mg_rmi *rmi, uint32_t device, uint32_t virtual_memory,
                               uint32_t memory, uint64_t size_bytes, uint32_t flags, uint64_t va,
                               struct magma_error *err)
{
    struct nvhw_r580_rmi_map_dma block = {
        .h_client = rmi->client,
        .h_device = device,
        .h_dma = virtual_memory,
        .h_memory = memory,
        .length = size_bytes,
        .flags = flags,
        .dma_offset = va,
    };
    struct nvhw_r535_rmi_map_dma old = {
        .h_client = rmi->client,
        .h_device = device,
        .h_dma = virtual_memory,
        .h_memory = memory,
        .length = size_bytes,
        .flags = flags,
        .dma_offset = va,
    };
    bool is_new = rmi->branch >= BRANCH_580;
    enum magma_code code =
        control_escape(rmi, NV_ESC_RM_MAP_MEMORY_DMA, is_new ? (void *)&block : (void *)&old,
                       is_new ? sizeof block : sizeof old, err);
    uint64_t got = is_new ? block.dma_offset : old.dma_offset;

    if (code == MAGMA_OK)
        code = refused(err, is_new ? block.status : old.status, "a GPU mapping of object", memory);
    if (code != MAGMA_OK || got == va)
        return code;
    (void)mg_rmi_unmap_dma(rmi, device, virtual_memory, memory, got, NULL);
    return mg_fail(err, MAGMA_FIRMWARE_REFUSED,
                   "the resource manager mapped object 0x%x at 0x%llx instead of 0x%llx", memory,
                   (unsigned long long)got, (unsigned long long)va);
}

enum magma_code mg_rmi_unmap_dma(const struct mg_rmi *rmi, uint32_t device, uint32_t virtual_memory,
                                 uint32_t memory, uint64_t va, struct magma_error *err)
{
    struct nvhw_r570_rmi_unmap_dma block = {
        .h_client = rmi->client,
        .h_device = device,
        .h_dma = virtual_memory,
        .h_memory = memory,
        .dma_offset = va,
    };
    struct nvhw_r535_rmi_unmap_dma old = {
        .h_client = rmi->client,
        .h_device = device,
        .h_dma = virtual_memory,
        .h_memory = memory,
        .dma_offset = va,
    };
    bool is_new = rmi->branch >= BRANCH_570;
    enum magma_code code =
        control_escape(rmi, NV_ESC_RM_UNMAP_MEMORY_DMA, is_new ? (void *)&block : (void *)&old,
                       is_new ? sizeof block : sizeof old, err);

    if (code == MAGMA_OK)
        code = refused(err, is_new ? block.status : old.status, "unmapping object", memory);
    return code;
}

/* ---- The client ------------------------------------------------------------------------------ */

static enum magma_code read_version(struct mg_rmi *rmi, struct magma_error *err)
{
    struct nvhw_rmi_version block = {.cmd = NV_RMI_VERSION_QUERY};
    enum magma_code code = control_escape(rmi, NV_ESC_CHECK_VERSION_STR, &block, sizeof block, err);

    if (code != MAGMA_OK)
        return code;
    memcpy(rmi->version, block.text, sizeof rmi->version - 1);
    rmi->branch = (unsigned)strtoul(rmi->version, NULL, 10);
    if (rmi->branch < BRANCH_FIRST)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "kernel driver '%s': before %u not supported",
                       rmi->version, BRANCH_FIRST);
    return MAGMA_OK;
}

enum magma_code mg_rmi_init(struct mg_rmi *rmi, const struct mg_rmi_os *os, struct magma_error *err)
{
    enum magma_code code;

    *rmi = (struct mg_rmi){.os = os};
    rmi->control_fd = os->open(os->ctx, CONTROL_NODE);
    if (rmi->control_fd < 0) {
        code = mg_fail_errno(err, -rmi->control_fd, "%s", CONTROL_NODE);
        *rmi = (struct mg_rmi){0};
        return code;
    }
    code = read_version(rmi, err);
    if (code == MAGMA_OK)
        code = mg_rmi_alloc(rmi, 0, NV01_ROOT_CLIENT, NULL, 0, &rmi->client, err);
    if (code != MAGMA_OK)
        mg_rmi_finish(rmi);
    return code;
}

void mg_rmi_finish(struct mg_rmi *rmi)
{
    if (!rmi->os)
        return;
    mg_rmi_free(rmi, 0, rmi->client);
    rmi->os->close(rmi->os->ctx, rmi->control_fd);
    *rmi = (struct mg_rmi){0};
}
