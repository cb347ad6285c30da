/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* magma-cc: compiles a SPIR-V compute shader from a file to machine code. See magma-cc(1). */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "magma-nv/cc.h"

enum { EXIT_USAGE = 2, SPECS_MAX = 64, FILE_MAX_BYTES = 64 << 20, SM_DEFAULT = 86 };

struct arguments {
    const char *input, *output;
    bool json;
    struct magma_cc_options options;
    struct magma_cc_spec specs[SPECS_MAX];
};

static const char usage[] =
    "usage: magma-cc [options] SHADER.spv\n"
    "\n"
    "  -o, --output FILE     write the machine code to FILE\n"
    "  -a, --arch sm_NN      target: sm_75 sm_80 sm_86 sm_89 sm_90 sm_100 sm_120 (default sm_86)\n"
    "  -e, --entry NAME      entry point (default main)\n"
    "  -s, --spec ID=VALUE   value of specialization constant ID, 32 bits\n"
    "  -p, --print LIST      print to standard output: ir, sass, stats (comma separated)\n"
    "      --robust          check buffer accesses against the buffer's size\n"
    "      --serial          every instruction waits for the one before\n"
    "      --json            print what a launcher needs to know, as JSON\n"
    "  -h, --help            this text\n"
    "  -V, --version         version\n";

static void print_text(void *ctx, const char *text)
{
    fputs(text, ctx);
}

static uint32_t *read_words(const char *path, size_t *word_count)
{
    uint32_t *words = NULL;
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        fprintf(stderr, "magma-cc: %s: %s\n", path, strerror(errno));
        goto done;
    }
    long size = ftell(file);
    if (size < 0 || size > FILE_MAX_BYTES || size % 4 != 0 || fseek(file, 0, SEEK_SET) != 0) {
        fprintf(stderr, "magma-cc: %s: not a SPIR-V file (%ld bytes)\n", path, size);
        goto done;
    }
    words = malloc((size_t)size + 4);
    *word_count = (size_t)size / 4;
    if (!words || fread(words, 4, *word_count, file) != *word_count) {
        fprintf(stderr, "magma-cc: %s: cannot be read\n", path);
        free(words);
        words = NULL;
    }
done:
    if (file) {
        fclose(file);
    }
    return words;
}

static bool parse_print(struct arguments *a, const char *list)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } kinds[] = {{"ir", MAGMA_CC_PRINT_IR},
                 {"sass", MAGMA_CC_PRINT_SASS},
                 {"stats", MAGMA_CC_PRINT_STATS}};
    while (*list) {
        size_t length = strcspn(list, ","), i = 0;
        while (i < 3 && (strlen(kinds[i].name) != length ||
                         strncmp(kinds[i].name, list, length) != 0)) {
            i++;
        }
        if (i == 3) {
            fprintf(stderr, "magma-cc: --print: unknown word \"%.*s\" (ir, sass, stats)\n",
                    (int)length, list);
            return false;
        }
        a->options.print_mask |= kinds[i].bit;
        list += length + (list[length] == ',');
    }
    return true;
}

static bool parse_arch(struct arguments *a, const char *text)
{
    char *end;
    const char *digits = strncmp(text, "sm_", 3) == 0 ? text + 3 : text;
    unsigned long sm = strtoul(digits, &end, 10);
    if (end == digits || *end || sm > 1000 || !magma_cc_sm_supported((unsigned)sm)) {
        fprintf(stderr, "magma-cc: --arch: unknown target \"%s\"\n", text);
        return false;
    }
    a->options.sm = (unsigned)sm;
    return true;
}

static bool parse_spec(struct arguments *a, const char *text)
{
    char *end;
    struct magma_cc_spec *spec = &a->specs[a->options.spec_count];
    if (a->options.spec_count == SPECS_MAX) {
        fprintf(stderr, "magma-cc: more than %d --spec\n", SPECS_MAX);
        return false;
    }
    spec->id = (uint32_t)strtoul(text, &end, 0);
    if (end == text || *end != '=') {
        fprintf(stderr, "magma-cc: --spec: \"%s\" is not ID=VALUE\n", text);
        return false;
    }
    text = end + 1;
    spec->value = (uint32_t)strtoll(text, &end, 0);
    spec->size_bytes = 4;
    if (end == text || *end) {
        fprintf(stderr, "magma-cc: --spec: \"%s\" is no number\n", text);
        return false;
    }
    a->options.spec_count++;
    return true;
}

