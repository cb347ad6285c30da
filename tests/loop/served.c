/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * vfio, hal and loop together, over a socket, with the software GPU in a process of its own:
 * identity, interrupts raised by the tree's trigger register, BAR1, reset, and the server's death.
 * MAGMA_TEST_GPUMODEL names the server's program.
 */
#include <check.h>
#include <nvhw/bits.h>
#include <nvhw/boot.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mvfio.h>

#include "libmagma/hal/hal.h"
#include "libmagma/loop/loop.h"

#define S UINT64_C(1000000000)

static pid_t server;
static struct mvfio_device *device;
static struct mg_hal *hal;
static struct mg_irq *irq;
static struct mg_loop *loop;
static struct mg_watch *watch_irq, *watch_device;
static struct magma_error err;
static atomic_uint lost, served;

static void start_server(int socket)
{
    char number[16];

    server = fork();
    ck_assert_int_ge(server, 0);
    if (server)
        return;
    snprintf(number, sizeof number, "%d", dup(socket)); /* without close-on-exec */
    execl(getenv("MAGMA_TEST_GPUMODEL"), "gpumodel", "--chip", "ga102", "--vram", "256M", "--fd",
          number, (char *)NULL);
    _exit(127);
}

static void note_loss(void *ctx, const struct magma_error *why)
{
    (void)ctx;
    ck_assert_int_eq(why->code, MAGMA_DEVICE_GONE);
    atomic_fetch_add(&lost, 1);
}

