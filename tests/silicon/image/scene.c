/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One texture instruction over many lanes: headers and samplers from a few words, a program around
 * the instruction, a launch, the answers. Every instruction waits for all before it.
 */
#include "tests/silicon/image/image.h"

#include <nvhw/compute.h>
#include <nvhw/fifo.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SM = 90, PROGRAM_MAX = 40, REGISTERS = 40, RESULT_WORDS = 8, POISON = 0x7eadbeef };
/* Registers of the program. */
enum {
    R_LANE = 0,
    R_CTA = 1,
    R_BASE = 2,
    R_IN = 4,
    R_OUT = 6,
    R_A = 8,
    R_B = 12,
    R_D = 16,
    R_PRED = 20,
    R_HANDLE = 24
};
/* Bytes of the root: addresses of lanes and results, the handle. */
enum { ROOT_LANES = 0, ROOT_RESULTS = 8, ROOT_HANDLE = 16, ROOT_BYTES = 32 };
enum { WRITTEN_BYTES = 2048, LANE_BYTES = 32, UR_HANDLE = 4, SR_TID_X = 0x21, SR_CTAID_X = 0x25 };

uint32_t image_handle(void)
{
    return NVHW_NUM(NV_TEXTURE_HANDLE, HEADER, IMAGE_SLOT) |
           NVHW_NUM(NV_TEXTURE_HANDLE, SAMPLER, IMAGE_SLOT);
}

/* ---- Headers --------------------------------------------------------------------------------- */

static uint32_t type2_of(const struct image_view *v)
{
    switch (v->components) {
    case NV_TIC_V1_BLOCKLINEAR_COMPONENTS_X8Z24:
    case NV_TIC_V1_BLOCKLINEAR_COMPONENTS_S8Z24:
    case NV_TIC_V1_BLOCKLINEAR_COMPONENTS_G8R24:
    case NV_TIC_V1_BLOCKLINEAR_COMPONENTS_Z24S8:
    case NV_TIC_V1_BLOCKLINEAR_COMPONENTS_G24R8:
        return NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_ZS;
    case NV_TIC_V1_BLOCKLINEAR_COMPONENTS_ZF32_X24S8:
    case NV_TIC_V1_BLOCKLINEAR_COMPONENTS_R32_B24G8:
        return NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_ZFS;
    }
    switch (v->type) {
    case NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_SNORM:
        return NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_SNORM;
    case NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_SINT:
        return NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_SINT;
    case NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UINT:
        return NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_UINT;
    case NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_FLOAT:
        return NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_FLOAT;
    default:
        return NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_UNORM;
    }
}

struct writer {
    enum nvhw_tic_version version;
    uint32_t *words;
    bool good;
};

static void set(struct writer *w, enum nvhw_tic_field field, uint64_t value)
{
    if (value || nvhw_tic_has(w->version, field))
        w->good = w->good && nvhw_tic_set(w->version, w->words, field, 0, value);
}

#define SET(w, name, value) set(w, NV_TIC_FIELD_##name, value)

static void set_format(struct writer *w, const struct image_scene *s)
{
    const struct image_view *v = &s->view;
    uint32_t g = v->type, source[4];

    for (unsigned i = 0; i < 4; i++)
        source[i] = v->all_zero_source ? 0 : v->source[0] ? v->source[i] : i + 2;
    if (v->components == NV_TIC_V1_BLOCKLINEAR_COMPONENTS_X8Z24 ||
        v->components == NV_TIC_V1_BLOCKLINEAR_COMPONENTS_S8Z24 ||
        v->components == NV_TIC_V1_BLOCKLINEAR_COMPONENTS_ZF32_X24S8)
        g = NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UINT;
    SET(w, COMPONENTS, v->components);
    if (s->version2) {
        SET(w, DATA_TYPE, type2_of(v));
    } else {
        SET(w, R_DATA_TYPE, v->type);
        SET(w, G_DATA_TYPE, g);
        SET(w, B_DATA_TYPE, g);
        SET(w, A_DATA_TYPE, g);
    }
    SET(w, X_SOURCE, source[0]);
    SET(w, Y_SOURCE, source[1]);
    SET(w, Z_SOURCE, source[2]);
    SET(w, W_SOURCE, source[3]);
}

