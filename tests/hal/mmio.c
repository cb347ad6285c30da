/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What hal promises about registers, waiting, a device that is gone, config space and DMA. */
#include <check.h>
#include <nvhw/boot.h>
#include <nvhw/pci.h>
#include <stdlib.h>
#include <string.h>

#include "libmagma/hal/hal.h"
#include "tests/hal/fake_gpu.h"

#define SCRATCH 0x1400u /* a register that keeps what is written */
#define US      UINT64_C(1000)

static struct fake_gpu gpu;
static struct mg_hal *hal;
static struct magma_error err;

static void open_hal(void)
{
    struct mg_hal_options options = {.clock = &gpu.clock, .trace_entries = 8};

    fake_gpu_open(&gpu);
    ck_assert_msg(mg_hal_create(gpu.device, &options, &hal, &err) == MAGMA_OK, "%s", err.text);
}

static void setup(void)
{
    memset(&err, 0, sizeof err);
    fake_gpu_init(&gpu);
    gpu.bar0_mapped = false;
    open_hal();
}

static void setup_mapped(void)
{
    memset(&err, 0, sizeof err);
    fake_gpu_init(&gpu);
    gpu.bar0_mapped = true;
    open_hal();
}

static void teardown(void)
{
    mg_hal_destroy(hal);
    fake_gpu_finish(&gpu);
}

START_TEST(a_register_keeps_what_is_written)
{
    mg_mmio_wr32(hal, SCRATCH, 0x12345678);
    ck_assert_uint_eq(mg_mmio_rd32(hal, SCRATCH), 0x12345678);
    ck_assert_uint_eq(gpu.bar0[SCRATCH / 4], 0x12345678);
    ck_assert_uint_eq(mg_mmio_mask32(hal, SCRATCH, 0xff00, 0xabcd), 0x12345678);
    ck_assert_uint_eq(mg_mmio_rd32(hal, SCRATCH), 0x1234ab78);
}
END_TEST

START_TEST(a_mapped_bar0_is_not_asked_for_by_calls)
{
    unsigned reads = gpu.reads;

    mg_mmio_wr32(hal, SCRATCH, 7);
    ck_assert_uint_eq(mg_mmio_rd32(hal, SCRATCH), 7);
    ck_assert_uint_eq(gpu.reads, reads);
    ck_assert_uint_eq(gpu.writes, 0);
    ck_assert_ptr_nonnull((void *)mg_mmio_pointer(hal, FAKE_BAR0_BYTES - 4, 4));
    ck_assert_ptr_null((void *)mg_mmio_pointer(hal, FAKE_BAR0_BYTES - 4, 8));
}
END_TEST

START_TEST(an_offset_beyond_bar0_touches_nothing)
{
    unsigned reads = gpu.reads;
    uint32_t value;

    ck_assert_uint_eq(mg_mmio_rd32(hal, FAKE_BAR0_BYTES), UINT32_MAX);
    mg_mmio_wr32(hal, FAKE_BAR0_BYTES, 1);
    ck_assert_int_eq(mg_mmio_read(hal, 2, &value, &err), MAGMA_INVALID_ARGUMENT);
    ck_assert_uint_eq(gpu.reads, reads);
    ck_assert_uint_eq(gpu.writes, 0);
    ck_assert(!mg_hal_gone(hal));
}
END_TEST

START_TEST(all_ones_of_one_register_is_a_value)
{
    uint32_t value;

    gpu.bar0[SCRATCH / 4] = UINT32_MAX;
    ck_assert_int_eq(mg_mmio_read(hal, SCRATCH, &value, &err), MAGMA_OK);
    ck_assert_uint_eq(value, UINT32_MAX);
    ck_assert(!mg_hal_gone(hal));
}
END_TEST

