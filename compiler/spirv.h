/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The SPIR-V front end: a module as parsed, its types and values, and the state of lowering.
 *
 * A module is untrusted. Words are read through spv_word(), ids through spv_id(), values and types
 * through accessors that fail the compilation when something is not what it should be; after
 * lowering the IR verifier checks what only the whole graph shows. A value is flattened into 32-bit
 * or predicate slots, 64-bit scalars into two.
 */
#ifndef CC_SPIRV_H
#define CC_SPIRV_H

#include <spirv/unified1/spirv.h>

#include "build.h"

enum spv_kind {
    SPV_VOID, SPV_BOOL, SPV_INT, SPV_FLOAT, SPV_VECTOR, SPV_MATRIX, SPV_ARRAY, SPV_RUNTIME_ARRAY,
    SPV_STRUCT, SPV_POINTER, SPV_FUNCTION, SPV_OPAQUE,
};

struct spv_member {
    struct spv_type *type;
    uint32_t offset_bytes, matrix_stride_bytes; /* explicit layout */
    bool has_offset, row_major, read_only, coherent;
    uint32_t natural_offset_bytes;
};

struct spv_type {
    enum spv_kind kind;
    uint32_t id;
    uint32_t width;     /* bits of INT, FLOAT */
    bool is_signed;
    struct spv_type *elem; /* VECTOR, MATRIX (column), ARRAY, POINTER, FUNCTION (result) */
    uint32_t count;        /* elements, columns or members; POINTER: id of the pointee */
    struct spv_member *members;
    uint32_t array_stride_bytes;
    uint32_t slots;        /* flattened size; 0 for what cannot be a value */
    uint32_t natural_size_bytes, natural_align_bytes;
    uint32_t storage; /* POINTER: storage class */
    bool block, buffer_block; /* STRUCT decorations */
    uint32_t op; /* OPAQUE: opcode, for messages */
};

enum spv_ptr_kind {
    SPV_PTR_SSA,    /* a variable that lives in SSA values */
    SPV_PTR_BUFFER, /* storage or uniform buffer through a descriptor */
    SPV_PTR_ROOT,   /* constant bank 0: push constants */
    SPV_PTR_SHARED,
    SPV_PTR_LOCAL,
    SPV_PTR_RAW, /* 64-bit address */
    SPV_PTR_BUILTIN,
};

struct spv_ptr {
    enum spv_ptr_kind kind;
    struct spv_type *type; /* what it points to */
    uint32_t root;         /* SSA: id of the variable */
    uint32_t var;          /* SSA: number of the first variable; BUILTIN: BuiltIn */
    uint32_t first_slot;   /* BUILTIN: component */
    struct cc_src dynamic; /* byte offset known when the shader runs: this ... */
    struct cc_src index;   /* ... plus this index (of any kind but CC_NONE) ... */
    uint32_t stride_bytes; /* ... times its stride */
    uint32_t offset_bytes; /* constant part */
    uint32_t align_bytes;  /* the whole offset is a multiple of it */
    bool row_major;
    uint32_t matrix_stride_bytes;
    uint32_t comp_stride_bytes; /* between components of a vector; 0: dense */
    uint32_t set, binding;
    bool descriptor_array;      /* the next index selects a descriptor */
    uint32_t descriptor_count;
    struct cc_src descriptor_index;
    struct cc_pair base; /* RAW */
    bool uniform, coherent;
};

struct spv_value {
    struct spv_type *type;
    struct cc_src *slots;
    struct spv_ptr *ptr; /* pointers only */
    bool spec;           /* a specialization constant took part */
};

struct spv_decor {
    struct spv_decor *next;
    uint32_t member; /* UINT32_MAX: the id itself */
    uint32_t decoration, operand;
};

struct spv_id {
    uint32_t def; /* word offset of the defining instruction; 0: none */
    uint16_t op;
    bool dynamic_index; /* variable or parameter that needs memory */
    uint32_t function;  /* labels, parameters: index + 1 of their function */
    uint32_t local;     /* labels: index of the block; parameters: number */
    struct spv_decor *decors;
    struct spv_type *type;
    struct spv_value *value;
};

struct spv_inst {
    const struct spv_module *m;
    const uint32_t *words;
    uint32_t op, count, at; /* at: word offset in the module */
};

/* A basic block as written. */
struct spv_block {
    uint32_t label, first, term; /* first: offset of the instruction after the label */
    uint32_t merge, cont;        /* block index + 1; 0: none */
    bool loop;
    uint32_t *succ; /* block indices */
    size_t succ_count;
    uint32_t order; /* in reverse postorder; UINT32_MAX: unreachable */
    bool counted;   /* a loop that may well have a small constant number of trips */
    uint32_t *stored; /* a loop: bit set over ids of the variables it writes; NULL: any */
};

