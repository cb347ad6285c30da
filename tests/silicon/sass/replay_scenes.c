/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Scenes on the software SM against what a GPU left in memory, and accidents against what they must
 * be called.
 *
 *     replay_scenes RECORD
 */
#include "accidents.h"
#include "stage.h"

#include <stdlib.h>
#include <string.h>

static uint32_t words[STAGE_WORDS];

/* The line that the recorder would write for a thread; empty when it stored nothing. */
static void line_of(const struct scene *scene, uint32_t thread, char *line, size_t size)
{
    const uint32_t *own = words + thread * SCENE_WORDS;
    unsigned used = SCENE_WORDS;
    size_t at;

    line[0] = 0;
    while (used && !own[used - 1])
        used--;
    if (!used)
        return;
    at = (size_t)snprintf(line, size, "%s\t%u", scene->name, thread);
    for (unsigned k = 0; k < used && at < size; k++)
        at += (size_t)snprintf(line + at, size - at, "\t%x", own[k]);
}

/* Compares with the lines that follow in the file; *next holds the first of them, and then of the
 * next scene. */
static bool replay(const struct scene *scene, FILE *record, char *next, size_t size)
{
    uint32_t lines = scene_threads(scene) + SCENE_MEMORY / 4 / SCENE_WORDS;
    size_t length = strlen(scene->name);
    char text[256], line[512];
    bool good = true;

    if (!stage_model(scene, words, text)) {
        printf("%s: %s\n", scene->name, text);
        return false;
    }
    for (uint32_t thread = 0; thread < lines; thread++) {
        line_of(scene, thread, line, sizeof line);
        if (!line[0])
            continue;
        if (strcmp(line, next) != 0) {
            printf("want: %s\n got: %s\n", next, line);
            return false;
        }
        if (!fgets(next, (int)size, record))
            next[0] = 0;
        next[strcspn(next, "\n")] = 0;
    }
    if (strncmp(next, scene->name, length) == 0 && next[length] == '\t') {
        printf("missing: %s\n", next);
        good = false;
    }
    return good;
}

static unsigned replay_scenes(FILE *record)
{
    static const struct scene *const lists[] = {scenes, scenes_of_threads};
    char next[512] = "#";
    unsigned bad = 0;

    while (next[0] == '#' && fgets(next, sizeof next, record))
        next[strcspn(next, "\n")] = 0;
    for (unsigned n = 0; n < 2; n++)
        for (const struct scene *scene = lists[n]; scene->name; scene++)
            if (!replay(scene, record, next, sizeof next)) {
                printf("scene %s: not what the GPU gave\n", scene->name);
                return 1;
            }
    if (next[0]) {
        printf("no such scene: %s\n", next);
        bad++;
    }
    return bad;
}

static unsigned replay_accidents(void)
{
    static uint8_t code[SCENE_CODE];
    unsigned bad = 0;

    for (const struct accident *a = accidents; a->scene.name; a++) {
        char text[256] = "it ends";
        bool ends = accident_encode(a, code) && stage_model_code(&a->scene, code, words, text);

        if (ends ? !a->model : a->model && strncmp(text, a->model, strlen(a->model)) == 0)
            continue;
        printf("accident %s: %s\n", a->scene.name, text);
        bad++;
    }
    return bad;
}

int main(int argc, char **argv)
{
    FILE *record = argc == 2 ? fopen(argv[1], "r") : NULL;
    unsigned bad;

    if (!record) {
        fprintf(stderr, "usage: %s RECORD\n", argv[0]);
        return 2;
    }
    bad = replay_scenes(record) + replay_accidents();
    fclose(record);
    return bad != 0;
}