/* -1: go on; otherwise the exit status. */
static int parse_arguments(struct arguments *a, int argc, char **argv)
{
    enum { ROBUST = 256, SERIAL, JSON };
    static const struct option longs[] = {
        {"output", required_argument, NULL, 'o'}, {"arch", required_argument, NULL, 'a'},
        {"entry", required_argument, NULL, 'e'},  {"spec", required_argument, NULL, 's'},
        {"print", required_argument, NULL, 'p'},  {"robust", no_argument, NULL, ROBUST},
        {"serial", no_argument, NULL, SERIAL},    {"json", no_argument, NULL, JSON},
        {"help", no_argument, NULL, 'h'},         {"version", no_argument, NULL, 'V'},
        {0},
    };
    for (int c; (c = getopt_long(argc, argv, "o:a:e:s:p:hV", longs, NULL)) != -1;) {
        bool good = true;
        switch (c) {
        case 'o':
            a->output = optarg;
            break;
        case 'a':
            good = parse_arch(a, optarg);
            break;
        case 'e':
            a->options.entry = optarg;
            break;
        case 's':
            good = parse_spec(a, optarg);
            break;
        case 'p':
            good = parse_print(a, optarg);
            break;
        case ROBUST:
            a->options.robust_buffers = true;
            break;
        case SERIAL:
            a->options.debug_serial = true;
            break;
        case JSON:
            a->json = true;
            break;
        case 'h':
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        case 'V':
            puts("magma-cc " MAGMA_CC_VERSION);
            return EXIT_SUCCESS;
        default:
            good = false;
            break;
        }
        if (!good) {
            return EXIT_USAGE;
        }
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    a->input = argv[optind];
    return -1;
}

static void print_json(const struct magma_cc_shader *shader)
{
    printf("{\"sm\": %u, \"code_size_bytes\": %zu, \"register_count\": %" PRIu32
           ", \"barrier_count\": %" PRIu32 ", \"shared_size_bytes\": %" PRIu32
           ", \"local_size_bytes\": %" PRIu32 ", \"workgroup_size\": [%" PRIu32 ", %" PRIu32
           ", %" PRIu32 "], \"instruction_count\": %" PRIu32 ", \"spill_count\": %" PRIu32 "}\n",
           shader->sm, shader->code_size_bytes, shader->register_count, shader->barrier_count,
           shader->shared_size_bytes, shader->local_size_bytes, shader->workgroup_size[0],
           shader->workgroup_size[1], shader->workgroup_size[2], shader->instruction_count,
           shader->spill_count);
}

static bool write_code(const char *path, const struct magma_cc_shader *shader)
{
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(shader->code, 1, shader->code_size_bytes, file) ==
                            shader->code_size_bytes;
    if (file && fclose(file) != 0) {
        good = false;
    }
    if (!good) {
        fprintf(stderr, "magma-cc: %s: %s\n", path, strerror(errno));
    }
    return good;
}

int main(int argc, char **argv)
{
    char error[512];
    size_t word_count = 0;
    int status = EXIT_FAILURE;
    struct magma_cc_shader *shader = NULL;
    struct arguments a = {.options = {.sm = SM_DEFAULT, .print = print_text, .print_ctx = stdout}};
    int parsed = parse_arguments(&a, argc, argv);
    if (parsed >= 0) {
        return parsed;
    }
    a.options.specs = a.specs;
    uint32_t *words = read_words(a.input, &word_count);
    if (!words) {
        return EXIT_FAILURE;
    }
    if (!magma_cc_compile(words, word_count, &a.options, &shader, error, sizeof(error))) {
        fprintf(stderr, "magma-cc: %s: %s\n", a.input, error);
        goto done;
    }
    if (a.json) {
        print_json(shader);
    }
    if (!a.output || write_code(a.output, shader)) {
        status = EXIT_SUCCESS;
    }
done:
    magma_cc_shader_destroy(shader);
    free(words);
    return status;
}
