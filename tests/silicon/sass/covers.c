/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whether every instruction form that the compiler emits for the test shaders was recorded on
 * silicon: each row of the table with its modifiers, and each sign of an operand, must be among the
 * recorded instances or in the scenes.
 *
 *     covers RECORD SHADER.spv...
 */
#include "scenes.h"
#include "sweep.h"

#include <magma-nv/cc.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 16384, TEXT_BYTES = 128 };

/* What is compared: a row, and its modifiers or one sign of one operand. */
struct key {
    uint16_t form, mod[NV_SASS_MOD_COUNT];
    uint8_t slot, sign;
};

static struct key known[KEYS_MAX];
static unsigned known_count, seen, missing;

static bool is_known(const struct key *key)
{
    for (unsigned i = 0; i < known_count; i++)
        if (memcmp(&known[i], key, sizeof *key) == 0)
            return true;
    return false;
}

/* Hints and plain numbers are not part of a form: registers, special registers, cache policy. */
static bool is_hint(unsigned mod)
{
    return mod == NV_SASS_MOD_SR || mod == NV_SASS_MOD_EVICT || mod == NV_SASS_MOD_PREFETCH;
}

typedef void (*key_fn)(const struct nvhw_sass *insn, const struct key *key);

/* Hands the instruction's keys to `each`: one of its modifiers, one per sign. */
static void keys_of(const struct nvhw_sass *insn, key_fn each)
{
    struct key key;

    memset(&key, 0, sizeof key);
    key.form = insn->form;
    for (unsigned slot = 0; slot < NV_SASS_SLOT_COUNT; slot++) {
        const struct nvhw_sass_operand *o = &insn->o[slot];
        unsigned signs = (o->neg ? 1u : 0) | (o->abs ? 2u : 0) | (o->inv ? 4u : 0);

        if (o->kind == NV_SASS_PRED && o->reg == NV_SASS_PT)
            continue; /* an absent predicate */
        for (unsigned bit = 1; bit <= 4; bit *= 2)
            if (signs & bit) {
                key.slot = (uint8_t)slot;
                key.sign = (uint8_t)bit;
                each(insn, &key);
            }
    }
    key.slot = key.sign = 0;
    for (unsigned mod = 0; mod < NV_SASS_MOD_COUNT; mod++)
        if (!is_hint(mod))
            key.mod[mod] = insn->mod[mod];
    each(insn, &key);
}

static void learn(const struct nvhw_sass *insn, const struct key *key)
{
    (void)insn;
    if (known_count < KEYS_MAX && !is_known(key))
        known[known_count++] = *key;
}

static void ask(const struct nvhw_sass *insn, const struct key *key)
{
    char text[TEXT_BYTES];

    seen++;
    if (is_known(key))
        return;
    nvhw_sass_format(SWEEP_SM, insn, 0, text, sizeof text);
    printf("not recorded: %s%s\n", text, key->sign ? " (a sign)" : "");
    learn(insn, key); /* say it once */
    missing++;
}

static void keys_of_code(const uint8_t *bytes, size_t size, key_fn each)
{
    struct nvhw_sass insn;

    for (size_t i = 0; i + NV_SASS_BYTES <= size; i += NV_SASS_BYTES)
        if (nvhw_sass_decode(SWEEP_SM, bytes + i, &insn))
            keys_of(&insn, each);
}

static bool learn_record(const char *path)
{
    static struct sweep_record record;
    FILE *file = fopen(path, "rb");
    char line[256];
    bool bad = true;

    if (!file || !fgets(line, sizeof line, file))
        return false;
    while (sweep_record_read(file, &record, &bad))
        keys_of(&record.form.insn, learn);
    fclose(file);
    return !bad;
}

static bool learn_scenes(void)
{
    static const struct scene *const lists[] = {scenes, scenes_of_threads};
    static uint8_t code[SCENE_CODE];

    for (unsigned n = 0; n < 2; n++)
        for (const struct scene *scene = lists[n]; scene->name; scene++) {
            if (!scene_encode(scene, code))
                return false;
            keys_of_code(code, sizeof code, learn);
        }
    return true;
}

static bool ask_shader(const char *path)
{
    enum { WORDS_MAX = 1 << 18 };
    static uint32_t words[WORDS_MAX];
    struct magma_cc_options options = {.sm = SWEEP_SM};
    struct magma_cc_shader *shader = NULL;
    FILE *file = fopen(path, "rb");
    size_t count = file ? fread(words, 4, WORDS_MAX, file) : 0;
    char why[256];

    if (file)
        fclose(file);
    for (int robust = 0; robust < 2; robust++) {
        options.robust_buffers = robust;
        if (!magma_cc_compile(words, count, &options, &shader, why, sizeof why)) {
            printf("%s: %s\n", path, why);
            return false;
        }
        keys_of_code(shader->code, shader->code_size_bytes, ask);
        magma_cc_shader_destroy(shader);
    }
    return true;
}

int main(int argc, char **argv)
{
    bool good = argc > 2 && learn_record(argv[1]) && learn_scenes();

    for (int i = 2; good && i < argc; i++)
        good = ask_shader(argv[i]);
    printf("%u instructions of %d shaders, %u keys known, %u missing\n", seen, argc - 2,
           known_count, missing);
    return !(good && seen && !missing);
}
