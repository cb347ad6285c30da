/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What host does: semaphores, timestamps, many submissions, engines that wait for each other. */
#include "tests/silicon/silicon.h"

#include <unistd.h>

#define MANY           100000u
#define MANY_MODEL     20000u
#define MARK           UINT64_C(0x1122334455667788)
#define CLOCK_SLACK_NS 10000000u

static void semaphores(struct silicon *s, struct magma_bo *bo)
{
    volatile uint64_t *seen = magma_bo_map(bo);
    const char *why;

    seen[0] = seen[1] = seen[2] = 0;
    magma_push_write(s->push, magma_bo_address(bo), MARK, 8);
    magma_push_wait(s->push, magma_bo_address(bo), MARK - 1, 8);
    magma_push_write(s->push, magma_gpu_va_add(magma_bo_address(bo), 8), 7, 4);
    magma_push_wait(s->push, magma_gpu_va_add(magma_bo_address(bo), 8), 7, 4);
    magma_push_write(s->push, magma_gpu_va_add(magma_bo_address(bo), 16), 9, 8);
    if (!run_push(s, s->compute, &why)) {
        report("semaphores", false, "%s", why);
        return;
    }
    report("semaphores", seen[0] == MARK && seen[1] == 7 && seen[2] == 9,
           "release and acquire of 32 and 64 bits: 0x%llx, %llu, %llu", (unsigned long long)seen[0],
           (unsigned long long)seen[1], (unsigned long long)seen[2]);
}

/* The channel stalls until the CPU signals, and not shorter. */
static void cpu_signal(struct silicon *s)
{
    struct magma_error err = {0};
    struct magma_timeline *gate = NULL;
    enum magma_code early, late;

    if (magma_timeline_create(s->gpu, 0, &gate, &err) != MAGMA_OK) {
        report("cpu signal", false, "%s", err.text);
        return;
    }
    struct magma_timeline_point wait = {gate, 5};
    struct magma_submit submit = {.waits = &wait, .wait_count = 1};

    (void)magma_channel_submit(s->compute, &submit);
    early = magma_channel_wait_idle(s->compute, 20000000);
    magma_timeline_signal(gate, 5);
    late = magma_channel_wait_idle(s->compute, TIMEOUT_NS);
    report("cpu signal", early == MAGMA_TIMEOUT && late == MAGMA_OK, "before: %s, after: %s",
           magma_code_name(early), magma_code_name(late));
    magma_timeline_destroy(gate);
}

static void timestamps(struct silicon *s, struct magma_bo *bo)
{
    volatile uint64_t *seen = magma_bo_map(bo);
    uint64_t before = 0, after = 0;
    const char *why;
    bool good;

    (void)magma_gpu_timestamp_ns(s->gpu, &before);
    magma_push_timestamp(s->push, magma_bo_address(bo), 1);
    magma_push_timestamp(s->push, magma_gpu_va_add(magma_bo_address(bo), 16), 2);
    good = run_push(s, s->compute, &why);
    (void)magma_gpu_timestamp_ns(s->gpu, &after);
    good = good && seen[0] == 1 && seen[2] == 2 && seen[1] <= seen[3] &&
           seen[1] + CLOCK_SLACK_NS >= before && seen[3] <= after + CLOCK_SLACK_NS;
    report("timestamps", good, "first %lld ns after the clock was read, second %lld ns later",
           (long long)(seen[1] - before), (long long)(seen[3] - seen[1]));
}

static void many_submissions(struct silicon *s, struct magma_channel *channel, const char *name)
{
    struct magma_error err = {0};
    struct magma_timeline *timeline = NULL;
    enum magma_code code = magma_timeline_create(s->gpu, 0, &timeline, &err);
    uint32_t many = is_model(s) ? MANY_MODEL : MANY;
    uint64_t start = now_ns(), took;

    for (uint32_t i = 1; i <= many && code == MAGMA_OK; i++) {
        struct magma_timeline_point signal = {timeline, i};

        code = magma_channel_submit(channel,
                                    &(struct magma_submit){.signals = &signal, .signal_count = 1});
    }
    if (code == MAGMA_OK)
        code = magma_channel_wait_idle(channel, TIMEOUT_NS);
    took = now_ns() - start;
    report(name, code == MAGMA_OK && magma_timeline_value(timeline) == many,
           "%u submissions over a ring of 2048 entries: %s, timeline %llu, %.0f ns each", many,
           magma_code_name(code), timeline ? (unsigned long long)magma_timeline_value(timeline) : 0,
           (double)took / many);
    magma_timeline_destroy(timeline);
}

/* Compute and copy hand a token to each other; each step waits for the other's last. */
static void ping_pong(struct silicon *s)
{
    enum { ROUNDS = 1000 };
    struct magma_error err = {0};
    struct magma_timeline *timeline = NULL;
    enum magma_code code = magma_timeline_create(s->gpu, 0, &timeline, &err);
    uint64_t start = now_ns(), took;

    for (uint32_t i = 0; i < ROUNDS && code == MAGMA_OK; i++) {
        struct magma_timeline_point wait = {timeline, i}, signal = {timeline, i + 1};

        code = magma_channel_submit(
            i % 2 ? s->copy : s->compute,
            &(struct magma_submit){
                .waits = &wait, .wait_count = 1, .signals = &signal, .signal_count = 1});
    }
    struct magma_timeline_point end = {timeline, ROUNDS};

    if (code == MAGMA_OK)
        code = magma_timeline_wait(s->gpu, &end, 1, true, TIMEOUT_NS);
    took = now_ns() - start;
    report("engines in turn", code == MAGMA_OK, "%d hand-overs: %s, %.2f us each", ROUNDS,
           magma_code_name(code), (double)took / ROUNDS / 1e3);
    (void)magma_channel_wait_idle(s->copy, TIMEOUT_NS);
    (void)magma_channel_wait_idle(s->compute, TIMEOUT_NS);
    magma_timeline_destroy(timeline);
}

/* Sleeps long enough that only an event can end the wait before the next look. */
static void round_trips(struct silicon *s)
{
    enum { ROUNDS = 2000 };
    uint64_t best = UINT64_MAX, sum = 0;
    enum magma_code code = MAGMA_OK;

    for (int i = 0; i < ROUNDS && code == MAGMA_OK; i++) {
        uint64_t start = now_ns(), took;

        code = magma_channel_submit(s->compute, &(struct magma_submit){0});
        if (code == MAGMA_OK)
            code = magma_channel_wait_idle(s->compute, TIMEOUT_NS);
        took = now_ns() - start;
        best = took < best ? took : best;
        sum += took;
    }
    report("round trips", code == MAGMA_OK, "empty job: best %.2f us, mean %.2f us",
           (double)best / 1e3, (double)sum / ROUNDS / 1e3);
}

void check_host(struct silicon *s)
{
    struct magma_bo *bo = new_bo(s, 4096, MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO);

    if (!bo)
        return;
    semaphores(s, bo);
    cpu_signal(s);
    timestamps(s, bo);
    many_submissions(s, s->compute, "submissions on compute");
    many_submissions(s, s->copy, "submissions on copy");
    ping_pong(s);
    round_trips(s);
    magma_bo_destroy(bo);
}
