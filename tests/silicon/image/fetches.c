/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Where texels are fetched from: memory holds its own word numbers, texels are 32-bit integers, so
 * each fetched value is an address. Within the image it must be the one that the driver's layout
 * says; what comes from outside is recorded as it is.
 */
#include "tests/silicon/image/image.h"

#include <stdio.h>
#include <string.h>

enum { LANES = 256, WORDS = IMAGE_TEXEL_BYTES_MAX / 4 };

#define KIND(name) NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_##name

static uint32_t memory[WORDS];
static struct image_lane lanes[LANES];

struct fetch {
    const char *name;
    struct image_view view;
    int shape; /* NV_SASS_SHAPE_* */
};

static unsigned dimensions(int shape)
{
    switch (shape) {
    case NV_SASS_SHAPE_1D:
    case NV_SASS_SHAPE_A1D:
        return 1;
    case NV_SASS_SHAPE_3D:
        return 3;
    default:
        return 2;
    }
}

static bool is_array(int shape)
{
    return shape == NV_SASS_SHAPE_A1D || shape == NV_SASS_SHAPE_A2D || shape == NV_SASS_SHAPE_ACUBE;
}

static void fill(void)
{
    for (uint32_t i = 0; i < WORDS; i++)
        memory[i] = i;
}

static bool lay(const struct image_view *v, int shape, struct mg_image_layout *layout)
{
    struct mg_image_shape s = {.width = v->width,
                               .height = v->height ? v->height : 1,
                               .depth = shape == NV_SASS_SHAPE_3D ? v->depth : 1,
                               .levels = v->levels ? v->levels : 1,
                               .layers = is_array(shape) ? v->depth : 1,
                               .element_bytes = 4,
                               .block_height_log2 = v->block_height_log2,
                               .block_depth_log2 = v->block_depth_log2};

    return mg_image_layout(&s, layout) && layout->size_bytes <= sizeof memory;
}

static uint32_t address(const struct image_view *v, const struct mg_image_layout *l, uint32_t level,
                        uint32_t layer, const uint32_t at[3])
{
    if (v->buffer)
        return at[0];
    if (v->pitch_bytes)
        return (at[1] * v->pitch_bytes + at[0] * 4) / 4;
    return (uint32_t)(mg_image_offset(l, level, layer, at[0], at[1], at[2]) / 4);
}

static void set_lane(struct image_lane *lane, int shape, uint32_t level, uint32_t layer,
                     const uint32_t at[3])
{
    unsigned n = 0;

    memset(lane, 0, sizeof *lane);
    if (is_array(shape))
        lane->a[n++] = layer;
    for (unsigned i = 0; i < dimensions(shape); i++)
        lane->a[n++] = at[i];
    lane->b[0] = image_handle();
    lane->b[1] = level;
}

/* Fetches random texels of all levels and layers; `want` is what the layout says. */
static bool inside(const struct fetch *f, uint32_t want[LANES])
{
    uint32_t state = 11, levels = f->view.levels ? f->view.levels : 1;
    struct mg_image_layout l;

    if (!f->view.buffer && !f->view.pitch_bytes && !lay(&f->view, f->shape, &l))
        return false;
    for (unsigned i = 0; i < LANES; i++) {
        uint32_t level = image_random(&state) % levels, layer = 0, at[3] = {0};
        uint32_t size[3] = {f->view.width >> level, f->view.height >> level,
                            f->shape == NV_SASS_SHAPE_3D ? f->view.depth >> level : 1};

        if (is_array(f->shape))
            layer = image_random(&state) % f->view.depth;
        for (unsigned k = 0; k < dimensions(f->shape); k++)
            at[k] = image_random(&state) % (size[k] ? size[k] : 1);
        set_lane(&lanes[i], f->shape, level, layer, at);
        want[i] = address(&f->view, &l, level, layer, at);
    }
    return true;
}

static void check_layout(struct images *im, const char *name, const uint32_t *want)
{
    const uint32_t *results = magma_bo_map(im->results);

    for (unsigned i = 0; i < LANES; i++)
        if (results[i * 8] != want[i]) {
            images_report(im, name, false,
                          "the driver's layout: lane %u (%x %x %x level %u) fetched word 0x%x, not "
                          "0x%x",
                          i, lanes[i].a[0], lanes[i].a[1], lanes[i].a[2], lanes[i].b[1],
                          results[i * 8], want[i]);
            return;
        }
}

static struct image_scene scene_of(const struct fetch *f, bool version2)
{
    struct image_scene s = {
        .view = f->view,
        .version2 = version2,
        .method = version2 ? 2 : 0,
        .texels = (const uint8_t *)memory,
        .texel_bytes = sizeof memory,
        .op = image_op(NV_SASS_TLD, NV_SASS_MOD_TB, 1, NV_SASS_MOD_SHAPE, f->shape, NV_SASS_MOD_LOD,
                       NV_SASS_LOD_LL, -1),
        .lanes = lanes,
        .lane_count = LANES,
        .words = 1,
    };

