/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The commands: each checks its body and fills a reply. */
#include <errno.h>
#include <nvhw/pci.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve.h"

#define REGION_ALL                                                                                 \
    (NVHW_DEF(NV_VFIO_USER_REGION_FLAGS, READ, TRUE) |                                             \
     NVHW_DEF(NV_VFIO_USER_REGION_FLAGS, WRITE, TRUE))

/* Kept shorter than QEMU's own text, which limits what it takes. */
static const char capabilities[] = "{\"capabilities\":{\"max_msg_fds\":16,"
                                   "\"max_data_xfer_size\":1048576,\"max_dma_maps\":65535,"
                                   "\"pgsizes\":4096}}";

typedef struct gpum_serve_reply reply_t;

static void fail(reply_t *reply, int error)
{
    reply->error = error;
}

static void answer(reply_t *reply, const void *data, size_t size_bytes)
{
    reply->bytes = malloc(size_bytes ? size_bytes : 1);
    if (!reply->bytes) {
        fail(reply, ENOMEM);
        return;
    }
    memcpy(reply->bytes, data, size_bytes);
    reply->size_bytes = (uint32_t)size_bytes;
}

static void version(struct gpum_serve *s, const uint8_t *body, uint32_t size, reply_t *reply)
{
    struct nvhw_vfio_user_version v;
    uint8_t out[sizeof(v) + sizeof(capabilities)];
    memcpy(&v, body, sizeof(v));
    if (s->negotiated || v.major != NV_VFIO_USER_VERSION_MAJOR ||
        (size > sizeof(v) && body[size - 1] != '\0')) {
        fail(reply, EINVAL);
        return;
    }
    v.minor = NV_VFIO_USER_VERSION_MINOR;
    memcpy(out, &v, sizeof(v));
    memcpy(out + sizeof(v), capabilities, sizeof(capabilities));
    s->negotiated = true;
    answer(reply, out, sizeof(out));
}

static void dma_map(struct gpum_serve *s, const uint8_t *body, uint32_t size, reply_t *reply)
{
    struct nvhw_vfio_user_dma_map map;
    (void)size;
    memcpy(&map, body, sizeof(map));
    fail(reply,
         s->fd_count > 1 ? EINVAL : gpum_serve_dma_map(s, &map, s->fd_count ? s->fds[0] : -1));
}

static void dma_unmap(struct gpum_serve *s, const uint8_t *body, uint32_t size, reply_t *reply)
{
    struct nvhw_vfio_user_dma_unmap unmap;
    (void)size;
    memcpy(&unmap, body, sizeof(unmap));
    fail(reply, gpum_serve_dma_unmap(s, &unmap));
    if (!reply->error)
        answer(reply, &unmap, sizeof(unmap));
}

static void device_info(struct gpum_serve *s, const uint8_t *body, uint32_t size, reply_t *reply)
{
    struct nvhw_vfio_user_device_info info;
    (void)s;
    (void)size;
    memcpy(&info, body, sizeof(info));
    if (info.argsz < sizeof(info)) {
        fail(reply, EINVAL);
        return;
    }
    info = (struct nvhw_vfio_user_device_info){
        .argsz = sizeof(info),
        .flags = NVHW_DEF(NV_VFIO_USER_DEVICE_FLAGS, RESET, TRUE) |
                 NVHW_DEF(NV_VFIO_USER_DEVICE_FLAGS, PCI, TRUE),
        .num_regions = NV_VFIO_USER_REGION_COUNT,
        .num_irqs = NV_VFIO_USER_IRQ_COUNT,
    };
    answer(reply, &info, sizeof(info));
}

/* The part of BAR1 that has memory behind it, when the BAR is larger than the video memory. */
struct sparse {
    struct nvhw_vfio_user_region_info info;
    struct nvhw_vfio_user_sparse_mmap head;
    struct nvhw_vfio_user_sparse_area area;
};

