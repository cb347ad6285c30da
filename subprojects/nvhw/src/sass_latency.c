/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Issue distances between a fixed-latency writer and its readers, per SM. Sources: tables that the
 * vendor gave to an open compiler project for sm_75, sm_80..89 and sm_100; sm_90 measured on an
 * H200 (driver 580) where a value was measured, else as sm_100. Two sources agree where both exist.
 */
#include <nvhw/sass.h>

enum { WRITERS = 7, COLUMNS = 9 };

/* Rows: ALU, 64-bit CS2R, FMA, WIDE low, WIDE high, FP16, FP64.
 * Columns: ALU, FMA, WIDE a b, WIDE c low, WIDE c high, FP16, FP64, variable, address unit. */
static const uint8_t registers[4][WRITERS][COLUMNS] = {
    {
        /* sm_75 */
        {4, 5, 5, 5, 3, 6, 6, 6, 8},
        {6, 6, 6, 6, 4, 6, 6, 6, 8},
        {5, 4, 4, 4, 2, 6, 6, 6, 8},
        {3, 2, 4, 2, 2, 6, 6, 6, 8},
        {5, 4, 6, 2, 2, 6, 6, 6, 8},
        {8, 8, 8, 8, 6, 6, 8, 8, 8},
        {9, 9, 9, 9, 7, 9, 8, 9, 9},
    },
    {
        /* sm_80, 86, 87, 89 */
        {4, 5, 5, 5, 3, 5, 6, 4, 5},
        {6, 6, 6, 6, 4, 6, 6, 4, 5},
        {5, 4, 4, 4, 2, 5, 6, 4, 5},
        {3, 2, 4, 2, 2, 3, 6, 4, 5},
        {5, 4, 6, 2, 2, 5, 6, 4, 5},
        {5, 5, 5, 5, 3, 5, 6, 4, 5},
        {10, 10, 10, 10, 8, 10, 6, 6, 7},
    },
    {
        /* sm_90 */
        {4, 5, 5, 5, 3, 5, 6, 4, 5},
        {6, 6, 6, 4, 4, 6, 6, 4, 5},
        {5, 4, 4, 4, 2, 5, 6, 4, 5},
        {3, 2, 2, 1, 1, 3, 6, 2, 2},
        {5, 4, 4, 2, 2, 5, 6, 4, 5},
        {5, 5, 5, 4, 3, 4, 6, 4, 5},
        {8, 8, 8, 8, 8, 8, 8, 6, 6},
    },
    {
        /* sm_100, 103, 120, 121 */
        {4, 5, 5, 5, 3, 5, 6, 4, 5},
        {6, 6, 6, 6, 4, 6, 6, 4, 5},
        {5, 4, 4, 4, 2, 5, 6, 4, 5},
        {3, 2, 4, 2, 2, 3, 6, 4, 5},
        {5, 4, 6, 4, 2, 5, 6, 4, 5},
        {5, 5, 5, 5, 3, 4, 6, 4, 5},
        {10, 10, 10, 10, 8, 10, 8, 6, 7},
    },
};

static unsigned family(unsigned sm)
{
    return sm < 80 ? 0 : sm < 90 ? 1 : sm < 100 ? 2 : 3;
}

static unsigned writer_row(enum nvhw_sass_pipe pipe, bool high_word)
{
    switch (pipe) {
    case NV_SASS_PIPE_DISP64:
        return 1;
    case NV_SASS_PIPE_FMA:
        return 2;
    case NV_SASS_PIPE_WIDE:
        return high_word ? 4 : 3;
    case NV_SASS_PIPE_FP16:
        return 5;
    case NV_SASS_PIPE_FP64:
        return 6;
    default:
        return 0;
    }
}

static unsigned predicate_cycles(unsigned sm, enum nvhw_sass_pipe writer,
                                 enum nvhw_sass_reader reader)
{
    bool old = sm < 80, fp64 = writer == NV_SASS_PIPE_FP64, fp16 = writer == NV_SASS_PIPE_FP16;
    switch (reader) {
    case NV_SASS_READ_PRED_ALU:
        if (old)
            return fp64 ? 9 : fp16 ? 8 : 4;
        return fp64 ? 6 : fp16 || writer == NV_SASS_PIPE_FMA || writer == NV_SASS_PIPE_WIDE ? 5 : 4;
    case NV_SASS_READ_PRED_FMA:
        if (old)
            return fp64 ? 9 : fp16 ? 8 : 5;
        return fp64 ? 6 : writer == NV_SASS_PIPE_FMA || writer == NV_SASS_PIPE_WIDE ? 4 : 5;
    default:
        if (old)
            return fp64 ? 15 : fp16 ? 14 : 12;
        return fp64 ? 14 : 13;
    }
}

