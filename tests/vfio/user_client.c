/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the vfio-user client promises when the server keeps to the protocol. */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mvfio.h>

#include "tests/vfio/fake_server.h"

static struct fake_server *server;
static struct mvfio_device *device;
static struct magma_error err;

static const struct fake_server *look(void)
{
    static struct fake_server seen;

    fake_server_look(server, &seen);
    return &seen;
}

static void open_device(void)
{
    struct mvfio_fds fds = {.kind = MVFIO_FDS_USER};

    fds.device = fake_server_start(server);
    ck_assert_msg(mvfio_device_open_fds(&fds, "fake", NULL, &device, &err) == MAGMA_OK, "%s",
                  err.text);
}

static void setup(void)
{
    server = calloc(1, sizeof *server);
    memset(&err, 0, sizeof err);
    open_device();
}

static void teardown(void)
{
    mvfio_device_close(device);
    fake_server_stop(server);
    free(server);
}

START_TEST(regions_are_described_as_the_server_says)
{
    struct mvfio_region_info info;

    ck_assert_str_eq(mvfio_device_kind(device), "vfio-user");
    ck_assert_str_eq(mvfio_device_name(device), "fake");
    ck_assert_int_eq(mvfio_region_info(device, MVFIO_REGION_BAR0, &info, &err), MAGMA_OK);
    ck_assert_uint_eq(info.size_bytes, FAKE_BAR0_BYTES);
    ck_assert_uint_eq(info.flags, MVFIO_REGION_FLAG_READ | MVFIO_REGION_FLAG_WRITE);
    ck_assert_int_eq(mvfio_region_info(device, MVFIO_REGION_BAR3, &info, &err), MAGMA_OK);
    ck_assert_uint_eq(info.area_count, 2);
    ck_assert_uint_eq(info.areas[0].offset, 0x1000);
    ck_assert_uint_eq(info.areas[1].offset, 0x3000);
    ck_assert_int_eq(mvfio_region_info(device, MVFIO_REGION_BAR5, &info, &err), MAGMA_OK);
    ck_assert_uint_eq(info.size_bytes, 0);
    ck_assert_int_eq(mvfio_region_info(device, MVFIO_REGION_COUNT, &info, &err),
                     MAGMA_INVALID_ARGUMENT);
}
END_TEST

START_TEST(registers_keep_what_was_written_at_every_width)
{
    for (size_t width = 1; width <= 8; width *= 2) {
        uint64_t value = UINT64_C(0x8877665544332211), back = 0;

        ck_assert_int_eq(mvfio_region_write(device, 0, 0x40, &value, width, &err), MAGMA_OK);
        ck_assert_int_eq(mvfio_region_read(device, 0, 0x40, &back, width, &err), MAGMA_OK);
        ck_assert_mem_eq(&value, &back, width);
    }
    ck_assert_uint_eq(look()->seen[USER_REGION_WRITE], 4);
    ck_assert_uint_eq(look()->seen[USER_REGION_READ], 4);
}
END_TEST

START_TEST(an_unaligned_access_is_cut_into_aligned_ones)
{
    unsigned char data[7] = {1, 2, 3, 4, 5, 6, 7}, back[7];

    ck_assert_int_eq(mvfio_region_write(device, 0, 0x41, data, sizeof data, &err), MAGMA_OK);
    ck_assert_uint_eq(look()->seen[USER_REGION_WRITE], 3); /* 1 at 41, 2 at 42, 4 at 44 */
    ck_assert_int_eq(mvfio_region_read(device, 0, 0x41, back, sizeof back, &err), MAGMA_OK);
    ck_assert_mem_eq(data, back, sizeof data);
}
END_TEST

START_TEST(an_access_beyond_the_region_never_reaches_the_server)
{
    uint32_t value;

    ck_assert_int_eq(mvfio_region_read(device, 0, FAKE_BAR0_BYTES - 2, &value, 4, &err),
                     MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mvfio_region_read(device, 0, UINT64_MAX - 1, &value, 4, &err),
                     MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mvfio_region_read(device, 5, 0, &value, 4, &err), MAGMA_INVALID_ARGUMENT);
    ck_assert_uint_eq(look()->seen[USER_REGION_READ], 0);
}
END_TEST