static void set_size(struct writer *w, const struct image_scene *s)
{
    const struct image_view *v = &s->view;
    uint32_t levels = v->levels ? v->levels : 1;
    uint32_t depth = v->depth ? v->depth : 1, height = v->height ? v->height : 1;

    SET(w, TEXTURE_TYPE, v->kind);
    SET(w, WIDTH_MINUS_ONE, v->width - 1);
    SET(w, HEIGHT_MINUS_ONE, height - 1);
    SET(w, DEPTH_MINUS_ONE, depth - 1);
    SET(w, NORMALIZED_COORDS, !v->unnormalized);
    SET(w, S_R_G_B_CONVERSION, v->srgb);
    SET(w, LOD_ANISO_QUALITY, 1);
    SET(w, LOD_ISO_QUALITY, 1);
    SET(w, ANISO_FINE_SPREAD_FUNC, NV_TIC_V1_BLOCKLINEAR_ANISO_FINE_SPREAD_FUNC_TWO);
    SET(w, ANISO_COARSE_SPREAD_FUNC, NV_TIC_V1_BLOCKLINEAR_ANISO_COARSE_SPREAD_FUNC_ONE);
    if (s->version2)
        SET(w, BORDER_SOURCE, NV_TIC_V2_BLOCKLINEAR_BORDER_SOURCE_SAMPLER_COLOR);
    else
        SET(w, BORDER_SIZE, NV_TIC_V1_BLOCKLINEAR_BORDER_SIZE_SAMPLER_COLOR);
    if (!v->pitch_bytes)
        SET(w, MAX_MIP_LEVEL, levels - 1);
    SET(w, RES_VIEW_MIN_MIP_LEVEL, v->null_view ? 1 : v->view_first);
    SET(w, RES_VIEW_MAX_MIP_LEVEL, v->null_view ? 0 : v->view_last ? v->view_last : levels - 1);
    SET(w, MULTI_SAMPLE_COUNT, v->samples);
    SET(w, MIN_LOD_CLAMP, v->min_lod);
}

static void pack_buffer(struct writer *w, const struct image_scene *s, uint64_t va)
{
    w->version = s->version2 ? NV_TIC_V2_TYPED : NV_TIC_V1_BUFFER;
    set_format(w, s);
    SET(w, ADDRESS, va);
    if (s->version2) {
        SET(w, HEADER_VERSION, NV_TIC_V2_TYPED_HEADER_VERSION_ONE_D_TYPED);
        SET(w, WIDTH_MINUS_ONE, s->view.width - 1);
    } else {
        SET(w, HEADER_VERSION, NV_TIC_V1_BUFFER_HEADER_VERSION_ONE_D_BUFFER);
        SET(w, TEXTURE_TYPE, NV_TIC_V1_BUFFER_TEXTURE_TYPE_ONE_D_BUFFER);
        SET(w, WIDTH_MINUS_ONE_15_0, (s->view.width - 1) & 0xffff);
        SET(w, WIDTH_MINUS_ONE_31_16, (s->view.width - 1) >> 16);
    }
}

bool image_pack_header(const struct image_scene *s, uint64_t va, uint32_t header[8])
{
    struct writer w = {.words = header, .good = true};
    const struct image_view *v = &s->view;

    memset(header, 0, NV_TIC_BYTES);
    if (v->buffer) {
        pack_buffer(&w, s, va);
        return w.good;
    }
    if (v->pitch_bytes) {
        w.version = s->version2 ? NV_TIC_V2_PITCH : NV_TIC_V1_PITCH;
        SET(&w, HEADER_VERSION, NV_TIC_V1_PITCH_HEADER_VERSION_PITCH);
        SET(&w, PITCH, v->pitch_bytes);
    } else {
        w.version = s->version2 ? NV_TIC_V2_BLOCKLINEAR : NV_TIC_V1_BLOCKLINEAR;
        SET(&w, HEADER_VERSION, NV_TIC_V1_BLOCKLINEAR_HEADER_VERSION_BLOCKLINEAR);
        SET(&w, GOBS_PER_BLOCK_HEIGHT, v->block_height_log2);
        SET(&w, GOBS_PER_BLOCK_DEPTH, v->block_depth_log2);
    }
    SET(&w, ADDRESS, va);
    set_format(&w, s);
    set_size(&w, s);
    return w.good;
}

static uint32_t srgb_byte(float f)
{
    return f <= 0 ? 0 : f >= 1 ? 255 : (uint32_t)(f * 255 + 0.5f);
}

