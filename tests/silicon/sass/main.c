/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs the sweeps on the GPU that MAGMA_DEVICE names and on the software SM, and lists every
 * difference.
 *
 *     sass [--bounds FILE] [--record FILE] [--json FILE] [--only TEXT] [--sets N] [--supported]
 *          [--from N] [--mufu] [--dump FOLDER] [--scenes FILE] [--accidents]
 *          [--hangs] [--list]
 *
 * --only: instances whose text begins so. --supported: leaves out what the software SM does not
 * have.
 * --list: bytes and text of the instances and why the software SM refuses one, and touches no GPU.
 * --record writes what the GPU gave (replay.c runs it again). --mufu: whole binades of the
 * multi-function unit's functions as well; --dump: their differences to files. --scenes: the
 * scenes, and what the GPU gave to FILE.
 * --accidents: shaders that go wrong; --hangs: also those that hang a GPU, for many seconds each.
 */
#include "gpu.h"
#include "mufu.h"
#include "stage.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOSSES_MAX = 100, SHOWN = 3 };

struct run {
    struct sass_gpu *gpu;
    struct sweep_model *model;
    struct sweep_bounds *bounds;
    struct sweep_program program;
    struct sweep_form *forms;
    bool *model_takes, *trapped;
    unsigned count, from, sets, losses, scenes_bad;
    unsigned done, same, within, differ, refused, traps;
    FILE *record, *json, *scenes;
    bool supported, mufu, accidents, hangs;
    const char *dump;
    char why[SASS_WHY_BYTES];
};

static void text_of(const struct sweep_form *form, char text[256])
{
    nvhw_sass_format(SWEEP_SM, &form->insn, 0, text, 256);
}

static void json_entry(struct run *r, const char *kind, const char *text, const char *detail)
{
    if (r->json)
        fprintf(r->json, ",\n  {\"%s\": \"%s\", \"detail\": \"%s\"}", kind, text, detail);
}

/* ---- The software SM --------------------------------------------------------------------------
 */

static void list_one(const struct sweep_form *form, const char *text, const char *why)
{
    for (unsigned i = 0; i < NV_SASS_BYTES; i++)
        printf("%02x", form->bytes[i]);
    printf("\t%s\t%s\n", text, why);
}

static void ask_model(struct run *r, bool list)
{
    for (unsigned i = 0; i < r->count; i++) {
        char text[256], why[256] = "";

        text_of(&r->forms[i], text);
        r->model_takes[i] = sweep_model_takes(r->model, &r->forms[i], why);
        why[strcspn(why, ";")] = 0;
        if (list)
            list_one(&r->forms[i], text, why);
        else if (!r->model_takes[i])
            printf("refused by the model: %s: %s\n", text, why);
        if (!r->model_takes[i])
            json_entry(r, "refused", text, "");
        r->refused += !r->model_takes[i];
        r->trapped[i] = r->supported && !r->model_takes[i];
    }
}

/* ---- The GPU ----------------------------------------------------------------------------------
 */

static bool reopen(struct run *r)
{
    sass_gpu_destroy(r->gpu);
    r->gpu = ++r->losses > LOSSES_MAX ? NULL : sass_gpu_create(r->why);
    if (!r->gpu)
        printf("giving up: %s\n", r->losses > LOSSES_MAX ? "too many faults" : r->why);
    return r->gpu != NULL;
}

/* The instance whose results are the first to be missing where most is there. */
static unsigned first_missing(const struct run *r, const unsigned *batch, unsigned count,
                              const uint8_t *output)
{
    unsigned furthest = 0;

    for (unsigned set = 0; set < SWEEP_LAUNCH_SETS; set++) {
        unsigned slot = 0, i = 0;

        while (i < count && sweep_is_stored(output, r->program.slots, set, slot))
            slot += sweep_slots_of(&r->forms[batch[i++]].insn);
        furthest = i > furthest ? i : furthest;
    }
    return furthest < count ? furthest : count - 1;
}

/* After a fault: names the instance and opens the GPU again. False: no use to go on. */
static bool leave_out(struct run *r, unsigned index)
{
    char text[256];

    text_of(&r->forms[index], text);
    printf("refused by the GPU: %s: %s\n", text, r->why);
    json_entry(r, "trap", text, r->why);
    r->trapped[index] = true;
    r->traps++;
    return reopen(r);
}

