/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The vfio-user server around a model: what clients rely on, and what they may not do. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <nvhw/boot.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve.h"

#define IOVA UINT64_C(0x10000000)
#define BIG  UINT64_C(4096)

static struct gpum_serve *s;
static int client;
static struct nvhw_vfio_user_header header;
static uint8_t body[2 << 20];
static int received_fd;
static char fault[256];

static void on_interrupt(void *ctx, unsigned vector)
{
    (void)ctx;
    gpum_serve_interrupt(s, vector);
}

static bool on_translate(void *ctx, uint64_t iova, bool write, uint8_t **ptr, uint64_t *run)
{
    (void)ctx;
    return gpum_serve_translate(s, iova, write, ptr, run);
}

static void on_report(void *ctx, enum gpum_severity severity, const char *text)
{
    (void)ctx;
    if (severity == GPUM_FAULT)
        snprintf(fault, sizeof(fault), "%s", text);
}

static void connect_client(void)
{
    int pair[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    client = pair[1];
    gpum_serve_connect(s, pair[0]);
}

static void setup_memory(uint64_t vram_bytes)
{
    char error[256];
    struct gpum_config config = {.chip = "ga102",
                                 .vram_bytes = vram_bytes,
                                 .cb = {NULL, on_interrupt, on_translate, on_report, NULL}};
    s = gpum_serve_create();
    s->m = gpum_create(&config, error, sizeof(error));
    ck_assert_msg(s->m != NULL, "%s", error);
    connect_client();
}

static void setup(void)
{
    setup_memory(UINT64_C(512) << 20);
}

static void teardown(void)
{
    struct gpum *m = s->m;
    close(client);
    gpum_serve_destroy(s);
    gpum_destroy(m);
}

static void send_raw(const void *bytes, size_t size, const int *fds, unsigned fd_count)
{
    char control[CMSG_SPACE(sizeof(int) * 16)] = {0};
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, bytes, size);
    struct iovec iov = {copy, size};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    if (fd_count) {
        msg.msg_control = control;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * fd_count);
    }
    ck_assert_int_eq(sendmsg(client, &msg, 0), (ssize_t)size);
    free(copy);
}

static bool read_reply(void)
{
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec iov = {&header, sizeof(header)};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control,
                         .msg_controllen = sizeof(control)};
    received_fd = -1;
    if (recvmsg(client, &msg, MSG_DONTWAIT) != sizeof(header))
        return false;
    if (CMSG_FIRSTHDR(&msg))
        memcpy(&received_fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
    for (size_t got = 0; got < header.size - sizeof(header);) {
        ssize_t n = recv(client, body + got, header.size - sizeof(header) - got, MSG_DONTWAIT);
        if (n > 0)
            got += (size_t)n;
        else if (!gpum_serve_write(s))
            return false;
    }
    return true;
}

/* Sends a command with descriptors; the reply's error code, 0 when it is good. */
static int command_fds(uint16_t number, const void *data, size_t size, const int *fds,
                       unsigned fd_count)
{
    static uint16_t id;
    uint8_t *bytes = calloc(1, sizeof(header) + size);
    struct nvhw_vfio_user_header h = {++id, number, (uint32_t)(sizeof(h) + size), 0, 0};
    memcpy(bytes, &h, sizeof(h));
    if (size)
        memcpy(bytes + sizeof(h), data, size);
    send_raw(bytes, sizeof(h) + size, fds, fd_count);
    free(bytes);
    ck_assert(gpum_serve_read(s));
    ck_assert(read_reply());
    ck_assert_uint_eq(header.id, h.id);
    ck_assert_uint_eq(header.command, number);
    ck_assert_uint_eq(header.flags & 0xf, 1);
    ck_assert_int_eq((header.flags >> 5) & 1, header.error_code != 0);
    return (int)header.error_code;
}

static int command(uint16_t number, const void *data, size_t size)
{
    return command_fds(number, data, size, NULL, 0);
}

