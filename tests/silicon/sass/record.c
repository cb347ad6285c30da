/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Results of sweeps in a file, little endian. Per instance: its 16 bytes, exact, hashes, how many
 * sets follow in full; per such set its number and per slot a mask of what is stored (bit n: word
 * n, bit 4: predicates) and that for 32 lanes. Words that hold the pattern in all lanes, and
 * predicates that are as they were, are left out.
 */
#include "sweep.h"

#include <string.h>

enum { MASK_PREDS = 1 << SWEEP_RESULTS };

static uint32_t mix(uint32_t hash, uint32_t word)
{
    hash = (hash ^ word) * 0x01000193u;
    return hash ^ hash >> 15;
}

uint32_t sweep_hash(uint32_t hash, const uint8_t *output, uint32_t slots, unsigned launch_set,
                    unsigned slot, unsigned slot_count)
{
    for (unsigned i = slot; i < slot + slot_count; i++)
        for (unsigned lane = 0; lane < SWEEP_LANES; lane++) {
            struct sweep_results r = sweep_result(output, slots, launch_set, i, lane);

            for (unsigned word = 0; word < SWEEP_RESULTS; word++)
                hash = mix(hash, r.word[word]);
            hash = mix(hash, r.preds);
        }
    return hash;
}

uint32_t sweep_inputs_hash(void)
{
    uint32_t words[SWEEP_LANES][SWEEP_WORDS], hash = 0;
    uint8_t root[SWEEP_ROOT_BYTES];

    for (unsigned set = 0; set < SWEEP_SETS; set++) {
        sweep_inputs(set, words);
        for (unsigned lane = 0; lane < SWEEP_LANES; lane++)
            for (unsigned word = 0; word < SWEEP_WORDS; word++)
                hash = mix(hash, words[lane][word]);
    }
    sweep_root(root, 0, 0, 0, 0);
    for (unsigned i = 0; i < SWEEP_ROOT_BYTES; i++)
        hash = mix(hash, root[i]);
    return hash;
}

void sweep_record_take(struct sweep_record *record, unsigned set, const uint8_t *output,
                       uint32_t slots, unsigned launch_set, unsigned slot)
{
    unsigned n = record->raw_count;

    if (n >= SWEEP_RAW_SETS)
        return;
    record->raw_count++;
    record->raw_set[n] = (uint8_t)set;
    for (unsigned i = 0; i < sweep_slots_of(&record->form.insn); i++)
        for (unsigned lane = 0; lane < SWEEP_LANES; lane++)
            record->raw[n][i][lane] = sweep_result(output, slots, launch_set, slot + i, lane);
}

static uint8_t mask_of(const struct sweep_results r[SWEEP_LANES],
                       uint32_t inputs[SWEEP_LANES][SWEEP_WORDS])
{
    unsigned mask = 0;

    for (unsigned lane = 0; lane < SWEEP_LANES; lane++) {
        for (unsigned word = 0; word < SWEEP_RESULTS; word++)
            mask |= (unsigned)(r[lane].word[word] != SWEEP_PATTERN) << word;
        if (r[lane].preds != inputs[lane][12])
            mask |= MASK_PREDS;
    }
    return (uint8_t)mask;
}

static bool write_slot(FILE *file, const struct sweep_results r[SWEEP_LANES],
                       uint32_t inputs[SWEEP_LANES][SWEEP_WORDS])
{
    uint8_t mask = mask_of(r, inputs);
    bool good = fputc(mask, file) != EOF;

    for (unsigned word = 0; word < SWEEP_RESULTS; word++)
        for (unsigned lane = 0; good && (mask >> word & 1) && lane < SWEEP_LANES; lane++)
            good = fwrite(&r[lane].word[word], 4, 1, file) == 1;
    for (unsigned lane = 0; good && (mask & MASK_PREDS) && lane < SWEEP_LANES; lane++)
        good = fputc((int)r[lane].preds, file) != EOF;
    return good;
}

bool sweep_record_write(FILE *file, const struct sweep_record *record)
{
    uint32_t inputs[SWEEP_LANES][SWEEP_WORDS];
    bool good = fwrite(record->form.bytes, NV_SASS_BYTES, 1, file) == 1 &&
                fputc(record->exact ? 1 : 0, file) != EOF &&
                fwrite(record->hash, sizeof record->hash, 1, file) == 1 &&
                fputc(record->raw_count, file) != EOF;

    for (unsigned n = 0; good && n < record->raw_count; n++) {
        sweep_inputs(record->raw_set[n], inputs);
        good = fputc(record->raw_set[n], file) != EOF;
        for (unsigned i = 0; good && i < sweep_slots_of(&record->form.insn); i++)
            good = write_slot(file, record->raw[n][i], inputs);
    }
    return good;
}

static bool read_slot(FILE *file, struct sweep_results r[SWEEP_LANES],
                      uint32_t inputs[SWEEP_LANES][SWEEP_WORDS])
{
    int mask = fgetc(file);
    bool good = mask >= 0 && mask < MASK_PREDS * 2;

    for (unsigned word = 0; word < SWEEP_RESULTS; word++)
        for (unsigned lane = 0; good && lane < SWEEP_LANES; lane++) {
            r[lane].word[word] = SWEEP_PATTERN;
            if (mask >> word & 1)
                good = fread(&r[lane].word[word], 4, 1, file) == 1;
        }
    for (unsigned lane = 0; good && lane < SWEEP_LANES; lane++) {
        int preds = mask & MASK_PREDS ? fgetc(file) : (int)inputs[lane][12];

        good = preds >= 0;
        r[lane].preds = (uint32_t)preds;
    }
    return good;
}

static bool read_raw(FILE *file, struct sweep_record *record)
{
    uint32_t inputs[SWEEP_LANES][SWEEP_WORDS];
    bool good = true;

    for (unsigned n = 0; good && n < record->raw_count; n++) {
        int set = fgetc(file);

        good = set >= 0 && set < SWEEP_SETS;
        if (!good)
            return false;
        record->raw_set[n] = (uint8_t)set;
        sweep_inputs((unsigned)set, inputs);
        for (unsigned i = 0; good && i < sweep_slots_of(&record->form.insn); i++)
            good = read_slot(file, record->raw[n][i], inputs);
    }
    return good;
}

bool sweep_record_read(FILE *file, struct sweep_record *record, bool *bad)
{
    int exact, raw_count;
    size_t got = fread(record->form.bytes, 1, NV_SASS_BYTES, file);

    *bad = got != 0;
    if (got != NV_SASS_BYTES || !nvhw_sass_decode(SWEEP_SM, record->form.bytes, &record->form.insn))
        return false;
    exact = fgetc(file);
    if (fread(record->hash, sizeof record->hash, 1, file) != 1)
        return false;
    raw_count = fgetc(file);
    if (exact < 0 || raw_count < 0 || raw_count > SWEEP_RAW_SETS)
        return false;
    record->exact = exact;
    record->raw_count = (uint8_t)raw_count;
    *bad = !read_raw(file, record);
    return !*bad;
}