static void bar1_info(struct gpum_serve *s, struct sparse *out, uint32_t argsz, uint32_t *size)
{
    uint64_t memory = gpum_vram_size(s->m);
    out->info.flags |= NVHW_DEF(NV_VFIO_USER_REGION_FLAGS, MMAP, TRUE);
    if (memory == out->info.size)
        return;
    out->info.flags |= NVHW_DEF(NV_VFIO_USER_REGION_FLAGS, CAPS, TRUE);
    out->info.argsz = sizeof(*out);
    if (argsz < sizeof(*out))
        return; /* to be asked again with more room */
    out->info.cap_offset = offsetof(struct sparse, head);
    out->head.header.id = NV_VFIO_USER_CAP_SPARSE_MMAP;
    out->head.header.version = 1;
    out->head.num_areas = 1;
    out->area.size = memory;
    *size = sizeof(*out);
}

static void region_info(struct gpum_serve *s, const uint8_t *body, uint32_t size, reply_t *reply)
{
    struct sparse out = {0};
    uint32_t out_size = sizeof(out.info);
    (void)size;
    memcpy(&out.info, body, sizeof(out.info));
    uint32_t argsz = out.info.argsz, index = out.info.index;
    if (argsz < sizeof(out.info) || index >= NV_VFIO_USER_REGION_COUNT) {
        fail(reply, EINVAL);
        return;
    }
    out.info = (struct nvhw_vfio_user_region_info){
        .argsz = sizeof(out.info), .index = index, .size = gpum_region_size(s->m, index)};
    if (out.info.size)
        out.info.flags = REGION_ALL;
    if (index == NV_VFIO_USER_REGION_BAR1 && !s->no_bar1_map) {
        bar1_info(s, &out, argsz, &out_size);
        reply->fd = gpum_vram_fd(s->m);
    }
    answer(reply, &out, out_size);
}

static void irq_info(struct gpum_serve *s, const uint8_t *body, uint32_t size, reply_t *reply)
{
    struct nvhw_vfio_user_irq_info info;
    (void)size;
    memcpy(&info, body, sizeof(info));
    if (info.argsz < sizeof(info) || info.index >= NV_VFIO_USER_IRQ_COUNT) {
        fail(reply, EINVAL);
        return;
    }
    info.argsz = sizeof(info);
    info.count = gpum_serve_irq_count(s, info.index);
    info.flags = 0;
    if (info.count)
        info.flags = NVHW_DEF(NV_VFIO_USER_IRQ_FLAGS, EVENTFD, TRUE) |
                     NVHW_DEF(NV_VFIO_USER_IRQ_FLAGS, NORESIZE, TRUE);
    answer(reply, &info, sizeof(info));
}

static void set_irqs(struct gpum_serve *s, const uint8_t *body, uint32_t size, reply_t *reply)
{
    struct nvhw_vfio_user_irq_set set;
    memcpy(&set, body, sizeof(set));
    fail(reply, gpum_serve_set_irqs(s, &set, body + sizeof(set), size - (uint32_t)sizeof(set)));
}

static bool region_range_ok(const struct gpum_serve *s, const struct nvhw_vfio_user_region_io *io)
{
    uint64_t size = io->region < NV_VFIO_USER_REGION_COUNT ? gpum_region_size(s->m, io->region) : 0;
    return io->count && io->count <= NV_VFIO_USER_DATA_MAX_BYTES && io->count <= size &&
           io->offset <= size - io->count;
}

/* The widest access that is aligned and not longer than what is left. */
static unsigned width(uint64_t offset, uint32_t left)
{
    for (unsigned bytes = 8; bytes > 1; bytes /= 2)
        if (offset % bytes == 0 && left >= bytes)
            return bytes;
    return 1;
}

