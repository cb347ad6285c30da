/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The program that runs a batch of instances, all of it in the serial style of code.h.
 */
#include "code.h"
#include "sweep.h"

#include <string.h>

enum {
    ROOT_OUTPUT = 0x210,
    ROOT_INPUT = 0x218,
    ROOT_SCRATCH = 0x220,
    ROOT_STRIDE = 0x228, /* bytes of a set in the output */
    CONSTANTS = 0x400,   /* what instances read, to the end */
    CONSTANT_SET = 96,   /* inputs of these sets */
    KEPT_PREDS = 0x7f
};

/* Registers of the program's own: what the header leaves over. */
enum {
    LANE = 0,
    SET = 1,
    OUTPUT = 2,
    TEMP = 6,
    SEEN = 12,
    STORED_PREDS = 41,
    MARK = 42,
    UTEMP = 10
};

struct writer {
    uint8_t *at, *end;
    bool ok;
};

static void put(struct writer *w, struct nvhw_sass *s)
{
    code_serial(s);
    w->ok =
        w->ok && w->at + NV_SASS_BYTES <= w->end && nvhw_sass_encode(SWEEP_SM, s, w->at, NULL, 0);
    if (w->ok)
        w->at += NV_SASS_BYTES;
}

static void put_abc(struct writer *w, enum nvhw_sass_op op, unsigned d, struct nvhw_sass_operand a,
                    struct nvhw_sass_operand b, struct nvhw_sass_operand c)
{
    struct nvhw_sass s;

    nvhw_sass_clear(&s, op);
    s.o[NV_SASS_D] = R(d);
    s.o[NV_SASS_A] = a;
    s.o[NV_SASS_B] = b;
    s.o[NV_SASS_C] = c;
    put(w, &s);
}

static void put_mov(struct writer *w, unsigned d, struct nvhw_sass_operand b)
{
    struct nvhw_sass s;

    nvhw_sass_clear(&s, NV_SASS_MOV);
    s.o[NV_SASS_D] = R(d);
    s.o[NV_SASS_B] = b;
    put(w, &s);
}

static void put_special(struct writer *w, unsigned d, unsigned number)
{
    struct nvhw_sass s;

    nvhw_sass_clear(&s, NV_SASS_S2R);
    s.o[NV_SASS_D] = R(d);
    s.mod[NV_SASS_MOD_SR] = (uint16_t)number;
    put(w, &s);
}

/* R[d]:R[d+1] = R[a] * b + R[d]:R[d+1] */
static void put_advance(struct writer *w, unsigned d, unsigned a, struct nvhw_sass_operand b)
{
    struct nvhw_sass s;

    nvhw_sass_clear(&s, NV_SASS_IMAD_WIDE);
    s.mod[NV_SASS_MOD_SIGN] = NV_SASS_SIGN_U32;
    s.o[NV_SASS_D] = R(d);
    s.o[NV_SASS_A] = R(a);
    s.o[NV_SASS_B] = b;
    s.o[NV_SASS_C] = R(d);
    put(w, &s);
}

/* Loads and stores of 16 bytes, or of 4. */
static void put_access(struct writer *w, enum nvhw_sass_op op, unsigned address, int64_t offset,
                       unsigned data, bool quad)
{
    bool store = op == NV_SASS_STG || op == NV_SASS_STS || op == NV_SASS_STL;
    bool global = op == NV_SASS_STG || op == NV_SASS_LDG;
    struct nvhw_sass s;

    nvhw_sass_clear(&s, op);
    s.mod[NV_SASS_MOD_SIZE] = quad ? NV_SASS_SIZE_B128 : NV_SASS_SIZE_B32;
    s.mod[NV_SASS_MOD_E] = global;
    s.mod[NV_SASS_MOD_ORDER] = global ? NV_SASS_ORDER_STRONG_GPU : NV_SASS_ORDER_WEAK;
    s.o[store ? NV_SASS_B : NV_SASS_D] = R(data);
    s.o[NV_SASS_A] = R(address);
    s.o[NV_SASS_OFFSET] = IMM(offset);
    put(w, &s);
}