static int negotiate(void)
{
    static const char text[] = "\0\0\0\0{\"capabilities\":{\"max_msg_fds\":8}}";
    return command(NV_VFIO_USER_VERSION, text, sizeof(text));
}

static uint64_t region_read(uint32_t region, uint64_t offset, uint32_t count)
{
    struct nvhw_vfio_user_region_io io = {offset, region, count};
    uint64_t value = 0;
    ck_assert_int_eq(command(NV_VFIO_USER_REGION_READ, &io, sizeof(io)), 0);
    memcpy(&value, body + sizeof(io), count < 8 ? count : 8);
    return value;
}

static int region_write(uint32_t region, uint64_t offset, uint64_t value, uint32_t count)
{
    struct {
        struct nvhw_vfio_user_region_io io;
        uint64_t value;
    } m = {{offset, region, count}, value};
    return command(NV_VFIO_USER_REGION_WRITE, &m, sizeof(m.io) + count);
}

static int dma_map(uint64_t iova, uint64_t size, uint32_t flags, int fd, uint64_t offset)
{
    struct nvhw_vfio_user_dma_map m = {sizeof(m), flags, offset, iova, size};
    return command_fds(NV_VFIO_USER_DMA_MAP, &m, sizeof(m), &fd, fd >= 0);
}

static int memory_fd(size_t size)
{
    int fd = memfd_create("client", 0);
    ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    return fd;
}

START_TEST(the_version_reply_fits_what_qemu_takes)
{
    ck_assert_int_eq(negotiate(), 0);
    ck_assert_uint_le(header.size, NV_VFIO_USER_REPLY_LEGACY_MAX_BYTES);
    ck_assert_int_eq(body[header.size - sizeof(header) - 1], 0);
    ck_assert_int_eq(body[2], 0); /* minor */
    ck_assert_int_eq(negotiate(), EINVAL);
}
END_TEST

START_TEST(nothing_works_before_the_version)
{
    struct nvhw_vfio_user_device_info info = {.argsz = sizeof(info)};
    ck_assert_int_eq(command(NV_VFIO_USER_DEVICE_GET_INFO, &info, sizeof(info)), EINVAL);
}
END_TEST

START_TEST(commands_that_are_not_there_say_so)
{
    negotiate();
    ck_assert_int_eq(command(NV_VFIO_USER_DEVICE_GET_REGION_IO_FDS, body, 16), ENOTSUP);
    ck_assert_int_eq(command(NV_VFIO_USER_REGION_WRITE_MULTI, body, 32), ENOTSUP);
    ck_assert_int_eq(command(999, NULL, 0), ENOTSUP);
}
END_TEST

START_TEST(bodies_that_are_too_short_are_refused)
{
    static const uint16_t numbers[] = {
        NV_VFIO_USER_DMA_MAP,
        NV_VFIO_USER_DMA_UNMAP,
        NV_VFIO_USER_DEVICE_GET_INFO,
        NV_VFIO_USER_DEVICE_GET_REGION_INFO,
        NV_VFIO_USER_DEVICE_GET_IRQ_INFO,
        NV_VFIO_USER_DEVICE_SET_IRQS,
        NV_VFIO_USER_REGION_READ,
        NV_VFIO_USER_REGION_WRITE,
    };
    negotiate();
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        ck_assert_int_eq(command(numbers[i], body, 8), EINVAL);
}
END_TEST

START_TEST(a_header_with_a_wrong_size_or_type_ends_the_connection)
{
    static const struct nvhw_vfio_user_header bad[] = {
        {1, NV_VFIO_USER_DEVICE_RESET, 15, 0, 0},
        {1, NV_VFIO_USER_DEVICE_RESET, 0, 0, 0},
        {1, NV_VFIO_USER_REGION_WRITE, UINT32_MAX, 0, 0},
        {1, NV_VFIO_USER_DEVICE_RESET, 16, 1, 0},
    };
    send_raw(&bad[_i], sizeof(bad[_i]), NULL, 0);
    ck_assert(!gpum_serve_read(s));
    gpum_serve_disconnect(s);
}
END_TEST