static unsigned uniform_cycles(unsigned sm, enum nvhw_sass_pipe writer,
                               enum nvhw_sass_reader reader)
{
    bool hopper = family(sm) == 2;
    if (writer == NV_SASS_PIPE_XU) /* R2UR where it is fixed */
        return reader == NV_SASS_READ_UREG_CONSTANT ? 15 : 13;
    if (writer == NV_SASS_PIPE_UMOV)
        return reader == NV_SASS_READ_UREG_CONSTANT   ? 5
               : reader == NV_SASS_READ_UREG_VARIABLE ? 2
               : hopper                               ? 1
                                                      : 2;
    switch (reader) {
    case NV_SASS_READ_UREG_UDP:
        return 4;
    case NV_SASS_READ_UREG_UMOV:
        return hopper ? 6 : 7;
    case NV_SASS_READ_UREG_VARIABLE:
        return hopper ? 8 : 9;
    case NV_SASS_READ_UREG_CONSTANT:
        return 12;
    default:
        return 6;
    }
}

static unsigned uniform_predicate_cycles(unsigned sm, enum nvhw_sass_pipe writer,
                                         enum nvhw_sass_reader reader)
{
    bool hopper = family(sm) == 2, vote = writer == NV_SASS_PIPE_UMOV;
    switch (reader) {
    case NV_SASS_READ_UPRED_GUARD:
        return vote ? 5 : hopper ? 10 : 11;
    case NV_SASS_READ_UPRED_BRANCH:
        return vote ? 2 : hopper ? 8 : 9;
    case NV_SASS_READ_UPRED_VECTOR:
        return vote ? 1 : 6;
    default:
        return vote ? 1 : 4;
    }
}

unsigned nvhw_sass_latency(unsigned sm, enum nvhw_sass_pipe writer, bool high_word,
                           enum nvhw_sass_reader reader)
{
    if (reader <= NV_SASS_READ_ADDRESS)
        return registers[family(sm)][writer_row(writer, high_word)][reader];
    if (reader <= NV_SASS_READ_PRED_FMA)
        return predicate_cycles(sm, writer, reader);
    if (reader <= NV_SASS_READ_UREG_CONSTANT)
        return uniform_cycles(sm, writer, reader);
    return uniform_predicate_cycles(sm, writer, reader);
}

static unsigned overwrite_predicate(unsigned sm, enum nvhw_sass_pipe first, bool predicated,
                                    const struct nvhw_sass *second)
{
    enum nvhw_sass_pipe pipe = nvhw_sass_pipe(sm, second);
    if (sm < 80)
        return predicated ? 2 : 1;
    if (nvhw_sass_is_variable(sm, second))
        return predicated ? 13 : 12;
    if (pipe == first || (pipe != NV_SASS_PIPE_FP16 && pipe != NV_SASS_PIPE_FP64))
        return 1;
    return (pipe == NV_SASS_PIPE_FP16 ? 7u : 5u) + (predicated ? 2u : 0u);
}

/* First a slow result, then a faster one. */
static unsigned overwrite_slow(unsigned sm, enum nvhw_sass_pipe first, bool predicated,
                               enum nvhw_sass_pipe second)
{
    bool old = sm < 80, wide = second == NV_SASS_PIPE_WIDE;
    if (first == NV_SASS_PIPE_FP64 && wide)
        return !predicated ? 3 : old ? 7 : 8;
    if (first == NV_SASS_PIPE_FP64)
        return old ? (predicated ? 5 : 1) : predicated ? 6 : 3;
    if (first == NV_SASS_PIPE_FP16 && old)
        return wide ? (predicated ? 6 : 3) : predicated ? 4 : 1;
    if (first == NV_SASS_PIPE_DISP64)
        return old || predicated ? 2 : 1;
    return 1;
}

