/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The IR, the one contract between passes. A shader is a control-flow graph of blocks with lists of
 * instructions in SSA form. A value is one 32-bit register or one predicate; 64-bit quantities and
 * vectors are several values, which an instruction names as a group (`join`) where the machine wants
 * consecutive registers. One instruction struct serves from lowering to encoding.
 *
 * Pass order: spirv lowering (with inlining and SSA construction) -> verify -> optimise -> barriers
 * -> legalise -> spill -> allocate -> parallel copies -> layout -> dependency codes -> encode.
 */
#ifndef CC_IR_H
#define CC_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "magma-nv/cc.h"

enum cc_op {
#define CC_OP(name, flags) CC_##name,
#include "ops.def"
#undef CC_OP
    CC_OP_COUNT
};

enum { /* what kind of operation it is */
    CC_OPF_PURE = 1u << 0, /* depends on its sources alone; may be removed or shared */
    CC_OPF_READ = 1u << 1, /* reads memory; may be removed, not shared unless CC_F_CONSTANT */
    CC_OPF_SIDE = 1u << 2, /* must stay */
    CC_OPF_TERM = 1u << 3, /* ends a block */
};

enum cc_file { CC_GPR, CC_PRED, CC_FILE_COUNT };

enum cc_src_kind {
    CC_NONE = 0,
    CC_VAL,  /* v: value index */
    CC_IMM,  /* v: 32 bits; for predicates 0 or 1 */
    CC_CBUF, /* v: byte offset into constant bank 0 */
};

struct cc_src {
    uint8_t kind;  /* enum cc_src_kind */
    uint8_t file;  /* enum cc_file */
    bool neg, abs; /* arithmetic modifiers; neg with X is bitwise not */
    bool inv;      /* predicates: not; POPC, FLO: bitwise not */
    bool join;     /* stands in the register after the previous source's */
    bool last;     /* cc_live_run: the value is not needed behind this instruction */
    uint32_t v;
};

/* Float compares 0..15 as the machine numbers them; integers use LT..GE. */
enum cc_cmp {
    CC_CMP_F, CC_CMP_LT, CC_CMP_EQ, CC_CMP_LE, CC_CMP_GT, CC_CMP_NE, CC_CMP_GE, CC_CMP_NUM,
    CC_CMP_NAN, CC_CMP_LTU, CC_CMP_EQU, CC_CMP_LEU, CC_CMP_GTU, CC_CMP_NEU, CC_CMP_GEU, CC_CMP_T,
};
enum cc_mufu { CC_COS, CC_SIN, CC_EX2, CC_LG2, CC_RCP, CC_RSQ, CC_SQRT };
enum cc_atom {
    CC_ATOM_ADD, CC_ATOM_MIN, CC_ATOM_MAX, CC_ATOM_INC, CC_ATOM_DEC, CC_ATOM_AND, CC_ATOM_OR,
    CC_ATOM_XOR, CC_ATOM_EXCH,
};
enum cc_scope { CC_SCOPE_CTA, CC_SCOPE_GPU, CC_SCOPE_SYS };
enum cc_vote { CC_VOTE_ALL, CC_VOTE_ANY, CC_VOTE_EQ };
enum cc_shfl { CC_SHFL_IDX, CC_SHFL_UP, CC_SHFL_DOWN, CC_SHFL_BFLY };
enum cc_rnd { CC_RN, CC_RM, CC_RP, CC_RZ };
enum cc_type { CC_B32, CC_B64, CC_B96, CC_B128, CC_U8, CC_S8, CC_U16, CC_S16, CC_F16, CC_F32 };

enum { /* cc_inst.flags */
    CC_F_SIGNED = 1u << 0,
    CC_F_MIN = 1u << 1,      /* IMNMX, FMNMX: minimum, else maximum */
    CC_F_X = 1u << 2,        /* IADD3: adds the carry source, neg means not */
    CC_F_EX = 1u << 3,       /* ISETP: high words, low result in the last source */
    CC_F_RIGHT = 1u << 4,    /* SHF */
    CC_F_HI = 1u << 5,       /* SHF: high word of the result */
    CC_F_SHF64 = 1u << 6,    /* SHF: shift counts up to 64 */
    CC_F_WRAP = 1u << 7,     /* SHF: count modulo the width */
    CC_F_FTZ = 1u << 8,
    CC_F_SAT = 1u << 9,
    CC_F_SH = 1u << 10,      /* FLO: 31 - index */
    CC_F_CONSTANT = 1u << 11, /* LDG: memory nobody writes while the grid runs */
    CC_F_STRONG = 1u << 12,  /* LDG, STG: coherent with other SMs */
    CC_F_EXACT = 1u << 13,   /* floats: do not fuse (NoContraction) */
    CC_F_NTZ = 1u << 14,     /* F2I: NaN gives 0 */
    CC_F_SPILL = 1u << 15,   /* made by the spiller */
    CC_F_FUSED = 1u << 16,   /* optimiser's mark */
    CC_F_SAFE = 1u << 17,    /* LDG: may be done where the shader would not have come to it */
};