START_TEST(all_ones_everywhere_is_a_device_that_is_gone_for_good)
{
    uint32_t value;
    unsigned reads;

    gpu.gone = true;
    ck_assert_int_eq(mg_mmio_read(hal, SCRATCH, &value, &err), MAGMA_DEVICE_GONE);
    ck_assert_ptr_nonnull(strstr(err.text, "fake:gpu"));
    ck_assert_ptr_nonnull(strstr(err.text, "all ones"));
    gpu.gone = false; /* too late */
    reads = gpu.reads;
    ck_assert_uint_eq(mg_mmio_rd32(hal, SCRATCH), UINT32_MAX);
    mg_mmio_wr32(hal, SCRATCH, 1);
    ck_assert_uint_eq(gpu.reads, reads);
    ck_assert_uint_eq(gpu.bar0[SCRATCH / 4], 0);
    ck_assert_int_eq(mg_hal_check(hal, &err), MAGMA_DEVICE_GONE);
    ck_assert_int_eq(mg_hal_reset(hal, &err), MAGMA_DEVICE_GONE);
}
END_TEST

START_TEST(a_broken_transport_is_a_device_that_is_gone)
{
    uint32_t value;

    gpu.broken = MAGMA_PROTOCOL;
    ck_assert_int_eq(mg_mmio_read(hal, SCRATCH, &value, &err), MAGMA_DEVICE_GONE);
    ck_assert_ptr_nonnull(strstr(err.text, "the fake is broken"));
}
END_TEST

START_TEST(a_poll_ends_when_the_value_comes)
{
    gpu.magic_offset = SCRATCH;
    gpu.magic_value = 0xa5;
    gpu.magic_ns = 700 * US;
    ck_assert_int_eq(mg_mmio_poll(hal, SCRATCH, 0xf0, 0xa0, 1000 * US, &err), MAGMA_OK);
    ck_assert_uint_ge(gpu.now_ns, 700 * US);
    ck_assert_uint_le(gpu.now_ns, 800 * US + US);
}
END_TEST

START_TEST(a_poll_that_times_out_says_what_it_saw)
{
    mg_mmio_wr32(hal, NV_PMC_BOOT_1, 0x30000);
    ck_assert_int_eq(mg_mmio_poll(hal, NV_PMC_BOOT_1, 0xff, 0x12, 500 * US, &err), MAGMA_TIMEOUT);
    ck_assert_uint_eq(gpu.now_ns, 500 * US);
    ck_assert_ptr_nonnull(strstr(err.text, "fake:gpu: NV_PMC_BOOT_1 (0x00000004) is 0x00030000, "
                                           "mask 0x000000ff, wanted 0x00000012, after 500 us"));
}
END_TEST

START_TEST(a_poll_looks_once_more_after_its_deadline)
{
    gpu.magic_offset = SCRATCH;
    gpu.magic_value = 1;
    gpu.magic_ns = 500 * US; /* appears with the very last sleep */
    ck_assert_int_eq(mg_mmio_poll(hal, SCRATCH, 1, 1, 500 * US, &err), MAGMA_OK);
}
END_TEST

START_TEST(a_poll_of_a_device_that_leaves_does_not_wait)
{
    gpu.gone = true;
    ck_assert_int_eq(mg_mmio_poll(hal, SCRATCH, 1, 1, UINT64_MAX, &err), MAGMA_DEVICE_GONE);
    ck_assert_uint_eq(gpu.sleeps, 0);
}
END_TEST

static bool above(void *ctx, uint32_t value)
{
    return value > *(uint32_t *)ctx;
}

START_TEST(a_poll_for_a_condition_names_the_condition)
{
    uint32_t limit = 10;

    mg_mmio_wr32(hal, SCRATCH, 9);
    ck_assert_int_eq(mg_mmio_poll_until(hal, SCRATCH, above, &limit, "more than ten", US, &err),
                     MAGMA_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(err.text, "wanted more than ten"));
    mg_mmio_wr32(hal, SCRATCH, 11);
    ck_assert_int_eq(mg_mmio_poll_until(hal, SCRATCH, above, &limit, "more than ten", US, &err),
                     MAGMA_OK);
}
END_TEST