void image_pack_sampler(const struct image_sampler *s, uint32_t sampler[8])
{
    static const enum nvhw_tsc_field borders[] = {
        NV_TSC_FIELD_BORDER_COLOR_R, NV_TSC_FIELD_BORDER_COLOR_G, NV_TSC_FIELD_BORDER_COLOR_B,
        NV_TSC_FIELD_BORDER_COLOR_A};
    const struct {
        enum nvhw_tsc_field field;
        uint32_t value;
    } list[] = {
        {NV_TSC_FIELD_ADDRESS_U, s->wrap[0]},
        {NV_TSC_FIELD_ADDRESS_V, s->wrap[1]},
        {NV_TSC_FIELD_ADDRESS_P, s->wrap[2]},
        {NV_TSC_FIELD_DEPTH_COMPARE, s->compare != 0},
        {NV_TSC_FIELD_DEPTH_COMPARE_FUNC, s->compare ? s->compare - 1 : 0},
        {NV_TSC_FIELD_S_R_G_B_CONVERSION, 1},
        {NV_TSC_FIELD_MAX_ANISOTROPY, s->aniso},
        {NV_TSC_FIELD_MAG_FILTER, s->mag ? s->mag : 1},
        {NV_TSC_FIELD_MIN_FILTER, s->min ? s->min : 1},
        {NV_TSC_FIELD_MIP_FILTER, s->mip ? s->mip : 1},
        {NV_TSC_FIELD_CUBEMAP_INTERFACE_FILTERING, s->seam},
        {NV_TSC_FIELD_REDUCTION_FILTER, s->reduction},
        {NV_TSC_FIELD_MIP_LOD_BIAS, s->bias & 0x1fff},
        {NV_TSC_FIELD_FLOAT_COORD_NORMALIZATION, s->unnormalized},
        {NV_TSC_FIELD_MIN_LOD_CLAMP, s->min_lod},
        {NV_TSC_FIELD_MAX_LOD_CLAMP, s->max_lod ? s->max_lod : 0xf00},
        {NV_TSC_FIELD_S_R_G_B_BORDER_R, srgb_byte(s->border[0])},
        {NV_TSC_FIELD_S_R_G_B_BORDER_G, srgb_byte(s->border[1])},
        {NV_TSC_FIELD_S_R_G_B_BORDER_B, srgb_byte(s->border[2])},
    };

    memset(sampler, 0, NV_TSC_BYTES);
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        (void)nvhw_tsc_set(NV_TSC_V1, sampler, list[i].field, 0, list[i].value);
    for (unsigned i = 0; i < 4; i++)
        (void)nvhw_tsc_set(NV_TSC_V1, sampler, borders[i], 0, image_float(s->border[i]));
}

/* ---- The program ----------------------------------------------------------------------------- */

struct program {
    struct nvhw_sass insn[PROGRAM_MAX];
    unsigned count;
};

struct nvhw_sass image_op(enum nvhw_sass_op op, ...)
{
    struct nvhw_sass s;
    va_list ap;
    int mod;

    nvhw_sass_clear(&s, op);
    va_start(ap, op);
    while ((mod = va_arg(ap, int)) >= 0)
        s.mod[mod] = (uint16_t)va_arg(ap, int);
    va_end(ap);
    return s;
}

static struct nvhw_sass *add(struct program *p, struct nvhw_sass insn)
{
    struct nvhw_sass *s = &p->insn[p->count++];

    if (p->count > PROGRAM_MAX)
        abort();
    *s = insn;
    s->control.stall = 15;
    s->control.yield = true;
    s->control.wait_mask = 3;
    if (nvhw_sass_is_variable(SM, s)) {
        s->control.write_sb = 0;
        s->control.read_sb = 1;
    }
    return s;
}

static struct nvhw_sass *emit(struct program *p, enum nvhw_sass_op op)
{
    return add(p, image_op(op, -1));
}

static void emit_mov(struct program *p, unsigned reg, struct nvhw_sass_operand b)
{
    struct nvhw_sass *s = emit(p, NV_SASS_MOV);

    s->o[NV_SASS_D] = nvhw_sass_reg(reg);
    s->o[NV_SASS_B] = b;
}

static void emit_special(struct program *p, unsigned reg, int special)
{
    add(p, image_op(NV_SASS_S2R, NV_SASS_MOD_SR, special, -1))->o[NV_SASS_D] = nvhw_sass_reg(reg);
}

