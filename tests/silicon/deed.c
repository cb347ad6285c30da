/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See deed.h. */
#include "tests/silicon/deed.h"

#include <stdlib.h>
#include <string.h>

#include <magma-nv/cc.h>

#include "fault.spv.h"

bool deed_create(struct deed *deed, struct silicon *s, const char *name)
{
    struct magma_cc_options options = {.sm = magma_gpu_get_info(s->gpu)->sm_version};
    struct magma_cc_shader *shader = NULL;
    char why[256];
    void *code;

    *deed = (struct deed){.s = s};
    if (!magma_cc_compile(fault_spv, sizeof fault_spv / 4, &options, &shader, why, sizeof why)) {
        report(name, false, "%s", why);
        return false;
    }
    code = malloc(shader->code_size_bytes);
    if (code)
        memcpy(code, shader->code, shader->code_size_bytes);
    deed->desc = (struct magma_kernel_desc){
        .code = code,
        .code_size_bytes = shader->code_size_bytes,
        .register_count = shader->register_count,
        .barrier_count = shader->barrier_count,
        .shared_size_bytes = shader->shared_size_bytes,
        .local_size_bytes = shader->local_size_bytes,
        .workgroup_size = {1, 1, 1},
    };
    magma_cc_shader_destroy(shader);
    deed->bo = code ? new_bo(s, 4096, MAGMA_DOMAIN_SYSTEM, MAGMA_BO_ZERO) : NULL;
    if (deed->bo)
        return true;
    deed_destroy(deed);
    return false;
}

void deed_destroy(struct deed *deed)
{
    free((void *)(uintptr_t)deed->desc.code);
    magma_bo_destroy(deed->bo);
    *deed = (struct deed){0};
}

uint64_t deed_word(const struct deed *deed)
{
    return magma_bo_address(deed->bo).raw + DEED_WORD_AT;
}

volatile struct deed_said *deed_said(const struct deed *deed)
{
    return magma_bo_map(deed->bo);
}

static void fill_root(uint64_t at, uint64_t said, enum deed_what what, uint32_t index,
                      uint8_t *root)
{
    struct {
        uint64_t at, said;
        uint32_t what, index;
    } constants = {at, said, what, index};

    memset(root, 0, MAGMA_CC_ROOT_SIZE_BYTES);
    memcpy(root + MAGMA_CC_ROOT_PUSH_CONSTANTS, &constants, sizeof constants);
}

void deed_root(const struct deed *deed, enum deed_what what, uint64_t at, uint32_t index,
               uint8_t *root)
{
    fill_root(at, magma_bo_address(deed->bo).raw, what, index, root);
}

static void dispatch(const struct deed *deed, const struct magma_kernel *kernel,
                     const uint8_t *root)
{
    magma_dispatch(deed->s->push,
                   &(struct magma_dispatch){.kernel = kernel,
                                            .groups = {1, 1, 1},
                                            .root = root,
                                            .root_size_bytes = MAGMA_CC_ROOT_SIZE_BYTES});
}

void deed_push_at(const struct deed *deed, const struct magma_kernel *kernel, unsigned slot)
{
    uint8_t root[MAGMA_CC_ROOT_SIZE_BYTES];

    fill_root(0, magma_bo_address(deed->bo).raw + slot * sizeof(struct deed_said), DEED_SHARED, 3,
              root);
    dispatch(deed, kernel, root);
}

void deed_push(const struct deed *deed, const struct magma_kernel *kernel, enum deed_what what,
               uint64_t at, uint32_t index)
{
    uint8_t root[MAGMA_CC_ROOT_SIZE_BYTES];

    deed_root(deed, what, at, index, root);
    dispatch(deed, kernel, root);
}

uint32_t deed_local_result(uint32_t index)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < 32; i++) {
        uint32_t at = (i + index) & 31;

        sum = sum * 3 + (at == index ? 9 : at * index);
    }
    return sum;
}