static void put_predicates(struct writer *w, bool restore, unsigned reg)
{
    struct nvhw_sass s;

    nvhw_sass_clear(&s, restore ? NV_SASS_R2P : NV_SASS_P2R);
    if (!restore)
        s.o[NV_SASS_D] = R(reg);
    s.o[NV_SASS_A] = R(restore ? reg : MARK);
    s.o[NV_SASS_B] = IMM(KEPT_PREDS);
    put(w, &s);
}

static void put_uniform(struct writer *w, unsigned ur, unsigned from)
{
    struct nvhw_sass s;

    nvhw_sass_clear(&s, NV_SASS_R2UR);
    s.o[NV_SASS_D] = UR(ur);
    s.o[NV_SASS_A] = R(from);
    put(w, &s);
}

static void put_umov(struct writer *w, unsigned ur, int64_t value)
{
    struct nvhw_sass s;

    nvhw_sass_clear(&s, NV_SASS_UMOV);
    s.o[NV_SASS_D] = UR(ur);
    s.o[NV_SASS_B] = IMM(value);
    put(w, &s);
}

/* UP[n] = bit n of UR[SWEEP_UPREDS] */
static void put_restore_up(struct writer *w, unsigned n)
{
    const unsigned both = 0xc0;
    struct nvhw_sass s;

    nvhw_sass_clear(&s, NV_SASS_ULOP3);
    s.o[NV_SASS_PD] = nvhw_sass_upred(n, false);
    s.o[NV_SASS_A] = UR(SWEEP_UPREDS);
    s.o[NV_SASS_B] = IMM(1 << n);
    s.o[NV_SASS_PA] = nvhw_sass_upred(NV_SASS_PT, true);
    s.o[NV_SASS_LUT] = IMM(both);
    put(w, &s);
}

/* R[d] = UP[n] */
static void put_show_up(struct writer *w, unsigned d, unsigned n)
{
    struct nvhw_sass s;

    put_umov(w, UTEMP, 1);
    nvhw_sass_clear(&s, NV_SASS_USEL);
    s.o[NV_SASS_D] = UR(UTEMP);
    s.o[NV_SASS_A] = UR(UTEMP);
    s.o[NV_SASS_B] = UR(NV_SASS_URZ);
    s.o[NV_SASS_PA] = nvhw_sass_upred(n, false);
    put(w, &s);
    put_mov(w, d, UR(UTEMP));
}

static void write_addresses(struct writer *w)
{
    const int record = SWEEP_RECORD_BYTES, input = SWEEP_WORDS * 4;

    put_special(w, LANE, NV_SASS_SR_TID_X);
    put_special(w, SET, NV_SASS_SR_CTAID_X);
    for (unsigned i = 0; i < 2; i++) {
        put_mov(w, OUTPUT + i, ROOT(ROOT_OUTPUT + 4 * i));
        put_mov(w, SWEEP_INPUT + i, ROOT(ROOT_INPUT + 4 * i));
        put_mov(w, SWEEP_SCRATCH + i, ROOT(ROOT_SCRATCH + 4 * i));
        put_mov(w, TEMP, R(SET));
    }
    put_advance(w, OUTPUT, SET, ROOT(ROOT_STRIDE));
    put_advance(w, OUTPUT, LANE, IMM(record));
    put_advance(w, SWEEP_INPUT, SET, IMM(input * SWEEP_LANES));
    put_uniform(w, SWEEP_UINPUT, SWEEP_INPUT);
    put_uniform(w, SWEEP_UINPUT + 1, SWEEP_INPUT + 1);
    put_advance(w, SWEEP_INPUT, LANE, IMM(input));
    put_advance(w, SWEEP_SCRATCH, SET, IMM(SWEEP_SCRATCH_BYTES));
    put_uniform(w, SWEEP_USCRATCH, SWEEP_SCRATCH);
    put_uniform(w, SWEEP_USCRATCH + 1, SWEEP_SCRATCH + 1);
    put_advance(w, SWEEP_SCRATCH, LANE, IMM(input));
    put_abc(w, NV_SASS_IMAD, SWEEP_SCRATCH + 2, R(LANE), IMM(input), R(NV_SASS_RZ));
    for (unsigned i = 0; i < 4; i++)
        put_abc(w, NV_SASS_IMAD, SWEEP_SHARED + i, R(LANE), IMM(i ? 8 >> i : 16), R(NV_SASS_RZ));
    put_mov(w, MARK, IMM((int32_t)SWEEP_DONE));
    put_mov(w, SWEEP_LOCAL, IMM(16));
    put_abc(w, NV_SASS_IMAD, SWEEP_LOCAL + 1, R(LANE), IMM(8), R(NV_SASS_RZ));
}

