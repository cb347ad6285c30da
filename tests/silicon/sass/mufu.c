/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See mufu.h. */
#include "mufu.h"

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
    ROOT_START = 0x218,
    SR_TID_X = 0x21,
    SR_CTAID_X = 0x25
};

static const struct binade {
    uint16_t function;
    uint32_t start;
} binades[] = {
    {NV_SASS_MUFU_RCP, 0x3f800000},  {NV_SASS_MUFU_RSQ, 0x3f800000},  {NV_SASS_MUFU_RSQ, 0x40000000},
    {NV_SASS_MUFU_SQRT, 0x3f800000}, {NV_SASS_MUFU_SQRT, 0x40000000}, {NV_SASS_MUFU_LG2, 0x3f000000},
    {NV_SASS_MUFU_LG2, 0x3f800000},  {NV_SASS_MUFU_LG2, 0x40000000},  {NV_SASS_MUFU_EX2, 0x3f800000},
    {NV_SASS_MUFU_EX2, 0xbf800000},  {NV_SASS_MUFU_EX2, 0x3f000000},  {NV_SASS_MUFU_EX2, 0x42800000},
    {NV_SASS_MUFU_SIN, 0x3d000000},  {NV_SASS_MUFU_SIN, 0x3e000000},  {NV_SASS_MUFU_SIN, 0x3e800000},
    {NV_SASS_MUFU_SIN, 0x3f000000},  {NV_SASS_MUFU_SIN, 0x3f800000},  {NV_SASS_MUFU_COS, 0x3d000000},
    {NV_SASS_MUFU_COS, 0x3e000000},  {NV_SASS_MUFU_COS, 0x3f800000},  {NV_SASS_MUFU_TANH, 0x3d800000},
    {NV_SASS_MUFU_TANH, 0x3e800000}, {NV_SASS_MUFU_TANH, 0x3f000000}, {NV_SASS_MUFU_TANH, 0x3f800000},
    {NV_SASS_MUFU_TANH, 0x40000000}};

static const char *const names[] = {"COS", "SIN",    "EX2",    "LG2",  "RCP",
                                    "RSQ", "RCP64H", "RSQ64H", "SQRT", "TANH"};

/* ---- The program: R6 = start + thread, R7 = MUFU(R6), stored at output + 4 * thread -------------- */

struct code {
    uint8_t bytes[CODE_BYTES];
    unsigned count;
    bool ok;
};

static void put(struct code *c, struct nvhw_sass *s, bool variable)
{
    s->control = (struct nvhw_sass_control){.stall = 15,
                                            .yield = true,
                                            .write_sb = variable ? 0 : NV_SASS_SB_NONE,
                                            .read_sb = NV_SASS_SB_NONE,
                                            .wait_mask = 1};
    c->ok = c->ok && c->count < CODE_BYTES / NV_SASS_BYTES &&
            nvhw_sass_encode(SWEEP_SM, s, c->bytes + (size_t)c->count++ * NV_SASS_BYTES, NULL, 0);
}

static void put_special(struct code *c, unsigned d, unsigned number)
{
    struct nvhw_sass s;

    nvhw_sass_clear(&s, NV_SASS_S2R);
    s.o[NV_SASS_D] = nvhw_sass_reg(d);
    s.mod[NV_SASS_MOD_SR] = (uint16_t)number;
    put(c, &s, true);
}

static void put_multiply_add(struct code *c, enum nvhw_sass_op op, unsigned d, unsigned a, int64_t b,
                             struct nvhw_sass_operand add)
{
    struct nvhw_sass s;

    nvhw_sass_clear(&s, op);
    s.mod[NV_SASS_MOD_SIGN] = NV_SASS_SIGN_U32;
    s.o[NV_SASS_D] = nvhw_sass_reg(d);
    s.o[NV_SASS_A] = nvhw_sass_reg(a);
    s.o[NV_SASS_B] = nvhw_sass_imm(b);
    s.o[NV_SASS_C] = add;
    put(c, &s, false);
}

static void put_mov(struct code *c, unsigned d, unsigned offset)
{
    struct nvhw_sass s;

    nvhw_sass_clear(&s, NV_SASS_MOV);
    s.o[NV_SASS_D] = nvhw_sass_reg(d);
    s.o[NV_SASS_B] = nvhw_sass_const(0, offset);
    put(c, &s, false);
}

static bool write_code(struct code *c, unsigned function)
{
    struct nvhw_sass s;

    *c = (struct code){.ok = true};
    put_special(c, 0, SR_TID_X);
    put_special(c, 1, SR_CTAID_X);
    put_multiply_add(c, NV_SASS_IMAD, 0, 1, CTA, nvhw_sass_reg(0));
    for (unsigned i = 0; i < 2; i++)
        put_mov(c, 2 + i, ROOT_OUTPUT + 4 * i);
    put_multiply_add(c, NV_SASS_IMAD_WIDE, 2, 0, 4, nvhw_sass_reg(2));
    put_mov(c, 6, ROOT_START);
    put_multiply_add(c, NV_SASS_IMAD, 6, 0, 1, nvhw_sass_reg(6));
    nvhw_sass_clear(&s, NV_SASS_MUFU);
    s.mod[NV_SASS_MOD_MUFU] = (uint16_t)function;
    s.o[NV_SASS_D] = nvhw_sass_reg(7);
    s.o[NV_SASS_B] = nvhw_sass_reg(6);
    put(c, &s, true);
    nvhw_sass_clear(&s, NV_SASS_STG);
    s.mod[NV_SASS_MOD_E] = 1;
    s.o[NV_SASS_A] = nvhw_sass_reg(2);
    s.o[NV_SASS_B] = nvhw_sass_reg(7);
    put(c, &s, false);
    nvhw_sass_clear(&s, NV_SASS_EXIT);
    put(c, &s, false);
    return c->ok;
}

/* ---- Comparing --------------------------------------------------------------------------------- */

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
    printf("MUFU.%s from 0x%08x: %u of %u differ, by at most %u (at 0x%08x), absolute %.2e, relative "
           "%.2e\n",
           names[b->function], b->start, d.count, (unsigned)INPUTS, d.worst_bits, d.at,
           d.worst_absolute, d.worst_relative);
    if (json)
        fprintf(json,
                ",\n  {\"mufu\": \"%s\", \"from\": %u, \"differ\": %u, \"ulp\": %u, \"absolute\": %.3e}",
                names[b->function], b->start, d.count, d.worst_bits, d.worst_absolute);
    snprintf(path, sizeof path, "%s/mufu-%s-%08x", folder ? folder : "", names[b->function], b->start);
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
    struct code code;
    uint64_t va;
    uint8_t *output = sass_gpu_memory(gpu, (uint64_t)INPUTS * 4, &va);

    if (!output)
        return false;
    memcpy(root + ROOT_OUTPUT, &va, 8);
    for (size_t i = 0; i < sizeof binades / sizeof binades[0]; i++) {
        struct sass_launch launch = {.code = code.bytes,
                                     .code_size_bytes = CODE_BYTES,
                                     .registers = 16,
                                     .cta = {CTA, 1, 1},
                                     .groups = {INPUTS / CTA, 1, 1},
                                     .root = root,
                                     .root_size_bytes = sizeof root};

        memcpy(root + ROOT_START, &binades[i].start, 4);
        if (!write_code(&code, binades[i].function) || !sass_gpu_launch(gpu, &launch, why)) {
            printf("MUFU: %s\n", why);
            return false;
        }
        if (!compare(&binades[i], output, folder, json))
            return false;
    }
    return true;
}