static void setup(void)
{
    struct mvfio_fds fds = {.kind = MVFIO_FDS_USER};
    int pair[2];

    memset(&err, 0, sizeof err);
    atomic_store(&lost, 0);
    atomic_store(&served, 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    start_server(pair[0]);
    close(pair[0]);
    fds.device = pair[1];
    ck_assert_msg(!mvfio_device_open_fds(&fds, "served", NULL, &device, &err), "%s", err.text);
    ck_assert_msg(!mg_hal_create(device, NULL, &hal, &err), "%s", err.text);
    ck_assert_msg(!mg_irq_create(hal, NULL, &irq, &err), "%s", err.text);
    ck_assert_int_eq(mg_loop_create(NULL, NULL, &loop, &err), MAGMA_OK);
    ck_assert_int_eq(mg_loop_watch_irq(loop, irq, note_loss, NULL, &watch_irq, &err), MAGMA_OK);
    ck_assert_int_eq(mg_loop_watch_device(loop, device, note_loss, NULL, &watch_device, &err),
                     MAGMA_OK);
    ck_assert_ptr_nonnull(watch_device);
}

static void teardown(void)
{
    mg_loop_unwatch(loop, watch_irq);
    mg_loop_unwatch(loop, watch_device);
    mg_loop_destroy(loop);
    mg_irq_destroy(irq);
    mg_hal_destroy(hal);
    mvfio_device_close(device);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

static void on_vector(void *ctx, uint32_t vector)
{
    ck_assert_uint_eq(vector, *(uint32_t *)ctx);
    atomic_fetch_add(&served, 1);
}

static bool reached(void *ctx)
{
    return atomic_load((atomic_uint *)ctx) > 0;
}

START_TEST(the_chip_says_what_it_is)
{
    struct mg_pci_id id;
    uint32_t boot_42 = mg_mmio_rd32(hal, NV_PMC_BOOT_42);

    ck_assert_uint_eq(NVHW_GET(NV_PMC_BOOT_42, CHIP_ID, boot_42), NV_CHIP_ID_GA102);
    ck_assert_int_eq(mg_config_id(hal, &id, &err), MAGMA_OK);
    ck_assert_uint_eq(id.vendor_id, NV_PCI_VENDOR_ID_NVIDIA);
}
END_TEST

START_TEST(a_triggered_vector_arrives_through_the_loop)
{
    static const uint32_t vectors[] = {0, 31, 64, 155, 200, 255};

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint32_t vector = vectors[i];

        atomic_store(&served, 0);
        ck_assert_int_eq(mg_irq_attach(irq, vector, on_vector, &vector, &err), MAGMA_OK);
        mg_mmio_wr32(hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_TRIGGER, vector);
        ck_assert_msg(!mg_loop_wait(loop, reached, &served, 0, 10 * S, "the vector", &err),
                      "vector %u: %s", vector, err.text);
        ck_assert_uint_eq(served, 1);
        mg_irq_detach(irq, vector);
    }
}
END_TEST

START_TEST(bar1_is_the_same_memory_mapped_and_by_messages)
{
    struct mg_bar_map map;
    uint32_t word = 0x600dcafe;

    ck_assert_msg(!mg_bar_map(hal, MVFIO_REGION_BAR1, 0, 0x10000, &map, &err), "%s", err.text);
    *(volatile uint32_t *)map.cpu = word;
    word = 0;
    ck_assert_int_eq(mg_bar_read(hal, MVFIO_REGION_BAR1, 0, &word, sizeof word, &err), MAGMA_OK);
    ck_assert_uint_eq(word, 0x600dcafe);
    mg_bar_unmap(hal, &map);
}
END_TEST

START_TEST(memory_comes_and_goes_many_times)
{
    struct mg_dma dma[16];

    for (int round = 0; round < 8; round++) {
        for (uint64_t i = 0; i < 16; i++)
            ck_assert_msg(!mg_dma_init(hal, (i + 1) << 12, 0, &dma[i], &err), "%s", err.text);
        for (int i = 0; i < 16; i++)
            mg_dma_finish(&dma[i]);
    }
    ck_assert_int_eq(mg_hal_check(hal, &err), MAGMA_OK);
}
END_TEST

START_TEST(interrupts_come_after_a_reset_too)
{
    uint32_t vector = 70;

    ck_assert_msg(!mg_hal_reset(hal, &err), "%s", err.text);
    mg_loop_unwatch(loop, watch_irq); /* the tree lost its state: a new one */
    mg_irq_destroy(irq);
    irq = NULL;
    ck_assert_int_eq(mg_irq_create(hal, NULL, &irq, &err), MAGMA_OK);
    ck_assert_int_eq(mg_loop_watch_irq(loop, irq, NULL, NULL, &watch_irq, &err), MAGMA_OK);
    ck_assert_int_eq(mg_irq_attach(irq, vector, on_vector, &vector, &err), MAGMA_OK);
    mg_mmio_wr32(hal, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_TRIGGER, vector);
    ck_assert_int_eq(mg_loop_wait(loop, reached, &served, 0, 10 * S, "the vector", &err), MAGMA_OK);
}
END_TEST

START_TEST(the_death_of_the_server_is_noticed_while_nothing_is_asked)
{
    struct mg_dma dma;

    ck_assert_int_eq(mg_dma_init(hal, 4096, 0, &dma, &err), MAGMA_OK);
    kill(server, SIGKILL);
    ck_assert_msg(!mg_loop_wait(loop, reached, &lost, 0, 10 * S, "the loss", &err), "%s", err.text);
    ck_assert_uint_eq(mg_mmio_rd32(hal, NV_PMC_BOOT_0), UINT32_MAX);
    ck_assert_int_eq(mg_hal_check(hal, &err), MAGMA_DEVICE_GONE);
    mg_dma_finish(&dma);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("served GPU");
    TCase *tc = tcase_create("ga102");
    SRunner *runner;
    int failed;

    if (!getenv("MAGMA_TEST_GPUMODEL")) {
        fprintf(stderr, "MAGMA_TEST_GPUMODEL is not set\n");
        return EXIT_FAILURE;
    }
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_chip_says_what_it_is);
    tcase_add_test(tc, a_triggered_vector_arrives_through_the_loop);
    tcase_add_test(tc, bar1_is_the_same_memory_mapped_and_by_messages);
    tcase_add_test(tc, memory_comes_and_goes_many_times);
    tcase_add_test(tc, interrupts_come_after_a_reset_too);
    tcase_add_test(tc, the_death_of_the_server_is_noticed_while_nothing_is_asked);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
