/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See gpu.h. All buffers are system memory, so that the CPU sees what came before a fault. */
#include "gpu.h"

#include <magma-nv/bo.h>
#include <magma-nv/channel.h>
#include <magma-nv/compute.h>
#include <magma-nv/gpu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_NS UINT64_C(2000000000)

struct sass_gpu {
    struct magma_gpu *gpu;
    struct magma_channel *channel;
    struct magma_push *push;
    struct magma_bo *input, *scratch, *output, *extra;
    char name[128];
};

static bool create(struct sass_gpu *g, struct magma_error *err)
{
    const struct magma_gpu_info *info;

    if (magma_gpu_open(NULL, NULL, &g->gpu, err) != MAGMA_OK ||
        magma_channel_create(g->gpu, MAGMA_ENGINE_COMPUTE, &g->channel, err) != MAGMA_OK ||
        magma_push_create(g->gpu, &g->push, err) != MAGMA_OK ||
        magma_bo_create(g->gpu, SWEEP_INPUT_BYTES, 0, MAGMA_DOMAIN_SYSTEM, 0, &g->input, err) !=
            MAGMA_OK ||
        magma_bo_create(g->gpu, SWEEP_SCRATCH_TOTAL, 0, MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO,
                        &g->scratch, err) != MAGMA_OK ||
        magma_bo_create(g->gpu, SWEEP_OUTPUT_BYTES, 0, MAGMA_DOMAIN_SYSTEM, 0, &g->output, err) !=
            MAGMA_OK)
        return false;
    info = magma_gpu_get_info(g->gpu);
    snprintf(g->name, sizeof g->name, "%s (%s), firmware %s", info->name, info->chip,
             info->firmware);
    return true;
}

struct sass_gpu *sass_gpu_create(char *why)
{
    struct sass_gpu *g = calloc(1, sizeof *g);
    struct magma_error err = {0};

    snprintf(why, SASS_WHY_BYTES, "out of memory");
    if (g && !create(g, &err)) {
        snprintf(why, SASS_WHY_BYTES, "%s", err.text);
        sass_gpu_destroy(g);
        return NULL;
    }
    return g;
}

void sass_gpu_destroy(struct sass_gpu *g)
{
    if (!g)
        return;
    magma_bo_destroy(g->extra);
    magma_bo_destroy(g->output);
    magma_bo_destroy(g->scratch);
    magma_bo_destroy(g->input);
    magma_push_destroy(g->push);
    magma_channel_destroy(g->channel);
    if (g->gpu)
        magma_gpu_close(g->gpu);
    free(g);
}

const char *sass_gpu_name(const struct sass_gpu *gpu)
{
    return gpu->name;
}

static void fill_inputs(struct sass_gpu *g, unsigned first_set, unsigned sets)
{
    uint8_t *to = magma_bo_map(g->input);

    for (unsigned i = 0; i < sets; i++) {
        uint32_t words[SWEEP_LANES][SWEEP_WORDS];

        sweep_inputs(first_set + i, words);
        memcpy(to + i * sizeof words, words, sizeof words);
    }
}

static bool run(struct sass_gpu *g, const struct magma_dispatch *dispatch, char *why)
{
    struct magma_submit submit = {.pushes = &g->push, .push_count = 1};
    enum magma_code code;

    magma_dispatch(g->push, dispatch);
    code = magma_channel_submit(g->channel, &submit);
    if (code == MAGMA_OK)
        code = magma_channel_wait_idle(g->channel, WAIT_NS);
    snprintf(why, SASS_WHY_BYTES, "%s",
             magma_gpu_is_lost(g->gpu) ? magma_gpu_lost_reason(g->gpu) : magma_code_text(code));
    magma_push_reset(g->push);
    return code == MAGMA_OK;
}

bool sass_gpu_launch(struct sass_gpu *g, const struct sass_launch *launch, char *why)
{
    struct magma_kernel_desc desc = {.code = launch->code,
                                     .code_size_bytes = launch->code_size_bytes,
                                     .register_count = launch->registers,
                                     .barrier_count = launch->barriers,
                                     .shared_size_bytes = launch->shared_bytes,
                                     .local_size_bytes = launch->local_bytes};
    struct magma_dispatch dispatch = {.root = launch->root,
                                      .root_size_bytes = launch->root_size_bytes};
    struct magma_kernel *kernel = NULL;
    struct magma_error err = {0};
    bool good;

    memcpy(desc.workgroup_size, launch->cta, sizeof launch->cta);
    memcpy(dispatch.groups, launch->groups, sizeof launch->groups);
    if (magma_kernel_create(g->gpu, &desc, &kernel, &err) != MAGMA_OK) {
        snprintf(why, SASS_WHY_BYTES, "%s", err.text);
        return false;
    }
    dispatch.kernel = kernel;
    good = run(g, &dispatch, why);
    magma_kernel_destroy(kernel);
    return good;
}

uint8_t *sass_gpu_memory(struct sass_gpu *g, uint64_t size_bytes, uint64_t *va)
{
    struct magma_error err = {0};

    magma_bo_destroy(g->extra);
    g->extra = NULL;
    if (magma_bo_create(g->gpu, size_bytes, 0, MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO, &g->extra,
                        &err) != MAGMA_OK)
        return NULL;
    *va = magma_bo_address(g->extra).raw;
    return magma_bo_map(g->extra);
}

bool sass_gpu_sweep(struct sass_gpu *g, const struct sweep_program *program, unsigned first_set,
                    unsigned sets, const uint8_t **output, char *why)
{
    uint8_t root[SWEEP_ROOT_BYTES];
    struct sass_launch launch = {.code = program->code,
                                 .code_size_bytes = program->size_bytes,
                                 .registers = SWEEP_REGISTERS,
                                 .shared_bytes = SWEEP_SHARED_BYTES,
                                 .local_bytes = SWEEP_LOCAL_BYTES,
                                 .cta = {SWEEP_LANES, 1, 1},
                                 .groups = {sets, 1, 1},
                                 .root = root,
                                 .root_size_bytes = sizeof root};

    *output = magma_bo_map(g->output);
    memset(magma_bo_map(g->output), 0, (size_t)sets * program->slots * SWEEP_SLOT_BYTES);
    fill_inputs(g, first_set, sets);
    sweep_root(root, magma_bo_address(g->output).raw, magma_bo_address(g->input).raw,
               magma_bo_address(g->scratch).raw, program->slots);
    return sass_gpu_launch(g, &launch, why);
}
