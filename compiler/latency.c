/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Issue distances per family of SMs, rounded up where a finer distinction (the low and high word of
 * a wide result, which operand of a wide multiply) would be worth little.
 */
#include "sass.h"

enum reader { R_ALU, R_FMA, R_WIDE, R_FP16, R_FP64, R_XU, R_MEM, R_OTHER, READER_COUNT };
enum writer { W_ALU, W_FMA, W_WIDE, W_FP16, W_FP64, WRITER_COUNT };
enum { SM_TURING = 75, SM_BLACKWELL_B = 120 };

/* Columns: ALU FMA WIDE FP16 FP64 XU MEM other */
static const uint8_t turing[WRITER_COUNT][READER_COUNT] = {
    [W_ALU] = {4, 5, 5, 6, 6, 6, 8, 6},   [W_FMA] = {5, 4, 4, 6, 6, 6, 8, 6},
    [W_WIDE] = {5, 4, 6, 6, 6, 6, 8, 6},  [W_FP16] = {8, 8, 8, 6, 8, 8, 8, 8},
    [W_FP64] = {9, 9, 9, 9, 8, 9, 9, 9},
};
static const uint8_t later[WRITER_COUNT][READER_COUNT] = {
    [W_ALU] = {4, 5, 5, 5, 6, 4, 5, 5},      [W_FMA] = {5, 4, 4, 5, 6, 4, 5, 5},
    [W_WIDE] = {5, 4, 6, 5, 6, 4, 5, 5},     [W_FP16] = {5, 5, 5, 5, 6, 4, 5, 5},
    [W_FP64] = {10, 10, 10, 10, 8, 6, 7, 7},
};

static enum writer writer_of(enum nvhw_sass_pipe pipe)
{
    switch (pipe) {
    case NV_SASS_PIPE_FMA:
        return W_FMA;
    case NV_SASS_PIPE_WIDE:
        return W_WIDE;
    case NV_SASS_PIPE_FP16:
        return W_FP16;
    case NV_SASS_PIPE_FP64:
    case NV_SASS_PIPE_DISP64:
        return W_FP64;
    default:
        return W_ALU;
    }
}

static enum reader reader_of(enum nvhw_sass_pipe pipe)
{
    switch (pipe) {
    case NV_SASS_PIPE_ALU:
        return R_ALU;
    case NV_SASS_PIPE_FMA:
        return R_FMA;
    case NV_SASS_PIPE_WIDE:
        return R_WIDE;
    case NV_SASS_PIPE_FP16:
        return R_FP16;
    case NV_SASS_PIPE_FP64:
        return R_FP64;
    case NV_SASS_PIPE_XU:
        return R_XU;
    case NV_SASS_PIPE_MEM:
        return R_MEM;
    default:
        return R_OTHER;
    }
}

/* On consumer Blackwell one cycle more than the tables. */
static unsigned pad(unsigned sm, unsigned cycles)
{
    return sm >= SM_BLACKWELL_B ? cycles + 1 : cycles;
}

unsigned cc_latency_gpr(unsigned sm, enum nvhw_sass_pipe writer, enum nvhw_sass_pipe reader)
{
    const uint8_t(*table)[READER_COUNT] = sm == SM_TURING ? turing : later;
    return pad(sm, table[writer_of(writer)][reader_of(reader)]);
}

unsigned cc_latency_pred(unsigned sm, enum nvhw_sass_pipe writer, enum nvhw_sass_pipe reader,
                         bool guard)
{
    enum reader r = reader_of(reader);
    bool coupled = r == R_ALU || r == R_FMA || r == R_WIDE || r == R_FP16;
    if (!guard && coupled) {
        bool same = r == R_ALU ? writer == NV_SASS_PIPE_ALU
                               : writer == NV_SASS_PIPE_FMA || writer == NV_SASS_PIPE_WIDE;
        return pad(sm, writer == NV_SASS_PIPE_FP16 ? 8 : same ? 4 : 5);
    }
    return pad(sm, writer == NV_SASS_PIPE_FP16 || writer == NV_SASS_PIPE_FP64 ? 15 : 13);
}

unsigned cc_latency_waw(unsigned sm, enum cc_file file, enum nvhw_sass_pipe first,
                        enum nvhw_sass_pipe second, bool second_variable)
{
    if (file == CC_PRED) {
        return first == second ? 1 : pad(sm, 13);
    }
    return first == second ? 1 : pad(sm, second_variable ? 10 : 6);
}

unsigned cc_latency_after(unsigned sm, unsigned op)
{
    switch (op) {
    case CC_BAR:
    case CC_MEMBAR:
        return sm == SM_TURING ? 5 : 6;
    case CC_CCTL_IVALL:
        return 11;
    case CC_BRA:
    case CC_EXIT:
        return 5;
    case CC_BSSY:
    case CC_BSYNC:
    case CC_BREAK:
    case CC_WARPSYNC:
        return 2;
    default:
        return 1;
    }
}

unsigned cc_latency_worst(unsigned sm, enum cc_file file)
{
    return pad(sm, file == CC_PRED ? 13 : sm == SM_TURING ? 9 : 6);
}