enum { CC_DEF_MAX = 5 };

struct cc_inst {
    struct cc_inst *prev, *next;
    struct cc_block *block;
    uint16_t op; /* enum cc_op */
    uint8_t def_count;
    uint8_t sub;         /* second part of the operation, see ops.def */
    uint8_t cmp, lut;    /* compare; truth table */
    uint8_t type, type2; /* enum cc_type */
    uint8_t rnd;         /* enum cc_rnd */
    uint32_t flags;      /* CC_F_* */
    int32_t offset;      /* byte offset of an address; small numbers named in ops.def */
    uint32_t src_count;
    uint32_t index;      /* position, for passes that number instructions */
    struct cc_src guard; /* CC_NONE: always runs */
    struct cc_src *src;
    uint8_t dead_defs; /* cc_live_run: bit n: def n is never read */
    bool mark;         /* scratch of passes */
    uint32_t def[CC_DEF_MAX]; /* value indices; general registers first, as one group */
    struct cc_block *target;  /* BRA: where to */
    struct cc_inst *pair;     /* BSSY: its BSYNC */
    uint32_t address;         /* bytes from the start of the code */
    /* dependency codes */
    uint8_t stall, write_sb, read_sb, wait_mask, reuse;
};

struct cc_block {
    uint32_t id;    /* index in shader->blocks */
    uint32_t order; /* place in reverse postorder; UINT32_MAX when unreachable */
    struct cc_inst *first, *last;
    struct cc_block **preds;
    size_t pred_count, pred_capacity;
    struct cc_block *succ[2]; /* BR: taken, not taken; JMP: succ[0] */
    struct cc_block *idom;
    uint32_t dom_first, dom_size; /* number in the dominator tree, blocks below it */
    uint32_t loop_depth;
    uint32_t *live_in, *live_out; /* bit sets over values */
    struct cc_block *layout_next; /* block emitted after this one */
    uint32_t address; /* bytes from the start of the code */
    bool divergent_branch;
    bool join; /* while lowering: may have, or get, more than one predecessor */
    bool open; /* while lowering: a loop's head, some of whose predecessors come later */
    const uint32_t *stored; /* of such a head: bit set of the variables its loop writes; NULL: any */
};

/* A single-entry region of the source: threads that part inside meet again at `merge`. */
struct cc_region {
    struct cc_block *head, *merge; /* merge NULL: never left to a merge */
    bool loop;            /* head is entered through its `pre` block */
    bool each_iteration;  /* threads meet at the end of every iteration; head is a loop's */
    bool call;            /* merge is where the call's returns meet */
    struct cc_block *pre;
};

struct cc_val {
    uint8_t file;
    uint8_t reg; /* after allocation; CC_REG_NONE before */
    bool divergent;
    bool spilled;       /* lives in scratch; or made by the spiller and not to be spilled again */
    bool no_spill;
    struct cc_inst *def;
    struct cc_src alias; /* kind != CC_NONE: the value is only another name for this */
};

enum { CC_REG_NONE = 255, CC_REG_ZERO = 255, CC_GPR_MAX = 253, CC_PRED_MAX = 7, CC_PRED_TRUE = 7,
       CC_CBAR_MAX = 16 };

struct cc_shader {
    struct cc_arena *arena;
    const struct magma_cc_options *options;
    unsigned sm;
    struct cc_val *vals;
    size_t val_count, val_capacity;
    struct cc_block **blocks; /* blocks[0] is the entry */
    size_t block_count, block_capacity;
    struct cc_block **rpo; /* reachable blocks in order */
    size_t rpo_count;
    struct cc_region *regions;
    size_t region_count, region_capacity;
    size_t inst_count;
    uint32_t workgroup_size[3];
    uint32_t shared_size_bytes, local_size_bytes;
    uint32_t spill_count;
    uint32_t gpr_used; /* highest register + 1 */
    bool uses_barrier, uses_root_beyond_push;
};

/* ---- ir.c: building and changing ---- */

static inline struct cc_src cc_imm(uint32_t bits)
{
    return (struct cc_src){.kind = CC_IMM, .file = CC_GPR, .v = bits};
}
static inline struct cc_src cc_bool(bool b)
{
    return (struct cc_src){.kind = CC_IMM, .file = CC_PRED, .v = b};
}
static inline struct cc_src cc_cbuf(uint32_t offset_bytes)
{
    return (struct cc_src){.kind = CC_CBUF, .file = CC_GPR, .v = offset_bytes};
}
static inline bool cc_is_imm(struct cc_src s, uint32_t bits)
{
    return s.kind == CC_IMM && s.v == bits && !s.neg && !s.abs && !s.inv;
}

uint32_t cc_val_create(struct cc_shader *s, enum cc_file file);
struct cc_src cc_val_src(const struct cc_shader *s, uint32_t val);

