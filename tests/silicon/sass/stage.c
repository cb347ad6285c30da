/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See stage.h. */
#include "stage.h"

#include "accidents.h"

#include <stdlib.h>
#include <string.h>

static uint32_t words_of(const struct scene *scene)
{
    return scene_threads(scene) * SCENE_WORDS + SCENE_MEMORY / 4;
}

static bool run_gpu(struct sass_gpu *gpu, const struct scene *scene, const uint8_t *code,
                    uint32_t *words, char *why)
{
    uint32_t out_bytes = scene_threads(scene) * SCENE_WORDS * 4;
    uint8_t root[SCENE_ROOT];
    struct sass_launch launch = {.code = code,
                                 .code_size_bytes = SCENE_CODE,
                                 .registers = SCENE_REGISTERS,
                                 .barriers = scene->barriers,
                                 .shared_bytes = scene->shared_bytes,
                                 .local_bytes = scene->local_bytes,
                                 .root = root,
                                 .root_size_bytes = SCENE_ROOT};
    uint64_t va;
    uint8_t *memory = sass_gpu_memory(gpu, out_bytes + SCENE_MEMORY, &va);

    memcpy(launch.cta, scene->cta, sizeof launch.cta);
    memcpy(launch.groups, scene->groups, sizeof launch.groups);
    if (!memory) {
        snprintf(why, SASS_WHY_BYTES, "no memory");
        return false;
    }
    scene_root(scene, va, va + out_bytes, root);
    if (!sass_gpu_launch(gpu, &launch, why))
        return false;
    memcpy(words, memory, out_bytes + SCENE_MEMORY);
    return true;
}

static unsigned compare(const struct scene *scene, const uint32_t *gpu, const uint32_t *model)
{
    enum { SHOWN = 12 };
    unsigned differ = 0;

    for (uint32_t i = 0; i < words_of(scene); i++)
        if (gpu[i] != model[i] && differ++ < SHOWN)
            printf("    thread %u word %u: GPU 0x%08x, model 0x%08x\n", i / SCENE_WORDS,
                   i % SCENE_WORDS, gpu[i], model[i]);
    return differ;
}

/* A line per thread that stored something; the memory follows as further threads. */
static void keep(FILE *record, const struct scene *scene, const uint32_t *words)
{
    for (uint32_t i = 0; i < words_of(scene); i += SCENE_WORDS) {
        unsigned used = SCENE_WORDS;

        while (used && !words[i + used - 1])
            used--;
        if (!used)
            continue;
        fprintf(record, "%s\t%u", scene->name, i / SCENE_WORDS);
        for (unsigned k = 0; k < used; k++)
            fprintf(record, "\t%x", words[i + k]);
        fprintf(record, "\n");
    }
    fflush(record);
}

static void reopen(struct sass_gpu **gpu)
{
    char why[SASS_WHY_BYTES];

    sass_gpu_destroy(*gpu);
    *gpu = sass_gpu_create(why);
    if (!*gpu)
        printf("the GPU does not come back: %s\n", why);
}

static unsigned stage_one(struct sass_gpu **gpu, const struct scene *scene, FILE *record,
                          FILE *json)
{
    static uint32_t ours[STAGE_WORDS], theirs[STAGE_WORDS];
    static uint8_t code[SCENE_CODE];
    char text[256] = "", why[SASS_WHY_BYTES] = "does not encode";
    bool model = stage_model(scene, ours, text),
         good = scene_encode(scene, code) && run_gpu(*gpu, scene, code, theirs, why);
    unsigned differ = 0;

    if (good && record)
        keep(record, scene, theirs);
    if (good && model)
        differ = compare(scene, theirs, ours);
    printf("scene %s: %s%s%s%s\n", scene->name,
           !good    ? "the GPU: "
           : differ ? "differs"
           : model  ? "ok"
                    : "the GPU has it",
           good ? "" : why, model ? "" : "; the model: ", model ? "" : text);
    if (json)
        fprintf(json, ",\n  {\"scene\": \"%s\", \"ok\": %s}", scene->name,
                good && model && !differ ? "true" : "false");
    if (!good)
        reopen(gpu);
    return !good || !model || differ;
}

unsigned stage_all(struct sass_gpu **gpu, FILE *record, FILE *json)
{
    static const struct scene *const lists[] = {scenes, scenes_of_threads};
    unsigned bad = 0;

    for (unsigned n = 0; n < 2; n++)
        for (const struct scene *scene = lists[n]; scene->name && *gpu; scene++)
            bad += stage_one(gpu, scene, record, json);
    return bad;
}

/* A GPU that ends an accident has nothing to report; the software SM must still refuse it. */
static bool stage_accident(struct sass_gpu **gpu, const struct accident *a, bool hangs, FILE *json)
{
    static uint32_t words[STAGE_WORDS];
    static uint8_t code[SCENE_CODE];
    char text[256] = "it ends", why[SASS_WHY_BYTES] = "it ends";
    bool good = accident_encode(a, code);

    if (!good) {
        printf("accident %s: does not encode\n", a->scene.name);
        return false;
    }
    good = stage_model_code(&a->scene, code, words, text)
               ? !a->model
               : a->model && strncmp(text, a->model, strlen(a->model)) == 0;
    if (a->hangs && !hangs)
        snprintf(why, sizeof why, "left out, since it hangs");
    else if (!run_gpu(*gpu, &a->scene, code, words, why))
        reopen(gpu);
    good = good && (!a->gpu || strstr(why, a->gpu));
    printf("accident %s: %s\n    the GPU: %s\n    the model: %s\n", a->scene.name,
           good ? "ok" : "NOT AS EXPECTED", why, text);
    if (json)
        fprintf(json, ",\n  {\"accident\": \"%s\", \"ok\": %s}", a->scene.name,
                good ? "true" : "false");
    return good;
}

unsigned stage_accidents(struct sass_gpu **gpu, bool hangs, FILE *json)
{
    unsigned bad = 0;

    for (const struct accident *a = accidents; a->scene.name && *gpu; a++)
        bad += !stage_accident(gpu, a, hangs, json);
    return bad;
}