START_TEST(a_message_may_come_in_pieces)
{
    struct nvhw_vfio_user_header h = {7, NV_VFIO_USER_VERSION, sizeof(h) + 4, 0, 0};
    uint8_t bytes[sizeof(h) + 4] = {0};
    memcpy(bytes, &h, sizeof(h));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        send_raw(bytes + i, 1, NULL, 0);
        ck_assert(gpum_serve_read(s));
    }
    ck_assert(read_reply());
    ck_assert_uint_eq(header.id, 7);
}
END_TEST

START_TEST(config_space_shows_an_nvidia_function)
{
    negotiate();
    ck_assert_uint_eq(region_read(NV_VFIO_USER_REGION_CONFIG, 0, 2), NV_PCI_VENDOR_ID_NVIDIA);
    ck_assert_uint_eq(region_read(NV_VFIO_USER_REGION_CONFIG, 0x30, 4), 0);
    ck_assert_uint_eq(region_read(NV_VFIO_USER_REGION_CONFIG, 0x14, 4) & 0xf, 0xc);
    ck_assert_int_eq(region_write(NV_VFIO_USER_REGION_CONFIG, 0x30, UINT32_MAX, 4), 0);
    ck_assert_uint_eq(region_read(NV_VFIO_USER_REGION_CONFIG, 0x30, 4), 0);
}
END_TEST

START_TEST(registers_answer_once_memory_decoding_is_on)
{
    negotiate();
    ck_assert_uint_eq(region_read(NV_VFIO_USER_REGION_BAR0, NV_PMC_BOOT_42, 4), UINT32_MAX);
    ck_assert_int_eq(region_write(NV_VFIO_USER_REGION_CONFIG, NV_PCI_CONFIG_COMMAND, 6, 2), 0);
    ck_assert_uint_eq(region_read(NV_VFIO_USER_REGION_BAR0, NV_PMC_BOOT_42, 4) >> 20,
                      NV_CHIP_ID_GA102);
    uint64_t pair = region_read(NV_VFIO_USER_REGION_BAR0, 0, 8);
    ck_assert_uint_eq((uint32_t)pair, region_read(NV_VFIO_USER_REGION_BAR0, 0, 4));
}
END_TEST

START_TEST(accesses_beyond_a_region_are_refused)
{
    static const struct nvhw_vfio_user_region_io bad[] = {
        {0, 9, 4},
        {0, UINT32_MAX, 4},
        {0, NV_VFIO_USER_REGION_ROM, 4},
        {16 << 20, NV_VFIO_USER_REGION_BAR0, 4},
        {UINT64_MAX - 1, NV_VFIO_USER_REGION_BAR0, 4},
        {4094, NV_VFIO_USER_REGION_CONFIG, 4},
        {0, NV_VFIO_USER_REGION_BAR0, 0},
        {0, NV_VFIO_USER_REGION_BAR0, NV_VFIO_USER_DATA_MAX_BYTES + 1},
    };
    negotiate();
    ck_assert_int_eq(command(NV_VFIO_USER_REGION_READ, &bad[_i], sizeof(bad[_i])), EINVAL);
    if (bad[_i].count <= 8)
        ck_assert_int_eq(region_write(bad[_i].region, bad[_i].offset, 0, bad[_i].count), EINVAL);
}
END_TEST

START_TEST(a_large_read_is_answered_whole)
{
    negotiate();
    ck_assert_int_eq(region_write(NV_VFIO_USER_REGION_CONFIG, NV_PCI_CONFIG_COMMAND, 6, 2), 0);
    struct nvhw_vfio_user_region_io io = {NV_PROM_BASE, NV_VFIO_USER_REGION_BAR0,
                                          NV_VFIO_USER_DATA_MAX_BYTES};
    ck_assert_int_eq(command(NV_VFIO_USER_REGION_READ, &io, sizeof(io)), 0);
    ck_assert_uint_eq(header.size, sizeof(header) + sizeof(io) + io.count);
    ck_assert_int_eq(body[sizeof(io)], 0x55);
}
END_TEST