/* reg:reg+1 = lane * LANE_BYTES + the address at `root`. */
static void emit_address(struct program *p, unsigned reg, unsigned root)
{
    struct nvhw_sass *s;

    emit_mov(p, R_BASE, nvhw_sass_const(0, root));
    emit_mov(p, R_BASE + 1, nvhw_sass_const(0, root + 4));
    s = add(p, image_op(NV_SASS_IMAD_WIDE, NV_SASS_MOD_SIGN, NV_SASS_SIGN_U32, -1));
    s->o[NV_SASS_D] = nvhw_sass_reg(reg);
    s->o[NV_SASS_A] = nvhw_sass_reg(R_LANE);
    s->o[NV_SASS_B] = nvhw_sass_imm(LANE_BYTES);
    s->o[NV_SASS_C] = nvhw_sass_reg(R_BASE);
}

static void emit_memory(struct program *p, bool load, int size, unsigned address, int offset,
                        unsigned data)
{
    struct nvhw_sass *s = add(p, image_op(load ? NV_SASS_LDG : NV_SASS_STG, NV_SASS_MOD_E, 1,
                                          NV_SASS_MOD_SIZE, size, -1));

    s->o[NV_SASS_A] = nvhw_sass_reg(address);
    s->o[load ? NV_SASS_D : NV_SASS_B] = nvhw_sass_reg(data);
    s->o[NV_SASS_OFFSET] = nvhw_sass_imm(offset);
    if (!load)
        s->control.write_sb = NV_SASS_SB_NONE;
}

static void emit_texture(struct program *p, const struct image_scene *scene)
{
    struct nvhw_sass *s = add(p, scene->op);
    bool surface = s->op == NV_SASS_SULD_D || s->op == NV_SASS_SULD_P;
    bool store = s->op == NV_SASS_SUST_D || s->op == NV_SASS_SUST_P;

    s->o[NV_SASS_A] = nvhw_sass_reg(R_A);
    if (store) {
        s->o[NV_SASS_B] = nvhw_sass_reg(R_B);
        s->control.write_sb = NV_SASS_SB_NONE;
    } else {
        s->o[NV_SASS_D] = nvhw_sass_reg(R_D);
        s->o[NV_SASS_PD] = nvhw_sass_pred(0, false);
    }
    if (surface || store) {
        s->o[NV_SASS_C] = nvhw_sass_reg(R_HANDLE);
        return;
    }
    s->o[NV_SASS_D2] = nvhw_sass_reg(R_D + 2);
    if (s->op == NV_SASS_TXQ)
        s->o[NV_SASS_PD] = (struct nvhw_sass_operand){0};
    else
        s->o[NV_SASS_B] = nvhw_sass_reg(R_B);
    if (s->op == NV_SASS_TMML)
        s->o[NV_SASS_PD] = (struct nvhw_sass_operand){0};
    if (scene->by_register)
        s->o[NV_SASS_UR] = nvhw_sass_ureg(UR_HANDLE);
    if (!s->o[NV_SASS_LUT].kind)
        s->o[NV_SASS_LUT] = nvhw_sass_imm(15);
}

static void build(struct program *p, const struct image_scene *scene)
{
    struct nvhw_sass *s;

    p->count = 0;
    emit_special(p, R_LANE, SR_TID_X);
    emit_special(p, R_CTA, SR_CTAID_X);
    s = emit(p, NV_SASS_IMAD);
    s->o[NV_SASS_D] = nvhw_sass_reg(R_LANE);
    s->o[NV_SASS_A] = nvhw_sass_reg(R_CTA);
    s->o[NV_SASS_B] = nvhw_sass_imm(NV_COMPUTE_WARP_LANES);
    s->o[NV_SASS_C] = nvhw_sass_reg(R_LANE);
    emit_address(p, R_IN, ROOT_LANES);
    emit_address(p, R_OUT, ROOT_RESULTS);
    emit_mov(p, R_HANDLE, nvhw_sass_const(0, ROOT_HANDLE));
    if (scene->by_register) {
        s = add(p, image_op(NV_SASS_ULDC, NV_SASS_MOD_SIZE, NV_SASS_SIZE_B64, -1));
        s->o[NV_SASS_D] = nvhw_sass_ureg(UR_HANDLE);
        s->o[NV_SASS_B] = nvhw_sass_const(0, ROOT_HANDLE);
    }
    emit_memory(p, true, NV_SASS_SIZE_B128, R_IN, 0, R_A);
    emit_memory(p, true, NV_SASS_SIZE_B128, R_IN, 16, R_B);
    for (unsigned i = 0; i < 4; i++)
        emit_mov(p, R_D + i, nvhw_sass_imm(POISON));
    emit_texture(p, scene);
    s = emit(p, NV_SASS_SEL);
    s->o[NV_SASS_D] = nvhw_sass_reg(R_PRED);
    s->o[NV_SASS_A] = nvhw_sass_reg(NV_SASS_RZ);
    s->o[NV_SASS_B] = nvhw_sass_imm(1);
    s->o[NV_SASS_PA] = nvhw_sass_pred(0, true);
    emit_memory(p, false, NV_SASS_SIZE_B128, R_OUT, 0, R_D);
    emit_memory(p, false, NV_SASS_SIZE_B32, R_OUT, 16, R_PRED);
    emit(p, NV_SASS_EXIT);
    s = emit(p, NV_SASS_BRA);
    s->o[NV_SASS_OFFSET] = nvhw_sass_imm(-(int64_t)NV_SASS_BYTES);
}