struct cc_block *cc_block_create(struct cc_shader *s);
void cc_edge_add(struct cc_shader *s, struct cc_block *from, unsigned which, struct cc_block *to);

/* A detached instruction with room for src_count sources; defs are added with cc_def_add(). */
struct cc_inst *cc_inst_create(struct cc_shader *s, enum cc_op op, uint32_t src_count);
struct cc_src cc_def_add(struct cc_shader *s, struct cc_inst *inst, enum cc_file file);
void cc_inst_append(struct cc_shader *s, struct cc_block *block, struct cc_inst *inst);
void cc_inst_insert_before(struct cc_shader *s, struct cc_inst *at, struct cc_inst *inst);
void cc_inst_insert_after(struct cc_shader *s, struct cc_inst *at, struct cc_inst *inst);
void cc_inst_remove(struct cc_inst *inst);
/* Before the block's terminator, or at its end when it has none. */
void cc_inst_insert_at_end(struct cc_shader *s, struct cc_block *block, struct cc_inst *inst);
/* Before the first instruction that is no PHI. */
struct cc_inst *cc_block_after_phis(struct cc_block *block);
struct cc_inst *cc_block_terminator(struct cc_block *block);
/* A new block on the edge from -> from->succ[which]; phis keep their sources. */
struct cc_block *cc_edge_split(struct cc_shader *s, struct cc_block *from, unsigned which);
/* Takes the edge from -> from->succ[which] away, with the phi sources that came along it. */
void cc_edge_remove(struct cc_block *from, unsigned which);
/* A copy of src into a new value, or into the register `reg` when that is not CC_REG_NONE. */
struct cc_inst *cc_copy_create(struct cc_shader *s, enum cc_file file, struct cc_src src,
                               unsigned reg);
/* Follows aliases; modifiers of an alias to a predicate's negation are combined. */
struct cc_src cc_resolve(const struct cc_shader *s, struct cc_src src);

/* ---- ops.c ---- */
uint32_t cc_op_flags(unsigned op);
const char *cc_op_name(unsigned op);

/* ---- cfg.c: order, dominators, loops ---- */
void cc_cfg_update(struct cc_shader *s); /* rpo, idom, depths; drops unreachable blocks' edges */
bool cc_dominates(const struct cc_block *a, const struct cc_block *b);

/* ---- range.c: what is known of a value ---- */
unsigned cc_known_zeros(const struct cc_shader *s, struct cc_src src);  /* low bits that are 0 */
uint32_t cc_known_most(const struct cc_shader *s, struct cc_src src);   /* unsigned upper bound */
/* True when src is the value `rest` plus a constant (both as 32 bits that wrap). */
bool cc_known_sum(const struct cc_shader *s, struct cc_src src, struct cc_src *rest,
                  uint32_t *constant);

/* ---- passes: each a file ---- */
void cc_ir_verify(struct cc_shader *s, const char *after); /* fails the compilation when broken */
void cc_ir_print(struct cc_shader *s, const char *after);  /* when options ask for it */
bool cc_fold(struct cc_shader *s, struct cc_inst *inst, struct cc_src *out);
/* What ISETP says of two words, its predicate source aside. */
bool cc_compare(const struct cc_inst *inst, uint32_t a, uint32_t b);
void cc_opt_run(struct cc_shader *s);
void cc_dce_run(struct cc_shader *s);
void cc_licm_run(struct cc_shader *s);
void cc_repeat_run(struct cc_shader *s);
void cc_vector_run(struct cc_shader *s);
void cc_combine_run(struct cc_shader *s);
void cc_divergence_run(struct cc_shader *s);
void cc_barriers_run(struct cc_shader *s);
void cc_legal_run(struct cc_shader *s);
void cc_critical_edges_split(struct cc_shader *s);
void cc_blocks_merge(struct cc_shader *s);
void cc_sched_run(struct cc_shader *s);
void cc_live_run(struct cc_shader *s);
void cc_spill_run(struct cc_shader *s, unsigned gpr_max);
bool cc_alloc_run(struct cc_shader *s, unsigned gpr_max);
void cc_pcopy_run(struct cc_shader *s);
void cc_layout_run(struct cc_shader *s);
void cc_deps_run(struct cc_shader *s);
void cc_reuse_run(struct cc_shader *s);
void cc_encode_run(struct cc_shader *s, struct magma_cc_shader *out);

/* Bit sets over values. */
static inline bool cc_bit_get(const uint32_t *bits, uint32_t i)
{
    return (bits[i / 32] >> (i % 32)) & 1u;
}
static inline void cc_bit_set(uint32_t *bits, uint32_t i)
{
    bits[i / 32] |= 1u << (i % 32);
}
static inline void cc_bit_clear(uint32_t *bits, uint32_t i)
{
    bits[i / 32] &= ~(1u << (i % 32));
}

#endif