START_TEST(a_mapped_region_is_the_servers_memory)
{
    unsigned char *theirs =
        mmap(NULL, FAKE_BAR1_BYTES + 4096, PROT_READ | PROT_WRITE, MAP_SHARED, look()->bar1_fd, 0);
    void *ours;

    ck_assert_int_eq(mvfio_region_map(device, 1, 0x2000, 0x1000, &ours, &err), MAGMA_OK);
    theirs[4096 + 0x2000] = 0x5a;
    ck_assert_uint_eq(*(unsigned char *)ours, 0x5a);
    *(unsigned char *)ours = 0xa5;
    ck_assert_uint_eq(theirs[4096 + 0x2000], 0xa5);
    mvfio_region_unmap(device, ours, 0x1000);
    munmap(theirs, FAKE_BAR1_BYTES + 4096);
}
END_TEST

START_TEST(only_the_sparse_areas_can_be_mapped)
{
    void *cpu;

    ck_assert_int_eq(mvfio_region_map(device, 3, 0x1000, 0x1000, &cpu, &err), MAGMA_OK);
    mvfio_region_unmap(device, cpu, 0x1000);
    ck_assert_int_eq(mvfio_region_map(device, 3, 0x1000, 0x2000, &cpu, &err), MAGMA_NOT_SUPPORTED);
    ck_assert_int_eq(mvfio_region_map(device, 3, 0, 0x1000, &cpu, &err), MAGMA_NOT_SUPPORTED);
    ck_assert_int_eq(mvfio_region_map(device, 0, 0, 0x1000, &cpu, &err), MAGMA_NOT_SUPPORTED);
    ck_assert_int_eq(mvfio_region_map(device, 1, 0x10, 0x1000, &cpu, &err), MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mvfio_region_map(device, 1, FAKE_BAR1_BYTES, 0x1000, &cpu, &err),
                     MAGMA_INVALID_ARGUMENT);
    ck_assert_ptr_null(cpu);
}
END_TEST

START_TEST(every_vector_signals_its_own_eventfd)
{
    int fds[FAKE_VECTORS];
    uint64_t one = 1, got;

    for (int i = 0; i < FAKE_VECTORS; i++)
        fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ck_assert_int_eq(mvfio_irq_set(device, MVFIO_IRQ_MSIX, 0, fds, FAKE_VECTORS, &err), MAGMA_OK);
    ck_assert_uint_eq(look()->seen[USER_SET_IRQS], 3); /* 4 + 4 + 1: the server takes 4 at once */
    for (int i = 0; i < FAKE_VECTORS; i++) {
        ck_assert_int_eq(write(look()->eventfds[i], &one, sizeof one), sizeof one);
        for (int k = 0; k < FAKE_VECTORS; k++)
            ck_assert_int_eq(read(fds[k], &got, sizeof got) == sizeof got, k == i);
    }
    look(); /* the server's descriptors are its own again */
    ck_assert_int_eq(mvfio_irq_disable(device, MVFIO_IRQ_MSIX, &err), MAGMA_OK);
    for (int i = 0; i < FAKE_VECTORS; i++) {
        ck_assert_int_eq(look()->eventfds[i], -1);
        close(fds[i]);
    }
}
END_TEST

START_TEST(a_vector_can_be_taken_off_alone)
{
    int fds[3] = {eventfd(0, EFD_CLOEXEC), -1, eventfd(0, EFD_CLOEXEC)};
    int none = -1;

    ck_assert_int_eq(mvfio_irq_set(device, MVFIO_IRQ_MSIX, 2, fds, 3, &err), MAGMA_OK);
    ck_assert_int_ge(look()->eventfds[2], 0);
    ck_assert_int_eq(look()->eventfds[3], -1);
    ck_assert_int_ge(look()->eventfds[4], 0);
    ck_assert_int_eq(mvfio_irq_set(device, MVFIO_IRQ_MSIX, 2, &none, 1, &err), MAGMA_OK);
    ck_assert_int_eq(look()->eventfds[2], -1);
    ck_assert_int_ge(look()->eventfds[4], 0);
    ck_assert_int_eq(mvfio_irq_set(device, MVFIO_IRQ_MSIX, 8, fds, 2, &err),
                     MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mvfio_irq_set(device, MVFIO_IRQ_MSI, 0, fds, 1, &err), MAGMA_NOT_SUPPORTED);
    ck_assert_int_eq(mvfio_irq_unmask(device, MVFIO_IRQ_INTX, 0, &err), MAGMA_OK);
    ck_assert_uint_eq(look()->unmasks, 1);
    close(fds[0]);
    close(fds[2]);
}
END_TEST