static void region_read(struct gpum_serve *s, const uint8_t *body, uint32_t size, reply_t *reply)
{
    struct nvhw_vfio_user_region_io io;
    (void)size;
    memcpy(&io, body, sizeof(io));
    if (!region_range_ok(s, &io)) {
        fail(reply, EINVAL);
        return;
    }
    reply->bytes = malloc(sizeof(io) + io.count);
    if (!reply->bytes) {
        fail(reply, ENOMEM);
        return;
    }
    memcpy(reply->bytes, &io, sizeof(io));
    reply->size_bytes = (uint32_t)sizeof(io) + io.count;
    for (uint32_t at = 0; at < io.count;) {
        unsigned bytes = width(io.offset + at, io.count - at);
        uint64_t value = gpum_read(s->m, io.region, io.offset + at, bytes);
        memcpy(reply->bytes + sizeof(io) + at, &value, bytes);
        at += bytes;
    }
}

static void region_write(struct gpum_serve *s, const uint8_t *body, uint32_t size, reply_t *reply)
{
    struct nvhw_vfio_user_region_io io;
    memcpy(&io, body, sizeof(io));
    if (!region_range_ok(s, &io) || size - sizeof(io) != io.count) {
        fail(reply, EINVAL);
        return;
    }
    for (uint32_t at = 0; at < io.count;) {
        unsigned bytes = width(io.offset + at, io.count - at);
        uint64_t value = 0;
        memcpy(&value, body + sizeof(io) + at, bytes);
        gpum_write(s->m, io.region, io.offset + at, bytes, value);
        at += bytes;
    }
    answer(reply, &io, sizeof(io));
}

/* As the kernel does it: config space and vectors are as before the reset. QEMU sends this for a
 * reset of the bus or the machine; a function level reset comes by config space. */
static void device_reset(struct gpum_serve *s, const uint8_t *body, uint32_t size, reply_t *reply)
{
    (void)body;
    (void)size;
    (void)reply;
    uint64_t command = gpum_read(s->m, GPUM_CONFIG, NV_PCI_CONFIG_COMMAND, 2);
    gpum_bus_reset(s->m);
    gpum_write(s->m, GPUM_CONFIG, NV_PCI_CONFIG_COMMAND, 2, command);
    gpum_serve_irqs_restore(s);
}

static const struct command {
    uint16_t number;
    uint32_t body_min;
    void (*run)(struct gpum_serve *s, const uint8_t *body, uint32_t size, reply_t *reply);
} commands[] = {
    {NV_VFIO_USER_VERSION, sizeof(struct nvhw_vfio_user_version), version},
    {NV_VFIO_USER_DMA_MAP, sizeof(struct nvhw_vfio_user_dma_map), dma_map},
    {NV_VFIO_USER_DMA_UNMAP, sizeof(struct nvhw_vfio_user_dma_unmap), dma_unmap},
    {NV_VFIO_USER_DEVICE_GET_INFO, sizeof(struct nvhw_vfio_user_device_info), device_info},
    {NV_VFIO_USER_DEVICE_GET_REGION_INFO, sizeof(struct nvhw_vfio_user_region_info), region_info},
    {NV_VFIO_USER_DEVICE_GET_IRQ_INFO, sizeof(struct nvhw_vfio_user_irq_info), irq_info},
    {NV_VFIO_USER_DEVICE_SET_IRQS, sizeof(struct nvhw_vfio_user_irq_set), set_irqs},
    {NV_VFIO_USER_REGION_READ, sizeof(struct nvhw_vfio_user_region_io), region_read},
    {NV_VFIO_USER_REGION_WRITE, sizeof(struct nvhw_vfio_user_region_io), region_write},
    {NV_VFIO_USER_DEVICE_RESET, 0, device_reset},
};

void gpum_serve_message(struct gpum_serve *s, const uint8_t *body, uint32_t size_bytes,
                        struct gpum_serve_reply *reply)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        if (commands[i].number != s->header.command)
            continue;
        if (size_bytes < commands[i].body_min ||
            (!s->negotiated && s->header.command != NV_VFIO_USER_VERSION))
            fail(reply, EINVAL);
        else
            commands[i].run(s, body, size_bytes, reply);
        return;
    }
    fail(reply, ENOTSUP);
}
