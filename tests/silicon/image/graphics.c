/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The 3D class on a GPU that nvidia.ko owns: which GPCs can do it, whether an object can be had, a
 * clear, and a triangle over everything whose pixels are their own positions.
 */
#include "tests/silicon/image/image.h"

#include <nvhw/fifo.h>
#include <nvhw/image.h>
#include <nvhw/image3d.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libmagma/cmd/channel.h"
#include "libmagma/winsys/nvidia_private.h"

enum { WIDTH = 64, HEIGHT = 32, TARGET_BYTES = WIDTH * HEIGHT * 16, HEADER_BYTES = 128, SM = 90 };
enum {
    CODE_BYTES = 4096,
    PIXEL_AT = 2048,
    REGISTERS = 16,
    LIST_MAX = 512,
    REFUSED_MAX = 8,
    SETTLE_US = 2000
};

/* Errors of methods come a little later than the end of the push. */
static bool settle(struct images *im)
{
    usleep(SETTLE_US);
    return magma_gpu_is_lost(im->gpu);
}

/* What the 3D object is told. Kept apart from the push, so that a refused method can be found. */
static struct {
    uint32_t method, value;
} list[LIST_MAX];
static unsigned list_count;
/* Methods that were refused: left out from then on. */
static uint32_t refused[REFUSED_MAX];
static unsigned refused_count;

static void set(struct images *im, uint32_t method, uint32_t value)
{
    (void)im;
    for (unsigned i = 0; i < refused_count; i++)
        if (refused[i] == method)
            return;
    if (list_count < LIST_MAX) {
        list[list_count].method = method;
        list[list_count++].value = value;
    }
}

/* Sends the list; one submit, or one each until one is refused. */
static bool send(struct images *im, bool single, const char **why)
{
    bool begun = false; /* nothing may come between the beginning and the end of a primitive */

    *why = "";
    for (unsigned i = 0; i < list_count; i++) {
        begun = begun || list[i].method == NVCB97_BEGIN;
        magma_push_methods(im->push, NV_PBDMA_SUBCHANNEL_3D, list[i].method, &list[i].value, 1);
        if (i + 1 < list_count && (!single || begun))
            continue;
        if (!images_submit(im, im->compute, why) || settle(im)) {
            if (single)
                images_report(im, "graphics-method", false, "0x%04x = 0x%08x: %s", list[i].method,
                              list[i].value, magma_gpu_lost_reason(im->gpu));
            if (single && refused_count < REFUSED_MAX)
                refused[refused_count++] = list[i].method;
            return false;
        }
    }
    return true;
}

static void set_float(struct images *im, uint32_t method, float value)
{
    set(im, method, image_float(value));
}

/* ---- Target and clear ------------------------------------------------------------------------ */

static void push_target(struct images *im, uint64_t va)
{
    set(im, NVCB97_SET_COLOR_TARGET_A(0), (uint32_t)(va >> 32));
    set(im, NVCB97_SET_COLOR_TARGET_B(0), (uint32_t)va);
    set(im, NVCB97_SET_COLOR_TARGET_WIDTH(0), WIDTH);
    set(im, NVCB97_SET_COLOR_TARGET_HEIGHT(0), HEIGHT);
    set(im, NVCB97_SET_COLOR_TARGET_FORMAT(0),
        NVHW_DEF(NVCB97_SET_COLOR_TARGET_FORMAT, V, RF32_GF32_BF32_AF32));
    set(im, NVCB97_SET_COLOR_TARGET_MEMORY(0),
        NVHW_DEF(NVCB97_SET_COLOR_TARGET_MEMORY, BLOCK_HEIGHT, FOUR_GOBS));
    set(im, NVCB97_SET_COLOR_TARGET_THIRD_DIMENSION(0), 1);
    set(im, NVCB97_SET_COLOR_TARGET_ARRAY_PITCH(0), TARGET_BYTES / 4);
    set(im, NVCB97_SET_COLOR_TARGET_LAYER(0), 0);
    for (uint32_t i = 1; i < NVCB97_SET_COLOR_TARGET_A__COUNT; i++)
        set(im, NVCB97_SET_COLOR_TARGET_FORMAT(i), 0);
    set(im, NVCB97_SET_CT_SELECT, NVHW_NUM(NVCB97_SET_CT_SELECT, TARGET_COUNT, 1));
    set(im, NVCB97_SET_ZT_SELECT, 0);
    set(im, NVCB97_SET_SURFACE_CLIP_HORIZONTAL,
        NVHW_NUM(NVCB97_SET_SURFACE_CLIP_HORIZONTAL, WIDTH, WIDTH));
    set(im, NVCB97_SET_SURFACE_CLIP_VERTICAL,
        NVHW_NUM(NVCB97_SET_SURFACE_CLIP_VERTICAL, HEIGHT, HEIGHT));
    set(im, NVCB97_SET_RENDER_ENABLE_C, NVHW_DEF(NVCB97_SET_RENDER_ENABLE_C, MODE, TRUE));
    set(im, NVCB97_SET_CT_MRT_ENABLE, 1);
    set(im, NVCB97_SET_SINGLE_CT_WRITE_CONTROL, 1);
    set(im, NVCB97_SET_COLOR_COMPRESSION(0), 0);
    set(im, NVCB97_SET_CT_WRITE(0), 0x1111);
    set(im, NVCB97_SET_ANTI_ALIAS, 0);
}

