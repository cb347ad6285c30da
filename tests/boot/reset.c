/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A GPU that was left in a bad state: the resets that are tried, in which order, what is told of
 * each, and what is said when none helps. The kernel's list of kinds is a file of this test.
 */
#include <check.h>
#include <gpumodel/firmware.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nvhw/boot.h>

#include "libmagma/gen/gen.h"
#include "libmagma/gsp/gsp.h"
#include "libmagma/hal/hal.h"
#include "tests/boot/model_device.h"

#define METHODS "/bus/pci/devices/0000:01:00.0/reset_method"

static char folder[] = "/tmp/magma-reset-XXXXXX"; /* firmware, and sysfs in sys/ */
static char sysfs[64], methods_path[128];
static struct magma_error err;
static struct model_device dev;
static struct mg_hal *hal;
static char told[512]; /* "flr=0 bus=1" in order; 1 for what helped */

static void on_reset(void *ctx, const char *method, enum magma_code code, const char *text)
{
    size_t length = strlen(told);

    (void)ctx;
    ck_assert_int_eq(code == MAGMA_OK, *text == 0);
    snprintf(told + length, sizeof told - length, "%s%s=%d", length ? " " : "", method,
             code == MAGMA_OK);
}

static void kernel_offers(const char *methods)
{
    FILE *f;

    if (!methods) {
        (void)unlink(methods_path);
        return;
    }
    f = fopen(methods_path, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f, "%s\n", methods);
    fclose(f);
}

static void plug_in(const char *chip, const char *plan, const char *methods)
{
    struct model_device_options options = {.chip = chip, .plan = plan, .quiet = true};
    struct mg_hal_options hal_options = {
        .clock = &dev.clock, .sysfs_root = sysfs, .allow_gone = true};

    told[0] = 0;
    kernel_offers(methods);
    ck_assert(model_device_open(&dev, &options));
    ck_assert_msg(mg_hal_create(dev.device, &hal_options, &hal, &err) == MAGMA_OK, "%s", err.text);
}

static void unplug(void)
{
    mg_hal_destroy(hal);
    model_device_close(&dev);
}

static enum magma_code boot(struct mg_gsp **gsp)
{
    const struct mg_gen *gen = mg_gen_find(mg_mmio_rd32(hal, NV_PMC_BOOT_42), NULL);
    struct mg_gsp_options options = {.firmware_path = folder};

    ck_assert_ptr_nonnull(gen);
    return mg_gsp_boot(hal, gen, &options, gsp, &err);
}

/* A driver that dies with the GPU booted; what is left of it is freed at the end of the test. */
static struct mg_gsp *die_booted(void)
{
    struct mg_gsp *gsp;

    ck_assert_msg(boot(&gsp) == MAGMA_OK, "%s", err.text);
    return gsp;
}

static enum magma_code reset(void)
{
    const struct mg_gsp_reset_options options = {.report = on_reset};

    return mg_gsp_reset(hal, &options, &err);
}

static const char *const chips[] = {"ga102", "tu102", "gh100", "gb202"};

START_TEST(a_gpu_that_ignores_flr_boots_after_a_bus_reset)
{
    struct mg_gsp *lost, *gsp;

    plug_in(chips[_i], "flr ignored", "flr");
    lost = die_booted();
    ck_assert_msg(boot(&gsp) == MAGMA_OK, "%s", err.text);
    ck_assert_uint_eq(dev.resets, 1);
    ck_assert_uint_eq(dev.bus_resets, 1);
    ck_assert_int_eq(mg_gsp_unload(gsp, &err), MAGMA_OK);
    mg_gsp_destroy(gsp);
    mg_gsp_destroy(lost);
    unplug();
}
END_TEST

START_TEST(what_no_reset_helps_is_told_with_each_attempt)
{
    struct mg_gsp *lost, *gsp;

    plug_in("ga102", "flr ignored; bus reset ignored", "flr");
    lost = die_booted();
    ck_assert_int_eq(boot(&gsp), MAGMA_BUSY);
    ck_assert_msg(strstr(err.text, "flr: still booted"), "%s", err.text);
    ck_assert_msg(strstr(err.text, "bus: still booted"), "%s", err.text);
    ck_assert_msg(strstr(err.text, "reboot the machine"), "%s", err.text);
    mg_gsp_destroy(lost);
    unplug();
}
END_TEST