/* The form that takes its handle from a register has a code (bits 0..11) of its own; all else
 * stands where it does in the form that takes it from a constant bank. */
static uint32_t bindless_code(unsigned op)
{
    switch (op) {
    case NV_SASS_TEX:
        return 0x361;
    case NV_SASS_TLD:
        return 0x367;
    case NV_SASS_TLD4:
        return 0x364;
    case NV_SASS_TXD:
        return 0x36d;
    case NV_SASS_TXQ:
        return 0x370;
    case NV_SASS_TMML:
        return 0x36a;
    default:
        return 0;
    }
}

static bool encode(const struct program *p, uint8_t *code, char *why, size_t why_size)
{
    for (unsigned i = 0; i < p->count; i++, code += NV_SASS_BYTES) {
        uint32_t form = p->insn[i].mod[NV_SASS_MOD_TB] ? bindless_code(p->insn[i].op) : 0;
        struct nvhw_sass again;

        if (!nvhw_sass_encode(SM, &p->insn[i], code, why, why_size))
            return false;
        if (!form)
            continue;
        code[0] = (uint8_t)form;
        code[1] = (uint8_t)((code[1] & 0xf0) | form >> 8);
        if (!nvhw_sass_decode(SM, code, &again) || again.op != p->insn[i].op) {
            snprintf(why, why_size, "the form with a handle in a register does not decode");
            return false;
        }
    }
    return true;
}

/* ---- The launch ------------------------------------------------------------------------------ */

static void push_pool(struct images *im, uint32_t method, uint64_t va)
{
    uint32_t words[3] = {(uint32_t)(va >> 32), (uint32_t)va, IMAGE_HEADERS - 1};

    magma_push_methods(im->push, NV_PBDMA_SUBCHANNEL_COMPUTE, method, words, 3);
}

static void push_state(struct images *im, const struct image_scene *scene)
{
    uint64_t pools = magma_bo_address(im->pools).raw;
    uint32_t version = scene->method - 1, zero = 0;

    push_pool(im, NVC5C0_SET_TEX_HEADER_POOL_A, pools);
    push_pool(im, NVC5C0_SET_TEX_SAMPLER_POOL_A, pools + IMAGE_HEADERS * NV_TIC_BYTES);
    if (scene->method)
        magma_push_methods(im->push, NV_PBDMA_SUBCHANNEL_COMPUTE, NVCBC0_SET_TEXTURE_HEADER_VERSION,
                           &version, 1);
    magma_push_methods(im->push, NV_PBDMA_SUBCHANNEL_COMPUTE,
                       NVC5C0_INVALIDATE_TEXTURE_HEADER_CACHE, &zero, 1);
    magma_push_methods(im->push, NV_PBDMA_SUBCHANNEL_COMPUTE, NVC5C0_INVALIDATE_SAMPLER_CACHE,
                       &zero, 1);
    magma_push_methods(im->push, NV_PBDMA_SUBCHANNEL_COMPUTE, NVC5C0_INVALIDATE_TEXTURE_DATA_CACHE,
                       &zero, 1);
}

