/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What finding and binding promise: the right functions in order, and for everything in the way
 * its own sentence with a remedy. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mvfio.h>

#include "tests/vfio/fake_sysfs.h"

static struct fake_sysfs sysfs;
static struct magma_error err;

static const struct fake_function gpu = {"0000:01:00.0", 0x10de, 0x2204, 0x030000,
                                         "vfio-pci",     12,     NULL};

static void setup(void)
{
    memset(&err, 0, sizeof err);
    fake_sysfs_create(&sysfs);
}

static void teardown(void)
{
    fake_sysfs_destroy(&sysfs);
}

static void add(const char *address, uint16_t vendor, uint32_t class_code, const char *driver,
                int group)
{
    struct fake_function f = {address, vendor, 0x1111, class_code, driver, group, NULL};

    fake_sysfs_add(&sysfs, &f);
}

/* The status and text for opening 0000:01:00.0. */
static void expect_open(enum magma_code want, const char *text)
{
    struct mvfio_options options = {.sysfs_root = sysfs.sys, .dev_root = sysfs.dev};
    struct mvfio_device *device;
    enum magma_code code = mvfio_device_open("pci:0000:01:00.0", &options, &device, &err);

    ck_assert_ptr_null(device);
    ck_assert_msg(code == want, "%s: %s", magma_code_name(code), err.text);
    ck_assert_msg(strstr(err.text, text), "'%s' lacks '%s'", err.text, text);
    ck_assert_msg(strstr(err.text, "0000:01:00.0"), "'%s' has no subject", err.text);
}

