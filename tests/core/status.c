/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Status codes keep their promises: every code has a name and a text, a cause is never lost. */
#include "libmagma/core/status.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

START_TEST(every_code_has_a_name_and_a_text)
{
    for (int c = 0; c < MAGMA_CODE_COUNT; c++) {
        ck_assert_str_ne(magma_code_name((enum magma_code)c), "?");
        ck_assert_int_gt((int)strlen(magma_code_text((enum magma_code)c)), 0);
    }
    ck_assert_str_eq(magma_code_name(MAGMA_TIMEOUT), "TIMEOUT");
    ck_assert_str_eq(magma_code_name(MAGMA_CODE_COUNT), "?");
}
END_TEST

START_TEST(a_failure_carries_code_and_cause)
{
    struct magma_error err = {0};

    ck_assert_int_eq(mg_fail(&err, MAGMA_TIMEOUT, "waited %d ms", 7), MAGMA_TIMEOUT);
    ck_assert_int_eq(err.code, MAGMA_TIMEOUT);
    ck_assert_str_eq(err.text, "waited 7 ms");
}
END_TEST

START_TEST(no_error_record_is_fine)
{
    ck_assert_int_eq(mg_fail(NULL, MAGMA_BUSY, "x"), MAGMA_BUSY);
    ck_assert_int_eq(mg_fail_errno(NULL, EACCES, "x"), MAGMA_PERMISSION);
    ck_assert_int_eq(mg_prefix(NULL, MAGMA_BUSY, "x"), MAGMA_BUSY);
}
END_TEST

START_TEST(errno_becomes_the_nearest_code)
{
    struct magma_error err = {0};

    ck_assert_int_eq(mg_fail_errno(&err, EPERM, "open"), MAGMA_PERMISSION);
    ck_assert_ptr_nonnull(strstr(err.text, strerror(EPERM)));
    ck_assert_int_eq(mg_fail_errno(&err, ENOENT, "open"), MAGMA_NO_DEVICE);
    ck_assert_int_eq(mg_fail_errno(&err, ENOMEM, "map"), MAGMA_OUT_OF_HOST_MEMORY);
    ck_assert_int_eq(mg_fail_errno(&err, EIO, "read"), MAGMA_SYSTEM);
}
END_TEST

START_TEST(a_prefix_keeps_the_cause_and_never_overflows)
{
    struct magma_error err = {0};

    mg_fail(&err, MAGMA_TIMEOUT, "no answer");
    mg_prefix(&err, err.code, "boot step %d", 3);
    ck_assert_str_eq(err.text, "boot step 3: no answer");
    for (int i = 0; i < 200; i++)
        mg_prefix(&err, err.code, "a rather long prefix");
    ck_assert_int_lt((int)strlen(err.text), (int)sizeof err.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status");
    TCase *tests = tcase_create("status");
    SRunner *runner;
    int failed;

    tcase_add_test(tests, every_code_has_a_name_and_a_text);
    tcase_add_test(tests, a_failure_carries_code_and_cause);
    tcase_add_test(tests, no_error_record_is_fine);
    tcase_add_test(tests, errno_becomes_the_nearest_code);
    tcase_add_test(tests, a_prefix_keeps_the_cause_and_never_overflows);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