START_TEST(a_good_reset_is_the_only_one)
{
    struct mg_gsp *lost;

    plug_in("ga102", NULL, "flr pm bus");
    lost = die_booted();
    ck_assert_msg(reset() == MAGMA_OK, "%s", err.text);
    ck_assert_str_eq(told, "flr=1");
    ck_assert_uint_eq(dev.bus_resets, 0);
    mg_gsp_destroy(lost);
    unplug();
}
END_TEST

START_TEST(the_kinds_that_the_kernel_offers_are_tried_in_its_order)
{
    char text[32] = "";
    struct mg_gsp *lost;
    FILE *f;

    plug_in("ga102", "flr ignored; bus reset ignored", "flr pm bus");
    lost = die_booted();
    ck_assert_int_eq(reset(), MAGMA_BUSY);
    ck_assert_str_eq(told, "flr=0 pm=0 bus=0 bus=0"); /* VFIO's bus reset, then the kernel's */
    f = fopen(methods_path, "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(text, sizeof text, f));
    fclose(f);
    ck_assert_int_eq(strncmp(text, "flr pm bus", 10), 0); /* as it was */
    mg_gsp_destroy(lost);
    unplug();
}
END_TEST

START_TEST(a_kernel_that_does_not_say_has_two_kinds)
{
    struct mg_gsp *lost;

    plug_in("ga102", "flr ignored", NULL);
    lost = die_booted();
    ck_assert_msg(reset() == MAGMA_OK, "%s", err.text);
    ck_assert_str_eq(told, "function=0 bus=1");
    mg_gsp_destroy(lost);
    unplug();
}
END_TEST

START_TEST(a_gpu_that_left_the_bus_comes_back)
{
    struct mg_gsp *gsp;

    plug_in("ga102", "ones from access 1; bus reset revives", "flr");
    ck_assert_int_eq(mg_hal_check(hal, &err), MAGMA_DEVICE_GONE);
    ck_assert_msg(reset() == MAGMA_OK, "%s", err.text);
    ck_assert_str_eq(told, "flr=0 bus=1");
    ck_assert_int_eq(mg_hal_check(hal, &err), MAGMA_OK);
    ck_assert_msg(boot(&gsp) == MAGMA_OK, "%s", err.text);
    ck_assert_int_eq(mg_gsp_unload(gsp, &err), MAGMA_OK);
    mg_gsp_destroy(gsp);
    unplug();
}
END_TEST

START_TEST(a_gpu_that_stays_away_is_told)
{
    plug_in("ga102", "ones from access 1", "flr");
    ck_assert_int_eq(reset(), MAGMA_BUSY);
    ck_assert_str_eq(told, "flr=0 bus=0");
    ck_assert_msg(strstr(err.text, "all ones"), "%s", err.text);
    unplug();
}
END_TEST

static void make_folders(void)
{
    char command[256], text[256];

    if (!mkdtemp(folder) || !gpum_firmware_write(folder, text, sizeof text)) {
        fprintf(stderr, "firmware for the model: %s\n", text);
        exit(1);
    }
    snprintf(sysfs, sizeof sysfs, "%s/sys", folder);
    snprintf(methods_path, sizeof methods_path, "%s" METHODS, sysfs);
    snprintf(command, sizeof command, "mkdir -p $(dirname %s)", methods_path);
    if (system(command) != 0)
        exit(1);
}

int main(void)
{
    Suite *suite = suite_create("reset");
    TCase *tc = tcase_create("a GPU left in a bad state");
    char command[64];
    SRunner *runner;
    int failed;

    make_folders();
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_gpu_that_ignores_flr_boots_after_a_bus_reset, 0,
                        (int)(sizeof chips / sizeof chips[0]));
    tcase_add_test(tc, what_no_reset_helps_is_told_with_each_attempt);
    tcase_add_test(tc, a_good_reset_is_the_only_one);
    tcase_add_test(tc, the_kinds_that_the_kernel_offers_are_tried_in_its_order);
    tcase_add_test(tc, a_kernel_that_does_not_say_has_two_kinds);
    tcase_add_test(tc, a_gpu_that_left_the_bus_comes_back);
    tcase_add_test(tc, a_gpu_that_stays_away_is_told);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left\n", folder);
    return failed != 0;
}
