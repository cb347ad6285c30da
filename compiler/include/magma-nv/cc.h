/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The compiler: SPIR-V in, SASS machine code out. A pure function of bytes and options: it keeps
 * no state, reads no file and no environment, and may run on any number of threads at once.
 */
#ifndef MAGMA_NV_CC_H
#define MAGMA_NV_CC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The root table: what the launcher puts into constant bank 0 of every compute shader. Offsets in
 * bytes. The launcher fills it up to MAGMA_CC_ROOT_SIZE_BYTES, or as far as the shader reads; unused
 * parts are zero.
 */
enum {
    MAGMA_CC_ROOT_GROUP_COUNT = 0x000,   /* u32 x, y, z: NumWorkgroups */
    MAGMA_CC_ROOT_BASE_GROUP = 0x010,    /* u32 x, y, z: first WorkgroupId (vkCmdDispatchBase) */
    MAGMA_CC_ROOT_SET_ADDRESS = 0x040,   /* u64 per descriptor set: address of its memory */
    MAGMA_CC_ROOT_SET_COUNT = 8,
    MAGMA_CC_ROOT_PUSH_CONSTANTS = 0x080, /* the push constant block */
    MAGMA_CC_ROOT_PUSH_SIZE = 0x100,
    MAGMA_CC_ROOT_DYNAMIC = 0x180,       /* struct magma_cc_buffer_descriptor per dynamic buffer */
    MAGMA_CC_ROOT_DYNAMIC_COUNT = 16,
    MAGMA_CC_ROOT_SIZE_BYTES = 0x280,
    MAGMA_CC_ROOT_ALIGN_BYTES = 16 /* a launcher may leave out whole units at the end that the shader
                                      does not read */
};

/* A buffer descriptor as it lies in descriptor set memory or in the root table's dynamic part. */
struct magma_cc_buffer_descriptor {
    uint64_t address;    /* GPU virtual address of the first byte, a multiple of 16 */
    uint32_t size_bytes; /* accesses that do not lie within are out of range */
    uint32_t reserved;   /* 0 */
};

enum magma_cc_binding_kind {
    MAGMA_CC_BINDING_BUFFER,         /* descriptors in set memory at offset + index * stride */
    MAGMA_CC_BINDING_DYNAMIC_BUFFER, /* descriptors in the root table, entry `offset` + index */
};

/* Where one (set, binding) of the shader lives. */
struct magma_cc_binding {
    uint32_t set, binding;
    enum magma_cc_binding_kind kind;
    uint32_t offset_bytes; /* into the set's memory; for DYNAMIC_BUFFER: index of its first entry */
    uint32_t stride_bytes; /* between array elements; BUFFER only, a multiple of 16 */
    uint32_t count;        /* array length of the binding, at least 1 */
};

/* One specialization constant, as VkSpecializationMapEntry. */
struct magma_cc_spec {
    uint32_t id;
    uint32_t size_bytes; /* 1, 2, 4 or 8 */
    uint64_t value;      /* little endian, zero extended */
};

/* MAGMA_CC_PRINT_* bits: what to write to options.print. */
enum {
    MAGMA_CC_PRINT_IR = 1u << 0,    /* IR after each pass */
    MAGMA_CC_PRINT_SASS = 1u << 1,  /* final code as text */
    MAGMA_CC_PRINT_STATS = 1u << 2, /* registers, instructions, spills, ... */
};

struct magma_cc_options {
    unsigned sm;       /* 75, 80, 86, 89, 90, 100, 120 */
    const char *entry; /* entry point's name; NULL: "main" */
    bool robust_buffers;  /* check buffer accesses against the descriptor's size */
    bool debug_serial;    /* every instruction waits for the one before (finds scheduling bugs) */
    const struct magma_cc_binding *bindings;
    size_t binding_count; /* with 0 bindings: (set, binding) lives at binding * 16 of its set */
    const struct magma_cc_spec *specs;
    size_t spec_count;
    uint32_t root_offset_bytes; /* where the root table begins in bank 0: 0, unless someone
                                   else's launcher keeps the start of the bank for itself */
    uint32_t print_mask; /* MAGMA_CC_PRINT_* */
    void (*print)(void *ctx, const char *text);
    void *print_ctx;
};

/* A compiled compute shader. Owned by the caller; magma_cc_shader_destroy() frees it. */
struct magma_cc_shader {
    unsigned sm;
    uint8_t *code; /* 16-byte instructions; must be placed at a multiple of 128 bytes */
    size_t code_size_bytes;
    uint32_t register_count;        /* what the QMD's REGISTER_COUNT wants */
    uint32_t barrier_count;         /* named barriers in use */
    uint32_t shared_size_bytes;     /* static shared memory */
    uint32_t local_size_bytes;      /* scratch per thread, a multiple of 16 */
    uint32_t workgroup_size[3];
    uint32_t instruction_count;
    uint32_t spill_count;           /* values that went to scratch */
    bool uses_root_beyond_push;     /* reads set addresses or dynamic descriptors */
};

/*
 * Compiles entry point options->entry (execution model GLCompute) of a SPIR-V module of
 * word_count 32-bit words. On success stores a new shader in *out and returns true. On failure
 * returns false, leaves *out NULL, and writes a sentence to error (error_size_bytes, always
 * terminated): what is malformed or, "NAME: not supported", what the compiler does not know.
 * error may be NULL. The module is untrusted: any bytes give an answer, never a crash.
 */
bool magma_cc_compile(const uint32_t *spirv, size_t word_count,
                      const struct magma_cc_options *options, struct magma_cc_shader **out,
                      char *error, size_t error_size_bytes);

/* Frees a shader; NULL is fine. */
void magma_cc_shader_destroy(struct magma_cc_shader *shader);

/* True when sm is a target of the compiler. */
bool magma_cc_sm_supported(unsigned sm);

#ifdef __cplusplus
}
#endif
#endif
