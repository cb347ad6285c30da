/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs every check on the GPU that MAGMA_DEVICE names and prints a table.
 *
 *     silicon [--json FILE] [JOB...]
 *
 * JOBs come from test_compiler_exec with MAGMA_TEST_DUMP=FOLDER.
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
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (char *c = text; *c; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
            *c = '\'';
    printf("%-28s %-6s %s\n", name, good ? "ok" : "FAILED", text);
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

static bool open_all(struct silicon *s)
{
    struct magma_error err = {0};
    const struct magma_gpu_info *info;
    uint64_t start = now_ns();

    if (magma_gpu_open(NULL, NULL, &s->gpu, &err) != MAGMA_OK) {
        report("open", false, "%s", err.text);
        return false;
    }
    info = magma_gpu_get_info(s->gpu);
    report("open", true, "%s, %s, %u SMs, firmware %s, classes %04x %04x %04x, %.1f ms", info->name,
           info->chip, info->sm_count, info->firmware, info->host_class, info->copy_class,
           info->compute_class, (double)(now_ns() - start) / 1e6);
    if (magma_channel_create(s->gpu, MAGMA_ENGINE_COMPUTE, &s->compute, &err) != MAGMA_OK ||
        magma_channel_create(s->gpu, MAGMA_ENGINE_COPY, &s->copy, &err) != MAGMA_OK ||
        magma_push_create(s->gpu, &s->push, &err) != MAGMA_OK) {
        report("channels", false, "%s", err.text);
        return false;
    }
    return true;
}

static void close_all(struct silicon *s)
{
    magma_push_destroy(s->push);
    magma_channel_destroy(s->copy);
    magma_channel_destroy(s->compute);
    magma_gpu_close(s->gpu);
    *s = (struct silicon){0};
}

/* A job that fails takes its GPU with it, not the other jobs. */
static bool reopen_if_lost(struct silicon *s)
{
    if (!magma_gpu_is_lost(s->gpu))
        return true;
    close_all(s);
    return open_all(s);
}

int main(int argc, char **argv)
{
    struct silicon s = {0};
    int first = 1;

    if (argc > 2 && strcmp(argv[1], "--json") == 0) {
        out.json = fopen(argv[2], "w");
        first = 3;
    }
    if (out.json)
        fprintf(out.json, "[");
    if (open_all(&s)) {
        check_host(&s);
        check_copies(&s);
        for (int i = first; i < argc && reopen_if_lost(&s); i++)
            check_job(&s, argv[i]);
    }
    close_all(&s);
    check_faults();
    if (out.json) {
        fprintf(out.json, "\n]\n");
        fclose(out.json);
    }
    printf("%u ok, %u failed\n", out.good, out.bad);
    return out.bad != 0;
}