START_TEST(display_functions_of_nvidia_are_listed_in_order)
{
    struct mvfio_pci_function found[4];
    uint32_t count;

    add("0000:41:00.0", 0x10de, 0x030200, "vfio-pci", 30);
    fake_sysfs_add(&sysfs, &gpu);
    add("0000:01:00.1", 0x10de, 0x040300, "snd_hda_intel", 12);
    add("0000:02:00.0", 0x1002, 0x030000, "amdgpu", 13);
    add("0000:00:01.0", 0x8086, 0x060400, "pcieport", 12);
    ck_assert_int_eq(mvfio_pci_list(sysfs.sys, found, 4, &count, &err), MAGMA_OK);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(found[0].address, "0000:01:00.0");
    ck_assert_uint_eq(found[0].device_id, 0x2204);
    ck_assert_uint_eq(found[0].subsystem_id, 0x1467);
    ck_assert_uint_eq(found[0].revision, 0xa1);
    ck_assert_str_eq(found[0].driver, "vfio-pci");
    ck_assert_int_eq(found[0].iommu_group, 12);
    ck_assert_uint_eq(found[0].sibling_count, 1); /* the bridge is none */
    ck_assert_str_eq(found[0].siblings[0].address, "0000:01:00.1");
    ck_assert_str_eq(found[0].siblings[0].driver, "snd_hda_intel");
    ck_assert_str_eq(found[1].address, "0000:41:00.0");
    ck_assert_int_eq(mvfio_pci_list(sysfs.sys, found, 1, &count, &err), MAGMA_OK);
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(a_machine_without_pci_has_no_gpus)
{
    uint32_t count = 7;

    ck_assert_int_eq(mvfio_pci_list("/nonexistent", NULL, 0, &count, &err), MAGMA_OK);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(only_whole_addresses_are_taken)
{
    static const char *const bad[] = {"",
                                      "0000:01:00",
                                      "01:00.0",
                                      "0000:01:00.8",
                                      "0000:01:00.0x",
                                      "../0:01:00.0",
                                      "0000:0G:00.0"};
    struct mvfio_pci_function f;

    fake_sysfs_add(&sysfs, &gpu);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(mvfio_pci_find(sysfs.sys, bad[i], &f, &err), MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mvfio_pci_find(sysfs.sys, "0000:09:00.0", &f, &err), MAGMA_NO_DEVICE);
    ck_assert_int_eq(mvfio_pci_find(sysfs.sys, "0000:01:00.0", &f, &err), MAGMA_OK);
}
END_TEST

START_TEST(a_device_that_is_not_there_is_said_so)
{
    expect_open(MAGMA_NO_DEVICE, "magma list");
}
END_TEST

START_TEST(a_foreign_driver_is_named_with_the_remedy)
{
    add("0000:01:00.0", 0x10de, 0x030000, "nouveau", 12);
    expect_open(MAGMA_BUSY, "0000:01:00.0 is bound to nouveau; run `magma bind 0000:01:00.0`");
}
END_TEST

START_TEST(no_driver_is_named_with_the_remedy)
{
    add("0000:01:00.0", 0x10de, 0x030000, NULL, 12);
    expect_open(MAGMA_NO_DEVICE, "bound to no driver; run `magma bind 0000:01:00.0`");
}
END_TEST

START_TEST(a_missing_iommu_is_named_with_the_remedy)
{
    add("0000:01:00.0", 0x10de, 0x030000, "vfio-pci", -1);
    expect_open(MAGMA_NO_DEVICE, "intel_iommu=on");
}
END_TEST

START_TEST(the_mode_without_iommu_is_refused_by_name)
{
    fake_sysfs_add(&sysfs, &gpu);
    fake_sysfs_attribute(&sysfs, gpu.address, "iommu_group/name", "vfio-noiommu\n");
    expect_open(MAGMA_NOT_SUPPORTED, "no-IOMMU mode");
}
END_TEST

START_TEST(a_sibling_in_foreign_hands_is_named_with_the_remedy)
{
    fake_sysfs_add(&sysfs, &gpu);
    add("0000:01:00.1", 0x10de, 0x040300, "snd_hda_intel", 12);
    expect_open(MAGMA_BUSY, "shares IOMMU group 12 with 0000:01:00.1, which is bound to "
                            "snd_hda_intel; run `magma bind 0000:01:00.0`");
}
END_TEST

START_TEST(another_card_of_the_group_is_taken_only_when_told)
{
    fake_sysfs_add(&sysfs, &gpu);
    add("0000:02:00.0", 0x8086, 0x020000, "e1000e", 12);
    expect_open(MAGMA_BUSY, "which is bound to e1000e; run `magma bind --group 0000:01:00.0`");
}
END_TEST

START_TEST(siblings_that_are_out_of_the_way_are_no_obstacle)
{
    struct mvfio_pci_function f;

    fake_sysfs_add(&sysfs, &gpu);
    add("0000:01:00.1", 0x10de, 0x040300, NULL, 12);
    add("0000:01:00.2", 0x10de, 0x0c0330, "vfio-pci", 12);
    add("0000:01:00.3", 0x10de, 0x0c8000, "pci-stub", 12);
    add("0000:00:01.0", 0x8086, 0x060400, "pcieport", 12);
    ck_assert_int_eq(mvfio_pci_find(sysfs.sys, "0000:01:00.0", &f, &err), MAGMA_OK);
    ck_assert_uint_eq(f.sibling_count, 3);
    ck_assert_int_eq(mvfio_pci_check(&f, &err), MAGMA_OK);
    expect_open(MAGMA_NO_DEVICE, "modprobe vfio-pci"); /* only the nodes are missing now */
}
END_TEST

START_TEST(this_machines_nodes_are_explained_when_missing)
{
    struct mvfio_options options = {.sysfs_root = sysfs.sys};
    struct mvfio_device *device;
    enum magma_code code;

    fake_sysfs_add(&sysfs, &(struct fake_function){"0000:01:00.0", 0x10de, 0x2204, 0x030000,
                                                   "vfio-pci", 999999, NULL});
    code = mvfio_device_open("0000:01:00.0", &options, &device, &err);
    ck_assert_int_ne(code, MAGMA_OK); /* no machine has a group 999999 */
    ck_assert_msg(strstr(err.text, "/dev/vfio/"), "%s", err.text);
    options.backend = MVFIO_BACKEND_IOMMUFD;
    ck_assert_int_eq(mvfio_device_open("0000:01:00.0", &options, &device, &err),
                     MAGMA_NOT_SUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.text, "use the group interface"));
}
END_TEST

START_TEST(binding_writes_what_the_kernel_wants_to_read)
{
    char old[32];

    add("0000:01:00.0", 0x10de, 0x030000, "nouveau", 12);
    /* No kernel moves the driver link, so the confirmation fails, after everything was written. */
    ck_assert_int_eq(mvfio_pci_bind(sysfs.sys, "0000:01:00.0", "vfio-pci", old, &err),
                     MAGMA_NO_DEVICE);
    ck_assert_ptr_nonnull(strstr(err.text, "modprobe vfio-pci"));
    ck_assert_str_eq(old, "nouveau");
    ck_assert_int_eq(
        strncmp(fake_sysfs_text(&sysfs, "bus/pci/devices/0000:01:00.0/driver_override"), "vfio-pci",
                8),
        0);
    ck_assert_str_eq(fake_sysfs_text(&sysfs, "bus/pci/drivers/nouveau/unbind"), "0000:01:00.0");
    ck_assert_str_eq(fake_sysfs_text(&sysfs, "bus/pci/drivers_probe"), "0000:01:00.0");
}
END_TEST

START_TEST(unbinding_clears_the_override)
{
    char old[32];

    fake_sysfs_add(&sysfs, &gpu);
    ck_assert_int_eq(mvfio_pci_bind(sysfs.sys, "0000:01:00.0", NULL, old, &err), MAGMA_OK);
    ck_assert_str_eq(old, "vfio-pci");
    ck_assert_str_eq(fake_sysfs_text(&sysfs, "bus/pci/devices/0000:01:00.0/driver_override"), "\n");
    ck_assert_str_eq(fake_sysfs_text(&sysfs, "bus/pci/drivers/vfio-pci/unbind"), "0000:01:00.0");
}
END_TEST

START_TEST(binding_what_is_bound_disturbs_nothing)
{
    fake_sysfs_add(&sysfs, &gpu);
    ck_assert_int_eq(mvfio_pci_bind(sysfs.sys, "0000:01:00.0", "vfio-pci", NULL, &err), MAGMA_OK);
    ck_assert_str_eq(fake_sysfs_text(&sysfs, "bus/pci/drivers/vfio-pci/unbind"), "");
    ck_assert_str_eq(fake_sysfs_text(&sysfs, "bus/pci/drivers_probe"), "");
    ck_assert_int_eq(mvfio_pci_bind(sysfs.sys, "0000:01:00.0", "../x", NULL, &err),
                     MAGMA_INVALID_ARGUMENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("PCI functions");
    TCase *tc = tcase_create("sysfs");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, display_functions_of_nvidia_are_listed_in_order);
    tcase_add_test(tc, a_machine_without_pci_has_no_gpus);
    tcase_add_test(tc, only_whole_addresses_are_taken);
    tcase_add_test(tc, a_device_that_is_not_there_is_said_so);
    tcase_add_test(tc, a_foreign_driver_is_named_with_the_remedy);
    tcase_add_test(tc, no_driver_is_named_with_the_remedy);
    tcase_add_test(tc, a_missing_iommu_is_named_with_the_remedy);
    tcase_add_test(tc, the_mode_without_iommu_is_refused_by_name);
    tcase_add_test(tc, a_sibling_in_foreign_hands_is_named_with_the_remedy);
    tcase_add_test(tc, another_card_of_the_group_is_taken_only_when_told);
    tcase_add_test(tc, siblings_that_are_out_of_the_way_are_no_obstacle);
    tcase_add_test(tc, this_machines_nodes_are_explained_when_missing);
    tcase_add_test(tc, binding_writes_what_the_kernel_wants_to_read);
    tcase_add_test(tc, unbinding_clears_the_override);
    tcase_add_test(tc, binding_what_is_bound_disturbs_nothing);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
