/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fault plans: their text, and that each statement does what it says. */
#include <check.h>
#include <gpumodel/plan.h>
#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

static struct host h;
static char error[256];

START_TEST(every_form_is_read)
{
    static const char text[] = "# a plan\n"
                               "irq drop 3; irq double 0x4\n"
                               "  rpc delay 20 ms ; rpc corrupt 2 # late and wrong\n"
                               "freeze gsp at 10\r\n"
                               "die at init-done\n\n"
                               "ones from access 100;gsp halt at 5;mmu fault at 1;"
                               "flr ignored; bus reset ignored; bus reset revives";
    ck_assert_msg(gpum_plan_check(text, error, sizeof(error)), "%s", error);
    ck_assert(gpum_plan_check("", error, sizeof(error)));
    ck_assert(gpum_plan_check(NULL, error, sizeof(error)));
}
END_TEST

START_TEST(other_text_is_refused_with_the_statement)
{
    static const char *const bad[] = {"irq drop",
                                      "irq drop x",
                                      "irq drop 1 2",
                                      "freeze moon at 1",
                                      "die at lunch",
                                      "rpc delay 5",
                                      "rpc delay 5 s",
                                      "ones from access -1",
                                      "irq drop 1x",
                                      "flr",
                                      "flr ignored 1",
                                      "bus reset",
                                      "a b c d e f g",
                                      "gsp halt at 1e3",
                                      "irq drop 99999999999999999999999",
                                      "thisisaverylongwordthatdoesnotfitintoanybuffer 1"};
    ck_assert(!gpum_plan_check(bad[_i], error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, bad[_i]));
}
END_TEST

START_TEST(the_device_leaves_at_a_named_step)
{
    static const char *const steps[] = {"fwsec-frts", "booter-load", "riscv",    "libos",
                                        "sysinfo",    "sequencer",   "init-done"};
    char plan[64];
    snprintf(plan, sizeof(plan), "die at %s", steps[_i]);
    host_init(&h, "ga102", plan, 0);
    ck_assert(!host_boot(&h));
    ck_assert_uint_eq(host_rd(&h, NV_PMC_BOOT_0), UINT32_MAX);
    ck_assert_uint_eq(gpum_read(h.m, GPUM_CONFIG, 0, 4), UINT32_MAX);
    ck_assert(!gpum_step(h.m, 100));
    host_finish(&h);
}
END_TEST

/* A register that the driver sets and a reset clears. */
static bool survives(void (*reset)(struct gpum *m), const char *plan)
{
    bool survived;
    host_init(&h, "ga102", plan, 0);
    host_power_up(&h);
    gpum_write(h.m, GPUM_CONFIG, NV_PCI_CONFIG_COMMAND, 2, 6);
    reset(h.m);
    survived = gpum_read(h.m, GPUM_CONFIG, NV_PCI_CONFIG_COMMAND, 2) == 6;
    host_finish(&h);
    return survived;
}

START_TEST(a_reset_may_be_ignored)
{
    ck_assert(!survives(gpum_reset, NULL));
    ck_assert(!survives(gpum_bus_reset, NULL));
    ck_assert(survives(gpum_reset, "flr ignored"));
    ck_assert(!survives(gpum_bus_reset, "flr ignored"));
    ck_assert(!survives(gpum_reset, "bus reset ignored"));
    ck_assert(survives(gpum_bus_reset, "bus reset ignored"));
}
END_TEST

START_TEST(a_device_that_left_comes_back_by_the_bus_if_planned)
{
    for (int revives = 0; revives < 2; revives++) {
        host_init(&h, "ga102",
                  revives ? "ones from access 1; bus reset revives" : "ones from access 1", 0);
        host_power_up(&h);
        ck_assert_uint_eq(host_rd(&h, NV_PMC_BOOT_0), UINT32_MAX);
        gpum_reset(h.m);
        ck_assert_uint_eq(gpum_read(h.m, GPUM_CONFIG, 0, 4), UINT32_MAX);
        gpum_bus_reset(h.m);
        ck_assert_int_eq(gpum_read(h.m, GPUM_CONFIG, 0, 4) != UINT32_MAX, revives);
        host_finish(&h);
    }
}
END_TEST