/* From the same tables; sm_90 as sm_100, which is no less than what an H200 needs. */
unsigned nvhw_sass_overwrite(unsigned sm, uint8_t kind, enum nvhw_sass_pipe first, bool predicated,
                             const struct nvhw_sass *second)
{
    enum nvhw_sass_pipe pipe = nvhw_sass_pipe(sm, second);
    if (kind == NV_SASS_PRED)
        return overwrite_predicate(sm, first, predicated, second);
    if (kind != NV_SASS_REG)
        return 1;
    if (nvhw_sass_is_variable(sm, second))
        return first == NV_SASS_PIPE_FP64 ? (sm < 80      ? 6
                                             : predicated ? 10
                                                          : 9)
               : sm < 80 || predicated    ? 6
                                          : 5;
    if (pipe == NV_SASS_PIPE_FP64 || pipe == NV_SASS_PIPE_MMA || pipe == first)
        return 1;
    return overwrite_slow(sm, first, predicated, pipe);
}

static enum nvhw_sass_reader register_reader(enum nvhw_sass_pipe pipe, unsigned slot,
                                             bool high_word)
{
    switch (pipe) {
    case NV_SASS_PIPE_ALU:
    case NV_SASS_PIPE_DISP64:
        return NV_SASS_READ_ALU;
    case NV_SASS_PIPE_FMA:
        return NV_SASS_READ_FMA;
    case NV_SASS_PIPE_WIDE:
        if (slot != NV_SASS_C)
            return NV_SASS_READ_WIDE_AB;
        return high_word ? NV_SASS_READ_WIDE_C_HIGH : NV_SASS_READ_WIDE_C_LOW;
    case NV_SASS_PIPE_FP16:
        return NV_SASS_READ_FP16;
    case NV_SASS_PIPE_FP64:
    case NV_SASS_PIPE_MMA:
        return NV_SASS_READ_FP64;
    case NV_SASS_PIPE_MEM:
    case NV_SASS_PIPE_SYNC:
        return NV_SASS_READ_ADDRESS;
    default:
        return NV_SASS_READ_VARIABLE;
    }
}

/* The H200 takes the data of stores and shuffles a cycle later than addresses. */
static bool is_late_data(unsigned sm, const struct nvhw_sass *in, enum nvhw_sass_pipe pipe,
                         unsigned slot)
{
    return family(sm) == 2 && pipe == NV_SASS_PIPE_MEM &&
           (slot == NV_SASS_B || in->op == NV_SASS_SHFL);
}

enum nvhw_sass_reader nvhw_sass_reader(unsigned sm, const struct nvhw_sass *in, unsigned slot,
                                       uint8_t kind, bool high_word)
{
    enum nvhw_sass_pipe pipe = nvhw_sass_pipe(sm, in);
    bool variable = nvhw_sass_is_variable(sm, in) || pipe >= NV_SASS_PIPE_XU;
    switch (kind) {
    case NV_SASS_PRED:
        if (slot == NV_SASS_GUARD || variable || in->op == NV_SASS_VOTE || in->op == NV_SASS_VOTEU)
            return NV_SASS_READ_PRED_GUARD;
        return pipe == NV_SASS_PIPE_FMA || pipe == NV_SASS_PIPE_WIDE ? NV_SASS_READ_PRED_FMA
                                                                     : NV_SASS_READ_PRED_ALU;
    case NV_SASS_UREG:
        if (slot < NV_SASS_SLOT_COUNT && in->o[slot].kind == NV_SASS_CONST_UR)
            return NV_SASS_READ_UREG_CONSTANT;
        if (pipe == NV_SASS_PIPE_UMOV)
            return NV_SASS_READ_UREG_UMOV;
        if (pipe == NV_SASS_PIPE_UDP)
            return NV_SASS_READ_UREG_UDP;
        return variable || pipe == NV_SASS_PIPE_FP64 ? NV_SASS_READ_UREG_VARIABLE
                                                     : NV_SASS_READ_UREG_VECTOR;
    case NV_SASS_UPRED:
        if (slot == NV_SASS_GUARD)
            return NV_SASS_READ_UPRED_GUARD;
        if (pipe == NV_SASS_PIPE_CBU)
            return NV_SASS_READ_UPRED_BRANCH;
        return pipe == NV_SASS_PIPE_UDP ? NV_SASS_READ_UPRED_UDP : NV_SASS_READ_UPRED_VECTOR;
    default:
        if (is_late_data(sm, in, pipe, slot))
            return NV_SASS_READ_VARIABLE;
        return register_reader(pipe, slot, high_word);
    }
}