static void set_irq(uint32_t index, uint32_t start, uint32_t count, uint32_t flags, const int *fds,
                    unsigned fd_count, int want)
{
    struct nvhw_vfio_user_irq_set set = {sizeof(set), flags, index, start, count};
    ck_assert_int_eq(command_fds(NV_VFIO_USER_DEVICE_SET_IRQS, &set, sizeof(set), fds, fd_count),
                     want);
}

START_TEST(an_msix_vector_signals_its_eventfd)
{
    uint64_t count = 0;
    int fd = eventfd(0, EFD_NONBLOCK), vector = 40;
    negotiate();
    region_write(NV_VFIO_USER_REGION_CONFIG, NV_PCI_CONFIG_COMMAND, 6, 2);
    set_irq(NV_VFIO_USER_IRQ_MSIX, 0, 1, 4 | 4 << 3, &fd, 1, 0);
    ck_assert_uint_ne(
        region_read(NV_VFIO_USER_REGION_CONFIG, NV_PCI_TU102_MSIX_CAPABILITY, 4) >> 31, 0);
    region_write(0, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(vector / 32), 1u << (vector % 32),
                 4);
    region_write(0, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET, UINT32_MAX, 4);
    region_write(0, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_TRIGGER, (uint64_t)vector, 4);
    ck_assert_int_eq(read(fd, &count, sizeof(count)), sizeof(count));
    ck_assert_uint_eq(count, 1);
    /* Loopback, and taking it away. */
    set_irq(NV_VFIO_USER_IRQ_MSIX, 0, 1, 1 | 4 << 3, NULL, 0, 0);
    ck_assert_int_eq(read(fd, &count, sizeof(count)), sizeof(count));
    set_irq(NV_VFIO_USER_IRQ_MSIX, 0, 0, 1 | 4 << 3, NULL, 0, 0);
    ck_assert_uint_eq(
        region_read(NV_VFIO_USER_REGION_CONFIG, NV_PCI_TU102_MSIX_CAPABILITY, 4) >> 31, 0);
    close(fd);
}
END_TEST

START_TEST(set_irqs_refuses_what_makes_no_sense)
{
    int fd = eventfd(0, 0), two[2] = {fd, fd};
    negotiate();
    set_irq(NV_VFIO_USER_IRQ_COUNT, 0, 1, 4 | 4 << 3, &fd, 1, EINVAL);
    set_irq(NV_VFIO_USER_IRQ_INTX, 0, 1, 4 | 4 << 3, &fd, 1, EINVAL);
    set_irq(NV_VFIO_USER_IRQ_MSIX, 6, 1, 4 | 4 << 3, &fd, 1, EINVAL);
    set_irq(NV_VFIO_USER_IRQ_MSIX, 1, UINT32_MAX, 4 | 4 << 3, &fd, 1, EINVAL);
    set_irq(NV_VFIO_USER_IRQ_MSIX, 0, 1, 4 | 4 << 3, two, 2, EINVAL);
    set_irq(NV_VFIO_USER_IRQ_MSIX, 0, 1, 3 | 4 << 3, &fd, 1, EINVAL);
    set_irq(NV_VFIO_USER_IRQ_MSIX, 0, 2, 2 | 4 << 3, NULL, 0, EINVAL);
    set_irq(NV_VFIO_USER_IRQ_MSIX, 0, 1, 1 | 1 << 3, NULL, 0, ENOTSUP);
    set_irq(NV_VFIO_USER_IRQ_MSIX, 0, 1, 1u << 8 | 1, NULL, 0, EINVAL);
    close(fd);
}
END_TEST