START_TEST(the_device_leaves_at_a_counted_access)
{
    host_init(&h, "ga102", "ones from access 3", 0);
    host_power_up(&h);
    struct gpum_stats stats;
    gpum_get_stats(h.m, &stats);
    uint64_t done = stats.register_accesses;
    ck_assert_uint_eq(done, 0);
    ck_assert_uint_ne(host_rd(&h, NV_PMC_BOOT_0), UINT32_MAX);
    ck_assert_uint_ne(host_rd(&h, NV_PMC_BOOT_0), UINT32_MAX);
    ck_assert_uint_eq(host_rd(&h, NV_PMC_BOOT_0), UINT32_MAX);
    host_finish(&h);
}
END_TEST

static bool static_info(void)
{
    struct nvhw_r570_gsp_static_info info = {0};
    return host_call(&h, NV_RPC_FUNCTION_GET_GSP_STATIC_INFO, &info, sizeof(info));
}

START_TEST(a_corrupt_message_has_a_wrong_checksum)
{
    host_init(&h, "ga102", "rpc corrupt 4", 0);
    ck_assert(host_boot(&h));
    ck_assert(!static_info());
    host_finish(&h);
}
END_TEST

START_TEST(a_delayed_message_comes_late)
{
    host_init(&h, "ga102", "rpc delay 5 ms", 0);
    ck_assert(host_boot(&h));
    uint64_t before = gpum_time_ns(h.m);
    ck_assert(static_info());
    ck_assert_uint_ge(gpum_time_ns(h.m) - before, 5000000);
    ck_assert(host_unload(&h));
    host_finish(&h);
}
END_TEST

START_TEST(a_halted_gsp_says_so)
{
    host_init(&h, "ga102", "gsp halt at 3", 0);
    ck_assert(host_boot(&h));
    ck_assert(!static_info());
    ck_assert_uint_ne(host_rd(&h, NV_FALCON2_GSP_BASE + NV_PRISCV_RISCV_CPUCTL) & 1u << 4, 0);
    ck_assert_uint_ne(host_rd(&h, NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_IRQSTAT) & 1u << 4, 0);
    host_finish(&h);
}
END_TEST

START_TEST(a_frozen_unit_does_nothing)
{
    host_init(&h, "ga102", "freeze gsp at 1", 0);
    ck_assert(!host_boot(&h));
    ck_assert_uint_eq(h.faults, 0);
    host_finish(&h);
}
END_TEST

static unsigned interrupts_with(const char *plan)
{
    host_init(&h, "ga102", plan, 0);
    host_power_up(&h);
    host_wr(&h, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET(1), 1u << 8);
    host_wr(&h, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET, UINT32_MAX);
    host_wr(&h, NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_TRIGGER, 40);
    unsigned count = h.interrupts[0];
    host_finish(&h);
    return count;
}

START_TEST(interrupts_are_dropped_and_doubled)
{
    ck_assert_uint_eq(interrupts_with(NULL), 1);
    ck_assert_uint_eq(interrupts_with("irq drop 1"), 0);
    ck_assert_uint_eq(interrupts_with("irq drop 2"), 1);
    ck_assert_uint_eq(interrupts_with("irq double 1"), 2);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_run)
{
    uint64_t time[2];
    for (int i = 0; i < 2; i++) {
        host_init(&h, "ga102", NULL, 7);
        ck_assert(host_boot(&h));
        time[i] = gpum_time_ns(h.m);
        host_finish(&h);
    }
    ck_assert_uint_eq(time[0], time[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faultplan");
    TCase *t = tcase_create("faultplan");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_form_is_read);
    tcase_add_loop_test(t, other_text_is_refused_with_the_statement, 0, 16);
    tcase_add_loop_test(t, the_device_leaves_at_a_named_step, 0, 7);
    tcase_add_test(t, the_device_leaves_at_a_counted_access);
    tcase_add_test(t, a_reset_may_be_ignored);
    tcase_add_test(t, a_device_that_left_comes_back_by_the_bus_if_planned);
    tcase_add_test(t, a_corrupt_message_has_a_wrong_checksum);
    tcase_add_test(t, a_delayed_message_comes_late);
    tcase_add_test(t, a_halted_gsp_says_so);
    tcase_add_test(t, a_frozen_unit_does_nothing);
    tcase_add_test(t, interrupts_are_dropped_and_doubled);
    tcase_add_test(t, the_same_seed_gives_the_same_run);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
