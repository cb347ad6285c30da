/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Single instructions against results of an H200: registers and predicates before
 * (sm90-exec-inputs.tsv), instruction bytes and what a lane's R8.. and predicates were after
 * (sm90-exec.tsv). All must agree bit for bit, except operations named in sm90-exec-expect.tsv:
 * start of the text, largest difference in units of the last place, largest absolute difference,
 * why. 0 and 0: the model does not have this.
 *
 * Usage: sm_exec INPUTS EXPECT VECTORS ...; MAGMA_TEST_VERBOSE=1 shows every difference.
 */
#include "flat.h"

#include <sm/fp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 16, INPUTS = 12, EXPECTS = 64 };

static const unsigned input_regs[INPUTS] = {16, 17, 18, 19, 24, 25, 26, 27, 32, 33, 34, 35};

struct expect {
    char prefix[64];
    unsigned ulp;
    float absolute;
};

static struct {
    bool given;
    uint32_t reg[INPUTS][SM_LANES];
    uint32_t preds[SM_LANES];
} sets[SETS];

static struct expect expects[EXPECTS];
static unsigned expect_count, lanes_checked, lanes_near, rows, rows_right, rows_missing;

static bool read_inputs(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512];
    if (!file)
        return false;
    while (fgets(line, sizeof(line), file)) {
        unsigned set, lane, v[INPUTS + 1];
        if (sscanf(line, "%u\t%u\t%x\t%x\t%x\t%x\t%x\t%x\t%x\t%x\t%x\t%x\t%x\t%x\t%x", &set, &lane,
                   &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7], &v[8], &v[9], &v[10],
                   &v[11], &v[12]) != 15)
            continue;
        if (set >= SETS || lane >= SM_LANES)
            continue;
        sets[set].given = true;
        for (unsigned n = 0; n < INPUTS; n++)
            sets[set].reg[n][lane] = v[n];
        sets[set].preds[lane] = v[INPUTS];
    }
    fclose(file);
    return true;
}

static bool read_expect(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512];
    if (!file)
        return false;
    while (fgets(line, sizeof(line), file) && expect_count < EXPECTS) {
        struct expect *e = &expects[expect_count];
        if (line[0] != '#' &&
            sscanf(line, "%63[^\t]\t%u\t%f", e->prefix, &e->ulp, &e->absolute) == 3)
            expect_count++;
    }
    fclose(file);
    return true;
}

static struct expect *expectation(const char *text)
{
    for (unsigned n = 0; n < expect_count; n++)
        if (!strncmp(text, expects[n].prefix, strlen(expects[n].prefix)))
            return &expects[n];
    return NULL;
}

static void load_set(struct sm_warp *w, unsigned set)
{
    for (unsigned n = 0; n < 260; n++)
        for (unsigned l = 0; l < SM_LANES; l++)
            w->r[n][l] = 0xdeadbeef;
    memset(w->p, 0, sizeof(w->p));
    w->p[7] = SM_ALL;
    for (unsigned l = 0; l < SM_LANES; l++) {
        for (unsigned n = 0; n < INPUTS; n++)
            w->r[input_regs[n]][l] = sets[set].reg[n][l];
        for (unsigned n = 0; n < 7; n++)
            w->p[n] |= (sets[set].preds[l] >> n & 1) << l;
    }
}

/* Results of half precision stand in the low half of the word. */
static bool is_near(const struct expect *e, uint32_t a, uint32_t b)
{
    double va, vb;
    float fa, fb;
    memcpy(&fa, &a, 4);
    memcpy(&fb, &b, 4);
    bool half = strstr(e->prefix, "F16") != NULL;
    va = half ? sm_half_to_double(a & 0xffff) : (double)fa;
    vb = half ? sm_half_to_double(b & 0xffff) : (double)fb;
    return (a > b ? a - b : b - a) <= e->ulp ||
           (va > vb ? va - vb : vb - va) <= (double)e->absolute;
}

static uint32_t preds_of(const struct sm_warp *w, unsigned lane)
{
    uint32_t preds = 0;
    for (unsigned n = 0; n < 7; n++)
        preds |= (w->p[n] >> lane & 1) << n;
    return preds;
}

/* One lane's "R8[:R9[:R10:R11]][/P]" or "-"; true when the warp has the same. */
static bool lane_agrees(const struct sm_warp *w, unsigned set, unsigned lane, const char *want,
                        struct expect *e)
{
    uint32_t preds = sets[set].preds[lane], near = 0;
    unsigned reg = 8;
    while (*want && *want != '/' && *want != '-') {
        char *end;
        uint32_t value = (uint32_t)strtoul(want, &end, 16);
        if (value != w->r[reg][lane] && (!e || !is_near(e, value, w->r[reg][lane])))
            return false;
        near += value != w->r[reg][lane];
        reg++;
        want = *end == ':' ? end + 1 : end;
        if (end == want && *end != '/')
            break;
    }
    lanes_near += near != 0;
    if (*want == '/')
        preds = (uint32_t)strtoul(want + 1, NULL, 16);
    return preds_of(w, lane) == preds;
}