START_TEST(memory_is_found_page_by_page_and_one_file_is_mapped_once)
{
    uint8_t *ptr;
    uint64_t run;
    int fd = memory_fd(16 * BIG);
    negotiate();
    ck_assert_int_eq(dma_map(IOVA, BIG, 3, fd, 4 * BIG), 0);
    ck_assert_int_eq(dma_map(IOVA + BIG, BIG, 3, fd, 0), 0);
    ck_assert_int_eq(dma_map(IOVA + 4 * BIG, BIG, 1, fd, 8 * BIG), 0);
    ck_assert_uint_eq(s->file_count, 1);
    uint8_t *mine = mmap(NULL, 16 * BIG, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    mine[4 * BIG + 5] = 77;
    ck_assert(gpum_serve_translate(s, IOVA + 5, true, &ptr, &run));
    ck_assert_int_eq(*ptr, 77);
    ck_assert_uint_eq(run, BIG - 5);
    ck_assert(gpum_serve_translate(s, IOVA + 4 * BIG, false, &ptr, &run));
    ck_assert(!gpum_serve_translate(s, IOVA + 4 * BIG, true, &ptr, &run));
    ck_assert(!gpum_serve_translate(s, IOVA + 2 * BIG, false, &ptr, &run));
    ck_assert(!gpum_serve_translate(s, IOVA - 1, false, &ptr, &run));
    munmap(mine, 16 * BIG);
    close(fd);
}
END_TEST

START_TEST(dma_map_refuses_bad_ranges)
{
    int fd = memory_fd(4 * BIG), pair[2];
    negotiate();
    ck_assert_int_eq(dma_map(IOVA, 0, 3, fd, 0), EINVAL);
    ck_assert_int_eq(dma_map(IOVA + 1, BIG, 3, fd, 0), EINVAL);
    ck_assert_int_eq(dma_map(IOVA, BIG + 1, 3, fd, 0), EINVAL);
    ck_assert_int_eq(dma_map(UINT64_MAX - BIG + 1, 2 * BIG, 3, fd, 0), EINVAL);
    ck_assert_int_eq(dma_map(IOVA, BIG, 8, fd, 0), EINVAL);
    ck_assert_int_eq(dma_map(IOVA, 8 * BIG, 3, fd, 0), EINVAL);
    ck_assert_int_eq(dma_map(IOVA, BIG, 3, fd, UINT64_MAX - BIG + 1), EINVAL);
    ck_assert_int_eq(dma_map(IOVA, BIG, 3, fd, 1), EINVAL);
    ck_assert_int_eq(dma_map(IOVA, 2 * BIG, 3, fd, 0), 0);
    ck_assert_int_eq(dma_map(IOVA + BIG, 2 * BIG, 3, fd, 0), EEXIST);
    ck_assert_int_eq(dma_map(IOVA - BIG, 2 * BIG, 3, fd, 0), EEXIST);
    ck_assert_int_eq(dma_map(IOVA, BIG, 3, fd, 0), EEXIST);
    ck_assert_int_eq(pipe(pair), 0);
    ck_assert_int_eq(dma_map(2 * IOVA, BIG, 3, pair[0], 0), EINVAL);
    /* Without a descriptor it is taken, and nothing is found there. */
    uint8_t *ptr;
    uint64_t run;
    ck_assert_int_eq(dma_map(4 * IOVA, BIG, 1, -1, 0), 0);
    ck_assert(!gpum_serve_translate(s, 4 * IOVA, false, &ptr, &run));
    close(fd);
}
END_TEST

static int dma_unmap(uint64_t iova, uint64_t size, uint32_t flags)
{
    struct nvhw_vfio_user_dma_unmap u = {sizeof(u), flags, iova, size};
    return command(NV_VFIO_USER_DMA_UNMAP, &u, sizeof(u));
}

START_TEST(unmap_takes_ranges_that_cover_many_maps_or_none)
{
    int fd = memory_fd(4 * BIG);
    negotiate();
    ck_assert_int_eq(dma_unmap(0, UINT64_C(1) << 48, 0), 0);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(dma_map(IOVA + (uint64_t)i * 2 * BIG, BIG, 3, fd, i * BIG), 0);
    ck_assert_int_eq(dma_unmap(IOVA + 2 * BIG, 3 * BIG, 0), 0);
    ck_assert_uint_eq(s->map_count, 2);
    ck_assert_int_eq(dma_map(IOVA + 16 * BIG, 2 * BIG, 3, fd, 0), 0);
    ck_assert_int_eq(dma_unmap(IOVA + 17 * BIG, BIG, 0), EINVAL);
    ck_assert_int_eq(dma_unmap(IOVA, 0, 0), EINVAL);
    ck_assert_int_eq(dma_unmap(IOVA, BIG, 1), ENOTSUP);
    ck_assert_int_eq(dma_unmap(IOVA, BIG, 2), EINVAL);
    ck_assert_int_eq(dma_unmap(0, 0, 2), 0);
    ck_assert_uint_eq(s->map_count, 0);
    ck_assert_uint_eq(s->file_count, 0);
    close(fd);
}
END_TEST

START_TEST(bar1_can_be_mapped_and_shows_video_memory)
{
    negotiate();
    struct nvhw_vfio_user_region_info info = {.argsz = sizeof(info),
                                              .index = NV_VFIO_USER_REGION_BAR1};
    ck_assert_int_eq(command(NV_VFIO_USER_DEVICE_GET_REGION_INFO, &info, sizeof(info)), 0);
    memcpy(&info, body, sizeof(info));
    ck_assert_uint_eq(info.flags & 7, 7);
    ck_assert_int_ge(received_fd, 0);
    uint8_t *bar = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_SHARED, received_fd, 0);
    ck_assert(bar != MAP_FAILED);
    bar[9] = 42;
    ck_assert_int_eq(gpum_vram(s->m)[9], 42);
    munmap(bar, BIG);
    close(received_fd);
}
END_TEST