/* ---- Comparing --------------------------------------------------------------------------------
 */

struct outcome {
    unsigned lanes, sets;
    bool within;
};

static void show(const struct run *r, unsigned index, unsigned set, unsigned lane,
                 const struct sweep_results *gpu, const struct sweep_results *model)
{
    uint32_t in[SWEEP_LANES][SWEEP_WORDS];
    char text[256];

    text_of(&r->forms[index], text);
    sweep_inputs(set, in);
    printf(
        "differs: %s set %u lane %u: GPU %08x:%08x:%08x:%08x/%02x model %08x:%08x:%08x:%08x/%02x; "
        "A %08x:%08x B %08x:%08x C %08x:%08x P %02x\n",
        text, set, lane, gpu->word[0], gpu->word[1], gpu->word[2], gpu->word[3], gpu->preds,
        model->word[0], model->word[1], model->word[2], model->word[3], model->preds, in[lane][0],
        in[lane][1], in[lane][4], in[lane][5], in[lane][8], in[lane][9], in[lane][12]);
}

static void compare_set(struct run *r, unsigned index, unsigned set, const uint8_t *gpu,
                        const uint8_t *model, unsigned launch_set, unsigned slot, struct outcome *o)
{
    const struct nvhw_sass *insn = &r->forms[index].insn;
    unsigned before = o->lanes;

    for (unsigned i = slot; i < slot + sweep_slots_of(insn); i++)
        for (unsigned lane = 0; lane < SWEEP_LANES; lane++) {
            struct sweep_results a = sweep_result(gpu, r->program.slots, launch_set, i, lane);
            struct sweep_results b = sweep_result(model, r->program.slots, launch_set, i, lane);

            if (memcmp(&a, &b, sizeof a) == 0)
                continue;
            o->within = true;
            if (sweep_agree(r->bounds, insn, &a, &b))
                continue;
            if (o->lanes++ < SHOWN && o->sets < SHOWN)
                show(r, index, set, lane, &a, &b);
        }
    o->sets += o->lanes > before;
}

/* ---- A batch ----------------------------------------------------------------------------------
 */

struct batch {
    unsigned index[SWEEP_BATCH], slot[SWEEP_BATCH], count;
    struct sweep_form forms[SWEEP_BATCH];
    struct outcome outcome[SWEEP_BATCH];
    struct sweep_record record[SWEEP_BATCH];
};

static unsigned take_batch(struct run *r, struct batch *b, unsigned from)
{
    unsigned slots = 0;

    b->count = 0;
    for (; from < r->count; from++) {
        unsigned more = sweep_slots_of(&r->forms[from].insn);

        if (slots + more > SWEEP_BATCH)
            break;
        if (r->trapped[from])
            continue;
        b->index[b->count] = from;
        b->slot[b->count] = slots;
        b->outcome[b->count] = (struct outcome){0};
        b->record[b->count] = (struct sweep_record){.form = r->forms[from], .exact = true};
        b->forms[b->count++] = r->forms[from];
        slots += more;
    }
    return from;
}

/* The model runs what it takes, a program of its own; results are put where the GPU's are. */
static bool run_model(struct run *r, const struct batch *b, unsigned first_set, unsigned sets,
                      uint8_t *output)
{
    static struct sweep_form taken[SWEEP_BATCH];
    struct sweep_program program = {.code = r->program.code};
    unsigned count = 0, slot = 0;
    const uint8_t *from;

    for (unsigned i = 0; i < b->count; i++)
        if (r->model_takes[b->index[i]])
            taken[count++] = b->forms[i];
    if (!sweep_program_write(&program, taken, count) ||
        !sweep_model_run(r->model, &program, first_set, sets, &from, r->why)) {
        printf("the model failed: %s\n", r->why);
        return false;
    }
    for (unsigned i = 0; i < b->count; i++) {
        unsigned slots = sweep_slots_of(&b->forms[i].insn);

        if (!r->model_takes[b->index[i]])
            continue;
        for (unsigned set = 0; set < sets; set++)
            memcpy(output + ((size_t)set * r->program.slots + b->slot[i]) * SWEEP_SLOT_BYTES,
                   from + ((size_t)set * program.slots + slot) * SWEEP_SLOT_BYTES,
                   (size_t)slots * SWEEP_SLOT_BYTES);
        slot += slots;
    }
    return true;
}

