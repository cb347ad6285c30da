/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The streaming multiprocessor, between its own files: a grid of CTAs, warps of 32 lanes whose
 * registers are vectors of 32 words, decoded code, and what an instruction handler may use. What an
 * instruction does is written in exec_*.c by hand; names and encodings come from nvhw/sass.h.
 *
 * Divergence: every lane has a program counter. The lanes that run together are `active` and share
 * `pc`; all others wait in lane_pc/lane_state. Only convergence barriers bring lanes together
 * again, as on hardware.
 */
#ifndef GPUM_SM_H
#define GPUM_SM_H

#include "../model.h"

#include <nvhw/rmioctl.h>
#include <nvhw/sass.h>

enum {
    SM_LANES = 32,
    SM_BLOCK_BYTES = 1024, /* code is decoded in blocks of this size */
    SM_BLOCK_INSNS = SM_BLOCK_BYTES / NV_SASS_BYTES,
    SM_BANKS = 8,
    SM_BARRIERS = 16,
    SM_RESIDENT_CTAS = 8, /* how many CTAs of a grid run at the same time */
    SM_SLICE = 64,        /* instructions of one warp or lane group before another gets its turn */
    SM_WINDOW_BYTES = 1 << 24,
    SM_ADDRESS_BITS = 57 /* beyond, an H100 reports OOR_ADDR and asks no MMU */
};

#define SM_ALL 0xffffffffu

struct sm_ctx;
typedef bool (*sm_exec_fn)(struct sm_ctx *x);

/* A register range that an instruction reads or writes, worked out once when it is decoded. */
struct sm_access {
    uint8_t kind; /* enum nvhw_sass_kind: REG, UREG, PRED, UPRED */
    uint8_t reg, count, slot;
    uint8_t reader[2]; /* enum nvhw_sass_reader of the first word, and of the others */
};

struct sm_insn {
    struct nvhw_sass s;
    sm_exec_fn exec; /* NULL: does not decode, or is not supported */
    bool decoded, variable;
    const char *illegal; /* why hardware refuses it; NULL: it does not */
    uint8_t pipe;
    uint8_t read_count, write_count;
    uint16_t reg_limit; /* highest general register named, plus one */
    bool misaligned;    /* a register pair or quad that does not start at its multiple */
    struct sm_access read[12], write[4];
};

struct sm_block {
    struct sm_block *next; /* in its hash chain */
    struct gpum_vas vas;
    uint64_t va;
    uint32_t sm_version;
    uint64_t checked_launch; /* number of the launch that last compared the bytes with memory */
    uint8_t bytes[SM_BLOCK_BYTES];
    struct sm_insn insn[SM_BLOCK_INSNS];
};

enum { SM_HASH = 64 };

/* Per model: decoded code. */
struct gpum_sm {
    struct sm_block *blocks[SM_HASH];
    uint64_t launches;
    uint64_t
        drops; /* how often decoded code was thrown away: block pointers of warps are then stale */
    bool check_control; /* hold code to the dependency rules (check.c) */
};

enum sm_lane_state { SM_LANE_RUN, SM_LANE_EXITED, SM_LANE_CONVERGE, SM_LANE_WARPSYNC, SM_LANE_BAR };

struct sm_check; /* check.c: what is in flight */

struct sm_warp {
    struct sm_cta *cta;
    uint32_t (*r)[SM_LANES]; /* register_count rows */
    uint32_t p[8];           /* a bit per lane; p[7] is all ones */
    uint32_t ur[256];        /* ur[255] is zero */
    uint8_t up;              /* bit per uniform predicate; bit 7 set */
    uint32_t exists;         /* lanes that have a thread */
    uint32_t active;         /* lanes that run now */
    uint64_t pc;             /* of the active lanes */
    uint64_t lane_pc[SM_LANES];
    uint8_t lane_state[SM_LANES];
    uint8_t lane_barrier[SM_LANES]; /* convergence barrier or BAR number waited for */
    uint32_t lane_mask[SM_LANES];   /* WARPSYNC's mask */
    uint32_t cbar[16];              /* convergence barriers: lanes that take part */
    uint64_t cbar_target[16];       /* 0: restored by BMOV, not known */
    uint16_t cbar_valid;
    unsigned index, slice, rotate;
    uint32_t bar_result; /* of the last BAR.RED, for B2R */
    uint64_t cycle, instructions;
    const struct sm_block *block;
    uint8_t *local; /* lane-major: local_bytes per lane */
    struct sm_check *check;
    bool done;
};

struct sm_barrier {
    uint32_t expected; /* threads */
    uint32_t arrived;
    uint32_t votes; /* for BAR.RED: threads whose predicate held */
    uint8_t mode;   /* enum nvhw_sass_bar of who waits */
    bool whole;     /* all threads of the CTA are expected: those that ended count as arrived */
};

struct sm_cta {
    struct gpum_grid *grid;
    uint32_t id[3];
    uint8_t *shared;
    unsigned warp_count, warps_done, threads;
    struct sm_warp *warps;
    struct sm_barrier bar[SM_BARRIERS];
};

