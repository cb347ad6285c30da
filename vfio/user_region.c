/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Regions of a vfio-user device: what they are, access by messages, and mapping of the descriptors
 * that came with the description. */
#include "user.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for a region's description with its capabilities. */
enum { REGION_REPLY_MAX = 4096 };

/* A memfd shorter than what it promises would kill us with SIGBUS. Descriptors that have no
 * size of their own (device nodes) are taken at their word. A server that cuts its memfd later
 * can still do so: nothing in the protocol makes it seal the file. */
static bool backed(int fd, uint64_t fd_offset, const struct mvfio_region_info *info)
{
    struct stat st;

    if (fstat(fd, &st))
        return false;
    if (!S_ISREG(st.st_mode))
        return S_ISCHR(st.st_mode);
    for (uint32_t i = 0; i < info->area_count; i++) {
        const struct mvfio_area *area = &info->areas[i];

        if (!mvfio_within(fd_offset, area->offset, (uint64_t)st.st_size) ||
            !mvfio_within(fd_offset + area->offset, area->size_bytes, (uint64_t)st.st_size))
            return false;
    }
    return true;
}

static enum magma_code accept_region(struct user_device *user, uint32_t index,
                                     struct user_request *request, struct mvfio_region_info *out,
                                     struct magma_error *err)
{
    struct vfio_region_info raw;

    if (request->reply_bytes < sizeof raw)
        return user_breach(user, request, err, "GET_REGION_INFO %u: a reply of %zu bytes", index,
                           request->reply_bytes);
    memcpy(&raw, request->reply, sizeof raw);
    if (raw.index != index || raw.argsz < sizeof raw)
        return user_breach(user, request, err, "GET_REGION_INFO %u: answered for %u, argsz %u",
                           index, raw.index, raw.argsz);
    out->size_bytes = raw.size;
    out->flags = (raw.flags & VFIO_REGION_INFO_FLAG_READ ? MVFIO_REGION_FLAG_READ : 0u) |
                 (raw.flags & VFIO_REGION_INFO_FLAG_WRITE ? MVFIO_REGION_FLAG_WRITE : 0u) |
                 (raw.flags & VFIO_REGION_INFO_FLAG_MMAP ? MVFIO_REGION_FLAG_MMAP : 0u);
    /* Capabilities that did not fit might forbid a part: then nothing is mapped. */
    if ((raw.flags & VFIO_REGION_INFO_FLAG_CAPS) && raw.argsz > request->reply_bytes)
        out->flags &= ~(uint32_t)MVFIO_REGION_FLAG_MMAP;
    else if ((raw.flags & VFIO_REGION_INFO_FLAG_CAPS) &&
             !mvfio_areas_parse(request->reply, request->reply_bytes, raw.cap_offset, out))
        return user_breach(user, request, err, "GET_REGION_INFO %u: malformed capabilities", index);
    if (!mvfio_areas_settle(out))
        return user_breach(user, request, err,
                           "GET_REGION_INFO %u: mappable areas overlap or leave the region", index);
    if (!(out->flags & MVFIO_REGION_FLAG_MMAP)) {
        user_close_fds(request);
        return MAGMA_OK;
    }
    if (request->reply_fd_count != 1)
        return user_breach(
            user, request, err,
            "GET_REGION_INFO %u: %u descriptors for a region that can be mapped, wanted 1", index,
            request->reply_fd_count);
    if (!backed(request->reply_fds[0], raw.offset, out))
        return user_breach(user, request, err,
                           "GET_REGION_INFO %u: the descriptor is shorter than the region", index);
    if (user->region_fds[index].fd >= 0)
        close(user->region_fds[index].fd);
    user->region_fds[index] = (struct user_region_fd){request->reply_fds[0], raw.offset};
    return MAGMA_OK;
}

