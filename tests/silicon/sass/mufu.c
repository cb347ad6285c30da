/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See mufu.h. */
#include "mufu.h"

#include "code.h"

#include <math.h>
#include <sm/exec.h>
#include <stdlib.h>
#include <string.h>

enum {
    INPUTS = 1 << 23, /* a binade */
    CTA = 128,
    CODE_BYTES = 1024,
    ROOT_BYTES = 1024,
    ROOT_OUTPUT = 0x210,
    ROOT_START = 0x218
};

static const struct binade {
    uint16_t function;
    uint32_t start;
} binades[] = {{NV_SASS_MUFU_RCP, 0x3f800000},  {NV_SASS_MUFU_RSQ, 0x3f800000},
               {NV_SASS_MUFU_RSQ, 0x40000000},  {NV_SASS_MUFU_SQRT, 0x3f800000},
               {NV_SASS_MUFU_SQRT, 0x40000000}, {NV_SASS_MUFU_LG2, 0x3f000000},
               {NV_SASS_MUFU_LG2, 0x3f800000},  {NV_SASS_MUFU_LG2, 0x40000000},
               {NV_SASS_MUFU_EX2, 0x3f800000},  {NV_SASS_MUFU_EX2, 0xbf800000},
               {NV_SASS_MUFU_EX2, 0x3f000000},  {NV_SASS_MUFU_EX2, 0x42800000},
               {NV_SASS_MUFU_SIN, 0x3d000000},  {NV_SASS_MUFU_SIN, 0x3e000000},
               {NV_SASS_MUFU_SIN, 0x3e800000},  {NV_SASS_MUFU_SIN, 0x3f000000},
               {NV_SASS_MUFU_SIN, 0x3f800000},  {NV_SASS_MUFU_COS, 0x3d000000},
               {NV_SASS_MUFU_COS, 0x3e000000},  {NV_SASS_MUFU_COS, 0x3f800000},
               {NV_SASS_MUFU_TANH, 0x3d800000}, {NV_SASS_MUFU_TANH, 0x3e800000},
               {NV_SASS_MUFU_TANH, 0x3f000000}, {NV_SASS_MUFU_TANH, 0x3f800000},
               {NV_SASS_MUFU_TANH, 0x40000000}};

static const char *const names[] = {"COS", "SIN",    "EX2",    "LG2",  "RCP",
                                    "RSQ", "RCP64H", "RSQ64H", "SQRT", "TANH"};

/* ---- The program: R6 = start + thread, R7 = MUFU(R6), stored at output + 4 * thread
 * -------------- */

static bool write_code(uint8_t bytes[CODE_BYTES], unsigned function)
{
    struct code *c = calloc(1, sizeof *c);
    struct nvhw_sass *s;
    bool good;

    if (!c)
        return false;
    code_special(c, 0, NV_SASS_SR_TID_X);
    code_special(c, 1, NV_SASS_SR_CTAID_X);
    code_abc(c, NV_SASS_IMAD, 0, R(1), IMM(CTA), R(0));
    for (unsigned i = 0; i < 2; i++)
        code_mov(c, 2 + i, ROOT(ROOT_OUTPUT + 4 * i));
    code_advance(c, 2, 0, IMM(4));
    code_abc(c, NV_SASS_IADD3, 6, R(0), ROOT(ROOT_START), RZ);
    s = code_add(c, NV_SASS_MUFU);
    s->mod[NV_SASS_MOD_MUFU] = (uint16_t)function;
    s->o[NV_SASS_D] = R(7);
    s->o[NV_SASS_B] = R(6);
    code_access(c, NV_SASS_STG, 2, 0, 7);
    code_add(c, NV_SASS_EXIT);
    good = code_encode(c, bytes, CODE_BYTES);
    free(c);
    return good;
}

/* ---- Comparing ---------------------------------------------------------------------------------
 */

