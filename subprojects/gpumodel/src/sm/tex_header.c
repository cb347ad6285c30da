/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Texture headers and samplers out of their pools. Silicon gives zeros where a header makes no
 * sense (empty, beyond the pool, of the other version); here likewise, with a note, so that a
 * driver's mistake is heard of.
 */
#include "tex.h"

#include <nvhw/sampler.h>
#include <nvhw/tic.h>

#define GET(field) get(version, words, NV_TIC_FIELD_##field)

static uint32_t get(enum nvhw_tic_version version, const uint32_t *words, enum nvhw_tic_field field)
{
    uint64_t value = 0;

    nvhw_tic_get(version, words, field, 0, &value);
    return (uint32_t)value;
}

/* The form that the header's own number names. */
static bool find_form(uint32_t pool_version, const uint32_t *words, enum nvhw_tic_version *version)
{
    if (!pool_version) {
        switch (get(NV_TIC_V1_BLOCKLINEAR, words, NV_TIC_FIELD_HEADER_VERSION)) {
        case NV_TIC_V1_BLOCKLINEAR_HEADER_VERSION_BLOCKLINEAR:
            *version = NV_TIC_V1_BLOCKLINEAR;
            return true;
        case NV_TIC_V1_BLOCKLINEAR_HEADER_VERSION_PITCH:
            *version = NV_TIC_V1_PITCH;
            return true;
        case NV_TIC_V1_BLOCKLINEAR_HEADER_VERSION_ONE_D_BUFFER:
            *version = NV_TIC_V1_BUFFER;
            return get(NV_TIC_V1_BUFFER, words, NV_TIC_FIELD_TEXTURE_TYPE) ==
                   NV_TIC_V1_BUFFER_TEXTURE_TYPE_ONE_D_BUFFER;
        default:
            return false;
        }
    }
    switch (get(NV_TIC_V2_BLOCKLINEAR, words, NV_TIC_FIELD_HEADER_VERSION)) {
    case NV_TIC_V2_BLOCKLINEAR_HEADER_VERSION_BLOCKLINEAR:
        *version = NV_TIC_V2_BLOCKLINEAR;
        return true;
    case NV_TIC_V2_BLOCKLINEAR_HEADER_VERSION_PITCH:
        *version = NV_TIC_V2_PITCH;
        return true;
    case NV_TIC_V2_BLOCKLINEAR_HEADER_VERSION_ONE_D_TYPED:
        *version = NV_TIC_V2_TYPED;
        return true;
    default:
        return false;
    }
}

/* Version 2 has one type for all components; here they become version 1's. */
static uint32_t type_of(uint32_t data_type, unsigned part)
{
    switch (data_type) {
    case NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_SNORM:
        return NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_SNORM;
    case NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_FLOAT:
        return NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_FLOAT;
    case NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_UINT:
        return NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UINT;
    case NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_SINT:
        return NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_SINT;
    case NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_ZFS:
        return part ? NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UINT
                    : NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_FLOAT;
    case NV_TIC_V2_BLOCKLINEAR_DATA_TYPE_ZS:
        return part ? NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UINT
                    : NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UNORM;
    default:
        return NV_TIC_V1_BLOCKLINEAR_R_DATA_TYPE_UNORM;
    }
}

static void get_format(enum nvhw_tic_version version, const uint32_t *words, struct tex_image *out)
{
    bool second = version >= NV_TIC_V2_BLOCKLINEAR;

    out->format = nvhw_texel_format(GET(COMPONENTS));
    for (unsigned i = 0; i < 4; i++)
        out->type[i] = second ? (uint8_t)type_of(GET(DATA_TYPE), i)
                              : (uint8_t)get(version, words,
                                             (enum nvhw_tic_field)(NV_TIC_FIELD_R_DATA_TYPE + i));
    for (unsigned i = 0; i < 4; i++)
        out->source[i] =
            (uint8_t)get(version, words, (enum nvhw_tic_field)(NV_TIC_FIELD_X_SOURCE + i));
    out->srgb = GET(S_R_G_B_CONVERSION);
}

