/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The GA102 boot by hand-written register accesses, and giving the GPU back. */
#include <check.h>
#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

static struct host h;

START_TEST(a_clean_boot_reaches_init_done_without_a_complaint)
{
    host_init(&h, "ga102", NULL, (uint64_t)_i);
    ck_assert_msg(host_boot(&h), "boot with seed %d: %s", _i, h.first_fault);
    ck_assert_msg(h.faults == 0, "%s", h.first_fault);
    host_finish(&h);
}
END_TEST

START_TEST(the_status_queue_interrupts_through_the_tree)
{
    host_init(&h, "ga102", NULL, 0);
    ck_assert(host_boot(&h));
    ck_assert_uint_ne(host_rd(&h, NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_IRQSTAT) & 1u << 6, 0);
    unsigned vector = 155;
    ck_assert_uint_ne(
        host_rd(&h, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF(vector / 32)) & 1u << vector % 32, 0);
    host_wr(&h, NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_IRQSCLR, 1u << 6);
    host_wr(&h, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF(vector / 32), 1u << vector % 32);
    host_wr(&h, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(vector / 32), 1u << vector % 32);
    host_wr(&h, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET, UINT32_MAX);
    unsigned before = h.interrupts[0];
    struct nvhw_r570_gsp_static_info info = {0};
    ck_assert(host_call(&h, NV_RPC_FUNCTION_GET_GSP_STATIC_INFO, &info, sizeof(info)));
    ck_assert_uint_gt(h.interrupts[0], before);
    host_finish(&h);
}
END_TEST

START_TEST(static_info_describes_the_memory_below_the_reserved_part)
{
    host_init(&h, "ga102", NULL, 0);
    ck_assert(host_boot(&h));
    struct nvhw_r570_gsp_static_info info = {0};
    ck_assert(host_call(&h, NV_RPC_FUNCTION_GET_GSP_STATIC_INFO, &info, sizeof(info)));
    memcpy(&info, h.payload, sizeof(info));
    ck_assert_uint_eq(info.fb_length, h.meta.fb_size);
    ck_assert_uint_eq(info.fb_region_info.region[0].limit + 1, h.meta.gsp_fw_rsvd_start);
    ck_assert_uint_ne(info.bar1_pde_base, 0);
    ck_assert_uint_ne(info.h_internal_subdevice, 0);
    host_finish(&h);
}
END_TEST

START_TEST(unloading_leaves_the_gpu_ready_for_another_boot)
{
    host_init(&h, "ga102", NULL, 0);
    ck_assert(host_boot(&h));
    ck_assert_msg(host_unload(&h), "%s", h.fault);
    ck_assert_msg(h.faults == 0, "%s", h.first_fault);
    h.command_write = h.sequence_out = h.status_read = h.sequence_in = 0;
    memset(&h.meta, 0, sizeof(h.meta));
    ck_assert_msg(host_boot(&h), "%s", h.fault);
    ck_assert_msg(h.faults == 0, "%s", h.first_fault);
    host_finish(&h);
}
END_TEST

START_TEST(wpr2_stays_up_after_a_crash_and_function_level_reset_takes_it_down)
{
    host_init(&h, "ga102", NULL, 0);
    ck_assert(host_boot(&h));
    ck_assert_uint_ne(host_rd(&h, NV_PFB_PRI_MMU_WPR2_ADDR_HI), 0);
    ck_assert(!host_boot(&h)); /* the step that finds WPR2 up */
    uint32_t express = NV_PCI_TU102_EXPRESS_CAPABILITY + NV_PCI_EXPRESS_DEVICE_CONTROL_OFFSET;
    gpum_write(h.m, GPUM_CONFIG, express, 2, 1u << 15);
    h.command_write = h.sequence_out = h.status_read = h.sequence_in = 0;
    memset(&h.meta, 0, sizeof(h.meta));
    h.faults = 0;
    h.used = 0;
    h.fwsec_image = 0;
    memset(h.memory, 0, HOST_MEMORY_BYTES);
    ck_assert_msg(host_boot(&h), "%s", h.fault);
    ck_assert_msg(h.faults == 0, "%s", h.fault);
    host_finish(&h);
}
END_TEST

START_TEST(the_log_buffer_gets_lines)
{
    host_init(&h, "ga102", NULL, 0);
    ck_assert(host_boot(&h));
    const struct nvhw_libos_arg *args = host_at(&h, h.arguments);
    const struct nvhw_libos_log_header *log = host_at(&h, args[2].address);
    ck_assert_uint_gt(log->write_pointer, 0);
    host_finish(&h);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot");
    TCase *t = tcase_create("boot");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, a_clean_boot_reaches_init_done_without_a_complaint, 0, 8);
    tcase_add_test(t, the_status_queue_interrupts_through_the_tree);
    tcase_add_test(t, static_info_describes_the_memory_below_the_reserved_part);
    tcase_add_test(t, unloading_leaves_the_gpu_ready_for_another_boot);
    tcase_add_test(t, wpr2_stays_up_after_a_crash_and_function_level_reset_takes_it_down);
    tcase_add_test(t, the_log_buffer_gets_lines);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
