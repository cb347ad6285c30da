/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A scene on the software SM alone: see stage.h. */
#include "stage.h"

#include "scenes.h"
#include "tests/gpumodel/sm/flat.h"

#include <string.h>

enum { ROOT_AT = 1 << 20, MEMORY_AT = 2 << 20, OUTPUT_AT = 3 << 20 };

static bool run(struct flat *flat, const struct scene *scene, const uint8_t *code, char *text)
{
    struct gpum_grid_desc desc = {
        .program_va = FLAT_VA,
        .sm_version = SWEEP_SM,
        .register_count = SCENE_REGISTERS,
        .barrier_count = scene->barriers,
        .shared_bytes = scene->shared_bytes,
        .local_bytes = scene->local_bytes,
        .bank = {{.valid = true, .va = FLAT_VA + ROOT_AT, .size_bytes = SCENE_ROOT}}};

    memcpy(desc.cta, scene->cta, sizeof desc.cta);
    memcpy(desc.grid, scene->groups, sizeof desc.grid);
    scene_root(scene, FLAT_VA + OUTPUT_AT, FLAT_VA + MEMORY_AT, flat->memory + ROOT_AT);
    memcpy(flat->memory, code, SCENE_CODE);
    gpum_sm_invalidate(&flat->gpum);
    return flat_run(flat, &desc, text);
}

bool stage_model_code(const struct scene *scene, const uint8_t *code, uint32_t words[STAGE_WORDS],
                      char *text)
{
    uint32_t out_bytes = scene_threads(scene) * SCENE_WORDS * 4;
    struct flat flat;
    bool good;

    if (!flat_init(&flat)) {
        snprintf(text, 256, "out of memory");
        return false;
    }
    good = run(&flat, scene, code, text);
    memcpy(words, flat.memory + OUTPUT_AT, out_bytes);
    memcpy((uint8_t *)words + out_bytes, flat.memory + MEMORY_AT, SCENE_MEMORY);
    flat_finish(&flat);
    return good;
}

bool stage_model(const struct scene *scene, uint32_t words[STAGE_WORDS], char *text)
{
    static uint8_t code[SCENE_CODE];

    if (scene_encode(scene, code))
        return stage_model_code(scene, code, words, text);
    snprintf(text, 256, "does not encode");
    return false;
}
