/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a GPU gave, run again on the software SM: instances and results of a record (record.c).
 * Forms named in the bounds may differ as far as stated there; all else must agree in every bit.
 *
 *     replay BOUNDS RECORD       MAGMA_TEST_ALL=1: all groups of input sets, not the first only
 *                                MAGMA_TEST_VERBOSE=1: names every instance that differs
 */
#include "sweep.h"

#include <stdlib.h>
#include <string.h>

struct replay {
    struct sweep_bounds *bounds;
    struct sweep_model *model;
    struct sweep_program program;
    unsigned groups, run, same, within, differ, missing;
    bool verbose;
};

struct batch {
    struct sweep_record record[SWEEP_BATCH];
    struct sweep_form forms[SWEEP_BATCH];
    unsigned slot[SWEEP_BATCH], count, slots;
    uint32_t hash[SWEEP_BATCH][SWEEP_GROUPS];
    bool exact[SWEEP_BATCH], differs[SWEEP_BATCH];
};

static void name(const struct sweep_form *form, const char *what)
{
    char text[256];

    nvhw_sass_format(SWEEP_SM, &form->insn, 0, text, sizeof text);
    printf("%s: %s\n", text, what);
}

/* A result that was recorded in full. */
static void compare_raw(struct replay *r, struct batch *b, unsigned i, unsigned n,
                        unsigned launch_set, const uint8_t *output)
{
    const struct sweep_record *record = &b->record[i];
    const struct nvhw_sass *insn = &record->form.insn;

    for (unsigned k = 0; k < sweep_slots_of(insn); k++)
        for (unsigned lane = 0; lane < SWEEP_LANES; lane++) {
            const struct sweep_results *want = &record->raw[n][k][lane];
            struct sweep_results got =
                sweep_result(output, r->program.slots, launch_set, b->slot[i] + k, lane);

            if (memcmp(want, &got, sizeof got) == 0)
                continue;
            b->exact[i] = false;
            if (sweep_agree(r->bounds, insn, want, &got))
                continue;
            if (r->verbose && !b->differs[i])
                printf("set %u lane %u slot %u: want %08x:%08x:%08x:%08x/%02x, got "
                       "%08x:%08x:%08x:%08x/%02x: ",
                       record->raw_set[n], lane, k, want->word[0], want->word[1], want->word[2],
                       want->word[3], want->preds, got.word[0], got.word[1], got.word[2],
                       got.word[3], got.preds);
            if (r->verbose && !b->differs[i])
                name(&record->form, "differs");
            b->differs[i] = true;
        }
}

static bool run_group(struct replay *r, struct batch *b, unsigned group)
{
    unsigned first = group * SWEEP_GROUP_SETS;
    const uint8_t *output;
    char text[256];

    if (!sweep_model_run(r->model, &r->program, first, SWEEP_GROUP_SETS, &output, text)) {
        printf("the software SM: %s\n", text);
        return false;
    }
    for (unsigned i = 0; i < b->count; i++) {
        const struct sweep_record *record = &b->record[i];
        unsigned slots = sweep_slots_of(&record->form.insn);

        for (unsigned set = 0; set < SWEEP_GROUP_SETS; set++)
            b->hash[i][group] =
                sweep_hash(b->hash[i][group], output, r->program.slots, set, b->slot[i], slots);
        for (unsigned n = 0; n < record->raw_count; n++)
            if (record->raw_set[n] / SWEEP_GROUP_SETS == group)
                compare_raw(r, b, i, n, record->raw_set[n] % SWEEP_GROUP_SETS, output);
    }
    return true;
}

static void settle(struct replay *r, struct batch *b, unsigned i)
{
    const struct sweep_record *record = &b->record[i];
    bool hashes = true;

    for (unsigned group = 0; group < r->groups; group++)
        hashes = hashes && record->hash[group] == b->hash[i][group];
    if (sweep_bounds_of(r->bounds, &record->form.insn) == SWEEP_EXACT && !hashes)
        b->differs[i] = true;
    r->run++;
    r->differ += b->differs[i];
    r->same += !b->differs[i] && hashes;
    r->within += !b->differs[i] && !hashes;
    if (b->differs[i])
        name(&record->form, "not what the GPU gave");
}

static bool run_batch(struct replay *r, struct batch *b)
{
    memset(b->hash, 0, sizeof b->hash);
    if (!sweep_program_write(&r->program, b->forms, b->count)) {
        printf("a batch does not encode\n");
        return false;
    }
    for (unsigned group = 0; group < r->groups; group++)
        if (!run_group(r, b, group))
            return false;
    for (unsigned i = 0; i < b->count; i++)
        settle(r, b, i);
    b->count = b->slots = 0;
    return true;
}

static bool add(struct replay *r, struct batch *b, const struct sweep_record *record)
{
    unsigned more = sweep_slots_of(&record->form.insn);
    char why[256] = "";

    if (!sweep_model_takes(r->model, &record->form, why)) {
        r->missing++;
        if (sweep_bounds_of(r->bounds, &record->form.insn) == SWEEP_SKIPPED)
            return true;
        name(&record->form, why);
        r->differ++;
        return true;
    }
    if (b->slots + more > SWEEP_BATCH && !run_batch(r, b))
        return false;
    b->record[b->count] = *record;
    b->forms[b->count] = record->form;
    b->exact[b->count] = true;
    b->differs[b->count] = false;
    b->slot[b->count++] = b->slots;
    b->slots += more;
    return true;
}

static bool run_file(struct replay *r, FILE *file)
{
    struct batch *b = calloc(1, sizeof *b);
    struct sweep_record *record = calloc(1, sizeof *record);
    char line[256], want[32];
    bool bad = true, good = b && record && fgets(line, sizeof line, file);

    snprintf(want, sizeof want, "inputs %08x", sweep_inputs_hash());
    if (good && (strncmp(line, "magma sweep 1 sm_90 ", 20) != 0 || !strstr(line, want))) {
        printf("the record is not of these inputs (%s)\n", want);
        good = false;
    }
    while (good && sweep_record_read(file, record, &bad))
        good = add(r, b, record);
    if (good && bad)
        printf("the record is malformed\n");
    good = good && !bad && (!b->count || run_batch(r, b));
    free(record);
    free(b);
    return good;
}

int main(int argc, char **argv)
{
    struct replay r = {.groups = getenv("MAGMA_TEST_ALL") ? SWEEP_GROUPS : 1,
                       .verbose = getenv("MAGMA_TEST_VERBOSE") != NULL,
                       .program = {.code = malloc(SWEEP_CODE_BYTES)},
                       .model = sweep_model_create()};
    FILE *file = argc == 3 ? fopen(argv[2], "rb") : NULL;
    int status = 2;

    if (argc == 3)
        r.bounds = sweep_bounds_read(argv[1]);
    if (!file || !r.bounds || !r.model || !r.program.code) {
        fprintf(stderr, "usage: %s BOUNDS RECORD\n", argv[0]);
        goto out;
    }
    status = !(run_file(&r, file) && r.run && !r.differ);
    printf("%u instances: %u the same in every bit, %u within bounds, %u differ, %u that the "
           "software SM does not have\n",
           r.run, r.same, r.within, r.differ, r.missing);
out:
    if (file)
        fclose(file);
    sweep_model_destroy(r.model);
    sweep_bounds_destroy(r.bounds);
    free(r.program.code);
    return status;
}