static void keep_results(struct run *r, struct batch *b, unsigned i, unsigned set,
                         const uint8_t *gpu, unsigned launch_set)
{
    struct sweep_record *record = &b->record[i];
    unsigned slots = sweep_slots_of(&b->forms[i].insn), group = set / SWEEP_GROUP_SETS;
    bool bounded = sweep_bounds_of(r->bounds, &b->forms[i].insn) != SWEEP_EXACT;
    bool interesting = bounded || b->outcome[i].sets > record->raw_count;

    record->hash[group] =
        sweep_hash(record->hash[group], gpu, r->program.slots, launch_set, b->slot[i], slots);
    record->exact = !bounded;
    if ((set == b->index[i] % SWEEP_GROUP_SETS && slots == 1) || interesting)
        sweep_record_take(record, set, gpu, r->program.slots, launch_set, b->slot[i]);
}

/* 1: done, 0: the GPU faulted and the batch is to be taken anew, -1: the end. */
static int run_batch(struct run *r, struct batch *b, uint8_t *model)
{
    const uint8_t *gpu;

    for (unsigned first = 0; first < r->sets; first += SWEEP_LAUNCH_SETS) {
        unsigned sets = r->sets - first < SWEEP_LAUNCH_SETS ? r->sets - first : SWEEP_LAUNCH_SETS;

        if (!sweep_program_write(&r->program, b->forms, b->count)) {
            printf("a batch does not encode\n");
            return -1;
        }
        if (!sass_gpu_sweep(r->gpu, &r->program, first, sets, &gpu, r->why)) {
            unsigned culprit = first_missing(r, b->index, b->count, gpu);

            return leave_out(r, b->index[culprit]) ? 0 : -1;
        }
        if (!run_model(r, b, first, sets, model))
            return -1;
        for (unsigned i = 0; i < b->count; i++)
            for (unsigned set = 0; set < sets; set++) {
                if (r->model_takes[b->index[i]])
                    compare_set(r, b->index[i], first + set, gpu, model, set, b->slot[i],
                                &b->outcome[i]);
                keep_results(r, b, i, first + set, gpu, set);
            }
    }
    return 1;
}

static bool finish_batch(struct run *r, const struct batch *b)
{
    for (unsigned i = 0; i < b->count; i++) {
        const struct outcome *o = &b->outcome[i];
        char text[256], detail[64];

        r->done++;
        if (r->record && !sweep_record_write(r->record, &b->record[i])) {
            printf("cannot write the record\n");
            return false;
        }
        if (r->record)
            fflush(r->record);
        if (!r->model_takes[b->index[i]])
            continue;
        text_of(&b->forms[i], text);
        if (o->lanes) {
            snprintf(detail, sizeof detail, "%u lanes of %u sets", o->lanes, o->sets);
            printf("differs: %s: %s\n", text, detail);
            json_entry(r, "differs", text, detail);
        }
        r->differ += o->lanes != 0;
        r->within += !o->lanes && o->within;
        r->same += !o->lanes && !o->within;
    }
    return true;
}

static bool run_all(struct run *r)
{
    uint8_t *model = calloc(1, SWEEP_OUTPUT_BYTES);
    struct batch *b = calloc(1, sizeof *b);
    bool good = model && b;

    for (unsigned at = r->from; good && at < r->count;) {
        unsigned next = take_batch(r, b, at);
        int state = b->count ? run_batch(r, b, model) : 1;

        good = state >= 0 && (state == 0 || finish_batch(r, b));
        at = state > 0 ? next : at;
    }
    free(b);
    free(model);
    return good;
}

/* ---- Setting up -------------------------------------------------------------------------------
 */

static unsigned keep_only(struct run *r, const char *only)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < r->count; i++) {
        char text[256];

        text_of(&r->forms[i], text);
        if (strncmp(text, only, strlen(only)) == 0)
            r->forms[kept++] = r->forms[i];
    }
    return kept;
}

static bool set_up(struct run *r, const char *bounds, const char *only)
{
    r->forms = sweep_generate(&r->count);
    if (r->forms && only)
        r->count = keep_only(r, only);
    r->model = sweep_model_create();
    r->bounds = sweep_bounds_read(bounds);
    if (!r->bounds)
        printf("cannot read the bounds: %s\n", bounds);
    r->program.code = malloc(SWEEP_CODE_BYTES);
    r->model_takes = calloc(r->count + 1, sizeof *r->model_takes);
    r->trapped = calloc(r->count + 1, sizeof *r->trapped);
    return r->forms && r->model && r->bounds && r->program.code && r->model_takes && r->trapped;
}

