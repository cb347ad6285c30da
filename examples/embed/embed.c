/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * magma without Vulkan: opens a GPU, fills and copies a buffer, compiles a compute shader from a
 * SPIR-V file, launches it, and checks every result.
 *
 *     embed [SHADER.spv [DEVICE]]      DEVICE as for MAGMA_DEVICE, e.g. model:ga102
 */
#include <magma-nv/bo.h>
#include <magma-nv/cc.h>
#include <magma-nv/channel.h>
#include <magma-nv/compute.h>
#include <magma-nv/copy.h>
#include <magma-nv/gpu.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT      4096u
#define FACTOR     3u
#define TIMEOUT_NS UINT64_C(10000000000)

struct embed {
    struct magma_gpu *gpu;
    struct magma_channel *channel;
    struct magma_timeline *timeline;
    uint64_t submitted;
    struct magma_push *push;
    struct magma_bo *input, *output;
    struct magma_kernel *kernel;
};

static int fail(const char *what, const struct magma_error *err)
{
    fprintf(stderr, "embed: %s: %s\n", what, err->text[0] ? err->text : magma_code_text(err->code));
    return 1;
}

/* Reads a file of 32-bit words. */
static uint32_t *read_words(const char *path, size_t *count)
{
    FILE *f = fopen(path, "rb");
    uint32_t *words = NULL;
    long size;

    if (f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0 && size % 4 == 0) {
        *count = (size_t)size / 4;
        rewind(f);
        words = malloc((size_t)size);
        if (words && fread(words, 4, *count, f) != *count) {
            free(words);
            words = NULL;
        }
    }
    if (f)
        fclose(f);
    return words;
}

/* Submits what was recorded and waits for it. */
static int run(struct embed *e, const char *what)
{
    struct magma_timeline_point done = {e->timeline, ++e->submitted};
    struct magma_submit submit = {
        .pushes = &e->push, .push_count = 1, .signals = &done, .signal_count = 1};
    struct magma_error err = {.code = magma_channel_submit(e->channel, &submit)};

    if (err.code == MAGMA_OK)
        err.code = magma_timeline_wait(e->gpu, &done, 1, true, TIMEOUT_NS);
    if (err.code == MAGMA_OK) {
        magma_push_reset(e->push);
        return 0;
    }
    snprintf(err.text, sizeof err.text, "%s", magma_gpu_lost_reason(e->gpu));
    return fail(what, &err);
}

static int set_up(struct embed *e, const char *device)
{
    const uint64_t bytes = COUNT * sizeof(uint32_t);
    struct magma_error err = {0};

    if (magma_gpu_open(device, NULL, &e->gpu, &err) != MAGMA_OK)
        return fail("open", &err);
    printf("%s, %u SMs\n", magma_gpu_get_info(e->gpu)->name, magma_gpu_get_info(e->gpu)->sm_count);
    if (magma_channel_create(e->gpu, MAGMA_ENGINE_COMPUTE, &e->channel, &err) != MAGMA_OK ||
        magma_timeline_create(e->gpu, 0, &e->timeline, &err) != MAGMA_OK ||
        magma_push_create(e->gpu, &e->push, &err) != MAGMA_OK)
        return fail("channel", &err);
    if (magma_bo_create(e->gpu, bytes, 0, MAGMA_DOMAIN_VRAM, 0, &e->input, &err) != MAGMA_OK ||
        magma_bo_create(e->gpu, bytes, 0, MAGMA_DOMAIN_SYSTEM, 0, &e->output, &err) != MAGMA_OK)
        return fail("memory", &err);
    return 0;
}

/* Fills video memory, copies it to system memory, looks. */
static int fill_and_copy(struct embed *e)
{
    const uint64_t bytes = COUNT * sizeof(uint32_t);
    const uint32_t *seen = magma_bo_map(e->output);

    magma_fill_buffer(e->push, magma_bo_address(e->input), bytes, 0x600dcafe);
    magma_push_barrier(e->push);
    magma_copy_buffer(e->push, magma_bo_address(e->output), magma_bo_address(e->input), bytes);
    if (run(e, "fill and copy"))
        return 1;
    for (uint32_t i = 0; i < COUNT; i++)
        if (seen[i] != 0x600dcafe) {
            fprintf(stderr, "embed: word %u is 0x%08x after the copy\n", i, seen[i]);
            return 1;
        }
    printf("fill and copy: %u words right\n", COUNT);
    return 0;
}