static void write_prologue(struct writer *w)
{
    static const uint8_t uniform[][2] = {
        {SWEEP_UA, SWEEP_A}, {SWEEP_UB, SWEEP_B}, {SWEEP_UC, SWEEP_C}};

    write_addresses(w);
    put_access(w, NV_SASS_LDG, SWEEP_INPUT, 0, SWEEP_A, true);
    put_access(w, NV_SASS_LDG, SWEEP_INPUT, 16, SWEEP_B, true);
    put_access(w, NV_SASS_LDG, SWEEP_INPUT, 32, SWEEP_C, true);
    put_access(w, NV_SASS_LDG, SWEEP_INPUT, 48, SWEEP_PREDS, false);
    for (unsigned i = 0; i < 3; i++)
        for (unsigned k = 0; k < 2; k++)
            put_uniform(w, uniform[i][0] + k, uniform[i][1] + k);
    put_uniform(w, SWEEP_UPREDS, SWEEP_PREDS);
    put_umov(w, SWEEP_UPREDS + 1, 16);
}

static void write_store(struct writer *w, unsigned slot, unsigned first)
{
    int64_t offset = (int64_t)slot * SWEEP_SLOT_BYTES;

    put_access(w, NV_SASS_STG, OUTPUT, offset, first, true);
    put_access(w, NV_SASS_STG, OUTPUT, offset + 16, STORED_PREDS, false);
}

static void write_uniform(struct writer *w, struct nvhw_sass *instance)
{
    for (unsigned n = 0; n < 7; n++)
        put_restore_up(w, n);
    for (unsigned i = 0; i < 2; i++)
        put_umov(w, SWEEP_UD + i, (int32_t)SWEEP_PATTERN);
    put(w, instance);
    for (unsigned i = 0; i < 2; i++)
        put_mov(w, SWEEP_D + i, UR(SWEEP_UD + i));
    for (unsigned i = 0; i < 2; i++)
        put_show_up(w, SWEEP_D + 2 + i, i);
}

static void write_memory(struct writer *w, struct nvhw_sass *instance, unsigned *slot)
{
    enum sweep_kind kind = sweep_kind_of(instance);
    enum nvhw_sass_op store = kind == SWEEP_STS   ? NV_SASS_STS
                              : kind == SWEEP_STL ? NV_SASS_STL
                                                  : NV_SASS_STG;
    enum nvhw_sass_op load = kind == SWEEP_STS   ? NV_SASS_LDS
                             : kind == SWEEP_STL ? NV_SASS_LDL
                                                 : NV_SASS_LDG;
    unsigned address = kind == SWEEP_STS   ? SWEEP_SHARED
                       : kind == SWEEP_STL ? SWEEP_LOCAL
                                           : SWEEP_SCRATCH;

    put_access(w, store, address, 0, SWEEP_A, true);
    put(w, instance);
    put_predicates(w, false, STORED_PREDS);
    write_store(w, (*slot)++, SWEEP_D);
    put_access(w, load, address, 0, SEEN, true);
    write_store(w, (*slot)++, SEEN);
}