START_TEST(the_trace_has_the_last_accesses_in_order)
{
    struct mg_mmio_access trace[16];
    char line[200];

    for (uint32_t i = 0; i < 20; i++)
        mg_mmio_wr32(hal, SCRATCH, i);
    for (uint32_t i = 0; i < 5; i++)
        mg_mmio_rd32(hal, SCRATCH);
    ck_assert_uint_eq(mg_mmio_trace(hal, trace, 16), 8);
    ck_assert_uint_eq(trace[7].value, 19);
    ck_assert(!trace[7].write);
    ck_assert_uint_eq(trace[7].count, 5); /* five equal reads, one entry */
    for (uint32_t i = 0; i < 7; i++) {
        ck_assert(trace[i].write);
        ck_assert_uint_eq(trace[i].value, 13 + i);
    }
    ck_assert_uint_eq(mg_mmio_trace(hal, trace, 2), 2);
    ck_assert_uint_eq(trace[0].value, 19);
    ck_assert(trace[0].write);
    mg_mmio_format(&trace[1], line, sizeof line);
    ck_assert_str_eq(line, "rd 0x00001400 NV_PBUS_SW_SCRATCH(0) = 0x00000013 (5 times)");
    ck_assert_uint_eq(mg_mmio_format(&trace[1], line, 8), 7);
    ck_assert_str_eq(line, "rd 0x00");
}
END_TEST

START_TEST(capabilities_are_found_by_walking_their_lists)
{
    uint32_t at;

    ck_assert_int_eq(mg_config_capability(hal, NV_PCI_CAPABILITY_ID_EXPRESS, &at, &err), MAGMA_OK);
    ck_assert_uint_eq(at, 0x78);
    ck_assert_int_eq(mg_config_capability(hal, NV_PCI_CAPABILITY_ID_MSIX, &at, &err), MAGMA_OK);
    ck_assert_uint_eq(at, 0);
    ck_assert_int_eq(
        mg_config_extended_capability(hal, NV_PCI_EXTENDED_CAPABILITY_ID_RESIZABLE_BAR, &at, &err),
        MAGMA_OK);
    ck_assert_uint_eq(at, 0x1a0);
    ck_assert_int_eq(
        mg_config_extended_capability(hal, NV_PCI_EXTENDED_CAPABILITY_ID_SRIOV, &at, &err),
        MAGMA_OK);
    ck_assert_uint_eq(at, 0);
}
END_TEST

START_TEST(a_capability_list_that_loops_ends)
{
    uint32_t at;

    gpu.config[0x79] = 0x60; /* back to the first */
    ck_assert_int_eq(mg_config_capability(hal, NV_PCI_CAPABILITY_ID_MSIX, &at, &err),
                     MAGMA_PROTOCOL);
    gpu.config[0x79] = 0x10; /* into the header */
    ck_assert_int_eq(mg_config_capability(hal, NV_PCI_CAPABILITY_ID_MSIX, &at, &err),
                     MAGMA_PROTOCOL);
    gpu.config[0x1a3] = 0x10; /* the extended list back to its start */
    ck_assert_int_eq(
        mg_config_extended_capability(hal, NV_PCI_EXTENDED_CAPABILITY_ID_SRIOV, &at, &err),
        MAGMA_PROTOCOL);
}
END_TEST

START_TEST(the_device_masters_the_bus_only_while_hal_has_it)
{
    struct mg_pci_id id;

    ck_assert_uint_eq(gpu.config[NV_PCI_CONFIG_COMMAND] & 6, 6);
    ck_assert_int_eq(mg_hal_reset(hal, &err), MAGMA_OK);
    ck_assert_uint_eq(gpu.resets, 1);
    ck_assert_uint_eq(gpu.config[NV_PCI_CONFIG_COMMAND] & 6, 6);
    ck_assert_int_eq(mg_config_id(hal, &id, &err), MAGMA_OK);
    ck_assert_uint_eq(id.vendor_id, 0x10de);
    ck_assert_uint_eq(id.device_id, 0x2204);
    ck_assert_uint_eq(id.subsystem_id, 0x147d);
    ck_assert_uint_eq(id.class_code, 0x030000);
    ck_assert_uint_eq(id.revision, 0xa1);
    mg_hal_destroy(hal);
    hal = NULL;
    ck_assert_uint_eq(gpu.config[NV_PCI_CONFIG_COMMAND] & 4, 0);
}
END_TEST

