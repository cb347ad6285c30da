/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * SASS, the machine code of the streaming multiprocessors of sm_75 .. sm_120, as one table.
 *
 * The table is data/sass.isa: one row per instruction form. From it come the decoder, the encoder
 * and the printer below, which are exact inverses: what decodes also encodes to the same 16 bytes.
 * An instruction in memory is 16 bytes, little endian; everything here speaks `struct nvhw_sass`.
 *
 * Building one by hand: clear the struct, set `op`, the operands it takes and the modifiers that
 * differ from their default (value 0), then the control bits:
 *
 *     struct nvhw_sass i;
 *     nvhw_sass_clear(&i, NV_SASS_IADD3);                      // guard PT, no scoreboards, stall 1
 *     i.o[NV_SASS_D] = nvhw_sass_reg(4);
 *     i.o[NV_SASS_A] = nvhw_sass_reg(2);
 *     i.o[NV_SASS_B] = nvhw_sass_imm(-16);
 *     i.o[NV_SASS_C] = nvhw_sass_reg(NV_SASS_RZ);              // or left out: absent registers are
 * RZ i.control.stall = 4; nvhw_sass_encode(86, &i, bytes, why, sizeof why);
 *
 * The operand kinds choose the form (register, immediate, constant bank, uniform register); an
 * operand left NV_SASS_NONE becomes the row's default: RZ, URZ, PT for predicate results, PT or !PT
 * for predicate sources (whichever is neutral), 0 for offsets. Which slots and modifiers an op has
 * is written in data/sass.isa.
 *
 * All functions are pure: no global state, no allocation, callable from any thread.
 */
#ifndef NVHW_SASS_H
#define NVHW_SASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Generated from data/sass.isa: enum nvhw_sass_op (NV_SASS_IADD3 ...), enum nvhw_sass_mod
 * (NV_SASS_MOD_X ...) and the values of each modifier (NV_SASS_CMP_LT ...; value 0 is what is meant
 * when nothing is said), enum nvhw_sass_special (NV_SASS_SR_TID_X ...), the numbers of NV_SASS_MOD_SR. */
#include "nvhw/sass_isa.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NV_SASS_BYTES   16u  /* size of an instruction; programs are aligned to it */
#define NV_SASS_RZ      255u /* zero register */
#define NV_SASS_URZ     255u /* uniform zero register, on every SM (encoded as 63 up to sm_90) */
#define NV_SASS_PT      7u   /* true predicate; UPT likewise */
#define NV_SASS_SB_NONE 7u   /* no scoreboard */

enum nvhw_sass_kind {
    NV_SASS_NONE = 0,
    NV_SASS_REG,      /* reg: R0..R254, RZ */
    NV_SASS_UREG,     /* reg: UR0.., URZ */
    NV_SASS_PRED,     /* reg: P0..P6, PT; inv: negated */
    NV_SASS_UPRED,    /* reg: UP0..UP6, UPT; inv */
    NV_SASS_IMM,      /* imm: integer, or the IEEE bits of a float operand (FP64: high 32 bits) */
    NV_SASS_CONST,    /* c[bank][imm], imm in bytes */
    NV_SASS_CONST_UR, /* cx[URreg][imm], a bindless bank whose 64-bit handle is in a UR pair */
    NV_SASS_CBAR,     /* reg: convergence barrier B0..B15 */
};

