/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs checks on the GPU that MAGMA_DEVICE names and prints a table.
 *
 *     silicon [--json FILE] [--part NAME]... [JOB...]
 *
 * JOBs come from test_compiler_exec with MAGMA_TEST_DUMP=FOLDER. Without --part all parts run.
 */
#include "tests/silicon/silicon.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static struct {
    FILE *json;
    unsigned good, bad;
} out;

void report(const char *name, bool good, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (char *c = text; *c; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
            *c = '\'';
    printf("%-34s %-6s %s\n", name, good ? "ok" : "FAILED", text);
    fflush(stdout);
    if (out.json)
        fprintf(out.json, "%s\n  {\"check\": \"%s\", \"ok\": %s, \"detail\": \"%s\"}",
                out.good + out.bad ? "," : "", name, good ? "true" : "false", text);
    if (good)
        out.good++;
    else
        out.bad++;
}

uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

bool is_model(const struct silicon *s)
{
    return magma_gpu_get_info(s->gpu)->is_model;
}

bool run_push(struct silicon *s, struct magma_channel *channel, const char **why)
{
    struct magma_submit submit = {.pushes = &s->push, .push_count = 1};
    enum magma_code code = magma_channel_submit(channel, &submit);

    if (code == MAGMA_OK)
        code = magma_channel_wait_idle(channel, TIMEOUT_NS);
    *why = magma_gpu_is_lost(s->gpu) ? magma_gpu_lost_reason(s->gpu) : magma_code_text(code);
    magma_push_reset(s->push);
    return code == MAGMA_OK;
}

struct magma_bo *new_bo(struct silicon *s, uint64_t size_bytes, enum magma_domain domain,
                        uint32_t flags)
{
    struct magma_error err = {0};
    struct magma_bo *bo = NULL;

    if (magma_bo_create(s->gpu, size_bytes, 0, domain, flags, &bo, &err) != MAGMA_OK)
        report("buffer", false, "%llu bytes: %s", (unsigned long long)size_bytes, err.text);
    return bo;
}

/* Errors on purpose fill the log; their text stands in the table. */
static void no_log(void *ctx, enum magma_log_level level, const char *line)
{
    (void)ctx;
    (void)level;
    (void)line;
}

bool open_all(struct silicon *s, const char *name)
{
    struct magma_gpu_options options = {.log = no_log};
    struct magma_error err = {0};

    if (magma_gpu_open(NULL, &options, &s->gpu, &err) == MAGMA_OK &&
        magma_channel_create(s->gpu, MAGMA_ENGINE_COMPUTE, &s->compute, &err) == MAGMA_OK &&
        magma_channel_create(s->gpu, MAGMA_ENGINE_COPY, &s->copy, &err) == MAGMA_OK &&
        magma_push_create(s->gpu, &s->push, &err) == MAGMA_OK)
        return true;
    report(name, false, "opening: %s", err.text);
    return false;
}

void close_all(struct silicon *s)
{
    magma_push_destroy(s->push);
    magma_channel_destroy(s->copy);
    magma_channel_destroy(s->compute);
    magma_gpu_close(s->gpu);
    *s = (struct silicon){0};
}

static void describe(const struct silicon *s, uint64_t took_ns)
{
    const struct magma_gpu_info *info = magma_gpu_get_info(s->gpu);

    report("open", true, "%s, %s, %u SMs, firmware %s, classes %04x %04x %04x, %.1f ms", info->name,
           info->chip, info->sm_count, info->firmware, info->host_class, info->copy_class,
           info->compute_class, (double)took_ns / 1e6);
}

static void run_shared(const char *name, void (*check)(struct silicon *s))
{
    struct silicon s = {0};
    uint64_t start = now_ns();

    if (open_all(&s, name)) {
        if (strcmp(name, "host") == 0)
            describe(&s, now_ns() - start);
        check(&s);
    }
    close_all(&s);
}

/* A job that fails takes its GPU with it, not the other jobs. */
static void run_jobs(char **paths, int count)
{
    struct silicon s = {0};
    bool open = count && open_all(&s, "jobs");

    for (int i = 0; i < count && open; i++) {
        check_job(&s, paths[i]);
        if (magma_gpu_is_lost(s.gpu)) {
            close_all(&s);
            open = open_all(&s, "jobs");
        }
    }
    close_all(&s);
}

static const struct {
    const char *name;
    void (*shared)(struct silicon *s);
    void (*alone)(void);
} parts[] = {
    {"host", check_host, NULL},         {"copies", check_copies, NULL},
    {"events", check_events, NULL},     {"order", check_order, NULL},
    {"controls", check_controls, NULL}, {"launches", NULL, check_launches},
    {"faults", NULL, check_faults},     {"life", NULL, check_life},
    {"endless", NULL, check_endless},
};

static bool wanted(const char *name, int argc, char **argv)
{
    bool any = false;

    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "--part") == 0) {
            any = true;
            if (strcmp(argv[i + 1], name) == 0)
                return true;
        }
    return !any;
}

int main(int argc, char **argv)
{
    int first = 1;

    while (first + 1 < argc && argv[first][0] == '-') {
        if (strcmp(argv[first], "--json") == 0)
            out.json = fopen(argv[first + 1], "w");
        first += 2;
    }
    if (out.json)
        fprintf(out.json, "[");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!wanted(parts[i].name, argc, argv))
            continue;
        if (parts[i].shared)
            run_shared(parts[i].name, parts[i].shared);
        else
            parts[i].alone();
    }
    run_jobs(argv + first, argc - first);
    if (out.json) {
        fprintf(out.json, "\n]\n");
        fclose(out.json);
    }
    printf("%u ok, %u failed\n", out.good, out.bad);
    return out.bad != 0;
}