struct spv_function {
    uint32_t id, first, end; /* OpFunction's offset, offset behind OpFunctionEnd */
    struct spv_type *result;
    uint32_t *params;
    size_t param_count, param_capacity;
    struct spv_block *blocks;
    size_t block_count, block_capacity;
    uint32_t *order; /* reachable blocks */
    size_t order_count;
    bool active; /* being lowered: a call here would recurse */
};

struct spv_module {
    struct cc_arena *arena;
    const struct magma_cc_options *options;
    const uint32_t *words;
    uint32_t word_count, bound;
    struct spv_id *ids;
    struct spv_function *functions;
    size_t function_count, function_capacity;
    uint32_t entry_function; /* id */
    uint32_t globals_first, globals_end; /* types, constants, variables */
    uint32_t glsl_import, local_size[3], local_size_id[3];
    uint32_t nonsemantic_import[8], nonsemantic_count;
    bool physical_addresses;
    bool has_counted_loops;
};

struct spv_pending_phi {
    struct spv_inst inst;
    struct cc_inst **phis; /* one per slot */
    uint32_t slots, block; /* block index within the function */
};

struct spv_var_phi {
    struct cc_inst *phi;
    uint32_t var;
};

struct spv_def { /* hash table entry: the value of a variable at the end of a block */
    uint32_t block, var;
    bool used;
    struct cc_src src;
};

enum { SPV_KEEP_LOOP = 1u << 0, SPV_KEEP_MEMORY = 1u << 1 };

/*
 * What attempts at lowering have taught. Each takes it that counted loops unroll, and that arrays
 * then need no memory; where that turns out wrong it is noted, and lowering starts again.
 */
struct spv_choices {
    uint8_t *of_id; /* per id: SPV_KEEP_* of a loop's label, of a variable */
    bool plain;     /* nothing is taken for granted any more */
    jmp_buf again;  /* leaves the attempt */
};

/* The state of lowering a module into a shader. */
struct spv_lower {
    struct spv_choices *choices;
    struct spv_module *m;
    struct cc_shader *s;
    struct cc_builder b;
    struct spv_inst inst;  /* being lowered */
    uint32_t *owner;       /* per IR block: label id whose code it ends; 0 otherwise */
    size_t owner_capacity;
    uint32_t var_count;    /* scalar SSA variables */
    uint8_t *var_file;     /* enum cc_file per variable */
    uint32_t *var_root;    /* per variable: id of the OpVariable; 0: none */
    size_t var_capacity, root_capacity;
    struct spv_def *defs;
    size_t def_count, def_capacity;
    struct spv_var_phi *var_phis;
    size_t var_phi_count, var_phi_capacity;
    unsigned depth; /* of calls */
    bool constants_only; /* evaluating OpSpecConstantOp */
};

/* ---- spirv_parse.c ---- */
void spv_parse(struct spv_module *m, const uint32_t *words, size_t word_count);
const char *spv_op_name(uint32_t op);
const char *spv_capability_name(uint32_t value);
const char *spv_builtin_name(uint32_t value);
const char *spv_storage_name(uint32_t value);
struct spv_inst spv_inst_at(const struct spv_module *m, uint32_t at);
uint32_t spv_word(const struct spv_inst *inst, uint32_t index);
struct spv_id *spv_id(const struct spv_module *m, uint32_t id);
/* The decoration's entry, NULL when the id (or its member) has none. */
const struct spv_decor *spv_decor_find(const struct spv_module *m, uint32_t id, uint32_t member,
                                       uint32_t decoration);
void spv_malformed(const struct spv_inst *inst, const char *what) __attribute__((noreturn));
void spv_unsupported(const struct spv_inst *inst, const char *what) __attribute__((noreturn));

/* ---- spirv_function.c ---- */
void spv_functions_scan(struct spv_module *m);
struct spv_function *spv_function_of(const struct spv_module *m, uint32_t id);

/* ---- spirv_unroll.c ---- */
void spv_loops_scan(struct spv_module *m); /* finds the counted ones, and what loops write */
/* Notes that an assumption about the id was wrong, and begins again. */
void spv_choose(struct spv_lower *l, uint32_t id, uint8_t keep) __attribute__((noreturn));

/* ---- spirv_type.c ---- */
struct spv_type *spv_type(const struct spv_inst *inst, uint32_t id);
void spv_type_lower(struct spv_lower *l, const struct spv_inst *inst);
void spv_type_forward(struct spv_lower *l, const struct spv_inst *inst);
bool spv_type_is(const struct spv_type *type, enum spv_kind scalar_kind); /* or a vector of it */
uint32_t spv_scalar_slots(const struct spv_type *type);