static void get_shape(enum nvhw_tic_version version, const uint32_t *words, struct tex_image *out)
{
    uint64_t address = 0;

    nvhw_tic_get(version, words, NV_TIC_FIELD_ADDRESS, 0, &address);
    out->address = address;
    out->pitch = version == NV_TIC_V1_PITCH || version == NV_TIC_V2_PITCH;
    out->buffer = version == NV_TIC_V1_BUFFER || version == NV_TIC_V2_TYPED;
    out->kind = (uint8_t)GET(TEXTURE_TYPE);
    if (out->buffer) {
        out->kind = NV_TIC_V1_BLOCKLINEAR_TEXTURE_TYPE_ONE_D_BUFFER;
        out->width = version == NV_TIC_V2_TYPED
                         ? GET(WIDTH_MINUS_ONE) + 1
                         : (GET(WIDTH_MINUS_ONE_31_16) << 16 | GET(WIDTH_MINUS_ONE_15_0)) + 1;
        out->height = out->depth = out->levels = 1;
        return;
    }
    out->width = GET(WIDTH_MINUS_ONE) + 1;
    out->height = (GET(HEIGHT_MINUS_ONE_BIT16) << 16 | GET(HEIGHT_MINUS_ONE)) + 1;
    out->depth = (GET(DEPTH_MINUS_ONE_BIT14) << 14 | GET(DEPTH_MINUS_ONE)) + 1;
    if (version == NV_TIC_V2_BLOCKLINEAR || version == NV_TIC_V2_PITCH)
        out->height = GET(HEIGHT_MINUS_ONE) + 1;
    out->pitch_bytes = GET(PITCH_BIT21) << 21 | GET(PITCH);
    out->levels = GET(MAX_MIP_LEVEL) + 1;
    out->view_first = GET(RES_VIEW_MIN_MIP_LEVEL);
    out->view_last = GET(RES_VIEW_MAX_MIP_LEVEL);
    out->block_height_log2 = GET(GOBS_PER_BLOCK_HEIGHT);
    out->block_depth_log2 = GET(GOBS_PER_BLOCK_DEPTH);
    out->min_lod = GET(MIN_LOD_CLAMP);
    out->normalized = GET(NORMALIZED_COORDS);
    out->multisample = GET(MULTI_SAMPLE_COUNT);
}

/* An H100 raises an exception when such texels lie on generic pages; pages of depth kinds are not
 * modelled. 16 bits pass there while the image is no larger than 8 x 8. */
static bool needs_depth_pages(const struct tex_image *t)
{
    uint32_t code = t->format->code;

    if (code == NV_TIC_V2_BLOCKLINEAR_COMPONENTS_Z16)
        return t->width > 8 || t->height > 8;
    return code == NV_TIC_V2_BLOCKLINEAR_COMPONENTS_X8Z24 ||
           code == NV_TIC_V2_BLOCKLINEAR_COMPONENTS_S8Z24 ||
           code == NV_TIC_V2_BLOCKLINEAR_COMPONENTS_Z24S8 ||
           code == NV_TIC_V2_BLOCKLINEAR_COMPONENTS_ZF32_X24S8;
}

/* What the model does not have, as a reason; NULL when all is there. */
static const char *missing(const struct tex_image *t, enum nvhw_tic_version version,
                           const uint32_t *words)
{
    if (t->multisample)
        return "multisampled textures";
    if (GET(TILE_WIDTH_IN_GOBS) || GET(GOBS_PER_BLOCK_WIDTH) || GET(GOB_DEPTH_OFFSET))
        return "sparse tiles";
    if (t->block_height_log2 > 5 || t->block_depth_log2 > 5)
        return "blocks above 32 GOBs";
    if (t->format && t->format->bytes == 12 && !t->buffer)
        return "three words a texel in an image";
    if (t->format && needs_depth_pages(t))
        return "depths on pages of another kind";
    if (GET(PACK_COMPONENTS))
        return "packed components";
    return NULL;
}

static bool pool_read(struct sm_ctx *x, int lane, uint64_t base, uint32_t last, uint32_t index,
                      uint32_t words[8])
{
    const uint8_t *entry;

    memset(words, 0, NV_TIC_BYTES);
    if (!base)
        return sm_fault(x, lane, "texture access without pools");
    if (index > last) {
        gpum_note(x->grid->m, "texture handle names entry %u of a pool that ends at %u", index,
                  last);
        return true;
    }
    for (unsigned half = 0; half < 2; half++) {
        entry = sm_global(x, lane, base + (uint64_t)index * NV_TIC_BYTES + (uint64_t)half * 16, 16,
                          GPUM_READ);
        if (!entry)
            return false;
        memcpy(words + (size_t)half * 4, entry, 16);
    }
    return true;
}

