/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Kernels, timed by many launches in one submission, and their results checked in full. Inputs are
 * chosen so that the float sums are exact whatever their order.
 */
#include "peer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 7, THREADS = 256, TILE = 64, GROUPS_OF_REDUCE = 1056 };

struct job {
    const char *shader;
    uint32_t groups[2];
    struct vkb_params params;
    unsigned times; /* launches in a submission */
    double seconds; /* result: of one launch */
};

struct data { /* x: input, y: output, z: second input; host: as large as the largest of them */
    struct vkb_buffer x, y, z, host;
    VkDescriptorSet set;
};

static void data_create(struct vkb *b, struct data *d, VkDeviceSize x_bytes, VkDeviceSize y_bytes,
                        VkDeviceSize z_bytes)
{
    VkDeviceSize most = x_bytes > y_bytes ? x_bytes : y_bytes;
    const struct vkb_buffer *buffers[VKB_BUFFERS] = {&d->x, &d->y, &d->z};

    d->x = vkb_buffer_create(b, x_bytes, false);
    d->y = vkb_buffer_create(b, y_bytes, false);
    d->z = vkb_buffer_create(b, z_bytes, false);
    d->host = vkb_buffer_create(b, most > z_bytes ? most : z_bytes, true);
    d->set = vkb_set(b, buffers);
    memset(d->host.cpu, 0xff, y_bytes); /* what the kernel leaves out shows as NaN */
    vkb_copy(b, &d->y, &d->host, y_bytes);
}

static void data_destroy(struct vkb *b, struct data *d)
{
    vkb_buffer_destroy(b, &d->host);
    vkb_buffer_destroy(b, &d->z);
    vkb_buffer_destroy(b, &d->y);
    vkb_buffer_destroy(b, &d->x);
}

static float *output(struct vkb *b, struct data *d)
{
    vkb_copy(b, &d->host, &d->y, d->y.size_bytes);
    return d->host.cpu;
}

/* Every launch behind a barrier, so that each runs alone. Returns how often it ran. */
static unsigned run(struct vkb *b, struct job *job, const struct data *d)
{
    VkShaderModule module = vkb_module(b, job->shader);
    VkPipeline pipeline = vkb_pipeline(b, module, 0);
    VkCommandBuffer commands = vkb_begin(b);
    unsigned ran = 0;

    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, b->layout, 0, 1, &d->set, 0,
                            NULL);
    vkCmdPushConstants(commands, b->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof job->params,
                       &job->params);
    for (unsigned i = 0; i < job->times; i++) {
        vkCmdDispatch(commands, job->groups[0], job->groups[1], 1);
        vkb_barrier(commands);
    }
    vkb_end(commands);
    job->seconds = vkb_time(b, commands, b->small ? 1 : ROUNDS, &ran) / job->times;
    vkb_free(b, commands);
    vkDestroyPipeline(b->device, pipeline, NULL);
    vkDestroyShaderModule(b->device, module, NULL);
    return ran * job->times;
}

/* ---- Bound by bandwidth ---------------------------------------------------------------------- */

static void saxpy(struct vkb *b, const char *shader, unsigned per_thread, const char *what)
{
    const uint32_t count = b->small ? 16 << 10 : 64 << 20;
    struct job job = {.shader = shader,
                      .groups = {count / per_thread / THREADS, 1},
                      .params = {count, 2},
                      .times = b->small ? 2 : 8};
    struct data d;
    unsigned ran;
    float *f;

    data_create(b, &d, count * 4ull, count * 4ull, 256);
    f = d.host.cpu;
    for (uint32_t i = 0; i < count; i++)
        f[i] = (float)(i % 7);
    vkb_copy(b, &d.x, &d.host, count * 4ull);
    for (uint32_t i = 0; i < count; i++)
        f[i] = (float)(i % 5);
    vkb_copy(b, &d.y, &d.host, count * 4ull);
    ran = run(b, &job, &d);
    f = output(b, &d);
    for (uint32_t i = 0; i < count; i++) {
        float want = (float)(i % 5 + 2 * ran * (i % 7));

        if (f[i] != want)
            peer_wrong(what, i, f[i], want);
    }
    peer_note(shader, what, 12.0 * count / job.seconds / 1e9, "GB/s");
    data_destroy(b, &d);
}

static void reduction(struct vkb *b)
{
    const uint32_t count = b->small ? 16 << 10 : 64 << 20;
    const uint32_t groups = b->small ? 4 : GROUPS_OF_REDUCE;
    struct job job = {.shader = "reduce",
                      .groups = {groups, 1},
                      .params = {count, 0},
                      .times = b->small ? 2 : 8};
    double sum = 0, want = 0;
    struct data d;
    float *f;

    data_create(b, &d, count * 4ull, groups * 4ull, 256);
    f = d.host.cpu;
    for (uint32_t i = 0; i < count; i++) {
        f[i] = (float)(i * 2654435761u >> 30);
        want += f[i];
    }
    vkb_copy(b, &d.x, &d.host, count * 4ull);
    run(b, &job, &d);
    f = output(b, &d);
    for (uint32_t i = 0; i < groups; i++)
        sum += f[i];
    if (sum != want)
        peer_wrong("reduction", 0, sum, want);
    peer_note("reduce", "reduction, shared memory", 4.0 * count / job.seconds / 1e9, "GB/s");
    data_destroy(b, &d);
}

/* ---- Bound by arithmetic --------------------------------------------------------------------- */

