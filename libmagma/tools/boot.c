/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* `magma boot`: brings a GPU up and down again and tells each step with its time. */
#include "libmagma/tools/tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DURATION_SIZE 24

static const char usage[] =
    "usage: magma boot [--trace] [--json] [DEVICE]\n\n"
    "Opens DEVICE, closes it again, and shows how long it took; with --trace\n"
    "each step as it happens, with what was found and its time.\n";

struct story {
    struct tool_args args;
    json_t *steps;
    uint64_t total_ns;
    unsigned count;
};

static const char *duration(uint64_t ns, char text[DURATION_SIZE])
{
    if (ns < 10000)
        snprintf(text, DURATION_SIZE, "%" PRIu64 " ns", ns);
    else if (ns < 10000000)
        snprintf(text, DURATION_SIZE, "%" PRIu64 " us", ns / 1000);
    else
        snprintf(text, DURATION_SIZE, "%" PRIu64 " ms", ns / 1000000);
    return text;
}

static void on_step(void *ctx, const char *name, const char *detail, uint64_t duration_ns)
{
    struct story *s = ctx;
    char at[DURATION_SIZE], took[DURATION_SIZE];

    s->total_ns += duration_ns;
    s->count++;
    if (s->args.json)
        json_array_append_new(s->steps, json_pack("{s:s, s:s, s:I}", "step", name, "detail",
                                                  detail ? detail : "", "duration_ns",
                                                  (json_int_t)duration_ns));
    else if (s->args.trace) {
        printf("%10s  +%-9s %-24s %s\n", duration(s->total_ns, at), duration(duration_ns, took),
               name, detail ? detail : "");
        fflush(stdout);
    }
}

int tool_boot(int argc, char **argv)
{
    struct story s = {.steps = json_array()};
    struct magma_gpu_options options = {.step = on_step, .ctx = &s};
    struct magma_error err = {0};
    struct magma_gpu *gpu = NULL;
    uint64_t boot_ns;
    char text[DURATION_SIZE], name[96];
    int status = 2;

    if (!tool_parse(argc, argv, usage, TOOL_TAKES_TRACE | TOOL_TAKES_DEVICE, &s.args))
        goto out;
    status = 0;
    if (s.args.help)
        goto out;
    if (magma_gpu_open(s.args.device, &options, &gpu, &err) != MAGMA_OK) {
        status = tool_failed(&err);
        goto out;
    }
    boot_ns = s.total_ns;
    snprintf(name, sizeof name, "%s", magma_gpu_get_info(gpu)->address);
    if (!s.args.json)
        printf("%s is up after %u steps and %s\n", name, s.count, duration(boot_ns, text));
    magma_gpu_close(gpu);
    if (s.args.json)
        tool_print_json(json_pack("{s:s, s:I, s:I, s:O}", "device", name, "boot_ns",
                                  (json_int_t)boot_ns, "total_ns", (json_int_t)s.total_ns, "steps",
                                  s.steps));
    else
        printf("%s is down again after %s\n", name, duration(s.total_ns - boot_ns, text));
out:
    json_decref(s.steps);
    return status;
}
