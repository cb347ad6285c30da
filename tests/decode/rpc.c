/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* RPC messages decode to function, result and payload; other bytes are refused. */
#include "libmagma/decode/decode.h"

#include <check.h>
#include <nvhw/rm.h>
#include <nvhw/rpc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char all[16384];
};

static void take(void *ctx, const char *line)
{
    struct text *t = ctx;
    size_t n = strlen(t->all);

    snprintf(t->all + n, sizeof t->all - n, "%s\n", line);
}

struct message {
    struct nvhw_gsp_element element;
    struct nvhw_rpc_header header;
    struct nvhw_rpc_rm_alloc alloc;
};

static struct message an_alloc(void)
{
    struct message m;

    memset(&m, 0, sizeof m);
    m.element.elem_count = 1;
    m.element.seq_num = 5;
    m.header.header_version = NV_RPC_HEADER_VERSION;
    m.header.signature = NV_RPC_SIGNATURE;
    m.header.length = sizeof m.header + sizeof m.alloc;
    m.header.function = NV_RPC_FUNCTION_GSP_RM_ALLOC;
    m.alloc.h_class = NV01_DEVICE_0;
    return m;
}

START_TEST(a_message_is_shown_with_its_payload)
{
    struct message m = an_alloc();
    struct text t = {{0}};

    ck_assert_uint_eq(mg_decode_rpc((const uint8_t *)&m, sizeof m, take, &t), sizeof m);
    ck_assert_ptr_nonnull(strstr(t.all, "#5 GSP_RM_ALLOC"));
    ck_assert_ptr_nonnull(strstr(t.all, "h_class = 0x80"));
}
END_TEST

START_TEST(bytes_without_the_signature_are_no_message)
{
    struct message m = an_alloc();
    struct text t = {{0}};

    m.header.signature ^= 1;
    ck_assert_uint_eq(mg_decode_rpc((const uint8_t *)&m, sizeof m, take, &t), 0);
    ck_assert_uint_eq(mg_decode_rpc((const uint8_t *)&m, 4, take, &t), 0);
}
END_TEST

START_TEST(any_truncation_and_any_length_are_survived)
{
    struct message m = an_alloc();
    struct text t;

    for (size_t n = 0; n <= sizeof m; n++) {
        uint8_t *copy = malloc(n + 1);

        memcpy(copy, &m, n);
        memset(&t, 0, sizeof t);
        ck_assert_uint_le(mg_decode_rpc(copy, n, take, &t), n);
        free(copy);
    }
    m.header.length = 0xffffffffu;
    m.element.elem_count = 0xffffffffu;
    memset(&t, 0, sizeof t);
    ck_assert_uint_eq(mg_decode_rpc((const uint8_t *)&m, sizeof m, take, &t), sizeof m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rpc");
    TCase *tests = tcase_create("rpc");
    SRunner *runner;
    int failed;

    tcase_add_test(tests, a_message_is_shown_with_its_payload);
    tcase_add_test(tests, bytes_without_the_signature_are_no_message);
    tcase_add_test(tests, any_truncation_and_any_length_are_survived);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