static void push_clear(struct images *im)
{
    static const float color[4] = {0.25f, -3, 1e6f, 1};

    for (uint32_t i = 0; i < 4; i++)
        set_float(im, NVCB97_SET_COLOR_CLEAR_VALUE(i), color[i]);
    set(im, NVCB97_SET_CLEAR_SURFACE_CONTROL, 0);
    set(im, NVCB97_CLEAR_SURFACE,
        NVHW_NUM(NVCB97_CLEAR_SURFACE, R_ENABLE, 1) | NVHW_NUM(NVCB97_CLEAR_SURFACE, G_ENABLE, 1) |
            NVHW_NUM(NVCB97_CLEAR_SURFACE, B_ENABLE, 1) |
            NVHW_NUM(NVCB97_CLEAR_SURFACE, A_ENABLE, 1));
    set(im, NVCB97_WAIT_FOR_IDLE, 0);
}

static bool layout_of(struct mg_image_layout *l)
{
    return mg_image_layout(&(struct mg_image_shape){.width = WIDTH,
                                                    .height = HEIGHT,
                                                    .depth = 1,
                                                    .levels = 1,
                                                    .layers = 1,
                                                    .element_bytes = 16,
                                                    .block_height_log2 = 2},
                           l);
}

/* Reads the target through system memory and looks at each pixel. */
static void check_target(struct images *im, const char *name, bool drawn)
{
    const float *raw = magma_bo_map(im->results);
    struct mg_image_layout l;
    unsigned wrong = 0, first = 0;
    const char *why;

    magma_copy_buffer(im->push, magma_bo_address(im->results), magma_bo_address(im->texels),
                      TARGET_BYTES);
    if (!layout_of(&l) || !images_submit(im, im->compute, &why)) {
        images_report(im, name, false, "%s", magma_gpu_lost_reason(im->gpu));
        return;
    }
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
        const float *p = raw + mg_image_offset(&l, 0, 0, i % WIDTH, i / WIDTH, 0) / 4;
        float want[4] = {0.25f, -3, 1e6f, 1};

        if (drawn)
            memcpy(want,
                   (float[]){(float)(i % WIDTH) + 0.5f, floorf((float)i / WIDTH) + 0.5f, 0.25f, 2},
                   sizeof want);
        if ((p[0] != want[0] || p[1] != want[1] || p[2] != want[2] || p[3] != want[3]) && !wrong++)
            first = i;
    }
    raw += mg_image_offset(&l, 0, 0, first % WIDTH, first / WIDTH, 0) / 4;
    images_report(im, name, !wrong, "%u of %u pixels wrong; pixel %u,%u is %g %g %g %g", wrong,
                  WIDTH * HEIGHT, first % WIDTH, first / WIDTH, (double)raw[0], (double)raw[1],
                  (double)raw[2], (double)raw[3]);
}

/* ---- A triangle ------------------------------------------------------------------------------ */

struct code {
    uint8_t *at;
    bool good;
};