static void tear_down(struct run *r)
{
    sass_gpu_destroy(r->gpu);
    sweep_model_destroy(r->model);
    sweep_bounds_destroy(r->bounds);
    free(r->program.code);
    free(r->model_takes);
    free(r->trapped);
    free(r->forms);
    if (r->record)
        fclose(r->record);
    if (r->json)
        fclose(r->json);
    if (r->scenes)
        fclose(r->scenes);
}

static bool sweep(struct run *r)
{
    char date[32];
    time_t now = time(NULL);
    bool good;

    r->gpu = sass_gpu_create(r->why);
    if (!r->gpu) {
        printf("no GPU: %s\n", r->why);
        return false;
    }
    strftime(date, sizeof date, "%Y-%m-%d", gmtime(&now));
    printf("%s, %s: %u instances, %u input sets of 32 lanes\n", sass_gpu_name(r->gpu), date,
           r->count, r->sets);
    if (r->record)
        fprintf(r->record, "magma sweep 1 sm_%u inputs %08x: %s, %s\n", (unsigned)SWEEP_SM,
                sweep_inputs_hash(), sass_gpu_name(r->gpu), date);
    if (r->json)
        fprintf(r->json, "[{\"gpu\": \"%s\", \"date\": \"%s\"}", sass_gpu_name(r->gpu), date);
    ask_model(r, false);
    if (r->scenes)
        r->scenes_bad = stage_all(&r->gpu, r->scenes, r->json);
    if (r->accidents && r->gpu)
        r->scenes_bad += stage_accidents(&r->gpu, r->hangs, r->json);
    good = r->gpu && (!r->mufu || sass_mufu(r->gpu, r->dump, r->json)) && run_all(r);
    printf(
        "%u instances run: %u the same in every bit, %u within bounds, %u differ; %u that the GPU "
        "refuses, %u that the model does not have\n",
        r->done, r->same, r->within, r->differ, r->traps, r->refused);
    if (r->json)
        fprintf(r->json,
                ",\n  {\"run\": %u, \"same\": %u, \"within\": %u, \"differ\": %u, \"traps\": %u, "
                "\"refused\": %u}]\n",
                r->done, r->same, r->within, r->differ, r->traps, r->refused);
    return good && !r->differ && !r->scenes_bad;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"bounds", 1, NULL, 'b'},    {"record", 1, NULL, 'r'}, {"json", 1, NULL, 'j'},
        {"only", 1, NULL, 'o'},      {"sets", 1, NULL, 's'},   {"list", 0, NULL, 'l'},
        {"supported", 0, NULL, 'S'}, {"mufu", 0, NULL, 'm'},   {"dump", 1, NULL, 'd'},
        {"from", 1, NULL, 'f'},      {"scenes", 1, NULL, 'c'}, {"accidents", 0, NULL, 'a'},
        {"hangs", 0, NULL, 'h'},     {NULL, 0, NULL, 0}};
    const char *bounds = "sweep-bounds.tsv", *only = NULL;
    struct run r = {.sets = SWEEP_SETS};
    bool list = false, good = true;

    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
        if (c == 'b')
            bounds = optarg;
        else if (c == 'r')
            r.record = fopen(optarg, "wb");
        else if (c == 'j')
            r.json = fopen(optarg, "w");
        else if (c == 'o')
            only = optarg;
        else if (c == 's')
            r.sets = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 'l')
            list = true;
        else if (c == 'S')
            r.supported = true;
        else if (c == 'm')
            r.mufu = true;
        else if (c == 'f')
            r.from = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 'h')
            r.hangs = true;
        else if (c == 'a')
            r.accidents = true;
        else if (c == 'c')
            r.scenes = fopen(optarg, "w");
        else if (c == 'd')
            r.dump = optarg;
        else
            good = false;
    }
    good = good && r.sets && r.sets <= SWEEP_SETS && set_up(&r, bounds, only);
    if (good && list)
        ask_model(&r, true);
    else if (good)
        good = sweep(&r);
    tear_down(&r);
    return !good;
}
