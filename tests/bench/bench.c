/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Figures, not tests: CPU time of a submission, round trip of an empty job, allocation, copies,
 * the software GPU's speed, opening and closing. MAGMA_DEVICE names the GPU (default model:ga102).
 *
 *     bench [--json]
 */
#include <magma-nv/bo.h>
#include <magma-nv/cc.h>
#include <magma-nv/channel.h>
#include <magma-nv/compute.h>
#include <magma-nv/copy.h>
#include <magma-nv/gpu.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/bench.h"

#define TIMEOUT_NS UINT64_C(60000000000)

struct figure {
    const char *key; /* with its unit, for programs */
    const char *what;
    double value;
    const char *unit;
};

static struct figure figures[32];
static unsigned figure_count;

static void note(const char *key, const char *what, double value, const char *unit)
{
    figures[figure_count++] = (struct figure){key, what, value, unit};
}

uint64_t bench_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

double bench_median(uint64_t *samples, unsigned count)
{
    unsigned middle = count / 2;

    qsort(samples, count, sizeof *samples, compare);
    return (double)samples[middle];
}

static void must(enum magma_code code, const char *what, const struct magma_error *err)
{
    if (code == MAGMA_OK)
        return;
    fprintf(stderr, "bench: %s: %s: %s\n", what, magma_code_name(code), err ? err->text : "");
    exit(1);
}

/* ---- Through the whole driver ---------------------------------------------------------------- */

struct bench {
    struct magma_gpu *gpu;
    struct magma_channel *channel;
    struct magma_push *push;
};

static void run(struct bench *b)
{
    struct magma_submit submit = {.pushes = &b->push, .push_count = 1};

    must(magma_channel_submit(b->channel, &submit), "submit", NULL);
    must(magma_channel_wait_idle(b->channel, TIMEOUT_NS), magma_gpu_lost_reason(b->gpu), NULL);
}

static void open_and_close(const char *device)
{
    enum { ROUNDS = 5 };
    uint64_t up[ROUNDS], down[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        struct magma_error err = {0};
        struct magma_gpu *gpu;
        uint64_t start = bench_now_ns();

        must(magma_gpu_open(device, NULL, &gpu, &err), "open", &err);
        up[i] = bench_now_ns() - start;
        start = bench_now_ns();
        magma_gpu_close(gpu);
        down[i] = bench_now_ns() - start;
    }
    note("open_ms", "open: start, boot GSP-RM, ready for channels", bench_median(up, ROUNDS) / 1e6,
         "ms");
    note("close_ms", "close: unload GSP-RM, end", bench_median(down, ROUNDS) / 1e6, "ms");
}

static void round_trip(struct bench *b)
{
    enum { ROUNDS = 2000 };
    static uint64_t samples[ROUNDS];
    struct magma_submit submit = {0};

    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = bench_now_ns();

        must(magma_channel_submit(b->channel, &submit), "submit", NULL);
        must(magma_channel_wait_idle(b->channel, TIMEOUT_NS), "wait", NULL);
        samples[i] = bench_now_ns() - start;
    }
    note("round_trip_us", "empty job, submit to completion seen",
         bench_median(samples, ROUNDS) / 1e3, "us");
}

static void allocation(struct bench *b, uint64_t size_bytes, enum magma_domain domain,
                       const char *key, const char *what)
{
    enum { ROUNDS = 2000 };
    static uint64_t samples[ROUNDS];
    struct magma_error err = {0};
    struct magma_bo *keep, *bo;

    must(magma_bo_create(b->gpu, size_bytes, 0, domain, 0, &keep, &err), what, &err);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = bench_now_ns();

        must(magma_bo_create(b->gpu, size_bytes, 0, domain, 0, &bo, &err), what, &err);
        samples[i] = bench_now_ns() - start;
        magma_bo_destroy(bo);
    }
    magma_bo_destroy(keep);
    note(key, what, bench_median(samples, ROUNDS), "ns");
}

static void copies(struct bench *b)
{
    enum { ROUNDS = 5 };
    const uint64_t bytes = 64u << 20;
    struct magma_error err = {0};
    uint64_t samples[ROUNDS];
    struct magma_bo *src, *dst;

    must(magma_bo_create(b->gpu, bytes, 0, MAGMA_DOMAIN_SYSTEM, 0, &src, &err), "src", &err);
    must(magma_bo_create(b->gpu, bytes, 0, MAGMA_DOMAIN_VRAM, 0, &dst, &err), "dst", &err);
    magma_copy_buffer(b->push, magma_bo_address(dst), magma_bo_address(src), bytes);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = bench_now_ns();

        run(b);
        samples[i] = bench_now_ns() - start;
    }
    magma_push_reset(b->push);
    note("copy_gbps", "copy of 64 MiB, system to video memory",
         (double)bytes / bench_median(samples, ROUNDS), "GB/s");
    magma_bo_destroy(src);
    magma_bo_destroy(dst);
}