static void write_block(struct writer *w, const struct sweep_form *form, unsigned *slot)
{
    struct nvhw_sass instance = form->insn;
    enum sweep_kind kind = sweep_kind_of(&instance);

    put_predicates(w, true, SWEEP_PREDS);
    for (unsigned i = 0; i < SWEEP_RESULTS; i++)
        put_mov(w, SWEEP_D + i, IMM((int32_t)SWEEP_PATTERN));
    if (kind == SWEEP_UNIFORM) {
        write_uniform(w, &instance);
    } else if (kind != SWEEP_PURE) {
        write_memory(w, &instance, slot);
        return;
    } else {
        put(w, &instance);
    }
    put_predicates(w, false, STORED_PREDS);
    write_store(w, (*slot)++, SWEEP_D);
}

bool sweep_program_write(struct sweep_program *program, const struct sweep_form *forms,
                         unsigned count)
{
    struct writer w = {program->code, program->code + SWEEP_CODE_BYTES, true};
    struct nvhw_sass s;

    memset(program->code, 0, SWEEP_CODE_BYTES);
    program->slots = 0;
    write_prologue(&w);
    for (unsigned i = 0; i < count && w.ok; i++)
        write_block(&w, &forms[i], &program->slots);
    nvhw_sass_clear(&s, NV_SASS_EXIT);
    put(&w, &s);
    program->size_bytes = (uint32_t)(w.at - program->code + 127) / 128 * 128;
    return w.ok && program->slots <= SWEEP_BATCH;
}

void sweep_root(uint8_t root[SWEEP_ROOT_BYTES], uint64_t output_va, uint64_t input_va,
                uint64_t scratch_va, uint32_t slots)
{
    uint32_t words[SWEEP_LANES][SWEEP_WORDS], stride = slots * SWEEP_SLOT_BYTES;

    memset(root, 0, SWEEP_ROOT_BYTES);
    memcpy(root + ROOT_OUTPUT, &output_va, 8);
    memcpy(root + ROOT_INPUT, &input_va, 8);
    memcpy(root + ROOT_SCRATCH, &scratch_va, 8);
    memcpy(root + ROOT_STRIDE, &stride, 4);
    for (unsigned i = 0; i < (SWEEP_ROOT_BYTES - CONSTANTS) / 4; i++) {
        if (i % SWEEP_LANES == 0)
            sweep_inputs(CONSTANT_SET + i / SWEEP_LANES, words);
        memcpy(root + CONSTANTS + i * 4, &words[i % SWEEP_LANES][i / SWEEP_LANES], 4);
    }
}

static const uint8_t *record(const uint8_t *output, uint32_t slots, unsigned launch_set,
                             unsigned slot, unsigned lane)
{
    return output + ((size_t)launch_set * slots + slot) * SWEEP_SLOT_BYTES +
           (size_t)lane * SWEEP_RECORD_BYTES;
}

bool sweep_is_stored(const uint8_t *output, uint32_t slots, unsigned launch_set, unsigned slot)
{
    uint32_t all = SWEEP_DONE;

    for (unsigned lane = 0; lane < SWEEP_LANES; lane++) {
        uint32_t preds;

        memcpy(&preds, record(output, slots, launch_set, slot, lane) + SWEEP_RESULTS * 4, 4);
        all &= preds;
    }
    return all != 0;
}

struct sweep_results sweep_result(const uint8_t *output, uint32_t slots, unsigned launch_set,
                                  unsigned slot, unsigned lane)
{
    const uint8_t *at = record(output, slots, launch_set, slot, lane);
    struct sweep_results r;

    memcpy(&r.word, at, sizeof r.word);
    memcpy(&r.preds, at + sizeof r.word, 4);
    r.preds &= ~SWEEP_DONE;
    return r;
}