/* Where an operand stands. One meaning per name, the same for all ops. */
enum nvhw_sass_slot {
    NV_SASS_D,  /* register result (or uniform register result) */
    NV_SASS_A,  /* first source; for memory ops the address register */
    NV_SASS_B,  /* second source; for stores and atomics the data; for LDC/ULDC the constant */
    NV_SASS_C,  /* third source; for compare-and-swap the new value */
    NV_SASS_PD, /* predicate result (bits 81..83) */
    NV_SASS_PQ, /* second predicate result (bits 84..86) */
    NV_SASS_PA, /* predicate source (bits 87..89, 90 negates): select, accumulate, first carry */
    NV_SASS_PB, /* second predicate source (bits 77..79): second carry of IADD3.X, second of PLOP3
                 */
    NV_SASS_PC, /* third predicate source (bits 68..70): ISETP.EX, third of PLOP3 */
    NV_SASS_UR, /* uniform register of an address: base, or descriptor (NV_SASS_MOD_ADDR says which)
                 */
    NV_SASS_OFFSET, /* immediate: byte offset of an address; branches: target minus address of the
                       NEXT instruction */
    NV_SASS_LUT,  /* immediate: truth table of LOP3 and PLOP3's first result, shift of LEA, lanes of
                     MOV */
    NV_SASS_LUT2, /* immediate: truth table of PLOP3's second result; other small numbers named in
                     the row */
    NV_SASS_CB,   /* convergence barrier (BSSY, BSYNC, BREAK, BMOV) */
    NV_SASS_D2,   /* textures: registers of the third and fourth component of the result */
    NV_SASS_SLOT_COUNT
};

/* Which half of a register a half-precision source takes. */
enum nvhw_sass_half { NV_SASS_H1_H0, NV_SASS_HALF_F32, NV_SASS_H0_H0, NV_SASS_H1_H1 };

struct nvhw_sass_operand {
    uint8_t kind; /* enum nvhw_sass_kind */
    uint8_t reg;
    uint8_t bank; /* NV_SASS_CONST: 0..31 */
    uint8_t half; /* enum nvhw_sass_half */
    bool neg;     /* arithmetic negation; bitwise not for IADD3.X and the like */
    bool abs;
    bool inv; /* predicates: logical not; POPC, FLO: bitwise not */
    int64_t imm;
};

/* Bits 105..125. Meaning and rules: libraries that schedule read the latency facts of
 * nvhw_sass_latency. */
struct nvhw_sass_control {
    uint8_t stall;     /* 0..15 cycles to the next instruction; 12..15 need yield */
    bool yield;        /* true: the scheduler may switch away (bit 109 = 0) */
    uint8_t write_sb;  /* 0..5, NV_SASS_SB_NONE: released when results are written */
    uint8_t read_sb;   /* 0..5, NV_SASS_SB_NONE: released when sources have been read */
    uint8_t wait_mask; /* bit n: wait for scoreboard n */
    uint8_t reuse;     /* bit 0 A, bit 1 B, bit 2 C */
};

struct nvhw_sass {
    uint16_t op;   /* enum nvhw_sass_op */
    uint16_t form; /* row of the table, set by decode; encode tries it first and else chooses by
                      operand kinds */
    uint8_t guard; /* 0..7; a uniform predicate for uniform instructions */
    bool guard_not;
    struct nvhw_sass_control control;
    uint16_t mod[NV_SASS_MOD_COUNT]; /* values of the modifiers, 0 where not said */
    struct nvhw_sass_operand o[NV_SASS_SLOT_COUNT];
};

/* What decides when a result is ready. */
enum nvhw_sass_pipe {
    NV_SASS_PIPE_ALU, /* fixed latency from here ... */
    NV_SASS_PIPE_FMA,
    NV_SASS_PIPE_WIDE, /* IMAD.WIDE, IMAD.HI: low word earlier than high word */
    NV_SASS_PIPE_FP16,
    NV_SASS_PIPE_DISP64, /* CS2R of 64 bits */
    NV_SASS_PIPE_UDP,    /* uniform datapath */
    NV_SASS_PIPE_UMOV,   /* UMOV, ULDC, VOTEU */
    NV_SASS_PIPE_MMA,
    NV_SASS_PIPE_FP64, /* fixed on sm_80, 90, 100; variable elsewhere */
    NV_SASS_PIPE_XU,   /* variable latency from here: needs scoreboards ... */
    NV_SASS_PIPE_MEM,  /* memory unit */
    NV_SASS_PIPE_CBU,  /* branches: read registers at issue, write none */
    NV_SASS_PIPE_SYNC  /* BAR, MEMBAR, NOP, DEPBAR: no register result by stall count */
};

