/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The log is silent when all is well, and says who speaks when not. */
#include "libmagma/core/log.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct seen {
    unsigned lines;
    char last[256];
};

static void take(void *ctx, enum mg_log_level level, const char *line)
{
    struct seen *s = ctx;

    (void)level;
    s->lines++;
    strncpy(s->last, line, sizeof s->last - 1);
}

static struct mg_log log_for(struct seen *seen, const char *words)
{
    struct mg_log log;

    mg_log_init(&log, words);
    log.write = take;
    log.ctx = seen;
    strcpy(log.subject, "model:ga102");
    return log;
}

START_TEST(warnings_pass_and_progress_does_not)
{
    struct seen seen = {0};
    struct mg_log log = log_for(&seen, NULL);

    mg_log(&log, MG_LOG_INFO, "up");
    mg_debug(&log, MG_DEBUG(boot), "step");
    ck_assert_uint_eq(seen.lines, 0);
    mg_log(&log, MG_LOG_WARN, "slow: %d", 3);
    ck_assert_str_eq(seen.last, "model:ga102: slow: 3");
}
END_TEST

START_TEST(debug_words_open_their_topic_only)
{
    struct seen seen = {0};
    struct mg_log log = log_for(&seen, "rpc,boot");

    mg_debug(&log, MG_DEBUG(mem), "no");
    ck_assert_uint_eq(seen.lines, 0);
    mg_debug(&log, MG_DEBUG(boot), "yes");
    mg_debug(&log, MG_DEBUG(rpc), "yes");
    ck_assert_uint_eq(seen.lines, 2);
}
END_TEST

START_TEST(no_log_is_fine)
{
    mg_log(NULL, MG_LOG_ERROR, "nobody listens");
    mg_debug(NULL, MG_DEBUG(rpc), "nobody listens");
    ck_assert(!mg_debug_on(NULL, MG_DEBUG(rpc)));
}
END_TEST

START_TEST(a_long_line_is_cut)
{
    struct seen seen = {0};
    struct mg_log log = log_for(&seen, NULL);
    char text[5000];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    mg_log(&log, MG_LOG_ERROR, "%s", text);
    ck_assert_uint_eq(seen.lines, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");
    SRunner *runner;
    int failed;

    tcase_add_test(tests, warnings_pass_and_progress_does_not);
    tcase_add_test(tests, debug_words_open_their_topic_only);
    tcase_add_test(tests, no_log_is_fine);
    tcase_add_test(tests, a_long_line_is_cut);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
