/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The sweeps on the software SM, without the rest of the software GPU: see sweep.h. */
#include "sweep.h"

#include "tests/gpumodel/sm/flat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CODE_AT = 0,
    ROOT_AT = 1 << 20,
    INPUT_AT = 2 << 20,
    SCRATCH_AT = 3 << 20,
    OUTPUT_AT = 4 << 20
};

struct sweep_model {
    struct flat flat;
};

struct sweep_model *sweep_model_create(void)
{
    struct sweep_model *model = calloc(1, sizeof *model);

    if (model && !flat_init(&model->flat)) {
        free(model);
        return NULL;
    }
    return model;
}

void sweep_model_destroy(struct sweep_model *model)
{
    if (!model)
        return;
    flat_finish(&model->flat);
    free(model);
}

static bool run(struct sweep_model *model, const struct sweep_program *program, unsigned first_set,
                unsigned sets, char *text)
{
    uint8_t *memory = model->flat.memory;
    struct gpum_grid_desc desc = {
        .program_va = FLAT_VA + CODE_AT,
        .sm_version = SWEEP_SM,
        .register_count = SWEEP_REGISTERS,
        .shared_bytes = SWEEP_SHARED_BYTES,
        .local_bytes = SWEEP_LOCAL_BYTES,
        .cta = {SWEEP_LANES, 1, 1},
        .grid = {sets, 1, 1},
        .bank = {{.valid = true, .va = FLAT_VA + ROOT_AT, .size_bytes = SWEEP_ROOT_BYTES}}};

    memcpy(memory + CODE_AT, program->code, program->size_bytes);
    memset(memory + CODE_AT + program->size_bytes, 0, 1024);
    for (unsigned i = 0; i < sets; i++) {
        uint32_t words[SWEEP_LANES][SWEEP_WORDS];

        sweep_inputs(first_set + i, words);
        memcpy(memory + INPUT_AT + i * sizeof words, words, sizeof words);
    }
    sweep_root(memory + ROOT_AT, FLAT_VA + OUTPUT_AT, FLAT_VA + INPUT_AT, FLAT_VA + SCRATCH_AT,
               program->slots);
    gpum_sm_invalidate(&model->flat.gpum);
    return flat_run(&model->flat, &desc, text);
}

bool sweep_model_run(struct sweep_model *model, const struct sweep_program *program,
                     unsigned first_set, unsigned sets, const uint8_t **output, char *text)
{
    *output = model->flat.memory + OUTPUT_AT;
    return run(model, program, first_set, sets, text);
}

bool sweep_model_takes(struct sweep_model *model, const struct sweep_form *form, char *text)
{
    struct sweep_program program = {.code = malloc(SWEEP_CODE_BYTES)};
    bool good = false;

    if (!program.code)
        snprintf(text, 256, "out of memory");
    else if (!sweep_program_write(&program, form, 1))
        snprintf(text, 256, "does not encode");
    else
        good = run(model, &program, 0, 1, text);
    free(program.code);
    return good;
}