static int compile(struct embed *e, const char *path)
{
    struct magma_cc_options options = {.sm = magma_gpu_get_info(e->gpu)->sm_version};
    struct magma_cc_shader *shader = NULL;
    struct magma_error err = {0};
    uint32_t *words;
    size_t count = 0;
    int status = 0;

    words = read_words(path, &count);
    if (!words) {
        fprintf(stderr, "embed: %s cannot be read as SPIR-V\n", path);
        return 1;
    }
    if (!magma_cc_compile(words, count, &options, &shader, err.text, sizeof err.text))
        status = fail("compile", &err);
    free(words);
    if (status)
        return status;
    struct magma_kernel_desc desc = {
        .code = shader->code,
        .code_size_bytes = shader->code_size_bytes,
        .register_count = shader->register_count,
        .barrier_count = shader->barrier_count,
        .shared_size_bytes = shader->shared_size_bytes,
        .local_size_bytes = shader->local_size_bytes,
        .workgroup_size = {shader->workgroup_size[0], shader->workgroup_size[1],
                           shader->workgroup_size[2]},
    };
    if (magma_kernel_create(e->gpu, &desc, &e->kernel, &err) != MAGMA_OK)
        status = fail("kernel", &err);
    else
        printf("compiled: %u instructions, %u registers\n", shader->instruction_count,
               shader->register_count);
    magma_cc_shader_destroy(shader);
    return status;
}

static struct magma_cc_buffer_descriptor describe(const struct magma_bo *bo)
{
    return (struct magma_cc_buffer_descriptor){magma_bo_address(bo).raw,
                                               (uint32_t)magma_bo_size(bo), 0};
}

/* Set 0 lies in push data: one descriptor per binding, 16 bytes each. The root table points at it.
 */
static int launch(struct embed *e)
{
    static const uint32_t push_constants[] = {COUNT, FACTOR};
    const uint32_t groups = COUNT / 64, filled = 0x600dcafe;
    uint8_t root[MAGMA_CC_ROOT_SIZE_BYTES] = {0};
    struct magma_cc_buffer_descriptor *set;
    const uint32_t *seen = magma_bo_map(e->output);
    magma_gpu_va set_va;

    set = magma_push_data(e->push, 2 * sizeof *set, 16, &set_va);
    if (set) {
        set[0] = describe(e->input);
        set[1] = describe(e->output);
    }
    memcpy(root + MAGMA_CC_ROOT_GROUP_COUNT, (uint32_t[]){groups, 1, 1}, 12);
    memcpy(root + MAGMA_CC_ROOT_SET_ADDRESS, &set_va.raw, 8);
    memcpy(root + MAGMA_CC_ROOT_PUSH_CONSTANTS, push_constants, sizeof push_constants);
    magma_dispatch(e->push, &(struct magma_dispatch){.kernel = e->kernel,
                                                     .groups = {groups, 1, 1},
                                                     .root = root,
                                                     .root_size_bytes = sizeof root});
    if (run(e, "launch"))
        return 1;
    for (uint32_t i = 0; i < COUNT; i++)
        if (seen[i] != filled * FACTOR + i) {
            fprintf(stderr, "embed: result %u is 0x%08x, not 0x%08x\n", i, seen[i],
                    filled * FACTOR + i);
            return 1;
        }
    printf("launch: %u results right\n", COUNT);
    return 0;
}

static void tear_down(struct embed *e)
{
    magma_kernel_destroy(e->kernel);
    magma_bo_destroy(e->output);
    magma_bo_destroy(e->input);
    magma_push_destroy(e->push);
    magma_timeline_destroy(e->timeline);
    magma_channel_destroy(e->channel);
    magma_gpu_close(e->gpu);
}

int main(int argc, char **argv)
{
    struct embed e = {0};
    int status;

    if (argc > 3) {
        fprintf(stderr, "usage: embed [SHADER.spv [DEVICE]]\n");
        return 2;
    }
    status = set_up(&e, argc > 2 ? argv[2] : NULL);
    if (!status)
        status = fill_and_copy(&e);
    if (!status)
        status = compile(&e, argc > 1 ? argv[1] : EMBED_SHADER);
    if (!status)
        status = launch(&e);
    tear_down(&e);
    return status;
}