bool tex_image_get(struct sm_ctx *x, int lane, uint32_t handle, struct tex_image *out)
{
    const struct gpum_grid_desc *d = &x->grid->desc;
    enum nvhw_tic_version version;
    const char *what;
    uint32_t words[8];

    *out = (struct tex_image){0};
    if (!pool_read(x, lane, d->header_pool, d->header_last,
                   NVHW_GET(NV_TEXTURE_HANDLE, HEADER, handle), words))
        return false;
    if (!find_form(d->header_version, words, &version)) {
        gpum_note(x->grid->m, "texture header %u is none of version %u",
                  NVHW_GET(NV_TEXTURE_HANDLE, HEADER, handle), d->header_version + 1);
        return true;
    }
    get_format(version, words, out);
    get_shape(version, words, out);
    what = missing(out, version, words);
    if (what)
        return sm_fault(x, lane, "texture header %u: %s are not supported",
                        NVHW_GET(NV_TEXTURE_HANDLE, HEADER, handle), what);
    if (!out->format)
        gpum_note(x->grid->m, "texture header %u: unknown components 0x%x",
                  NVHW_GET(NV_TEXTURE_HANDLE, HEADER, handle), GET(COMPONENTS));
    out->present = out->format && (out->buffer || out->view_first <= out->view_last);
    return true;
}

static uint32_t sampler_get(const uint32_t *words, enum nvhw_tsc_field field)
{
    uint64_t value = 0;

    nvhw_tsc_get(NV_TSC_V1, words, field, 0, &value);
    return (uint32_t)value;
}

#define SAMPLER(field) sampler_get(words, NV_TSC_FIELD_##field)

bool tex_sampler_get(struct sm_ctx *x, int lane, uint32_t handle, struct tex_sampler *out)
{
    const struct gpum_grid_desc *d = &x->grid->desc;
    uint32_t words[8], bias;

    *out = (struct tex_sampler){0};
    if (!pool_read(x, lane, d->sampler_pool, d->sampler_last,
                   NVHW_GET(NV_TEXTURE_HANDLE, SAMPLER, handle), words))
        return false;
    bias = SAMPLER(MIP_LOD_BIAS);
    *out = (struct tex_sampler){
        .wrap = {(uint8_t)SAMPLER(ADDRESS_U), (uint8_t)SAMPLER(ADDRESS_V),
                 (uint8_t)SAMPLER(ADDRESS_P)},
        .compare = SAMPLER(DEPTH_COMPARE),
        .compare_func = (uint8_t)SAMPLER(DEPTH_COMPARE_FUNC),
        .unnormalized = SAMPLER(FLOAT_COORD_NORMALIZATION),
        .mag = (uint8_t)SAMPLER(MAG_FILTER),
        .min = (uint8_t)SAMPLER(MIN_FILTER),
        .mip = (uint8_t)SAMPLER(MIP_FILTER),
        .seam = (uint8_t)SAMPLER(CUBEMAP_INTERFACE_FILTERING),
        .reduction = (uint8_t)SAMPLER(REDUCTION_FILTER),
        .aniso = (uint8_t)SAMPLER(MAX_ANISOTROPY),
        .bias = (int32_t)(bias << 19) >> 19,
        .min_lod = SAMPLER(MIN_LOD_CLAMP),
        .max_lod = SAMPLER(MAX_LOD_CLAMP),
        .srgb_border = {(uint8_t)SAMPLER(S_R_G_B_BORDER_R), (uint8_t)SAMPLER(S_R_G_B_BORDER_G),
                        (uint8_t)SAMPLER(S_R_G_B_BORDER_B)},
    };
    for (unsigned i = 0; i < 4; i++) {
        out->border_bits[i] =
            sampler_get(words, (enum nvhw_tsc_field)(NV_TSC_FIELD_BORDER_COLOR_R + i));
        memcpy(&out->border[i], &out->border_bits[i], 4);
    }
    if (SAMPLER(FORCED_INVALID))
        return sm_fault(x, lane, "sampler %u is forced invalid",
                        NVHW_GET(NV_TEXTURE_HANDLE, SAMPLER, handle));
    if (out->min == NV_TSC_V1_MIN_FILTER_ANISO || out->aniso)
        return sm_fault(x, lane, "anisotropic filtering: not supported");
    return true;
}