static inline struct nvhw_sass_operand nvhw_sass_reg(unsigned reg)
{
    return (struct nvhw_sass_operand){.kind = NV_SASS_REG, .reg = (uint8_t)reg};
}
static inline struct nvhw_sass_operand nvhw_sass_ureg(unsigned reg)
{
    return (struct nvhw_sass_operand){.kind = NV_SASS_UREG, .reg = (uint8_t)reg};
}
static inline struct nvhw_sass_operand nvhw_sass_pred(unsigned reg, bool inv)
{
    return (struct nvhw_sass_operand){.kind = NV_SASS_PRED, .reg = (uint8_t)reg, .inv = inv};
}
static inline struct nvhw_sass_operand nvhw_sass_upred(unsigned reg, bool inv)
{
    return (struct nvhw_sass_operand){.kind = NV_SASS_UPRED, .reg = (uint8_t)reg, .inv = inv};
}
static inline struct nvhw_sass_operand nvhw_sass_imm(int64_t imm)
{
    return (struct nvhw_sass_operand){.kind = NV_SASS_IMM, .imm = imm};
}
static inline struct nvhw_sass_operand nvhw_sass_const(unsigned bank, unsigned offset_bytes)
{
    return (struct nvhw_sass_operand){
        .kind = NV_SASS_CONST, .bank = (uint8_t)bank, .imm = offset_bytes};
}
static inline struct nvhw_sass_operand nvhw_sass_cbar(unsigned reg)
{
    return (struct nvhw_sass_operand){.kind = NV_SASS_CBAR, .reg = (uint8_t)reg};
}

/* Empties `out`: op set, guard PT, no scoreboards, stall 1, keep issuing. */
static inline void nvhw_sass_clear(struct nvhw_sass *out, enum nvhw_sass_op op)
{
    memset(out, 0, sizeof(*out));
    out->op = (uint16_t)op;
    out->guard = NV_SASS_PT;
    out->control.stall = 1;
    out->control.write_sb = NV_SASS_SB_NONE;
    out->control.read_sb = NV_SASS_SB_NONE;
}

/*
 * Decodes 16 bytes for `sm` (75, 80, 86, 87, 89, 90, 100, 103, 120, 121). False, and `*out`
 * unspecified, when no row of the table describes exactly these bits: unknown opcode, reserved
 * value, or a bit outside all fields.
 */
bool nvhw_sass_decode(unsigned sm, const uint8_t bytes[NV_SASS_BYTES], struct nvhw_sass *out);

/*
 * As nvhw_sass_decode, but bits outside all fields may be set: tools that show other people's code
 * want this. The instruction then encodes to the same bytes except for those bits.
 */
bool nvhw_sass_decode_lenient(unsigned sm, const uint8_t bytes[NV_SASS_BYTES],
                              struct nvhw_sass *out);

/*
 * Encodes `in` for `sm`. False when it cannot be: no form of the op takes these operand kinds on
 * this SM, a number does not fit, a modifier does not exist there. Then a sentence with the cause
 * stands in `why` (may be NULL; at most why_size bytes with the final zero).
 */
bool nvhw_sass_encode(unsigned sm, const struct nvhw_sass *in, uint8_t bytes[NV_SASS_BYTES],
                      char *why, size_t why_size);

/*
 * Writes the instruction as text, in the manner of the vendor's disassembler ("@!P0 IADD3 R4, R2,
 * -0x10, RZ"), without the control bits. `pc` is the address of the instruction: branch targets are
 * shown absolute. Returns the length without the final zero as snprintf does, so a return >= size
 * means it was cut.
 */
int nvhw_sass_format(unsigned sm, const struct nvhw_sass *in, uint64_t pc, char *text, size_t size);

/* The control bits as text: "stall 4 yield write 0 read 1 wait 0,3". Returns as snprintf. */
int nvhw_sass_format_control(const struct nvhw_sass_control *control, char *text, size_t size);

/* "IADD3"; "?" for a number that is no op. */
const char *nvhw_sass_op_name(unsigned op);

/* The class that decides latency. IMAD.WIDE and the like depend on the form, so give the whole
 * instruction. */
enum nvhw_sass_pipe nvhw_sass_pipe(unsigned sm, const struct nvhw_sass *in);

/* Why silicon refuses an instruction that decodes or encodes: a few words; NULL when nothing is known
 * against it. */
