/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The file of answers. A case is a line "= NAME QUESTION WORDS COUNT" followed by lines of
 * hexadecimal words, a lane a group; a fault is "! NAME REASON".
 */
#include "tests/silicon/image/image.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64, LINE_WORDS = 16 };

struct entry {
    char name[NAME_MAX_BYTES];
    uint64_t question;
    unsigned words, count;
    uint32_t *answer;
    bool fault, used;
};

struct image_answers {
    FILE *record;
    struct entry *entries;
    size_t count, room;
};

uint64_t image_hash(uint64_t seed, const void *data, size_t size_bytes)
{
    const uint8_t *p = data;
    uint64_t h = seed ^ UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < size_bytes; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3);
    return h;
}

static struct entry *new_entry(struct image_answers *a)
{
    if (a->count == a->room) {
        size_t room = a->room ? a->room * 2 : 256;
        struct entry *more = realloc(a->entries, room * sizeof *more);

        if (!more)
            return NULL;
        a->entries = more;
        a->room = room;
    }
    a->entries[a->count] = (struct entry){0};
    return &a->entries[a->count++];
}

static bool read_words(FILE *f, struct entry *e)
{
    size_t total = (size_t)e->words * e->count;

    e->answer = calloc(total ? total : 1, sizeof *e->answer);
    if (!e->answer)
        return false;
    for (size_t i = 0; i < total; i++)
        if (fscanf(f, "%8" SCNx32, &e->answer[i]) != 1)
            return false;
    return true;
}

static bool read_file(struct image_answers *a, const char *path)
{
    FILE *f = fopen(path, "r");
    char kind[2];
    bool good = f != NULL;

    while (good && fscanf(f, "%1s", kind) == 1) {
        struct entry *e = kind[0] == '#' ? NULL : new_entry(a);

        if (e && kind[0] == '!')
            good = fscanf(f, "%63s", e->name) == 1 && (e->fault = true);
        else if (e)
            good = fscanf(f, "%63s %" SCNx64 " %u %u", e->name, &e->question, &e->words,
                          &e->count) == 4 &&
                   e->words <= 8 && e->count <= IMAGE_TEXEL_BYTES_MAX && read_words(f, e);
        if (!e || e->fault)
            good = good && fscanf(f, "%*[^\n]") >= 0;
    }
    if (f)
        fclose(f);
    return good;
}

struct image_answers *image_answers_create(const char *record, const char *replay)
{
    struct image_answers *a = calloc(1, sizeof *a);

    if (!a)
        return NULL;
    if (record)
        a->record = fopen(record, "w");
    if ((record && !a->record) || (replay && !read_file(a, replay))) {
        fprintf(stderr, "cannot use %s\n", record && !a->record ? record : replay);
        (void)image_answers_destroy(a);
        return NULL;
    }
    return a;
}

bool image_answers_destroy(struct image_answers *a)
{
    bool good = true;

    if (!a)
        return true;
    if (a->record)
        good = fclose(a->record) == 0;
    for (size_t i = 0; i < a->count; i++)
        free(a->entries[i].answer);
    free(a->entries);
    free(a);
    return good;
}

static struct entry *find(struct image_answers *a, const char *name)
{
    for (size_t i = 0; i < a->count; i++)
        if (!strcmp(a->entries[i].name, name))
            return &a->entries[i];
    return NULL;
}

static void write_answer(FILE *f, const char *name, uint64_t question, const uint32_t *answer,
                         unsigned words, unsigned count)
{
    unsigned per_line = LINE_WORDS / words * words;

    fprintf(f, "= %s %016" PRIx64 " %u %u\n", name, question, words, count);
    for (unsigned i = 0; i < words * count; i++)
        fprintf(f, "%08" PRIx32 "%c", answer[i],
                (i + 1) % per_line == 0 || i + 1 == words * count ? '\n' : ' ');
    fflush(f);
}

static bool is_near(uint32_t want, uint32_t got, struct image_tolerance t)
{
    float a, b;

    memcpy(&a, &want, sizeof a);
    memcpy(&b, &got, sizeof b);
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b) && t.ulp;
    return (want > got ? want - got : got - want) <= t.ulp || fabsf(a - b) <= t.absolute;
}

static void compare(struct images *im, struct entry *e, uint64_t question, const uint32_t *answer,
                    struct image_tolerance tolerance)
{
    unsigned wrong = 0, near = 0, first = 0;

    e->used = true;
    if (e->fault || e->question != question) {
        images_report(im, e->name, false, "%s",
                      e->fault ? "silicon faults here" : "the question has changed");
        return;
    }
    for (unsigned i = 0; i < e->words * e->count; i++) {
        if (e->answer[i] == answer[i])
            continue;
        if (is_near(e->answer[i], answer[i], tolerance))
            near++;
        else if (!wrong++)
            first = i;
    }
    im->near_lanes += near;
    if (wrong)
        images_report(im, e->name, false,
                      "%u of %u words differ; lane %u word %u: silicon %08x, here %08x", wrong,
                      e->words * e->count, first / e->words, first % e->words, e->answer[first],
                      answer[first]);
    else
        images_report(im, e->name, true, "%u lanes%s", e->count,
                      near ? ", some in the last places" : "");
}

void image_answer(struct images *im, const char *name, uint64_t question, const uint32_t *answer,
                  unsigned words, unsigned count, struct image_tolerance tolerance)
{
    struct image_answers *a = im->answers;
    struct entry *e = find(a, name);

    if (a->record)
        write_answer(a->record, name, question, answer, words, count);
    if (e && e->words == words && e->count == count)
        compare(im, e, question, answer, tolerance);
    else if (e)
        images_report(im, name, false, "the file has %s",
                      e->fault ? "a fault" : "another number of lanes");
    else
        images_report(im, name, a->record != NULL, "%u lanes%s", count,
                      a->record ? ", recorded" : ": no answer of silicon in the file");
}

void image_answer_fault(struct images *im, const char *name, const char *why)
{
    struct entry *e = find(im->answers, name);

    if (im->answers->record) {
        fprintf(im->answers->record, "! %s %s\n", name, why);
        fflush(im->answers->record);
    }
    images_report(im, name, im->answers->record || (e && e->fault), "fault: %s", why);
}
