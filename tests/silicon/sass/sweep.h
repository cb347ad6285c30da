/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Sweeps over instruction forms of sm_90: every form of the table gets instances with all its
 * modifiers, signs, operand kinds and edge values; a program runs a batch of them on many input
 * sets, and what the registers hold afterwards is compared between silicon and the software SM.
 *
 * One program, whoever runs it: a CTA of 32 threads per input set, a block of instructions per
 * instance. A block restores the predicates, fills the results with a pattern, executes the
 * instance, and stores four words and the predicates of each lane.
 */
#ifndef TESTS_SILICON_SASS_SWEEP_H
#define TESTS_SILICON_SASS_SWEEP_H

#include <nvhw/sass.h>
#include <stdio.h>

enum {
    SWEEP_SM = 90,
    SWEEP_LANES = 32,
    SWEEP_SETS = 64,        /* input sets */
    SWEEP_LAUNCH_SETS = 32, /* of one launch */
    SWEEP_WORDS = 16,       /* per lane of a set: below */
    SWEEP_RESULTS = 4,
    SWEEP_BATCH = 256,       /* slots of one program */
    SWEEP_RECORD_BYTES = 32, /* per slot and lane: results, predicates, nothing */
    SWEEP_SLOT_BYTES = SWEEP_RECORD_BYTES * SWEEP_LANES,
    SWEEP_SCRATCH_BYTES = 4096, /* per set: what stores and atomics change */
    SWEEP_REGISTERS = 80,
    SWEEP_SHARED_BYTES = 2048,
    SWEEP_LOCAL_BYTES = 64,
    SWEEP_ROOT_BYTES = 2048,
    SWEEP_CODE_BYTES = 256 << 10
};

/* Bytes of a launch's buffers. */
#define SWEEP_INPUT_BYTES   (SWEEP_LAUNCH_SETS * SWEEP_LANES * SWEEP_WORDS * 4u)
#define SWEEP_SCRATCH_TOTAL (SWEEP_LAUNCH_SETS * (uint32_t)SWEEP_SCRATCH_BYTES)
#define SWEEP_OUTPUT_BYTES  (SWEEP_LAUNCH_SETS * (uint32_t)SWEEP_BATCH * SWEEP_SLOT_BYTES)

/* What a result is filled with before: a predicated-off instance leaves it. */
#define SWEEP_PATTERN       0xdeadbeefu
/* Stands in the predicates' word of a slot that was stored. */
#define SWEEP_DONE          0x80000000u

/* Which registers hold what; instances are written in these. */
enum {
    SWEEP_D = 8,        /* results R8..R11 */
    SWEEP_A = 16,       /* R16..R19, words 0..3 of the input */
    SWEEP_B = 24,       /* R24..R27, words 4..7 */
    SWEEP_C = 32,       /* R32..R35, words 8..11 */
    SWEEP_PREDS = 40,   /* word 12, bits 0..6 */
    SWEEP_SCRATCH = 44, /* R44:45 own 64 bytes of scratch memory; R46: the low word without base */
    SWEEP_SHARED = 48, /* R48..R51: own 16 bytes of shared memory as byte address, / 4, / 8, / 16 */
    SWEEP_INPUT = 52,  /* R52:53 own 64 bytes of input */
    SWEEP_LOCAL = 54,  /* a local address */
    SWEEP_UD = 8,      /* UR8, UR9 */
    SWEEP_UA = 16,     /* UR16:17 = R16:17 of lane 0 */
    SWEEP_UB = 20,
    SWEEP_UC = 24,
    SWEEP_UPREDS = 28,   /* R40 of lane 0; UR29: 16 */
    SWEEP_USCRATCH = 30, /* UR30:31: scratch memory of the set */
    SWEEP_UINPUT = 32    /* UR32:33: input of the set */
};

struct sweep_form {
    uint8_t bytes[NV_SASS_BYTES]; /* control bits zero but for scoreboards 7 */
    struct nvhw_sass insn;        /* decoded, so with its row */
};

/* What a block must do around the instance. */
enum sweep_kind {
    SWEEP_PURE,    /* registers and predicates to registers and predicates */
    SWEEP_UNIFORM, /* results in uniform registers and predicates */
    SWEEP_GLOBAL,  /* changes global memory: a second slot shows it */
    SWEEP_STS,     /* changes shared memory: likewise */
    SWEEP_STL      /* changes local memory: likewise */
};

struct sweep_results {
    uint32_t word[SWEEP_RESULTS];
    uint32_t preds; /* without SWEEP_DONE */
};