static uint32_t *read_words(const char *path, size_t *count)
{
    static uint32_t words[1 << 16];
    FILE *f = fopen(path, "rb");

    *count = f ? fread(words, 4, sizeof words / 4, f) : 0;
    if (f)
        fclose(f);
    return words;
}

/* 64 x 256 invocations, each some 10000 instructions: the interpreter's speed, or a GPU's. */
static void instructions(struct bench *b, const char *path)
{
    const uint32_t groups = 64, threads = 256;
    uint8_t root[MAGMA_CC_ROOT_SIZE_BYTES] = {0};
    struct magma_cc_options options = {.sm = magma_gpu_get_info(b->gpu)->sm_version};
    struct magma_cc_buffer_descriptor *set;
    struct magma_cc_shader *shader;
    struct magma_kernel *kernel;
    struct magma_error err = {0};
    struct magma_bo *bo;
    magma_gpu_va va;
    uint64_t start, took;
    size_t count;
    uint32_t *words = read_words(path, &count);

    if (!magma_cc_compile(words, count, &options, &shader, err.text, sizeof err.text))
        must(MAGMA_BAD_SHADER, path, &err);
    must(magma_kernel_create(b->gpu,
                             &(struct magma_kernel_desc){.code = shader->code,
                                                         .code_size_bytes = shader->code_size_bytes,
                                                         .register_count = shader->register_count,
                                                         .barrier_count = shader->barrier_count,
                                                         .workgroup_size = {threads, 1, 1}},
                             &kernel, &err),
         "kernel", &err);
    must(magma_bo_create(b->gpu, groups * threads * 4, 0, MAGMA_DOMAIN_VRAM, 0, &bo, &err),
         "buffer", &err);
    set = magma_push_data(b->push, sizeof *set, 16, &va);
    *set = (struct magma_cc_buffer_descriptor){magma_bo_address(bo).raw, groups * threads * 4, 0};
    memcpy(root + MAGMA_CC_ROOT_SET_ADDRESS, &va.raw, 8);
    magma_dispatch(b->push, &(struct magma_dispatch){.kernel = kernel,
                                                     .groups = {groups, 1, 1},
                                                     .root = root,
                                                     .root_size_bytes = sizeof root});
    start = bench_now_ns();
    run(b);
    took = bench_now_ns() - start;
    magma_push_reset(b->push);
    note("fma_mops", "multiply-adds of a shader, all lanes",
         (double)groups * threads * 4096.0 / (double)took * 1e3, "M/s");
    magma_bo_destroy(bo);
    magma_kernel_destroy(kernel);
    magma_cc_shader_destroy(shader);
}

/* ---- Output ---------------------------------------------------------------------------------- */

static void print_table(const char *name)
{
    printf("%s\n", name);
    for (unsigned i = 0; i < figure_count; i++)
        printf("  %-48s %12.2f %s\n", figures[i].what, figures[i].value, figures[i].unit);
}

static void print_json(const char *name)
{
    printf("{\"device\": \"%s\"", name);
    for (unsigned i = 0; i < figure_count; i++)
        printf(", \"%s\": %.3f", figures[i].key, figures[i].value);
    printf("}\n");
}

int main(int argc, char **argv)
{
    const char *device = getenv("MAGMA_DEVICE") ? getenv("MAGMA_DEVICE") : "model:ga102";
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    struct magma_error err = {0};
    struct bench b = {0};
    char name[64];

    if (argc > 1 + json) {
        fprintf(stderr, "usage: bench [--json]\n");
        return 2;
    }
    open_and_close(device);
    must(magma_gpu_open(device, NULL, &b.gpu, &err), "open", &err);
    snprintf(name, sizeof name, "%.63s", magma_gpu_get_info(b.gpu)->address);
    must(magma_channel_create(b.gpu, MAGMA_ENGINE_COMPUTE, &b.channel, &err), "channel", &err);
    must(magma_push_create(b.gpu, &b.push, &err), "push", &err);
    note("submit_ns", "submit, CPU time without the doorbell", bench_submit(false), "ns");
    note("submit_fence_ns", "the same with a wait and a signal", bench_submit(true), "ns");
    note("dispatch_ns", "recording a dispatch, CPU time", bench_dispatch(), "ns");
    round_trip(&b);
    allocation(&b, 64 << 10, MAGMA_DOMAIN_VRAM, "alloc_64k_ns", "allocation of 64 KiB, warm");
    allocation(&b, 1 << 20, MAGMA_DOMAIN_VRAM, "alloc_1m_ns", "allocation of 1 MiB, warm");
    copies(&b);
    instructions(&b, BENCH_SHADER);
    magma_push_destroy(b.push);
    magma_channel_destroy(b.channel);
    magma_gpu_close(b.gpu);
    if (json)
        print_json(name);
    else
        print_table(name);
    return 0;
}
