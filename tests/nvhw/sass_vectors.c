/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The SASS table against decode vectors: instruction bytes with the text that the vendor's
 * disassembler prints. Bytes must decode, print the same text, and encode to the same bytes.
 * Opcodes the table does not have yet are counted and named, never hidden; the test fails when a
 * known operation prints or encodes differently.
 *
 * Usage: sass_vectors FILE.tsv ...; with MAGMA_SASS_VECTORS=FOLDER also FOLDER/sm*.tsv.
 */
#include <nvhw/sass.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

struct tally {
    unsigned rows, right, unknown, ignored, text, bytes;
};

static bool known_mnemonic(const char *text)
{
    char word[64];
    if (text[0] == '@' && sscanf(text, "%*s %63[A-Z0-9_]", word) != 1)
        return false;
    if (text[0] != '@' && sscanf(text, "%63[A-Z0-9_]", word) != 1)
        return false;
    for (unsigned op = 1; op < NV_SASS_OP_COUNT; op++)
        if (!strcmp(nvhw_sass_op_name(op), word))
            return true;
    return false;
}

static void note(const char *kind, unsigned sm, const char *hex, const char *want, const char *got)
{
    if (getenv("MAGMA_TEST_VERBOSE"))
        printf("%s sm_%u %s\n    want %s\n    got  %s\n", kind, sm, hex, want, got);
}

/* An instruction with bits that mean nothing encodes without them: then its meaning must survive.
 */
static bool same_meaning(unsigned sm, const uint8_t bytes[NV_SASS_BYTES],
                         const struct nvhw_sass *want)
{
    struct nvhw_sass again;
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): decoding clears all of it first */
    return nvhw_sass_decode(sm, bytes, &again) && !memcmp(&again, want, sizeof(again));
}

static void check_row(unsigned sm, const char *hex, const char *want, struct tally *tally)
{
    uint8_t bytes[NV_SASS_BYTES], again[NV_SASS_BYTES];
    char text[256], why[160] = "";
    struct nvhw_sass decoded;
    for (unsigned i = 0; i < NV_SASS_BYTES; i++) {
        unsigned byte;
        if (sscanf(hex + i * 2, "%2x", &byte) != 1)
            return;
        bytes[i] = (uint8_t)byte;
    }
    tally->rows++;
    bool clean = nvhw_sass_decode(sm, bytes, &decoded);
    tally->ignored += !clean && nvhw_sass_decode_lenient(sm, bytes, &decoded);
    if (!clean && !nvhw_sass_decode_lenient(sm, bytes, &decoded)) {
        tally->unknown++;
        note(known_mnemonic(want) ? "FORM" : "UNKNOWN", sm, hex, want, "");
        return;
    }
    nvhw_sass_format(sm, &decoded, 0, text, sizeof(text));
    bool same_text = !strcmp(text, want);
    if (!clean && !same_text) {
        tally->unknown++;
        tally->ignored--;
        note("FORM", sm, hex, want, text);
        return;
    }
    bool same_bytes =
        nvhw_sass_encode(sm, &decoded, again, why, sizeof(why)) &&
        (clean ? !memcmp(bytes, again, sizeof(bytes)) : same_meaning(sm, again, &decoded));
    tally->text += !same_text;
    tally->bytes += !same_bytes;
    tally->right += same_text && same_bytes;
    if (!same_text)
        note("TEXT", sm, hex, want, text);
    if (!same_bytes)
        note("BYTES", sm, hex, want, why);
}

static int check_file(const char *path, struct tally *total)
{
    FILE *file = fopen(path, "r");
    char line[1024];
    struct tally tally = {0};
    if (!file) {
        fprintf(stderr, "%s: cannot open\n", path);
        return 1;
    }
    while (fgets(line, sizeof(line), file)) {
        char arch[16], hex[40], want[512];
        if (line[0] == '#' || sscanf(line, "%15[^\t]\t%39[^\t]\t%511[^\t\n]", arch, hex, want) != 3)
            continue;
        if (strncmp(arch, "sm_", 3) || strlen(hex) != 32)
            continue;
        check_row((unsigned)atoi(arch + 3), hex, want, &tally);
    }
    fclose(file);
    printf("%s: %u rows, %u right, %u with bits that mean nothing, %u not in the table, %u with "
           "other text, %u with other bytes\n",
           path, tally.rows, tally.right, tally.ignored, tally.unknown, tally.text, tally.bytes);
    total->rows += tally.rows;
    total->right += tally.right;
    total->text += tally.text;
    total->bytes += tally.bytes;
    return 0;
}

int main(int argc, char **argv)
{
    struct tally total = {0};
    const char *folder = getenv("MAGMA_SASS_VECTORS");
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= check_file(argv[i], &total);
    if (folder) {
        char pattern[512];
        glob_t found;
        snprintf(pattern, sizeof(pattern), "%s/sm*[0-9].tsv", folder);
        if (!glob(pattern, 0, NULL, &found))
            for (size_t i = 0; i < found.gl_pathc; i++)
                failed |= check_file(found.gl_pathv[i], &total);
        globfree(&found);
    }
    return failed || !total.rows || total.text || total.bytes;
}
