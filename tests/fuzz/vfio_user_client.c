/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Fuzzes everything a vfio-user client reads: the input is the server's side of a connection.
 * First byte even: the rest goes to the socket as it is. Odd: records of {u8 what, u16 length,
 * body}, each made into a reply with the header that the next request wants, so that the bodies
 * get past the framing. `what`: bit 0 and 1 attach that many descriptors, bit 2 an error reply,
 * bit 3 a DMA_READ and bit 4 a DMA_WRITE command of the server instead of a reply.
 */
#include <linux/vfio.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mvfio.h>

#include "vfio/user_json.h"
#include "vfio/user_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

enum { INPUT_MAX = 65536, MEMFD_BYTES = 0x10000 };

/* The requests of an open and of use() below, in order; ids count from 0. */
static uint16_t command_of(unsigned n)
{
    static const uint16_t use[] = {USER_REGION_READ,  USER_REGION_READ, USER_REGION_WRITE,
                                   USER_SET_IRQS,     USER_DMA_MAP,     USER_REGION_READ,
                                   USER_DEVICE_RESET, USER_DMA_UNMAP};

    if (n == 0)
        return USER_VERSION;
    if (n == 1)
        return USER_DEVICE_GET_INFO;
    if (n < 2 + MVFIO_REGION_COUNT)
        return USER_GET_REGION_INFO;
    if (n < 2 + MVFIO_REGION_COUNT + MVFIO_IRQ_COUNT)
        return USER_GET_IRQ_INFO;
    n -= 2 + MVFIO_REGION_COUNT + MVFIO_IRQ_COUNT;
    return n < sizeof use / sizeof use[0] ? use[n] : USER_REGION_READ;
}

static void send_record(int fd, struct user_header *header, const uint8_t *body, size_t body_bytes,
                        const int *fds, unsigned fd_count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(3 * sizeof(int))];
    } control = {0};
    struct iovec iov[2] = {{header, sizeof *header}, {(void *)body, body_bytes}};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};

    header->size_bytes = (uint32_t)(sizeof *header + body_bytes);
    if (fd_count) {
        struct cmsghdr *c;

        msg.msg_control = control.bytes;
        msg.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, fd_count * sizeof(int));
    }
    (void)sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void send_records(int fd, const uint8_t *data, size_t size_bytes)
{
    int memfd = memfd_create("fuzz", MFD_CLOEXEC);
    int fds[3] = {memfd, memfd, memfd};

    if (memfd < 0 || ftruncate(memfd, MEMFD_BYTES))
        return;
    for (unsigned n = 0; size_bytes >= 3;) {
        uint8_t what = data[0];
        size_t length = (size_t)(data[1] | data[2] << 8);
        struct user_header header = {.id = (uint16_t)n, .command = command_of(n)};

        data += 3;
        size_bytes -= 3;
        if (length > size_bytes)
            length = size_bytes;
        if (what & 0x18) {
            header.id = 0x8000;
            header.command = what & 8 ? USER_DMA_READ : USER_DMA_WRITE;
        } else {
            header.flags = USER_FLAG_TYPE_REPLY | (what & 4 ? (uint32_t)USER_FLAG_ERROR : 0);
            header.error = what & 4;
            n++;
        }
        send_record(fd, &header, data, length, fds, what & 3);
        data += length;
        size_bytes -= length;
    }
    close(memfd);
}

static void use(struct mvfio_device *device)
{
    unsigned char bytes[300];
    struct mvfio_dma *dma = NULL;
    int fd = eventfd(0, EFD_CLOEXEC);
    void *page, *cpu;

    (void)mvfio_region_read(device, MVFIO_REGION_BAR0, 0, bytes, 4, NULL);
    (void)mvfio_region_read(device, MVFIO_REGION_CONFIG, 0, bytes, 256, NULL);
    (void)mvfio_region_write(device, MVFIO_REGION_BAR0, 8, bytes, 8, NULL);
    (void)mvfio_irq_set(device, MVFIO_IRQ_MSIX, 0, &fd, 1, NULL);
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)mvfio_dma_wrap(device, page, 4096, -1, 0, MVFIO_DMA_RW, &dma, NULL);
    for (unsigned region = 0; region < MVFIO_REGION_COUNT; region++) {
        if (mvfio_region_map(device, region, 0, 4096, &cpu, NULL))
            continue;
        *(volatile unsigned char *)cpu = 1; /* must be there */
        mvfio_region_unmap(device, cpu, 4096);
    }
    (void)mvfio_region_read(device, MVFIO_REGION_BAR0, 0, bytes, 4, NULL);
    (void)mvfio_device_reset(device, NULL);
    (void)mvfio_device_service(device, NULL);
    mvfio_dma_destroy(dma);
    munmap(page, 4096);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    struct mvfio_options options = {.reply_timeout_ns = 1000000000};
    struct mvfio_fds fds = {.kind = MVFIO_FDS_USER};
    struct mvfio_device *device;
    struct magma_error err;
    struct user_caps caps;
    int pair[2];

    if (size_bytes < 1 || size_bytes > INPUT_MAX)
        return 0;
    (void)user_json_caps((const char *)data, size_bytes, &caps);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return 0;
    if (data[0] & 1)
        send_records(pair[0], data + 1, size_bytes - 1);
    else if (send(pair[0], data + 1, size_bytes - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        size_bytes = 0;
    shutdown(pair[0], SHUT_WR); /* nobody waits for more */
    fds.device = pair[1];
    if (mvfio_device_open_fds(&fds, "fuzz", &options, &device, &err)) {
        close(pair[1]);
    } else {
        use(device);
        mvfio_device_close(device);
    }
    close(pair[0]);
    return 0;
}