const char *nvhw_sass_illegal(unsigned sm, const struct nvhw_sass *in);

/* True when results or sources need a scoreboard on this SM, false when the stall count covers them. */
bool nvhw_sass_is_variable(unsigned sm, const struct nvhw_sass *in);

/* MEMBAR, CCTL: order memory by themselves. A scoreboard that one of them sets never falls, and who waits for
 * it hangs: seen on an H100 (driver 580.159.04, 2026-11-25) for MEMBAR.ALL.CTA, .ALL.GPU, .SC.GPU, .SYS and
 * CCTL.IVALL; not for ERRBAR. */
bool nvhw_sass_is_fence(const struct nvhw_sass *in);

/*
 * How many consecutive 32-bit registers the operand in `slot` names: 0 when the slot is not a
 * register or is RZ/URZ, otherwise 1, 2, 3 or 4 (a 64-bit address in A gives 2, LDG.128 gives 4 in
 * D).
 */
unsigned nvhw_sass_width(const struct nvhw_sass *in, enum nvhw_sass_slot slot);

/* How many bytes of memory each lane reads or writes, as the SIZE of a load, store or surface access
 * says: 1, 2, 4, 8 or 16. */
unsigned nvhw_sass_access_bytes(const struct nvhw_sass *in);

/* How an instruction reads an operand: decides how long a fixed-latency result must have been under
 * way. */
enum nvhw_sass_reader {
    NV_SASS_READ_ALU,
    NV_SASS_READ_FMA,
    NV_SASS_READ_WIDE_AB,
    NV_SASS_READ_WIDE_C_LOW,
    NV_SASS_READ_WIDE_C_HIGH,
    NV_SASS_READ_FP16,
    NV_SASS_READ_FP64,
    NV_SASS_READ_VARIABLE,   /* variable-latency operations and branches */
    NV_SASS_READ_ADDRESS,    /* memory unit, shuffles */
    NV_SASS_READ_PRED_GUARD, /* guards, and predicate inputs of variable-latency operations */
    NV_SASS_READ_PRED_ALU,
    NV_SASS_READ_PRED_FMA,
    NV_SASS_READ_UREG_UDP,
    NV_SASS_READ_UREG_UMOV,
    NV_SASS_READ_UREG_VECTOR,
    NV_SASS_READ_UREG_VARIABLE,
    NV_SASS_READ_UREG_CONSTANT, /* handle of cx[UR][] */
    NV_SASS_READ_UPRED_UDP,
    NV_SASS_READ_UPRED_VECTOR,
    NV_SASS_READ_UPRED_GUARD,
    NV_SASS_READ_UPRED_BRANCH
};

#define NV_SASS_GUARD NV_SASS_SLOT_COUNT /* as `slot` below: the guard predicate */

/* How `in` reads the register `kind` (NV_SASS_REG, UREG, PRED, UPRED) of `slot`, or of its guard;
 * high_word: the upper half of a register pair. */
enum nvhw_sass_reader nvhw_sass_reader(unsigned sm, const struct nvhw_sass *in, unsigned slot,
                                       uint8_t kind, bool high_word);

/*
 * Issue cycles (the sum of the stall counts) from a fixed-latency writer of class `writer` to a
 * reader, read after write. For results of variable latency the answer means nothing: those need a
 * scoreboard.
 */
unsigned nvhw_sass_latency(unsigned sm, enum nvhw_sass_pipe writer, bool high_word,
                           enum nvhw_sass_reader reader);

/*
 * Issue cycles from a fixed-latency writer to an instruction that overwrites its result (`kind`: NV_SASS_REG
 * or NV_SASS_PRED), write after write. predicated: the first writer stands under a guard. 1 when any
 * order of issue will do.
 */
unsigned nvhw_sass_overwrite(unsigned sm, uint8_t kind, enum nvhw_sass_pipe first, bool predicated,
                             const struct nvhw_sass *second);

/* True when the slot is written (a result) rather than read. */
bool nvhw_sass_is_result(enum nvhw_sass_slot slot);

#ifdef __cplusplus
}
#endif

#endif