static bool launch(struct images *im, const struct image_scene *scene, const uint8_t *code,
                   unsigned insns, const char **why)
{
    static struct magma_error err;
    uint64_t root[ROOT_BYTES / 8] = {magma_bo_address(im->lanes).raw,
                                     magma_bo_address(im->results).raw, image_handle()};
    struct magma_kernel_desc desc = {
        .code = code,
        .code_size_bytes = (size_t)insns * NV_SASS_BYTES,
        .register_count = REGISTERS,
        .workgroup_size = {NV_COMPUTE_WARP_LANES, 1, 1},
    };
    struct magma_kernel *kernel;
    bool good;

    *why = err.text;
    if (magma_kernel_create(im->gpu, &desc, &kernel, &err) != MAGMA_OK)
        return false;
    push_state(im, scene);
    magma_dispatch(im->push, &(struct magma_dispatch){
                                 .kernel = kernel,
                                 .groups = {scene->lane_count / NV_COMPUTE_WARP_LANES, 1, 1},
                                 .root = root,
                                 .root_size_bytes = sizeof root});
    good = images_submit(im, im->compute, why);
    magma_kernel_destroy(kernel);
    return good;
}

static void answer(struct images *im, const char *name, const struct image_scene *scene,
                   uint64_t question)
{
    static uint32_t words[IMAGE_LANES_MAX * RESULT_WORDS];
    const uint32_t *results = magma_bo_map(im->results);
    unsigned n = scene->words ? scene->words : 4, at = 0;

    for (unsigned lane = 0; lane < scene->lane_count; lane++)
        for (unsigned i = 0; i < n; i++)
            words[at++] = results[lane * RESULT_WORDS + i];
    if (scene->writes) {
        memcpy(words, magma_bo_map(im->texels), WRITTEN_BYTES);
        image_answer(im, name, question, words, 1, WRITTEN_BYTES / 4, scene->tolerance);
        return;
    }
    image_answer(im, name, question, words, n, scene->lane_count, scene->tolerance);
}

static uint64_t question_of(const struct image_scene *s, const uint8_t *code, unsigned insns)
{
    uint32_t header[8], sampler[8];
    uint64_t hash = image_hash(0, code, (size_t)insns * NV_SASS_BYTES);

    (void)image_pack_header(s, 0, header);
    image_pack_sampler(&s->sampler, sampler);
    hash = image_hash(hash, header, sizeof header);
    hash = image_hash(hash, sampler, sizeof sampler);
    if (s->texels)
        hash = image_hash(hash, s->texels, s->texel_bytes);
    return image_hash(hash, s->lanes, s->lane_count * sizeof s->lanes[0]);
}

bool image_try(struct images *im, const char *name, const struct image_scene *scene)
{
    uint32_t *pools = magma_bo_map(im->pools);
    uint64_t va = scene->address ? scene->address : magma_bo_address(im->texels).raw;
    uint8_t code[PROGRAM_MAX * NV_SASS_BYTES];
    char why_text[160] = "its header cannot be packed";
    const char *why = why_text;
    struct program p;

    if (!images_wanted(im, name))
        return true;
    build(&p, scene);
    if (scene->lane_count > IMAGE_LANES_MAX || scene->texel_bytes > IMAGE_TEXEL_BYTES_MAX ||
        !image_pack_header(scene, va, pools + IMAGE_SLOT * NV_TIC_BYTES / 4) ||
        !encode(&p, code, why_text, sizeof why_text)) {
        images_report(im, name, false, "%s", why_text);
        return true;
    }
    image_pack_sampler(&scene->sampler, pools + (IMAGE_HEADERS + IMAGE_SLOT) * NV_TIC_BYTES / 4);
    if (scene->texels)
        memcpy(magma_bo_map(im->texels), scene->texels, scene->texel_bytes);
    memcpy(magma_bo_map(im->lanes), scene->lanes, scene->lane_count * sizeof scene->lanes[0]);
    memset(magma_bo_map(im->results), 0xee, scene->lane_count * LANE_BYTES);
    if (launch(im, scene, code, p.count, &why)) {
        answer(im, name, scene, question_of(scene, code, p.count));
        return true;
    }
    if (scene->model_refuses && !im->silicon)
        images_report(im, name, strstr(why, "not supported") != NULL, "refused: %s", why);
    else
        image_answer_fault(im, name, why);
    return false;
}

void image_run(struct images *im, const char *name, const struct image_scene *scene)
{
    if (image_try(im, name, scene))
        return;
    if (++im->faults > IMAGE_FAULTS_MAX || !images_reopen(im)) {
        fprintf(stderr, "images: too many faults, or no GPU any more\n");
        exit(3);
    }
}