START_TEST(dma_memory_is_the_same_on_both_sides)
{
    struct mvfio_dma *dma;
    unsigned char *theirs;

    ck_assert_msg(mvfio_dma_create(device, 5000, 0, MVFIO_DMA_RW, &dma, &err) == MAGMA_OK, "%s",
                  err.text);
    ck_assert_uint_eq(dma->size_bytes, 8192);
    ck_assert_uint_eq(look()->map_count, 1);
    ck_assert_uint_eq(look()->maps[0].iova, dma->iova.raw);
    ck_assert_uint_eq(look()->maps[0].size_bytes, dma->size_bytes);
    theirs = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, look()->maps[0].fd, 0);
    ck_assert_ptr_ne(theirs, MAP_FAILED);
    ck_assert_uint_eq(((unsigned char *)dma->cpu)[8191], 0);
    theirs[77] = 9;
    ck_assert_uint_eq(((unsigned char *)dma->cpu)[77], 9);
    ck_assert_int_ne(ftruncate(look()->maps[0].fd, 0), 0); /* sealed: no SIGBUS for us */
    munmap(theirs, 8192);
    mvfio_dma_destroy(dma);
    ck_assert_uint_eq(look()->map_count, 0);
}
END_TEST

START_TEST(dma_addresses_obey_alignment_and_are_reused)
{
    struct mvfio_dma *a, *b, *c;
    uint64_t first;

    ck_assert_int_eq(mvfio_dma_create(device, 4096, 0, MVFIO_DMA_RW, &a, &err), MAGMA_OK);
    ck_assert_int_eq(mvfio_dma_create(device, 4096, 1 << 20, MVFIO_DMA_RW, &b, &err), MAGMA_OK);
    ck_assert_uint_eq(b->iova.raw % (1 << 20), 0);
    ck_assert_uint_ge(a->iova.raw, 0x10000);
    first = a->iova.raw;
    mvfio_dma_destroy(a);
    ck_assert_int_eq(mvfio_dma_create(device, 4096, 0, MVFIO_DMA_RW, &c, &err), MAGMA_OK);
    ck_assert_uint_eq(c->iova.raw, first);
    mvfio_dma_destroy(b);
    mvfio_dma_destroy(c);
    ck_assert_int_eq(mvfio_dma_create(device, 0, 0, MVFIO_DMA_RW, &a, &err),
                     MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mvfio_dma_create(device, 4096, 3, MVFIO_DMA_RW, &a, &err),
                     MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mvfio_dma_create(device, 4096, 0, 0, &a, &err), MAGMA_INVALID_ARGUMENT);
    ck_assert_ptr_null(a);
}
END_TEST

START_TEST(the_server_reaches_memory_by_message_while_a_request_waits)
{
    unsigned char *cpu =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct mvfio_dma *dma;
    uint64_t iova;

    memset(cpu, 7, FAKE_KICK_BYTES);
    ck_assert_int_eq(mvfio_dma_wrap(device, cpu, 4096, -1, 0, MVFIO_DMA_RW, &dma, &err), MAGMA_OK);
    ck_assert_int_eq(look()->maps[0].fd, -1);
    iova = dma->iova.raw;
    ck_assert_int_eq(mvfio_region_write(device, 0, FAKE_KICK, &iova, 8, &err), MAGMA_OK);
    ck_assert_uint_eq(look()->kick_error, 0);
    for (int i = 0; i < FAKE_KICK_BYTES; i++)
        ck_assert_uint_eq(cpu[i], 8);
    mvfio_dma_destroy(dma);
    munmap(cpu, 4096);
}
END_TEST