/* All of C at once: C * v must be A * (B * v), in whole numbers. */
static void check_product(const float *a, const float *bm, const float *c, uint32_t n)
{
    struct row {
        double v, bv;
    } *rows = calloc(n, sizeof *rows);

    if (!rows)
        vkb_die("no memory", 0);
    for (uint32_t i = 0; i < n; i++)
        rows[i].v = (double)(i * 2654435761u >> 28);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < n; k++)
            rows[i].bv += (double)bm[(size_t)i * n + k] * rows[k].v;
    for (uint32_t i = 0; i < n; i++) {
        double is = 0, want = 0;

        for (uint32_t k = 0; k < n; k++) {
            want += (double)a[(size_t)i * n + k] * rows[k].bv;
            is += (double)c[(size_t)i * n + k] * rows[k].v;
        }
        if (!(is == want))
            peer_wrong("matrix product, row", i, is, want);
    }
    free(rows);
}

static void sgemm(struct vkb *b)
{
    const uint32_t n = b->small ? 64 : 2048;
    const VkDeviceSize bytes = (VkDeviceSize)n * n * 4;
    struct job job = {.shader = "sgemm",
                      .groups = {n / TILE, n / TILE},
                      .params = {n, 0},
                      .times = b->small ? 1 : 4};
    float *a = malloc(bytes), *bm = malloc(bytes);
    struct data d;

    if (!a || !bm)
        vkb_die("no memory", 0);
    data_create(b, &d, bytes, bytes, bytes);
    for (uint32_t i = 0; i < n * n; i++) {
        a[i] = (float)((i * 2654435761u >> 29)) - 3;
        bm[i] = (float)((i * 40503u >> 11) % 5) - 2;
    }
    memcpy(d.host.cpu, a, bytes);
    vkb_copy(b, &d.x, &d.host, bytes);
    memcpy(d.host.cpu, bm, bytes);
    vkb_copy(b, &d.z, &d.host, bytes);
    run(b, &job, &d);
    check_product(a, bm, output(b, &d), n);
    peer_note("sgemm", "matrix product, tiles in shared memory",
              2.0 * n * n * n / job.seconds / 1e9, "GFLOP/s");
    data_destroy(b, &d);
    free(bm);
    free(a);
}

static double special_of(float t)
{
    double sum = 0;

    for (int k = 0; k < 64; k++) {
        double x = (double)t;

        sum += sin(x) * cos(x) + exp2(-x) + log2(1 + x) + 1 / sqrt(1 + x) + sqrt(x);
        t += 0.015625f;
    }
    return sum;
}

static double fma_of(float s, float a)
{
    float c[8] = {0, 1, 2, 3, 4, 5, 6, 7};

    for (int k = 0; k < 1024; k++)
        for (int i = 0; i < 8; i++)
            c[i] = fmaf(c[i], a, s);
    return (double)(((c[0] + c[1]) + (c[2] + c[3])) + ((c[4] + c[5]) + (c[6] + c[7])));
}

static uint32_t hash_of(uint32_t h)
{
    for (uint32_t k = 0; k < 256; k++) {
        h ^= h >> 16;
        h *= 0x7feb352du;
        h ^= h >> 15;
        h *= 0x846ca68bu;
        h ^= h >> 16;
        h += k;
    }
    return h;
}

enum kind { SPECIAL, FMA, HASH };

/* The inputs repeat, so that the CPU computes few results and still looks at all. */
static void check_each(enum kind kind, const void *result, uint32_t count, float a)
{
    enum { PERIOD = 1024 };
    double want[PERIOD];
    const float *f = result;
    const uint32_t *u = result;

    for (uint32_t i = 0; i < PERIOD; i++)
        want[i] = kind == SPECIAL ? special_of((float)i / 256.0f)
                  : kind == FMA   ? fma_of((float)i / 256.0f, a)
                                  : (double)hash_of(i);
    for (uint32_t i = 0; i < count; i++) {
        double is = kind == HASH ? (double)u[i] : (double)f[i], w = want[i % PERIOD];
        double bound = kind == SPECIAL ? 1e-3 * fabs(w) : kind == FMA ? 1e-6 * fabs(w) : 0;

        if (!(fabs(is - w) <= bound))
            peer_wrong(kind == SPECIAL ? "special functions" : kind == FMA ? "fma" : "hash", i, is,
                       w);
    }
}

static void arithmetic(struct vkb *b, enum kind kind)
{
    static const char *const shaders[] = {"special", "fma", "hash"};
    static const double operations[] = {64 * 6, 8192, 256};
    static const char *const what[] = {"special functions, six a step",
                                       "multiply-adds, eight chains", "integer mixing rounds"};
    static const char *const unit[] = {"Gop/s", "GFMA/s", "Ground/s"};
    const uint32_t count = b->small ? 1024 : 4 << 20;
    struct job job = {.shader = shaders[kind],
                      .groups = {count / THREADS, 1},
                      .params = {count, 0.5f},
                      .times = b->small ? 1 : 4};
    struct data d;

    data_create(b, &d, count * 4ull, count * 4ull, 256);
    for (uint32_t i = 0; i < count; i++) {
        if (kind == HASH)
            ((uint32_t *)d.host.cpu)[i] = i % 1024;
        else
            ((float *)d.host.cpu)[i] = (float)(i % 1024) / 256.0f;
    }
    vkb_copy(b, &d.x, &d.host, count * 4ull);
    run(b, &job, &d);
    check_each(kind, output(b, &d), count, job.params.a);
    peer_note(shaders[kind], what[kind], operations[kind] * count / job.seconds / 1e9, unit[kind]);
    data_destroy(b, &d);
}

void peer_kernels(struct vkb *b)
{
    saxpy(b, "saxpy", 1, "saxpy, one element each");
    saxpy(b, "saxpy4", 4, "saxpy, four elements each");
    reduction(b);
    sgemm(b);
    arithmetic(b, SPECIAL);
    arithmetic(b, FMA);
    arithmetic(b, HASH);
}