START_TEST(dma_memory_comes_zeroed_and_goes)
{
    struct mg_dma dma;

    ck_assert_int_eq(mg_dma_init(hal, 10000, 0x10000, &dma, &err), MAGMA_OK);
    ck_assert_uint_eq(dma.size_bytes, 12288);
    ck_assert_uint_eq(dma.iova.raw % 0x10000, 0);
    ck_assert_uint_eq(((unsigned char *)dma.cpu)[9999], 0);
    ck_assert_uint_eq(gpu.maps, 1);
    mg_dma_finish(&dma);
    mg_dma_finish(&dma);
    ck_assert_uint_eq(gpu.maps, 0);
    gpu.gone = true;
    mg_hal_check(hal, NULL);
    ck_assert_int_eq(mg_dma_init(hal, 4096, 0, &dma, &err), MAGMA_DEVICE_GONE);
    ck_assert_ptr_null(dma.cpu);
}
END_TEST

START_TEST(bars_that_cannot_be_mapped_can_be_copied)
{
    unsigned char data[16];
    struct mg_bar_map map;

    ck_assert_uint_eq(mg_bar_size_bytes(hal, 1), 0x10000);
    ck_assert_uint_eq(mg_bar_size_bytes(hal, 2), 0);
    ck_assert_int_eq(mg_bar_map(hal, 1, 0, 4096, &map, &err), MAGMA_NOT_SUPPORTED);
    ck_assert_int_eq(mg_bar_read(hal, 1, 0x20, data, sizeof data, &err), MAGMA_OK);
    ck_assert_uint_eq(data[3], 0x20);
    ck_assert_int_eq(mg_bar_read(hal, 1, 0xfff8, data, sizeof data, &err), MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mg_bar_read(hal, 6, 0, data, sizeof data, &err), MAGMA_INVALID_ARGUMENT);
}
END_TEST

START_TEST(a_chip_that_reads_all_ones_is_not_opened)
{
    struct mg_hal *other;

    gpu.bar0[NV_PMC_BOOT_0 / 4] = UINT32_MAX;
    ck_assert_int_eq(mg_hal_create(gpu.device, NULL, &other, &err), MAGMA_DEVICE_GONE);
    ck_assert_ptr_null(other);
    gpu.bar0[NV_PMC_BOOT_0 / 4] = 0x172000a1;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hal registers");
    TCase *tc = tcase_create("calls"), *mapped = tcase_create("mapped");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_register_keeps_what_is_written);
    tcase_add_test(tc, an_offset_beyond_bar0_touches_nothing);
    tcase_add_test(tc, all_ones_of_one_register_is_a_value);
    tcase_add_test(tc, all_ones_everywhere_is_a_device_that_is_gone_for_good);
    tcase_add_test(tc, a_broken_transport_is_a_device_that_is_gone);
    tcase_add_test(tc, a_poll_ends_when_the_value_comes);
    tcase_add_test(tc, a_poll_that_times_out_says_what_it_saw);
    tcase_add_test(tc, a_poll_looks_once_more_after_its_deadline);
    tcase_add_test(tc, a_poll_of_a_device_that_leaves_does_not_wait);
    tcase_add_test(tc, a_poll_for_a_condition_names_the_condition);
    tcase_add_test(tc, the_trace_has_the_last_accesses_in_order);
    tcase_add_test(tc, capabilities_are_found_by_walking_their_lists);
    tcase_add_test(tc, a_capability_list_that_loops_ends);
    tcase_add_test(tc, the_device_masters_the_bus_only_while_hal_has_it);
    tcase_add_test(tc, dma_memory_comes_zeroed_and_goes);
    tcase_add_test(tc, bars_that_cannot_be_mapped_can_be_copied);
    tcase_add_test(tc, a_chip_that_reads_all_ones_is_not_opened);
    tcase_add_checked_fixture(mapped, setup_mapped, teardown);
    tcase_add_test(mapped, a_register_keeps_what_is_written);
    tcase_add_test(mapped, a_mapped_bar0_is_not_asked_for_by_calls);
    suite_add_tcase(suite, tc);
    suite_add_tcase(suite, mapped);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