START_TEST(the_server_cannot_reach_what_was_not_given)
{
    struct mvfio_dma *dma;
    uint64_t iova;

    ck_assert_int_eq(mvfio_dma_create(device, 4096, 0, MVFIO_DMA_DEVICE_READ, &dma, &err),
                     MAGMA_OK);
    iova = dma->iova.raw + 4096 - 8; /* leaves the mapping */
    ck_assert_int_eq(mvfio_region_write(device, 0, FAKE_KICK, &iova, 8, &err), MAGMA_OK);
    ck_assert_uint_eq(look()->kick_error, EFAULT);
    iova = dma->iova.raw; /* may be read, not written */
    ck_assert_int_eq(mvfio_region_write(device, 0, FAKE_KICK, &iova, 8, &err), MAGMA_OK);
    ck_assert_uint_eq(look()->kick_error, EFAULT);
    ck_assert_uint_eq(((unsigned char *)dma->cpu)[0], 0);
    mvfio_dma_destroy(dma);
    ck_assert_int_eq(mvfio_region_write(device, 0, FAKE_KICK, &iova, 8, &err), MAGMA_OK);
    ck_assert_uint_eq(look()->kick_error, EFAULT);
}
END_TEST

START_TEST(a_message_without_a_request_is_served_when_asked_to)
{
    struct pollfd pfd = {.fd = mvfio_device_poll_fd(device, NULL), .events = POLLIN};

    ck_assert_int_eq(mvfio_device_service(device, &err), MAGMA_OK);
    fake_server_send_dma_read(server, 0x10000, 8);
    ck_assert_int_eq(poll(&pfd, 1, 2000), 1);
    ck_assert_int_eq(mvfio_device_service(device, &err), MAGMA_OK);
    ck_assert_int_eq(poll(&pfd, 1, 0), 0);
}
END_TEST

START_TEST(reset_reaches_the_server)
{
    ck_assert_int_eq(mvfio_device_reset(device, &err), MAGMA_OK);
    ck_assert_uint_eq(look()->resets, 1);
}
END_TEST

static void *read_many(void *arg)
{
    uint32_t want = *(uint32_t *)arg, got;

    for (int i = 0; i < 200; i++) {
        if (mvfio_region_write(device, 0, 0x1000 + want * 4, &want, 4, NULL) ||
            mvfio_region_read(device, 0, 0x1000 + want * 4, &got, 4, NULL) || got != want)
            return arg;
    }
    return NULL;
}

START_TEST(threads_do_not_get_each_others_replies)
{
    uint32_t values[4] = {1, 2, 3, 4};
    pthread_t threads[4];
    void *result;

    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_many, &values[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &result);
        ck_assert_ptr_null(result);
    }
}
END_TEST

START_TEST(a_large_write_is_cut_to_what_the_server_takes)
{
    unsigned char data[4096], back[4096];

    teardown();
    server = calloc(1, sizeof *server);
    server->json = "{\"capabilities\": {\"max_msg_fds\": 1, \"max_data_xfer_size\": 1000, "
                   "\"pgsizes\": 4096, \"other\": [1, {\"x\": null}, \"y\\\"\", -2.5e3]}}";
    open_device();
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 7);
    ck_assert_int_eq(mvfio_region_write(device, 0, 0, data, sizeof data, &err), MAGMA_OK);
    ck_assert_uint_eq(look()->seen[USER_REGION_WRITE], 5);
    ck_assert_int_eq(mvfio_region_read(device, 0, 0, back, sizeof back, &err), MAGMA_OK);
    ck_assert_mem_eq(data, back, sizeof data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vfio-user client");
    TCase *tc = tcase_create("good server");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, regions_are_described_as_the_server_says);
    tcase_add_test(tc, registers_keep_what_was_written_at_every_width);
    tcase_add_test(tc, an_unaligned_access_is_cut_into_aligned_ones);
    tcase_add_test(tc, an_access_beyond_the_region_never_reaches_the_server);
    tcase_add_test(tc, a_mapped_region_is_the_servers_memory);
    tcase_add_test(tc, only_the_sparse_areas_can_be_mapped);
    tcase_add_test(tc, every_vector_signals_its_own_eventfd);
    tcase_add_test(tc, a_vector_can_be_taken_off_alone);
    tcase_add_test(tc, dma_memory_is_the_same_on_both_sides);
    tcase_add_test(tc, dma_addresses_obey_alignment_and_are_reused);
    tcase_add_test(tc, the_server_reaches_memory_by_message_while_a_request_waits);
    tcase_add_test(tc, the_server_cannot_reach_what_was_not_given);
    tcase_add_test(tc, a_message_without_a_request_is_served_when_asked_to);
    tcase_add_test(tc, reset_reaches_the_server);
    tcase_add_test(tc, threads_do_not_get_each_others_replies);
    tcase_add_test(tc, a_large_write_is_cut_to_what_the_server_takes);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