    s.view.components = NV_TIC_V1_BLOCKLINEAR_COMPONENTS_R32;
    s.view.type = NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UINT;
    return s;
}

static void run(struct images *im, const struct fetch *f, bool version2)
{
    struct image_scene s = scene_of(f, version2);
    uint32_t want[LANES];
    char name[64];
    unsigned bad;

    snprintf(name, sizeof name, "fetch-%s-v%d", f->name, version2 ? 2 : 1);
    if (!images_wanted(im, name))
        return;
    if (!inside(f, want)) {
        images_report(im, name, false, "no layout");
        return;
    }
    bad = im->bad;
    image_run(im, name, &s);
    if (bad == im->bad)
        check_layout(im, name, want);
}

/* Around the image's edges: per axis, and all else in the middle. */
static void outside(struct images *im, const struct fetch *f, bool version2)
{
    static const uint32_t off[] = {0,          1,          0xffffffff, 0xfffffffe,
                                   0x80000000, 0x7fffffff, 0x00010000, 0x0000ffff};
    struct image_scene s = scene_of(f, version2);
    uint32_t levels = f->view.levels ? f->view.levels : 1;
    char name[64];
    unsigned n = 0;

    memset(lanes, 0, sizeof lanes);
    for (unsigned axis = 0; axis < 5; axis++)
        for (unsigned i = 0; i < 16; i++, n++) {
            uint32_t size[] = {f->view.width, f->view.height, f->view.depth, f->view.depth, levels};
            uint32_t at[3] = {1, f->view.height > 1, 0}, level = 0, layer = 0;
            uint32_t value = (i < 8 ? size[axis] : 0) + off[i % 8];

            if (axis < 3)
                at[axis] = value;
            else if (axis == 3)
                layer = value;
            else
                level = value;
            set_lane(&lanes[n], f->shape, level, layer, at);
        }
    s.lane_count = (n + 31) / 32 * 32;
    for (; n < s.lane_count; n++)
        lanes[n] = lanes[0];
    s.words = 5;
    snprintf(name, sizeof name, "outside-%s-v%d", f->name, version2 ? 2 : 1);
    image_run(im, name, &s);
}

static const struct fetch fetches[] = {
    {"1d", {.kind = KIND(ONE_D), .width = 100}, NV_SASS_SHAPE_1D},
    {"1d-mips", {.kind = KIND(ONE_D), .width = 100, .levels = 7}, NV_SASS_SHAPE_1D},
    {"2d-h0", {.kind = KIND(TWO_D), .width = 37, .height = 23}, NV_SASS_SHAPE_2D},
    {"2d-h1",
     {.kind = KIND(TWO_D), .width = 37, .height = 23, .block_height_log2 = 1},
     NV_SASS_SHAPE_2D},
    {"2d-h2",
     {.kind = KIND(TWO_D), .width = 37, .height = 23, .block_height_log2 = 2},
     NV_SASS_SHAPE_2D},
    {"2d-h4-clamped",
     {.kind = KIND(TWO_D), .width = 37, .height = 41, .block_height_log2 = 4},
     NV_SASS_SHAPE_2D},
    {"2d-mips",
     {.kind = KIND(TWO_D), .width = 100, .height = 50, .levels = 7, .block_height_log2 = 3},
     NV_SASS_SHAPE_2D},
    {"2d-mips-h5",
     {.kind = KIND(TWO_D), .width = 67, .height = 129, .levels = 8, .block_height_log2 = 5},
     NV_SASS_SHAPE_2D},
    {"3d",
     {.kind = KIND(THREE_D), .width = 33, .height = 20, .depth = 7, .block_depth_log2 = 3},
     NV_SASS_SHAPE_3D},
    {"3d-mips",
     {.kind = KIND(THREE_D),
      .width = 33,
      .height = 20,
      .depth = 7,
      .levels = 6,
      .block_depth_log2 = 3},
     NV_SASS_SHAPE_3D},
    {"3d-mips-h2",
     {.kind = KIND(THREE_D),
      .width = 33,
      .height = 50,
      .depth = 19,
      .levels = 6,
      .block_height_log2 = 2,
      .block_depth_log2 = 4},
     NV_SASS_SHAPE_3D},
    {"3d-flat",
     {.kind = KIND(THREE_D), .width = 33, .height = 50, .depth = 5, .block_height_log2 = 2},
     NV_SASS_SHAPE_3D},
    {"1d-array",
     {.kind = KIND(ONE_D_ARRAY), .width = 50, .depth = 9, .levels = 3},
     NV_SASS_SHAPE_A1D},
    {"2d-array",
     {.kind = KIND(TWO_D_ARRAY), .width = 37, .height = 23, .depth = 5, .block_height_log2 = 1},
     NV_SASS_SHAPE_A2D},
    {"2d-array-mips",
     {.kind = KIND(TWO_D_ARRAY),
      .width = 37,
      .height = 70,
      .depth = 3,
      .levels = 7,
      .block_height_log2 = 3},
     NV_SASS_SHAPE_A2D},
    {"pitch",
     {.kind = KIND(TWO_D_NO_MIPMAP), .width = 37, .height = 23, .pitch_bytes = 160},
     NV_SASS_SHAPE_2D},
    {"buffer", {.width = 1000, .buffer = true}, NV_SASS_SHAPE_1D},
    {"buffer-long", {.width = 250000, .buffer = true}, NV_SASS_SHAPE_1D},
};