START_TEST(a_bar_larger_than_the_memory_says_which_part_can_be_mapped)
{
    teardown();
    setup_memory(UINT64_C(384) << 20);
    negotiate();
    struct {
        struct nvhw_vfio_user_region_info info;
        uint8_t room[64];
    } q = {.info = {.argsz = sizeof(q), .index = NV_VFIO_USER_REGION_BAR1}};
    ck_assert_int_eq(command(NV_VFIO_USER_DEVICE_GET_REGION_INFO, &q, sizeof(q)), 0);
    struct nvhw_vfio_user_region_info info;
    struct nvhw_vfio_user_sparse_area area;
    memcpy(&info, body, sizeof(info));
    ck_assert_uint_eq(info.size, UINT64_C(512) << 20);
    ck_assert_uint_eq(info.flags, 15);
    memcpy(&area, body + info.cap_offset + sizeof(struct nvhw_vfio_user_sparse_mmap), sizeof(area));
    ck_assert_uint_eq(area.offset, 0);
    ck_assert_uint_eq(area.size, UINT64_C(384) << 20);
    close(received_fd);
    /* Asked with too little room, it says how much is needed. */
    q.info = (struct nvhw_vfio_user_region_info){.argsz = sizeof(info),
                                                 .index = NV_VFIO_USER_REGION_BAR1};
    ck_assert_int_eq(command(NV_VFIO_USER_DEVICE_GET_REGION_INFO, &q.info, sizeof(info)), 0);
    memcpy(&info, body, sizeof(info));
    ck_assert_uint_gt(info.argsz, sizeof(info));
    ck_assert_uint_eq(info.cap_offset, 0);
    close(received_fd);
}
END_TEST