enum sweep_kind sweep_kind_of(const struct nvhw_sass *insn);
/* Slots that an instance takes in a batch: 1, or 2 when it changes memory. */
unsigned sweep_slots_of(const struct nvhw_sass *insn);

/* generate.c: all instances. The array is the caller's to free; NULL when memory is out. */
struct sweep_form *sweep_generate(unsigned *count);

/* inputs.c: word `word` of a lane in a set. Always the same. */
void sweep_inputs(unsigned set, uint32_t out[SWEEP_LANES][SWEEP_WORDS]);

/* program.c */
struct sweep_program {
    uint8_t *code; /* SWEEP_CODE_BYTES, the caller's */
    uint32_t size_bytes;
    uint32_t slots;
};

/*
 * Writes the program for `count` instances; their slots together must not exceed SWEEP_BATCH.
 * Returns how many bytes of code each run has in *program. False: an instance does not encode.
 */
bool sweep_program_write(struct sweep_program *program, const struct sweep_form *forms,
                         unsigned count);

/* Constant bank 0 of a launch: addresses of the three buffers and the constants that instances
 * read. */
void sweep_root(uint8_t root[SWEEP_ROOT_BYTES], uint64_t output_va, uint64_t input_va,
                uint64_t scratch_va, uint32_t slots);

/* Whether all lanes of a slot were stored. */
bool sweep_is_stored(const uint8_t *output, uint32_t slots, unsigned launch_set, unsigned slot);
/* The result of a lane in a launch's output. */
struct sweep_results sweep_result(const uint8_t *output, uint32_t slots, unsigned launch_set,
                                  unsigned slot, unsigned lane);

/* model.c: the software SM on flat memory. */
struct sweep_model;
struct sweep_model *sweep_model_create(void);
void sweep_model_destroy(struct sweep_model *model);
/*
 * Runs `sets` input sets (at most SWEEP_LAUNCH_SETS) from first_set on; the output stays valid
 * until the next run. False: *text (256 bytes) says which fault ended it.
 */
bool sweep_model_run(struct sweep_model *model, const struct sweep_program *program,
                     unsigned first_set, unsigned sets, const uint8_t **output, char *text);
/* Whether the software SM takes this instance at all; if not, *text (256 bytes) says why. */
bool sweep_model_takes(struct sweep_model *model, const struct sweep_form *form, char *text);

/* record.c: results in a file. A file begins with a line of text that says where it is from. */
enum { SWEEP_GROUPS = 4, SWEEP_GROUP_SETS = SWEEP_SETS / SWEEP_GROUPS, SWEEP_RAW_SETS = 8 };

/* One instance: results of some sets in full (of none when it changes memory), and a hash of each
 * group. */
struct sweep_record {
    struct sweep_form form;
    bool exact; /* the hashes count; otherwise results may differ within bounds */
    uint32_t hash[SWEEP_GROUPS];
    uint8_t raw_count;
    uint8_t raw_set[SWEEP_RAW_SETS];
    struct sweep_results raw[SWEEP_RAW_SETS][2][SWEEP_LANES]; /* per slot and lane */
};

/* The hash of one more set; start with 0. `slot` is the instance's first. */
uint32_t sweep_hash(uint32_t hash, const uint8_t *output, uint32_t slots, unsigned launch_set,
                    unsigned slot, unsigned slot_count);
/* Copies one set's results into the record. */
void sweep_record_take(struct sweep_record *record, unsigned set, const uint8_t *output,
                       uint32_t slots, unsigned launch_set, unsigned slot);
bool sweep_record_write(FILE *file, const struct sweep_record *record);
/* False at the end of the file, or with *bad set when it is malformed. */
bool sweep_record_read(FILE *file, struct sweep_record *record, bool *bad);
/* A hash of all inputs and constants, so that a record is not compared with other inputs. */
uint32_t sweep_inputs_hash(void);

/*
 * compare.c: bounds, read from a file of lines "text start <tab> units of the last place <tab>
 * absolute <tab> why"; 0 and 0 say that this form is not compared.
 */
struct sweep_bounds;
struct sweep_bounds *sweep_bounds_read(const char *path);
void sweep_bounds_destroy(struct sweep_bounds *bounds);
enum sweep_verdict { SWEEP_EXACT, SWEEP_WITHIN, SWEEP_SKIPPED };
/* What is asked of an instance. */
enum sweep_verdict sweep_bounds_of(const struct sweep_bounds *bounds, const struct nvhw_sass *insn);
/* Whether two results agree as the bounds ask. */
bool sweep_agree(const struct sweep_bounds *bounds, const struct nvhw_sass *insn,
                 const struct sweep_results *a, const struct sweep_results *b);

#endif
