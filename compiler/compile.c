/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The order of passes, and the library's entry points. See ir.h and magma-nv/cc.h. */
#include "spirv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { GPR_RESERVED = 2, GPR_COUNT_MIN = 6, LOCAL_ALIGN_BYTES = 16, ALLOC_STEP = 16,
       LOCAL_MAX_BYTES = 512 * 1024, BANK_BYTES = 64 * 1024 };

#ifdef NDEBUG
enum { verify_passes = false };
#else
enum { verify_passes = true };
#endif

static void after(struct cc_shader *s, const char *pass)
{
    if (verify_passes) {
        cc_ir_verify(s, pass);
    }
    cc_ir_print(s, pass);
}

/* Where allocation fails for want of aligned ranges, spill some more and try again. */
static void allocate(struct cc_shader *s)
{
    for (unsigned limit = CC_GPR_MAX; limit >= ALLOC_STEP; limit -= ALLOC_STEP) {
        cc_spill_run(s, limit);
        if (cc_alloc_run(s, CC_GPR_MAX)) {
            return;
        }
    }
    cc_fail(s->arena, "no registers left: not supported");
}

static void run_passes(struct cc_shader *s, const uint32_t *spirv, size_t word_count)
{
    spv_compile(s, spirv, word_count);
    cc_ir_print(s, "lowering");
    cc_opt_run(s);
    after(s, "optimise");
    cc_licm_run(s);
    cc_combine_run(s);
    after(s, "combine");
    cc_divergence_run(s);
    cc_barriers_run(s);
    after(s, "barriers");
    cc_blocks_merge(s);
    cc_repeat_run(s);
    after(s, "repeat");
    cc_vector_run(s);
    cc_legal_run(s);
    cc_dce_run(s);
    cc_critical_edges_split(s);
    after(s, "legalise");
    cc_sched_run(s);
    after(s, "schedule");
    allocate(s);
    cc_ir_print(s, "allocate");
    cc_pcopy_run(s);
    cc_blocks_merge(s);
    cc_layout_run(s);
    cc_deps_run(s);
    cc_reuse_run(s);
}

static void print_stats(struct cc_shader *s, const struct magma_cc_shader *out)
{
    char line[256];
    if (!(s->options->print_mask & MAGMA_CC_PRINT_STATS) || !s->options->print) {
        return;
    }
    snprintf(line, sizeof(line),
             "instructions %" PRIu32 "\nregisters %" PRIu32 "\nspills %" PRIu32
             "\nshared_bytes %" PRIu32 "\nlocal_bytes %" PRIu32 "\nbarriers %" PRIu32 "\n",
             out->instruction_count, out->register_count, out->spill_count,
             out->shared_size_bytes, out->local_size_bytes, out->barrier_count);
    s->options->print(s->options->print_ctx, line);
}

static void fill_result(struct cc_shader *s, struct magma_cc_shader *out)
{
    uint32_t registers = s->gpr_used + GPR_RESERVED;
    out->sm = s->sm;
    out->register_count = registers < GPR_COUNT_MIN ? GPR_COUNT_MIN : registers;
    out->barrier_count = s->uses_barrier;
    out->shared_size_bytes = s->shared_size_bytes;
    out->local_size_bytes =
        (s->local_size_bytes + LOCAL_ALIGN_BYTES - 1) / LOCAL_ALIGN_BYTES * LOCAL_ALIGN_BYTES;
    out->spill_count = s->spill_count;
    out->uses_root_beyond_push = s->uses_root_beyond_push;
    for (int i = 0; i < 3; i++) {
        out->workgroup_size[i] = s->workgroup_size[i];
    }
    if (out->local_size_bytes > LOCAL_MAX_BYTES) {
        cc_fail(s->arena, "%" PRIu32 " bytes of scratch per thread: not supported",
                out->local_size_bytes);
    }
    cc_encode_run(s, out);
    print_stats(s, out);
}

bool magma_cc_sm_supported(unsigned sm)
{
    static const unsigned supported[] = {75, 80, 86, 89, 90, 100, 120};
    for (size_t i = 0; i < sizeof(supported) / sizeof(supported[0]); i++) {
        if (supported[i] == sm) {
            return true;
        }
    }
    return false;
}

void magma_cc_shader_destroy(struct magma_cc_shader *shader)
{
    if (shader) {
        free(shader->code);
        free(shader);
    }
}

/* What must survive the jump out of a failure lies behind pointers, not in locals. */
static bool compile_into(const uint32_t *spirv, size_t word_count,
                         const struct magma_cc_options *options, struct magma_cc_shader *out,
                         struct cc_arena *arena, jmp_buf *failed)
{
    if (setjmp(*failed) != 0) {
        return false;
    }
    struct cc_shader *s = cc_alloc(arena, 1, sizeof(*s));
    s->arena = arena;
    s->options = options;
    s->sm = options->sm;
    if (!magma_cc_sm_supported(s->sm)) {
        cc_fail(arena, "sm_%u: not supported", s->sm);
    }
    if (options->root_offset_bytes % 16 != 0 ||
        options->root_offset_bytes > BANK_BYTES - MAGMA_CC_ROOT_SIZE_BYTES) {
        cc_fail(arena, "root table at offset %" PRIu32 " of bank 0: not supported",
                options->root_offset_bytes);
    }
    run_passes(s, spirv, word_count);
    fill_result(s, out);
    return true;
}

bool magma_cc_compile(const uint32_t *spirv, size_t word_count,
                      const struct magma_cc_options *options, struct magma_cc_shader **out,
                      char *error, size_t error_size_bytes)
{
    jmp_buf failed;
    struct cc_arena arena;
    *out = NULL;
    cc_arena_init(&arena, &failed, error, error_size_bytes);
    struct magma_cc_shader *shader = calloc(1, sizeof(*shader));
    if (!shader) {
        if (error) {
            snprintf(error, error_size_bytes, "out of memory");
        }
        return false;
    }
    bool good = compile_into(spirv, word_count, options, shader, &arena, &failed);
    cc_arena_finish(&arena);
    if (!good) {
        magma_cc_shader_destroy(shader);
        return false;
    }
    *out = shader;
    return true;
}
