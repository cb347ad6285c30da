/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* model:ga102 as an application opens it: a child process behind a socket. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <magma-nv/bo.h>
#include <magma-nv/channel.h>
#include <magma-nv/copy.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "libmagma/api/child.h"
#include "libmagma/api/gpu.h"

#define SECOND UINT64_C(1000000000)

static char scratch[64];

static void setup(void)
{
    snprintf(scratch, sizeof scratch, "/tmp/magma-process-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    setenv("TMPDIR", scratch, 1);
    unsetenv("MAGMA_FIRMWARE_PATH");
}

/* No child is left, nor a file. */
static void teardown(void)
{
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    ck_assert_int_eq(rmdir(scratch), 0);
}

static struct magma_gpu *open_model(void)
{
    struct magma_error err = {0};
    struct magma_gpu *gpu;

    ck_assert_msg(magma_gpu_open("model:ga102", NULL, &gpu, &err) == MAGMA_OK, "%s", err.text);
    return gpu;
}

static enum magma_code fill(struct magma_gpu *gpu, struct magma_channel *channel, uint32_t value)
{
    struct magma_push *push;
    struct magma_bo *bo;
    enum magma_code code;
    uint32_t last;

    code = magma_push_create(gpu, &push, NULL);
    ck_assert_int_eq(code, MAGMA_OK);
    code = magma_bo_create(gpu, 1 << 20, 0, MAGMA_DOMAIN_SYSTEM, 0, &bo, NULL);
    if (code == MAGMA_OK) {
        struct magma_submit submit = {.pushes = &push, .push_count = 1};

        magma_fill_buffer(push, magma_bo_address(bo), 1 << 20, value);
        code = magma_channel_submit(channel, &submit);
        if (code == MAGMA_OK)
            code = magma_channel_wait_idle(channel, 30 * SECOND);
        last = ((uint32_t *)magma_bo_map(bo))[(1 << 18) - 1];
        if (code == MAGMA_OK)
            ck_assert_uint_eq(last, value);
    }
    magma_bo_destroy(bo);
    magma_push_destroy(push);
    return code;
}

static unsigned open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

START_TEST(ten_times_open_work_close_leaves_nothing_open)
{
    unsigned before = 0; /* after the first round: libuv keeps a pipe per process */

    for (uint32_t i = 0; i < 10; i++) {
        struct magma_gpu *gpu = open_model();
        struct magma_channel *channel;
        struct magma_bo *bo;

        ck_assert(magma_gpu_get_info(gpu)->is_model);
        ck_assert(magma_gpu_get_info(gpu)->vram_cpu_access);
        ck_assert_int_eq(magma_channel_create(gpu, MAGMA_ENGINE_COMPUTE, &channel, NULL), MAGMA_OK);
        ck_assert_int_eq(fill(gpu, channel, 100 + i), MAGMA_OK);
        /* Video memory through BAR1. */
        ck_assert_int_eq(magma_bo_create(gpu, 8 << 20, 0, MAGMA_DOMAIN_VRAM,
                                         MAGMA_BO_CPU_ACCESS | MAGMA_BO_ZERO, &bo, NULL),
                         MAGMA_OK);
        ck_assert_uint_eq(((uint64_t *)magma_bo_map(bo))[(8 << 17) - 1], 0);
        magma_bo_destroy(bo);
        magma_channel_destroy(channel);
        magma_gpu_close(gpu);
        if (!before)
            before = open_descriptors();
        ck_assert_uint_eq(open_descriptors(), before);
    }
}
END_TEST

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

START_TEST(a_server_that_dies_is_a_lost_device_at_once)
{
    struct magma_gpu *gpu = open_model();
    struct magma_timeline *never;
    struct magma_channel *channel;
    struct magma_error err = {0};
    struct magma_bo *bo;
    uint64_t start_ns;

    ck_assert_int_eq(magma_channel_create(gpu, MAGMA_ENGINE_COMPUTE, &channel, NULL), MAGMA_OK);
    ck_assert_int_eq(magma_timeline_create(gpu, 0, &never, NULL), MAGMA_OK);
    struct magma_timeline_point point = {never, 1};

    kill(mg_child_pid(gpu->child), SIGKILL);
    start_ns = now_ns();
    ck_assert_int_eq(magma_timeline_wait(gpu, &point, 1, true, UINT64_MAX), MAGMA_DEVICE_LOST);
    ck_assert_uint_lt(now_ns() - start_ns, 2 * SECOND);
    ck_assert(magma_gpu_is_lost(gpu));
    ck_assert_str_ne(magma_gpu_lost_reason(gpu), "");
    ck_assert_int_eq(magma_bo_create(gpu, 4096, 0, MAGMA_DOMAIN_SYSTEM, 0, &bo, &err),
                     MAGMA_DEVICE_LOST);
    ck_assert_int_eq(fill(gpu, channel, 1), MAGMA_DEVICE_LOST);
    magma_timeline_destroy(never);
    magma_channel_destroy(channel);
    magma_gpu_close(gpu);
    ck_assert_uint_lt(now_ns() - start_ns, 5 * SECOND);
}
END_TEST

struct worker {
    pthread_t thread;
    struct magma_gpu *gpu;
    int failures;
};

static void *work(void *ctx)
{
    struct worker *w = ctx;
    struct magma_channel *channel;

    if (magma_channel_create(w->gpu, MAGMA_ENGINE_COMPUTE, &channel, NULL) != MAGMA_OK) {
        w->failures++;
        return NULL;
    }
    for (uint32_t i = 0; i < 30; i++) {
        struct magma_bo *bo = NULL;

        w->failures += fill(w->gpu, channel, i) != MAGMA_OK;
        w->failures += magma_bo_create(w->gpu, UINT64_C(256) << i % 14, 0, MAGMA_DOMAIN_VRAM, 0,
                                       &bo, NULL) != MAGMA_OK;
        magma_bo_destroy(bo);
    }
    magma_channel_destroy(channel);
    return NULL;
}

START_TEST(threads_with_channels_of_their_own_do_not_disturb_each_other)
{
    struct magma_gpu *gpu = open_model();
    struct worker workers[4] = {{0}};

    for (int i = 0; i < 4; i++) {
        workers[i].gpu = gpu;
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(workers[i].thread, NULL);
        ck_assert_int_eq(workers[i].failures, 0);
    }
    ck_assert_str_eq(magma_gpu_lost_reason(gpu), "");
    magma_gpu_close(gpu);
}
END_TEST

struct sleeper {
    struct magma_gpu *gpu;
    struct magma_timeline_point point;
    enum magma_code code;
};

static void *sleep_until(void *ctx)
{
    struct sleeper *s = ctx;

    s->code = magma_timeline_wait(s->gpu, &s->point, 1, true, 20 * SECOND);
    return NULL;
}

START_TEST(a_signal_from_another_thread_wakes_a_sleeper)
{
    struct magma_gpu *gpu = open_model();
    struct magma_timeline *t;
    struct timespec pause = {.tv_nsec = 50000000};
    struct sleeper s = {.gpu = gpu};
    pthread_t thread;
    uint64_t start_ns;

    ck_assert_int_eq(magma_timeline_create(gpu, 0, &t, NULL), MAGMA_OK);
    s.point = (struct magma_timeline_point){t, 1};
    ck_assert_int_eq(pthread_create(&thread, NULL, sleep_until, &s), 0);
    nanosleep(&pause, NULL);
    start_ns = now_ns();
    magma_timeline_signal(t, 1);
    pthread_join(thread, NULL);
    ck_assert_int_eq(s.code, MAGMA_OK);
    ck_assert_uint_lt(now_ns() - start_ns, SECOND / 2);
    magma_timeline_destroy(t);
    magma_gpu_close(gpu);
}
END_TEST

static const struct {
    const char *name;
    enum magma_code code;
    const char *says;
} wrong_names[] = {
    {"cuda:0", MAGMA_INVALID_ARGUMENT, "known forms"},
    {"model:g80", MAGMA_NO_DEVICE, "model:g80"},
    {"vfio-user:/nonexistent/socket", MAGMA_CODE_COUNT, "/nonexistent/socket"},
    {"pci:ffff:ff:1f.7", MAGMA_CODE_COUNT, ""},
    {"nvidia:99", MAGMA_NO_DEVICE, "nvidia:99"},
};

START_TEST(names_that_lead_nowhere_say_why)
{
    struct magma_error err = {0};
    struct magma_gpu *gpu;
    enum magma_code code = magma_gpu_open(wrong_names[_i].name, NULL, &gpu, &err);

    ck_assert_int_ne(code, MAGMA_OK);
    ck_assert_ptr_null(gpu);
    ck_assert_int_eq(err.code, code);
    if (wrong_names[_i].code != MAGMA_CODE_COUNT)
        ck_assert_int_eq(code, wrong_names[_i].code);
    ck_assert_msg(err.text[0] && strstr(err.text, wrong_names[_i].says), "%s", err.text);
}
END_TEST

START_TEST(a_program_that_is_missing_is_named)
{
    struct magma_error err = {0};
    struct magma_gpu *gpu;
    char *was = strdup(getenv("MAGMA_GPUMODEL"));

    setenv("MAGMA_GPUMODEL", "/nonexistent/gpumodel", 1);
    ck_assert_int_eq(magma_gpu_open("model:ga102", NULL, &gpu, &err), MAGMA_NO_DEVICE);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/gpumodel"));
    setenv("MAGMA_GPUMODEL", "/bin/false", 1); /* ends at once, and makes no firmware */
    ck_assert_int_ne(magma_gpu_open("model:ga102", NULL, &gpu, &err), MAGMA_OK);
    ck_assert_ptr_nonnull(strstr(err.text, "model:ga102"));
    setenv("MAGMA_GPUMODEL", was, 1);
    free(was);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("process");
    TCase *c = tcase_create("process");
    SRunner *r;
    int failed;

    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, ten_times_open_work_close_leaves_nothing_open);
    tcase_add_test(c, a_server_that_dies_is_a_lost_device_at_once);
    tcase_add_test(c, threads_with_channels_of_their_own_do_not_disturb_each_other);
    tcase_add_test(c, a_signal_from_another_thread_wakes_a_sleeper);
    tcase_add_loop_test(c, names_that_lead_nowhere_say_why, 0, 5);
    tcase_add_test(c, a_program_that_is_missing_is_named);
    suite_add_tcase(s, c);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