static void show(const struct sm_warp *w, unsigned set, unsigned lane, const char *text,
                 const char *want)
{
    printf("%s set %u lane %u: want %s, got %08x:%08x/%02x (R16 %08x:%08x R24 %08x:%08x R32 "
           "%08x:%08x P %02x)\n",
           text, set, lane, want, w->r[8][lane], w->r[9][lane], preds_of(w, lane),
           sets[set].reg[0][lane], sets[set].reg[1][lane], sets[set].reg[4][lane],
           sets[set].reg[5][lane], sets[set].reg[8][lane], sets[set].reg[9][lane],
           sets[set].preds[lane]);
}

/* Some rows carry bits that the instruction ignores; the model wants them clear. The text keeps us
 * honest. */
static void place(uint8_t bytes[NV_SASS_BYTES], const char *hex, const char *text)
{
    struct nvhw_sass decoded;
    char again[256];
    for (unsigned n = 0; n < NV_SASS_BYTES; n++) {
        unsigned byte = 0;
        sscanf(hex + n * 2, "%2x", &byte);
        bytes[n] = (uint8_t)byte;
    }
    if (!nvhw_sass_decode_lenient(90, bytes, &decoded))
        return;
    nvhw_sass_format(90, &decoded, 0, again, sizeof(again));
    if (!strcmp(again, text))
        nvhw_sass_encode(90, &decoded, bytes, NULL, 0);
}

static bool run_row(struct flat *flat, const char *hex, const char *text, unsigned set,
                    char *results)
{
    struct gpum_grid grid = {
        .m = &flat->gpum,
        .desc = {
            .sm_version = 90, .program_va = FLAT_VA, .register_count = 255, .cta = {32, 1, 1}}};
    static uint32_t regs[260][SM_LANES];
    struct sm_cta cta = {.grid = &grid, .threads = SM_LANES, .warp_count = 1};
    struct sm_warp w = {
        .cta = &cta, .r = regs, .exists = SM_ALL, .active = SM_ALL, .pc = FLAT_VA, .up = 0x80};
    struct sm_ctx x = {
        .grid = &grid, .w = &w, .mask = SM_ALL, .pc = FLAT_VA, .next_pc = FLAT_VA + NV_SASS_BYTES};
    struct expect *e = expectation(text);
    bool right = true;
    place(flat->memory, hex, text);
    gpum_sm_invalidate(&flat->gpum);
    load_set(&w, set);
    x.i = sm_fetch(&x, FLAT_VA);
    if (!x.i || !x.i->decoded || !x.i->exec) {
        rows_missing++;
        if (getenv("MAGMA_TEST_VERBOSE"))
            printf("missing: %s\n", text);
        return e && e->ulp == 0;
    }
    x.s = &x.i->s;
    x.mask = x.i->s.guard_not ? ~w.p[x.i->s.guard] : w.p[x.i->s.guard];
    if (!x.i->exec(&x)) {
        rows_missing++;
        if (!e || e->ulp)
            printf("%s: %s\n", text, grid.fault.text);
        return e && e->ulp == 0;
    }
    char *save = NULL;
    unsigned lane = 0;
    for (char *one = strtok_r(results, ",\n", &save); one && lane < SM_LANES;
         one = strtok_r(NULL, ",\n", &save), lane++) {
        lanes_checked++;
        if (lane_agrees(&w, set, lane, one, e))
            continue;
        if (right || getenv("MAGMA_TEST_VERBOSE"))
            show(&w, set, lane, text, one);
        right = false;
    }
    return right && lane == SM_LANES;
}

static bool run_file(struct flat *flat, const char *path)
{
    FILE *file = fopen(path, "r");
    static char line[4096], results[4096];
    bool ok = true;
    if (!file)
        return false;
    while (fgets(line, sizeof(line), file)) {
        char hex[40], text[256];
        unsigned set;
        if (line[0] == '#' ||
            sscanf(line, "%39[^\t]\t%255[^\t]\t%u\t%4095[^\n]", hex, text, &set, results) != 4)
            continue;
        if (strlen(hex) != 32 || set >= SETS || !sets[set].given)
            continue;
        rows++;
        if (run_row(flat, hex, text, set, results))
            rows_right++;
        else
            ok = false;
    }
    fclose(file);
    return ok;
}

int main(int argc, char **argv)
{
    struct flat flat;
    bool ok = true;
    if (argc < 4 || !read_inputs(argv[1]) || !read_expect(argv[2]) || !flat_init(&flat)) {
        fprintf(stderr, "usage: %s INPUTS EXPECT VECTORS ...\n", argv[0]);
        return 2;
    }
    for (int n = 3; n < argc; n++)
        ok &= run_file(&flat, argv[n]);
    flat_finish(&flat);
    printf("%u rows, %u right, %u not supported; %u lanes, %u of them off in the last bits as "
           "expected\n",
           rows, rows_right, rows_missing, lanes_checked, lanes_near);
    return !(ok && rows);
}