/* ---- spirv_const.c ---- */
void spv_globals_lower(struct spv_lower *l);
struct spv_value *spv_value_create(struct spv_lower *l, struct spv_type *type);
struct spv_value *spv_value(struct spv_lower *l, uint32_t id);
/* The operand's value, which must have slots of this count (0: any). */
struct spv_value *spv_operand(struct spv_lower *l, uint32_t index, uint32_t slots);
/* Zeros of a type, false where it has booleans; returns the number of slots. */
uint32_t spv_fill_zero(const struct spv_type *type, struct cc_src *slots);
uint32_t spv_constant(struct spv_lower *l, uint32_t id); /* a 32-bit constant's value */
struct spv_value *spv_result(struct spv_lower *l); /* sets the result id's value, slots empty */

/* ---- spirv_ssa.c: scalar variables in SSA form ---- */
/* The first of the type's slots; root: id of the OpVariable, 0 when it is none. */
uint32_t spv_var_create(struct spv_lower *l, const struct spv_type *type, uint32_t root);
void spv_var_write(struct spv_lower *l, uint32_t var, struct cc_src src);
struct cc_src spv_var_read(struct spv_lower *l, uint32_t var);
void spv_var_phis_fill(struct spv_lower *l); /* when all edges are known */

/* ---- spirv_var.c: variables and pointers ---- */
void spv_variables_scan(struct spv_module *m);
/* The variable or parameter that a chain of pointers starts at; 0 when it is neither. */
uint32_t spv_root_of(const struct spv_module *m, uint32_t id);
void spv_variable_lower(struct spv_lower *l);
void spv_access_chain_lower(struct spv_lower *l);
struct spv_ptr *spv_pointer(struct spv_lower *l, uint32_t id);
struct spv_type *spv_pointee(struct spv_lower *l, const struct spv_type *pointer);
/* The whole offset known when the shader runs. */
struct cc_src spv_ptr_dynamic(struct spv_lower *l, const struct spv_ptr *ptr);
bool spv_ptr_is_fixed(const struct spv_ptr *ptr); /* it is zero */
/* Moves ptr to a part of what it points to. */
void spv_ptr_step(struct spv_lower *l, struct spv_ptr *ptr, struct cc_src index);
struct spv_ptr *spv_ptr_raw(struct spv_lower *l, struct spv_type *type, struct cc_pair address);

/* ---- spirv_mem.c ---- */
void spv_load(struct spv_lower *l, const struct spv_ptr *ptr, struct cc_src *out);
void spv_store(struct spv_lower *l, const struct spv_ptr *ptr, const struct cc_src *in);
bool spv_memory_lower(struct spv_lower *l); /* true: the instruction was one of its */

/* ---- spirv_access.c: one contiguous access of 1..4 words ---- */
struct spv_access {
    struct cc_pair address; /* 64 bit, or lo alone for shared and local */
    int32_t offset;
    struct cc_src guard;  /* CC_NONE: always in range */
};
struct spv_access spv_access_make(struct spv_lower *l, const struct spv_ptr *ptr,
                                  uint32_t offset_bytes, uint32_t size_bytes);
struct cc_src spv_buffer_size(struct spv_lower *l, const struct spv_ptr *ptr);

/* ---- spirv_builtin.c ---- */
void spv_builtin_load(struct spv_lower *l, const struct spv_ptr *ptr, struct cc_src *out);
struct cc_src spv_builtin_word(struct spv_lower *l, uint32_t builtin); /* its first component */

/* ---- spirv_group.c: what the threads of a warp do together, as words ---- */
struct cc_src spv_active_lanes(struct spv_lower *l);
/* The lowest or highest lane of a mask; of 0: -1. */
struct cc_src spv_lane_of(struct spv_lower *l, struct cc_src mask, bool lowest);
struct cc_src spv_shuffle(struct spv_lower *l, struct cc_src x, struct cc_src lane);

/* ---- spirv_alu.c, spirv_convert.c, spirv_glsl.c, spirv_atomic.c, spirv_group.c, spirv_scan.c: ----
 * ---- true when the instruction was one of theirs ---- */
bool spv_alu_lower(struct spv_lower *l);
bool spv_convert_lower(struct spv_lower *l);
bool spv_composite_lower(struct spv_lower *l);
bool spv_atomic_lower(struct spv_lower *l);
bool spv_group_lower(struct spv_lower *l);
bool spv_scan_lower(struct spv_lower *l);
void spv_memory_barrier(struct spv_lower *l, uint32_t scope, uint32_t semantics);
void spv_glsl_lower(struct spv_lower *l);

/* ---- spirv_lower.c ---- */
void spv_inst_lower(struct spv_lower *l); /* l->inst, anything but control flow */
void spv_lower_entry(struct spv_lower *l);
void spv_function_lower(struct spv_lower *l, struct spv_function *f, struct spv_value **args,
                        struct spv_value *result);

/* The whole front end: fills the shader. */
void spv_compile(struct cc_shader *s, const uint32_t *words, size_t word_count);

#endif
