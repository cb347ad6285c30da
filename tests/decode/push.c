/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pushbuffers decode to class, method and fields; malformed ones say where. */
#include "libmagma/decode/decode.h"

#include <check.h>
#include <nvhw/compute.h>
#include <nvhw/host.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char all[4096];
};

static void take(void *ctx, const char *line)
{
    struct text *t = ctx;
    size_t n = strlen(t->all);

    snprintf(t->all + n, sizeof t->all - n, "%s\n", line);
}

static uint32_t inc(unsigned subchannel, uint32_t method, uint32_t count)
{
    return NVHW_DEF(NV_PB_METHOD, SEC_OP, INC_METHOD) |
           NVHW_NUM(NV_PB_METHOD, SUBCHANNEL, subchannel) |
           NVHW_NUM(NV_PB_METHOD, ADDRESS, method >> 2) | NVHW_NUM(NV_PB_METHOD, COUNT, count);
}

START_TEST(methods_are_named_after_the_bound_class)
{
    const uint32_t push[] = {inc(1, NVC7C0_SET_OBJECT, 1), NVC7C0,
                             inc(1, NVC7C0_SEND_PCAS_A, 1), 0x1234};
    struct text t = {{0}};

    ck_assert(mg_decode_push(push, 4, NULL, take, &t));
    ck_assert_ptr_nonnull(strstr(t.all, "NVC7C0_SEND_PCAS_A = 0x00001234"));
    ck_assert_ptr_nonnull(strstr(t.all, "0000c  sub 1"));
}
END_TEST

START_TEST(an_unbound_subchannel_is_said_to_be_so)
{
    const uint32_t push[] = {inc(4, NVC7C0_SEND_PCAS_A, 1), 7};
    struct text t = {{0}};

    ck_assert(mg_decode_push(push, 2, NULL, take, &t));
    ck_assert_ptr_nonnull(strstr(t.all, "(no object)"));
}
END_TEST

START_TEST(missing_data_is_an_error)
{
    const uint32_t push[] = {inc(0, NVC56F_SEM_ADDR_LO, 5), 1, 2};
    struct text t = {{0}};

    ck_assert(!mg_decode_push(push, 3, NULL, take, &t));
    ck_assert_ptr_nonnull(strstr(t.all, "3 data words are missing"));
}
END_TEST

START_TEST(a_reserved_header_is_an_error)
{
    const uint32_t push[] = {NVHW_DEF(NV_PB_METHOD, SEC_OP, RESERVED6)};
    struct text t = {{0}};

    ck_assert(!mg_decode_push(push, 1, NULL, take, &t));
}
END_TEST

START_TEST(the_end_of_the_segment_ends_decoding)
{
    const uint32_t push[] = {NVHW_DEF(NV_PB_METHOD, SEC_OP, END_PB_SEGMENT),
                             NVHW_DEF(NV_PB_METHOD, SEC_OP, RESERVED6)};
    struct text t = {{0}};

    ck_assert(mg_decode_push(push, 2, NULL, take, &t));
}
END_TEST

START_TEST(bindings_carry_over_to_the_next_segment)
{
    const uint32_t first[] = {inc(1, NVC7C0_SET_OBJECT, 1), NVC7C0};
    const uint32_t second[] = {inc(1, NVC7C0_SEND_PCAS_A, 1), 1};
    struct mg_decode_push_state state = {0};
    struct text t = {{0}};

    ck_assert(mg_decode_push(first, 2, &state, take, &t));
    ck_assert(mg_decode_push(second, 2, &state, take, &t));
    ck_assert_ptr_nonnull(strstr(t.all, "NVC7C0_SEND_PCAS_A"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("push");
    TCase *tests = tcase_create("push");
    SRunner *runner;
    int failed;

    tcase_add_test(tests, methods_are_named_after_the_bound_class);
    tcase_add_test(tests, an_unbound_subchannel_is_said_to_be_so);
    tcase_add_test(tests, missing_data_is_an_error);
    tcase_add_test(tests, a_reserved_header_is_an_error);
    tcase_add_test(tests, the_end_of_the_segment_ends_decoding);
    tcase_add_test(tests, bindings_carry_over_to_the_next_segment);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