/* 32 results of the software SM's function for consecutive floats. */
static void ask_model(unsigned function, uint32_t start, uint32_t out[SM_LANES])
{
    static uint32_t regs[260][SM_LANES];
    static struct sm_insn insn;
    struct sm_warp w = {.r = regs, .exists = SM_ALL, .active = SM_ALL};
    struct sm_ctx x = {.w = &w, .mask = SM_ALL, .i = &insn, .s = &insn.s};

    nvhw_sass_clear(&insn.s, NV_SASS_MUFU);
    insn.s.mod[NV_SASS_MOD_MUFU] = (uint16_t)function;
    insn.s.o[NV_SASS_D] = nvhw_sass_reg(7);
    insn.s.o[NV_SASS_B] = nvhw_sass_reg(6);
    for (unsigned lane = 0; lane < SM_LANES; lane++)
        regs[6][lane] = start + lane;
    (void)sm_exec_find(NV_SASS_MUFU)(&x);
    memcpy(out, regs[7], sizeof regs[7]);
}

struct difference {
    uint32_t worst_bits, at;
    double worst_absolute, worst_relative;
    unsigned count;
};

static int8_t note(struct difference *d, uint32_t input, uint32_t gpu, uint32_t model)
{
    float a, b;
    int64_t bits = (int64_t)(int32_t)gpu - (int32_t)model;
    double absolute;

    if (gpu == model)
        return 0;
    memcpy(&a, &gpu, 4);
    memcpy(&b, &model, 4);
    absolute = fabs((double)a - (double)b);
    d->count++;
    if ((uint64_t)llabs(bits) > d->worst_bits) {
        d->worst_bits = (uint32_t)llabs(bits);
        d->at = input;
    }
    d->worst_absolute = fmax(d->worst_absolute, absolute);
    d->worst_relative = fmax(d->worst_relative, absolute / fabs((double)b));
    return (int8_t)(bits > 127 ? 127 : bits < -128 ? -128 : bits);
}

static bool compare(const struct binade *b, const uint8_t *output, const char *folder, FILE *json)
{
    struct difference d = {0};
    int8_t *bytes = malloc(INPUTS);
    char path[256];
    FILE *file = NULL;

    for (uint32_t i = 0; bytes && i < INPUTS; i += SM_LANES) {
        uint32_t model[SM_LANES];

        ask_model(b->function, b->start + i, model);
        for (uint32_t lane = 0; lane < SM_LANES; lane++) {
            uint32_t gpu;

            memcpy(&gpu, output + (size_t)(i + lane) * 4, 4);
            bytes[i + lane] = note(&d, b->start + i + lane, gpu, model[lane]);
        }
    }
    printf(
        "MUFU.%s from 0x%08x: %u of %u differ, by at most %u (at 0x%08x), absolute %.2e, relative "
        "%.2e\n",
        names[b->function], b->start, d.count, (unsigned)INPUTS, d.worst_bits, d.at,
        d.worst_absolute, d.worst_relative);
    if (json)
        fprintf(json,
                ",\n  {\"mufu\": \"%s\", \"from\": %u, \"differ\": %u, \"ulp\": %u, \"absolute\": "
                "%.3e}",
                names[b->function], b->start, d.count, d.worst_bits, d.worst_absolute);
    snprintf(path, sizeof path, "%s/mufu-%s-%08x", folder ? folder : "", names[b->function],
             b->start);
    if (folder && bytes && (file = fopen(path, "wb"))) {
        fwrite(bytes, 1, INPUTS, file);
        fclose(file);
    }
    free(bytes);
    return bytes != NULL;
}

bool sass_mufu(struct sass_gpu *gpu, const char *folder, FILE *json)
{
    uint8_t root[ROOT_BYTES] = {0};
    char why[SASS_WHY_BYTES];
    uint8_t code[CODE_BYTES];
    uint64_t va;
    uint8_t *output = sass_gpu_memory(gpu, (uint64_t)INPUTS * 4, &va);

    if (!output)
        return false;
    memcpy(root + ROOT_OUTPUT, &va, 8);
    for (size_t i = 0; i < sizeof binades / sizeof binades[0]; i++) {
        struct sass_launch launch = {.code = code,
                                     .code_size_bytes = CODE_BYTES,
                                     .registers = 16,
                                     .cta = {CTA, 1, 1},
                                     .groups = {INPUTS / CTA, 1, 1},
                                     .root = root,
                                     .root_size_bytes = sizeof root};

        memcpy(root + ROOT_START, &binades[i].start, 4);
        if (!write_code(code, binades[i].function) || !sass_gpu_launch(gpu, &launch, why)) {
            printf("MUFU: %s\n", why);
            return false;
        }
        if (!compare(&binades[i], output, folder, json))
            return false;
    }
    return true;
}