struct sm_page {
    uint64_t va; /* of the 4 KiB page, with bit 0 set when valid */
    uint64_t generation;
    uint8_t *ptr;
    bool writable;
};

enum { SM_PAGES = 256, SM_PAGE_BYTES = 4096 };

struct gpum_grid {
    struct gpum *m;
    struct gpum_grid_desc desc;
    enum gpum_grid_state state;
    struct gpum_grid_fault fault;
    uint64_t next_cta, cta_total;
    unsigned resident, turn_cta, turn_warp;
    struct sm_cta *cta[SM_RESIDENT_CTAS];
    uint8_t *bank[SM_BANKS]; /* copies, made when first read */
    struct sm_page page[SM_PAGES];
    uint64_t clock, drops;
};

/* What a handler works on. Vectors named t are scratch for operands that need a copy. */
struct sm_ctx {
    struct gpum_grid *grid;
    struct sm_warp *w;
    const struct sm_insn *i;
    const struct nvhw_sass *s;
    uint32_t mask; /* active lanes whose guard holds */
    uint64_t pc, next_pc;
    bool switch_lanes; /* the active set changed: choose again */
    uint32_t t[NV_SASS_SLOT_COUNT][SM_LANES];
};

/* ---- code.c ---- */
const struct sm_insn *sm_fetch(struct sm_ctx *x, uint64_t pc);
void sm_code_drop(struct gpum_sm *sm);
sm_exec_fn sm_exec_find(unsigned op); /* exec.c: NULL when the operation is not supported */

/* ---- fault.c: end the grid with a decoded reason; always false ---- */
bool sm_fault(struct sm_ctx *x, int lane, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for what hardware reports as an error of the warp: its name stands in front. */
bool sm_fault_warp(struct sm_ctx *x, int lane, enum nvhw_sm_warp_error error, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));
bool sm_fault_mmu(struct sm_ctx *x, int lane, const struct gpum_mmu_fault *fault);

/* ---- operand.c ---- */
/* A source as 32 words. Integer: negation is two's complement, or bitwise not with .X; float: sign
 * bit tricks. */
const uint32_t *sm_src(struct sm_ctx *x, unsigned slot);
const uint32_t *sm_fsrc(struct sm_ctx *x, unsigned slot);
void sm_src64(struct sm_ctx *x, unsigned slot, uint64_t out[SM_LANES]);
void sm_fsrc64(struct sm_ctx *x, unsigned slot, double out[SM_LANES]);
uint32_t sm_psrc(struct sm_ctx *x, unsigned slot); /* a bit per lane */
void sm_dst(struct sm_ctx *x, const uint32_t value[SM_LANES]);
void sm_dst_at(struct sm_ctx *x, unsigned reg, const uint32_t value[SM_LANES], uint32_t mask);
void sm_dst64(struct sm_ctx *x, const uint64_t value[SM_LANES]);
void sm_pdst(struct sm_ctx *x, unsigned slot, uint32_t bits);
/* Uniform counterparts. */
uint32_t sm_usrc(struct sm_ctx *x, unsigned slot);
uint64_t sm_usrc64(struct sm_ctx *x, unsigned slot);
bool sm_upsrc(struct sm_ctx *x, unsigned slot);
void sm_udst(struct sm_ctx *x, unsigned part, uint32_t value);
void sm_updst(struct sm_ctx *x, unsigned slot, bool value);
/* A word of a constant bank; beyond the bank's size 0. False: fault raised. */
bool sm_constant(struct sm_ctx *x, unsigned bank, uint32_t offset, uint32_t *value);

static inline unsigned sm_mod(const struct sm_ctx *x, enum nvhw_sass_mod mod)
{
    return x->s->mod[mod];
}

/* ---- memory.c ---- */
uint8_t *sm_global(struct sm_ctx *x, int lane, uint64_t va, unsigned size_bytes,
                   enum gpum_access access);

/* ---- warp.c: lane groups ---- */
bool sm_warp_choose(struct sm_warp *w); /* false: no lane can run now */
void sm_warp_block(struct sm_ctx *x, uint32_t lanes, enum sm_lane_state state, uint64_t resume_pc);
void sm_warp_release(struct sm_warp *w);
void sm_barrier_release(struct sm_cta *cta, unsigned index);
void sm_barrier_release_all(struct sm_cta *cta); /* after threads ended */

/* ---- check.c ---- */
struct sm_check *sm_check_create(void);
void sm_check_destroy(struct sm_check *check);
bool sm_check_issue(struct sm_ctx *x);
void sm_check_retire(struct sm_ctx *x);

/* Turns the check of dependency control codes on or off (on after creation). */
void gpum_sm_check_control(struct gpum *m, bool on);

/* Iterates over the set lanes of a mask. */
#define SM_FOR_LANES(lane, lanes)                                                                  \
    for (uint32_t lane##_left = (lanes), lane;                                                     \
         lane##_left && ((lane = (uint32_t)__builtin_ctz(lane##_left)), 1);                        \
         lane##_left &= lane##_left - 1)

#endif