enum magma_code user_region_info(void *impl, uint32_t region, struct mvfio_region_info *out,
                                 struct magma_error *err)
{
    struct user_device *user = impl;
    struct vfio_region_info ask = {.argsz = REGION_REPLY_MAX, .index = region};
    unsigned char reply[REGION_REPLY_MAX];
    struct user_request request = {.command = USER_GET_REGION_INFO,
                                   .body = &ask,
                                   .body_bytes = sizeof ask,
                                   .reply = reply,
                                   .reply_max_bytes = sizeof reply};
    enum magma_code code = user_call(user, &request, err);

    *out = (struct mvfio_region_info){0};
    if (code)
        return code;
    return accept_region(user, region, &request, out, err);
}

/* One REGION_READ or REGION_WRITE of at most max_data_xfer_bytes. */
static enum magma_code access_piece(struct user_device *user, uint16_t command, uint32_t region,
                                    uint64_t offset, void *in, const void *out, uint32_t count,
                                    struct magma_error *err)
{
    struct user_region_access ask = {offset, region, count}, *answer;
    unsigned char small[sizeof ask + 8];
    unsigned char *reply = small;
    size_t reply_bytes = sizeof ask + (in ? count : 0);
    struct user_request request = {.command = command, .body = &ask, .body_bytes = sizeof ask};
    enum magma_code code;

    if (reply_bytes > sizeof small && !(reply = malloc(reply_bytes)))
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "%s: no memory for a reply", user->name);
    request.data = out;
    request.data_bytes = out ? count : 0;
    request.reply = reply;
    request.reply_max_bytes = reply_bytes;
    code = user_call_plain(user, &request, in ? "REGION_READ" : "REGION_WRITE", err);
    answer = (void *)reply;
    if (!code && memcmp(answer, &ask, sizeof ask) != 0)
        code = user_breach(user, &request, err,
                           "REGION_%s at 0x%llx of region %u answered for other bytes",
                           in ? "READ" : "WRITE", (unsigned long long)offset, region);
    if (!code && in)
        memcpy(in, reply + sizeof ask, count);
    if (reply != small)
        free(reply);
    return code;
}

static uint32_t piece_bytes(const struct user_device *user, size_t left)
{
    uint64_t max = user->caps.max_data_xfer_bytes;

    return (uint32_t)(left < max ? left : max);
}

enum magma_code user_region_read(void *impl, uint32_t region, uint64_t offset, void *data,
                                 size_t size_bytes, struct magma_error *err)
{
    struct user_device *user = impl;
    unsigned char *at = data;
    enum magma_code code = MAGMA_OK;

    while (!code && size_bytes) {
        uint32_t n = piece_bytes(user, size_bytes);

        code = access_piece(user, USER_REGION_READ, region, offset, at, NULL, n, err);
        at += n;
        offset += n;
        size_bytes -= n;
    }
    return code;
}

enum magma_code user_region_write(void *impl, uint32_t region, uint64_t offset, const void *data,
                                  size_t size_bytes, struct magma_error *err)
{
    struct user_device *user = impl;
    const unsigned char *at = data;
    enum magma_code code = MAGMA_OK;

    while (!code && size_bytes) {
        uint32_t n = piece_bytes(user, size_bytes);

        code = access_piece(user, USER_REGION_WRITE, region, offset, NULL, at, n, err);
        at += n;
        offset += n;
        size_bytes -= n;
    }
    return code;
}

enum magma_code user_region_map(void *impl, uint32_t region, uint64_t offset, uint64_t size_bytes,
                                void **out, struct magma_error *err)
{
    struct user_device *user = impl;
    const struct user_region_fd *backing = &user->region_fds[region];
    void *cpu;

    if (backing->fd < 0 || backing->offset > (uint64_t)INT64_MAX - offset)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "%s: region %u has nothing to map", user->name,
                       region);
    cpu = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, backing->fd,
               (off_t)(backing->offset + offset));
    if (cpu == MAP_FAILED)
        return mg_fail_errno(err, errno, "%s: mapping 0x%llx bytes of region %u", user->name,
                             (unsigned long long)size_bytes, region);
    (void)madvise(cpu, size_bytes, MADV_DONTDUMP);
    *out = cpu;
    return MAGMA_OK;
}