/* Ways to say it: level zero, a handle in a uniform register, offsets, parts of the mask. */
static void forms(struct images *im)
{
    const struct fetch f = {
        "forms", {.kind = KIND(TWO_D), .width = 37, .height = 23, .levels = 3}, NV_SASS_SHAPE_2D};
    struct image_scene s = scene_of(&f, true);
    uint32_t want[LANES];

    (void)inside(&f, want);
    s.words = 5;
    s.op.mod[NV_SASS_MOD_LOD] = NV_SASS_LOD_LZ;
    image_run(im, "form-lz", &s);
    s.by_register = true;
    s.op.mod[NV_SASS_MOD_TB] = 0;
    for (unsigned i = 0; i < LANES; i++)
        lanes[i].b[0] = lanes[i].b[1];
    s.op.mod[NV_SASS_MOD_LOD] = NV_SASS_LOD_LL;
    image_run(im, "form-register", &s);
    (void)inside(&f, want);
    s.by_register = false;
    s.op.mod[NV_SASS_MOD_TB] = 1;
    s.op.mod[NV_SASS_MOD_TOFF] = NV_SASS_TOFF_AOFFI;
    for (unsigned i = 0; i < LANES; i++)
        lanes[i].b[2] = i;
    image_run(im, "form-offset", &s);
    (void)inside(&f, want);
    s.op.mod[NV_SASS_MOD_TOFF] = 0;
    for (uint32_t mask = 1; mask < 15; mask++) {
        char name[32];

        s.op.o[NV_SASS_LUT] = nvhw_sass_imm(mask);
        s.lane_count = 32;
        snprintf(name, sizeof name, "form-mask-%u", mask);
        image_run(im, name, &s);
    }
    s.op.o[NV_SASS_LUT] = nvhw_sass_imm(15);
    s.op.mod[NV_SASS_MOD_CL] = 1;
    image_run(im, "form-cl", &s);
    s.op.mod[NV_SASS_MOD_CL] = 0;
    s.op.mod[NV_SASS_MOD_TFMT] = NV_SASS_TFMT_F16_RN;
    image_run(im, "form-f16", &s);
}

/* Handles without a header behind them, and views that hold nothing. */
static void empty(struct images *im)
{
    struct fetch f = {"null",
                      {.kind = KIND(TWO_D), .width = 37, .height = 23, .null_view = true},
                      NV_SASS_SHAPE_2D};
    struct image_scene s = scene_of(&f, true);
    uint32_t want[LANES];

    (void)inside(&f, want);
    s.words = 5;
    s.lane_count = 32;
    image_run(im, "empty-null-view", &s);
    s.view.all_zero_source = true;
    image_run(im, "empty-null-view-zero", &s);
    s.view.null_view = s.view.all_zero_source = false;
    s.view.levels = 4;
    s.view.view_first = 1;
    s.view.view_last = 2;
    for (unsigned i = 0; i < 32; i++) {
        lanes[i].a[0] = lanes[i].a[1] = 1;
        lanes[i].b[1] = i % 8;
    }
    image_run(im, "view-levels", &s);
}

void images_version1(struct images *im)
{
    fill();
    for (size_t i = 0; i < sizeof fetches / sizeof fetches[0]; i++)
        run(im, &fetches[i], false);
    outside(im, &fetches[5], false);
    outside(im, &fetches[15], false);
    outside(im, &fetches[16], false);
    images_formats1(im);
}

void images_fetches(struct images *im)
{
    fill();
    for (size_t i = 0; i < sizeof fetches / sizeof fetches[0]; i++)
        run(im, &fetches[i], true);
    for (size_t i = 0; i < sizeof fetches / sizeof fetches[0]; i++)
        outside(im, &fetches[i], true);
    forms(im);
    empty(im);
}