START_TEST(reset_keeps_decoding_and_vectors_but_not_registers)
{
    int fd = eventfd(0, EFD_NONBLOCK);
    negotiate();
    region_write(NV_VFIO_USER_REGION_CONFIG, NV_PCI_CONFIG_COMMAND, 6, 2);
    set_irq(NV_VFIO_USER_IRQ_MSIX, 0, 1, 4 | 4 << 3, &fd, 1, 0);
    region_write(0, NV_PBUS_SW_SCRATCH(3), 0x1234, 4);
    ck_assert_int_eq(command(NV_VFIO_USER_DEVICE_RESET, NULL, 0), 0);
    ck_assert_uint_eq(region_read(0, NV_PBUS_SW_SCRATCH(3), 4), 0);
    ck_assert_uint_ne(
        region_read(NV_VFIO_USER_REGION_CONFIG, NV_PCI_TU102_MSIX_CAPABILITY, 4) >> 31, 0);
    close(fd);
}
END_TEST

START_TEST(a_client_that_dies_leaves_the_device_running_for_the_next)
{
    int fd = memory_fd(BIG);
    negotiate();
    region_write(NV_VFIO_USER_REGION_CONFIG, NV_PCI_CONFIG_COMMAND, 6, 2);
    region_write(0, NV_PBUS_SW_SCRATCH(3), 0x1234, 4);
    ck_assert_int_eq(dma_map(IOVA, BIG, 3, fd, 0), 0);
    close(client);
    ck_assert(!gpum_serve_read(s));
    gpum_serve_disconnect(s);
    ck_assert_uint_eq(s->map_count, 0);
    connect_client();
    ck_assert_int_eq(negotiate(), 0);
    ck_assert_uint_eq(region_read(0, NV_PBUS_SW_SCRATCH(3), 4), 0x1234);
    close(fd);
}
END_TEST

START_TEST(a_write_without_reply_is_done_silently)
{
    struct {
        struct nvhw_vfio_user_header h;
        struct nvhw_vfio_user_region_io io;
        uint32_t value;
    } m = {
        {3, NV_VFIO_USER_REGION_WRITE, sizeof(m), 1u << 4, 0},
        {NV_PBUS_SW_SCRATCH(4), NV_VFIO_USER_REGION_BAR0, 4},
        55,
    };
    negotiate();
    region_write(NV_VFIO_USER_REGION_CONFIG, NV_PCI_CONFIG_COMMAND, 6, 2);
    send_raw(&m, sizeof(m), NULL, 0);
    ck_assert(gpum_serve_read(s));
    ck_assert(!read_reply());
    ck_assert_uint_eq(region_read(0, NV_PBUS_SW_SCRATCH(4), 4), 55);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("server");
    TCase *t = tcase_create("server");
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_version_reply_fits_what_qemu_takes);
    tcase_add_test(t, nothing_works_before_the_version);
    tcase_add_test(t, commands_that_are_not_there_say_so);
    tcase_add_test(t, bodies_that_are_too_short_are_refused);
    tcase_add_loop_test(t, a_header_with_a_wrong_size_or_type_ends_the_connection, 0, 4);
    tcase_add_test(t, a_message_may_come_in_pieces);
    tcase_add_test(t, config_space_shows_an_nvidia_function);
    tcase_add_test(t, registers_answer_once_memory_decoding_is_on);
    tcase_add_loop_test(t, accesses_beyond_a_region_are_refused, 0, 8);
    tcase_add_test(t, a_large_read_is_answered_whole);
    tcase_add_test(t, an_msix_vector_signals_its_eventfd);
    tcase_add_test(t, set_irqs_refuses_what_makes_no_sense);
    tcase_add_test(t, memory_is_found_page_by_page_and_one_file_is_mapped_once);
    tcase_add_test(t, dma_map_refuses_bad_ranges);
    tcase_add_test(t, unmap_takes_ranges_that_cover_many_maps_or_none);
    tcase_add_test(t, bar1_can_be_mapped_and_shows_video_memory);
    tcase_add_test(t, a_bar_larger_than_the_memory_says_which_part_can_be_mapped);
    tcase_add_test(t, reset_keeps_decoding_and_vectors_but_not_registers);
    tcase_add_test(t, a_client_that_dies_leaves_the_device_running_for_the_next);
    tcase_add_test(t, a_write_without_reply_is_done_silently);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