static struct nvhw_sass *next(struct nvhw_sass *s, struct nvhw_sass insn)
{
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

static void put(struct code *c, const struct nvhw_sass *s)
{
    char why[160];

    if (nvhw_sass_encode(SM, s, c->at, why, sizeof why)) {
        c->at += NV_SASS_BYTES;
        return;
    }
    fprintf(stderr, "graphics: %s\n", why);
    c->good = false;
}

static void put_mov(struct code *c, unsigned reg, float value, unsigned guard)
{
    struct nvhw_sass s;

    next(&s, image_op(NV_SASS_MOV, -1));
    s.o[NV_SASS_D] = nvhw_sass_reg(reg);
    s.o[NV_SASS_B] = nvhw_sass_imm(image_float(value));
    s.guard = (uint8_t)guard;
    put(c, &s);
}

static void put_exit(struct code *c)
{
    struct nvhw_sass s;

    put(c, next(&s, image_op(NV_SASS_EXIT, -1)));
    next(&s, image_op(NV_SASS_BRA, -1));
    s.o[NV_SASS_OFFSET] = nvhw_sass_imm(-(int64_t)NV_SASS_BYTES);
    put(c, &s);
}

static void set_bits(uint32_t *words, unsigned lo, unsigned hi, uint32_t value)
{
    for (unsigned bit = lo; bit <= hi; bit++)
        if (value >> (bit - lo) & 1)
            words[bit / 32] |= 1u << bit % 32;
}

/* Vertices 0, 1, 2 at (-1,-1), (3,-1), (-1,3): more than the viewport. */
static bool vertex_program(uint8_t *memory)
{
    enum { VERTEX_ID = 0x2fc, POSITION = 0x70 };
    struct code c = {memory + HEADER_BYTES, true};
    uint32_t header[HEADER_BYTES / 4] = {0};
    struct nvhw_sass s;

    set_bits(header, 0, 4, 1);      /* vertex, tessellation, geometry */
    set_bits(header, 5, 9, 4);      /* version */
    set_bits(header, 10, 13, 1);    /* vertex */
    set_bits(header, 17, 20, 1);    /* SASS version */
    set_bits(header, 351, 351, 1);  /* reads the vertex' number */
    set_bits(header, 428, 431, 15); /* writes a position */
    memcpy(memory, header, sizeof header);
    next(&s, image_op(NV_SASS_ALD, -1));
    s.o[NV_SASS_D] = nvhw_sass_reg(0);
    s.o[NV_SASS_OFFSET] = nvhw_sass_imm(VERTEX_ID);
    put(&c, &s);
    for (unsigned i = 0; i < 2; i++) {
        next(&s, image_op(NV_SASS_ISETP, NV_SASS_MOD_CMP, NV_SASS_CMP_EQ, -1));
        s.o[NV_SASS_PD] = nvhw_sass_pred(i, false);
        s.o[NV_SASS_A] = nvhw_sass_reg(0);
        s.o[NV_SASS_B] = nvhw_sass_imm(i + 1);
        put(&c, &s);
    }
    put_mov(&c, 4, -1, NV_SASS_PT);
    put_mov(&c, 5, -1, NV_SASS_PT);
    put_mov(&c, 6, 0.5f, NV_SASS_PT);
    put_mov(&c, 7, 1, NV_SASS_PT);
    put_mov(&c, 4, 3, 0);
    put_mov(&c, 5, 3, 1);
    next(&s, image_op(NV_SASS_AST, NV_SASS_MOD_ASIZE, NV_SASS_ASIZE_B128, -1));
    s.o[NV_SASS_B] = nvhw_sass_reg(4);
    s.o[NV_SASS_OFFSET] = nvhw_sass_imm(POSITION);
    s.control.write_sb = NV_SASS_SB_NONE;
    put(&c, &s);
    put_exit(&c);
    return c.good;
}

static bool pixel_program(uint8_t *memory)
{
    enum { POSITION = 0x70 };
    struct code c = {memory + HEADER_BYTES, true};
    uint32_t header[HEADER_BYTES / 4] = {0};
    struct nvhw_sass s;

    set_bits(header, 0, 4, 2);      /* pixel */
    set_bits(header, 5, 9, 4);      /* version */
    set_bits(header, 10, 13, 5);    /* pixel */
    set_bits(header, 14, 14, 1);    /* targets of their own */
    set_bits(header, 17, 20, 1);    /* SASS version */
    set_bits(header, 188, 189, 3);  /* reads x and y */
    set_bits(header, 191, 191, 1);  /* ... and w, as it must */
    set_bits(header, 576, 579, 15); /* writes target 0 */
    memcpy(memory, header, sizeof header);
    for (unsigned i = 0; i < 2; i++) {
        next(&s, image_op(NV_SASS_IPA, NV_SASS_MOD_IPA, NV_SASS_IPA_PASS, -1));
        s.o[NV_SASS_D] = nvhw_sass_reg(i);
        s.o[NV_SASS_OFFSET] = nvhw_sass_imm(POSITION + 4 * (int)i);
        put(&c, &s);
    }
    put_mov(&c, 2, 0.25f, NV_SASS_PT);
    put_mov(&c, 3, 2, NV_SASS_PT);
    put_exit(&c);
    return c.good;
}

static void push_program(struct images *im, uint32_t slot, uint32_t type, uint64_t va)
{
    set(im, NVCB97_SET_PIPELINE_SHADER(slot),
        NVHW_NUM(NVCB97_SET_PIPELINE_SHADER, ENABLE, 1) |
            NVHW_NUM(NVCB97_SET_PIPELINE_SHADER, TYPE, type));
    set(im, NVCB97_SET_PIPELINE_PROGRAM_ADDRESS_A(slot), (uint32_t)(va >> 32));
    set(im, NVCB97_SET_PIPELINE_PROGRAM_ADDRESS_B(slot), (uint32_t)va);
    set(im, NVCB97_SET_PIPELINE_REGISTER_COUNT(slot), REGISTERS);
    set(im, NVCB97_SET_PIPELINE_BINDING(slot), slot - 1);
}

static void push_viewport(struct images *im)
{
    set_float(im, NVCB97_SET_VIEWPORT_SCALE_X(0), WIDTH / 2.0f);
    set_float(im, NVCB97_SET_VIEWPORT_SCALE_Y(0), HEIGHT / 2.0f);
    set_float(im, NVCB97_SET_VIEWPORT_SCALE_Z(0), 1);
    set_float(im, NVCB97_SET_VIEWPORT_OFFSET_X(0), WIDTH / 2.0f);
    set_float(im, NVCB97_SET_VIEWPORT_OFFSET_Y(0), HEIGHT / 2.0f);
    set_float(im, NVCB97_SET_VIEWPORT_OFFSET_Z(0), 0);
    set(im, NVCB97_SET_VIEWPORT_COORDINATE_SWIZZLE(0), 0x6420); /* x y z w as they are */
    set(im, NVCB97_SET_VIEWPORT_CLIP_HORIZONTAL(0),
        NVHW_NUM(NVCB97_SET_VIEWPORT_CLIP_HORIZONTAL, WIDTH, WIDTH));
    set(im, NVCB97_SET_VIEWPORT_CLIP_VERTICAL(0),
        NVHW_NUM(NVCB97_SET_VIEWPORT_CLIP_VERTICAL, HEIGHT, HEIGHT));
    set_float(im, NVCB97_SET_VIEWPORT_CLIP_MIN_Z(0), 0);
    set_float(im, NVCB97_SET_VIEWPORT_CLIP_MAX_Z(0), 1);
    set(im, NVCB97_SET_VIEWPORT_SCALE_OFFSET, 1);
    set(im, NVCB97_SET_VIEWPORT_Z_CLIP, 1);
    for (uint32_t i = 0; i < NVCB97_SET_SCISSOR_ENABLE__COUNT; i++)
        set(im, NVCB97_SET_SCISSOR_ENABLE(i), 0);
    set(im, NVCB97_SET_WINDOW_ORIGIN, 0);
    set(im, NVCB97_SET_WINDOW_OFFSET_X, 0);
    set(im, NVCB97_SET_WINDOW_OFFSET_Y, 0);
    set(im, NVCB97_SET_WINDOW_CLIP_ENABLE, 0);
    set(im, NVCB97_SET_CLIP_ID_TEST, 0);
}

static void push_raster(struct images *im)
{
    set(im, NVCB97_SET_RASTER_ENABLE, 1);
    set(im, NVCB97_OGL_SET_CULL, 0);
    set(im, NVCB97_SET_DEPTH_TEST, 0);
    set(im, NVCB97_SET_STENCIL_TEST, 0);
    set(im, NVCB97_SET_ALPHA_TEST, 0);
    set(im, NVCB97_SET_LOGIC_OP, 0);
    for (uint32_t i = 0; i < NVCB97_SET_BLEND__COUNT; i++)
        set(im, NVCB97_SET_BLEND(i), 0);
    set(im, NVCB97_SET_COLOR_CLAMP, 0);
    set(im, NVCB97_SET_SRGB_WRITE, 0);
    set(im, NVCB97_SET_ANTI_ALIAS_ENABLE, 1);
    set(im, NVCB97_SET_SAMPLE_MASK_X0_Y0, 0xffff);
    set(im, NVCB97_SET_SAMPLE_MASK_X1_Y0, 0xffff);
    set(im, NVCB97_SET_SAMPLE_MASK_X0_Y1, 0xffff);
    set(im, NVCB97_SET_SAMPLE_MASK_X1_Y1, 0xffff);
    set(im, NVCB97_SET_POST_PS_INITIAL_COVERAGE, 1);
    set(im, NVCB97_SET_ACTIVE_ZCULL_REGION, 0x3f); /* none */
    set(im, NVCB97_SET_ZCULL, 0);
    set(im, NVCB97_SET_STREAM_OUTPUT, 0);
    set(im, NVCB97_SET_RT_LAYER, 0);
    set(im, NVCB97_SET_PATCH, 3);
}

static void push_draw(struct images *im)
{
    set(im, NVCB97_SET_GLOBAL_BASE_VERTEX_INDEX, 0);
    set(im, NVCB97_SET_VERTEX_ID_BASE, 0);
    set(im, NVCB97_SET_GLOBAL_BASE_INSTANCE_INDEX, 0);
    set(im, NVCB97_BEGIN, NVHW_DEF(NVCB97_BEGIN, OP, TRIANGLES));
    set(im, NVCB97_SET_VERTEX_ARRAY_START, 0);
    set(im, NVCB97_DRAW_VERTEX_ARRAY, 3);
    set(im, NVCB97_END, 0);
    set(im, NVCB97_WAIT_FOR_IDLE, 0);
}

static bool draw(struct images *im, bool single)
{
    uint8_t *code = magma_bo_map(im->lanes);
    uint64_t va = magma_bo_address(im->lanes).raw;
    const char *why;

    memset(code, 0, CODE_BYTES);
    if (!vertex_program(code) || !pixel_program(code + PIXEL_AT)) {
        images_report(im, "graphics-draw", false, "no program");
        return true;
    }
    list_count = 0;
    set(im, NVCB97_SET_OBJECT, NVCB97);
    push_target(im, magma_bo_address(im->texels).raw);
    push_viewport(im);
    push_raster(im);
    for (uint32_t i = 0; i < NVCB97_SET_PIPELINE_SHADER__COUNT; i++)
        set(im, NVCB97_SET_PIPELINE_SHADER(i), NVHW_NUM(NVCB97_SET_PIPELINE_SHADER, TYPE, i));
    set(im, NVCB97_SET_SHADER_LOCAL_MEMORY_WINDOW, 0xff000000u);
    push_program(im, 1, NVCB97_SET_PIPELINE_SHADER_TYPE_VERTEX, va);
    push_program(im, 5, NVCB97_SET_PIPELINE_SHADER_TYPE_PIXEL, va + PIXEL_AT);
    push_draw(im);
    if (send(im, single, &why))
        check_target(im, single ? "graphics-draw-single" : "graphics-draw", true);
    else
        images_report(im, "graphics-draw", false, "%s", magma_gpu_lost_reason(im->gpu));
    return !magma_gpu_is_lost(im->gpu);
}

/* ---- The object ------------------------------------------------------------------------------ */

static bool allocate(struct images *im)
{
    struct mg_nvidia *nv = mg_nvidia_of(mg_gpu_device(im->gpu)->ws);
    const struct mg_nvidia_channel *channel = im->compute->port.impl;
    struct nvhw_rmi_graphics_info info = {0};
    struct magma_error err = {0};
    uint32_t object = 0;
    enum magma_code code =
        mg_rmi_control(&nv->rmi, nv->subdevice, NV2080_CTRL_CMD_GR_GET_GFX_GPC_AND_TPC_INFO, &info,
                       sizeof info, &err);

    images_report(im, "graphics-tpcs", code == MAGMA_OK, "GPC mask 0x%x, %u TPCs %s", info.gpc_mask,
                  info.tpc_count, err.text);
    code = mg_rmi_alloc(&nv->rmi, channel->handle, NVCB97, NULL, 0, &object, &err);
    images_report(im, "graphics-object", code == MAGMA_OK, "class %04x: %s", NVCB97,
                  code == MAGMA_OK ? "allocated" : err.text);
    return code == MAGMA_OK;
}

void images_graphics(struct images *im, const char *folder)
{
    const char *why;

    (void)folder;
    /* A channel that nothing else was asked of: behind compute work a draw has been seen to hang.
     */
    if (!images_wanted(im, "graphics") || !images_reopen(im) || !allocate(im))
        return;
    memset(magma_bo_map(im->texels), 0x77, TARGET_BYTES);
    list_count = 0;
    set(im, NVCB97_SET_OBJECT, NVCB97);
    push_target(im, magma_bo_address(im->texels).raw);
    push_clear(im);
    if (send(im, false, &why))
        check_target(im, "graphics-clear", false);
    else
        images_report(im, "graphics-clear", false, "%s", why);
    if (!magma_gpu_is_lost(im->gpu) && draw(im, false))
        return;
    for (unsigned i = 0; i < REFUSED_MAX && images_reopen(im) && allocate(im); i++)
        if (draw(im, true))
            return;
}
