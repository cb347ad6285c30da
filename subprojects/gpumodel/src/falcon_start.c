/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The boot ROM's part: what is loaded, and would it run? Images of the model's own make are
 * checked to the last byte. Real firmware is recognised by the sizes of its segments; its
 * signature cannot be checked here beyond not being empty.
 */
#include <nvhw/boot.h>
#include <string.h>

#include "bar0.h"
#include "boot.h"
#include "chip.h"
#include "falcon_private.h"
#include "model.h"

#define FUSE_VERSIONS 16

static const struct real_image {
    const char *chip;
    enum gpum_ucode_kind kind;
    uint32_t code_bytes, data_bytes;
} real_images[] = {
    {"tu102", GPUM_UCODE_BOOTER_LOAD, NV_R570_BOOTER_LOAD_TU102_CODE_SIZE,
     NV_R570_BOOTER_LOAD_TU102_DATA_SIZE},
    {"tu102", GPUM_UCODE_BOOTER_UNLOAD, NV_R570_BOOTER_UNLOAD_TU102_CODE_SIZE,
     NV_R570_BOOTER_UNLOAD_TU102_DATA_SIZE},
    {"ga102", GPUM_UCODE_BOOTER_LOAD, NV_R570_BOOTER_LOAD_GA102_CODE_SIZE,
     NV_R570_BOOTER_LOAD_GA102_DATA_SIZE},
    {"ga102", GPUM_UCODE_BOOTER_UNLOAD, NV_R570_BOOTER_UNLOAD_GA102_CODE_SIZE,
     NV_R570_BOOTER_UNLOAD_GA102_DATA_SIZE},
    {"ad102", GPUM_UCODE_BOOTER_LOAD, NV_R570_BOOTER_LOAD_AD102_CODE_SIZE,
     NV_R570_BOOTER_LOAD_AD102_DATA_SIZE},
    {"ad102", GPUM_UCODE_BOOTER_UNLOAD, NV_R570_BOOTER_UNLOAD_AD102_CODE_SIZE,
     NV_R570_BOOTER_UNLOAD_AD102_DATA_SIZE},
    {"ad102", GPUM_UCODE_SCRUBBER, NV_R570_SCRUBBER_AD102_CODE_SIZE,
     NV_R570_SCRUBBER_AD102_DATA_SIZE},
};

static bool ready(struct gpum *m, struct gpum_falcon *f)
{
    uint32_t boot0 = gpum_bar0_read(m, NV_PMC_BOOT_0);
    const char *wrong = NULL;
    if (!f->was_reset)
        wrong = "it was not reset since power-on";
    else if (gpum_falcon_scrubbing(m, f))
        wrong = "its memories are being scrubbed";
    else if (f->dma_count)
        wrong = "DMA is not idle (DMATRFCMD bit 1)";
    else if (m->chip->boot_class == GPUM_BOOT_BROM &&
             NVHW_TEST(NV_PRISCV_RISCV_BCR_CTRL, CORE_SELECT, RISCV, f->bcr_ctrl))
        wrong = "BCR_CTRL selects the RISC-V core";
    else if (f->rm != boot0)
        wrong = "FALCON_RM does not hold PMC_BOOT_0";
    if (wrong)
        gpum_fault(m, "%s: started, but %s", f->name, wrong);
    return !wrong;
}

/* The physical block whose tag matches; GPUM_FALCON_BLOCKS when there is none. */
static unsigned find_block(const struct gpum_falcon *f, uint32_t tag)
{
    for (unsigned i = 0; i < GPUM_FALCON_BLOCKS; i++)
        if (f->block[i].valid && f->block[i].tag == tag)
            return i;
    return GPUM_FALCON_BLOCKS;
}

bool gpum_falcon_blocks_ok(struct gpum *m, struct gpum_falcon *f, unsigned first,
                           uint32_t code_bytes, bool secure)
{
    unsigned count = (code_bytes + NV_FALCON_BLOCK_SIZE_BYTES - 1) / NV_FALCON_BLOCK_SIZE_BYTES;
    for (unsigned i = 0; i < count; i++) {
        const struct gpum_imem_block *b =
            first + i < GPUM_FALCON_BLOCKS ? &f->block[first + i] : NULL;
        if (b && b->valid && b->tag == f->block[first].tag + i && (b->secure || !secure))
            continue;
        gpum_fault(m, "%s: IMEM block %u of the image is %s", f->name, i,
                   !b || !b->valid ? "not loaded"
                   : b->tag != f->block[first].tag + i ? "tagged with the wrong address"
                                                        : "not secure");
        return false;
    }
    return true;
}

static uint32_t device_fuse_version(const struct gpum *m, const struct gpum_falcon *f)
{
    return f->is_gsp ? m->chip->gsp_fuse_version : m->chip->sec2_fuse_version;
}

static void explain_signature(struct gpum *m, struct gpum_falcon *f,
                              const struct gpum_ucode_identity *id, const uint8_t *code,
                              const uint8_t *found)
{
    uint8_t want[NV_FALCON_SIGNATURE_SIZE_BYTES];
    struct gpum_sign_key key = {0, f->engidmask, f->ucode_id};
    for (uint32_t v = 0; v < FUSE_VERSIONS; v++) {
        key.fuse_version = v;
        gpum_ucode_sign(id, code, f->dmem, &key, want, id->signature_bytes);
        if (memcmp(want, found, id->signature_bytes) != 0)
            continue;
        gpum_fault(m, "%s: the signature of %s is the one for fuse version %u, the fuses say %u",
                   f->name, gpum_ucode_name((enum gpum_ucode_kind)id->kind), v,
                   device_fuse_version(m, f));
        return;
    }
    gpum_fault(m,
               "%s: the signature of %s does not fit its bytes, ENGIDMASK 0x%x and ucode id 0x%x",
               f->name, gpum_ucode_name((enum gpum_ucode_kind)id->kind), f->engidmask,
               f->ucode_id);
}

static bool brom_registers_ok(struct gpum *m, struct gpum_falcon *f, uint32_t signature_offset)
{
    if (!NVHW_TEST(NV_PFALCON2_FALCON_MOD_SEL, ALGO, RSA3K, f->mod_sel)) {
        gpum_fault(m, "%s: MOD_SEL is 0x%x, not RSA3K", f->name, f->mod_sel);
        return false;
    }
    if (f->paraaddr != signature_offset) {
        gpum_fault(m, "%s: PARAADDR is 0x%x, the image expects its signature at 0x%x", f->name,
                   f->paraaddr, signature_offset);
        return false;
    }
    return true;
}

static bool signature_ok(struct gpum *m, struct gpum_falcon *f,
                         const struct gpum_ucode_identity *id, const uint8_t *code)
{
    uint8_t want[NV_FALCON_SIGNATURE_SIZE_BYTES];
    bool brom = m->chip->boot_class == GPUM_BOOT_BROM;
    struct gpum_sign_key key = {device_fuse_version(m, f), f->engidmask, f->ucode_id};
    if (id->signature_bytes > sizeof(want) || id->data_bytes > f->data_bytes) {
        gpum_fault(m, "%s: 0x%x of 0x%x bytes of the data segment are loaded", f->name,
                   f->data_bytes, id->data_bytes);
        return false;
    }
    if (!brom)
        key = (struct gpum_sign_key){0, 0, 0};
    else if (!brom_registers_ok(m, f, id->signature_offset))
        return false;
    const uint8_t *found = f->dmem + id->signature_offset;
    gpum_ucode_sign(id, code, f->dmem, &key, want, id->signature_bytes);
    if (memcmp(want, found, id->signature_bytes) == 0)
        return true;
    explain_signature(m, f, id, code, found);
    return false;
}

enum gpum_ucode_kind gpum_falcon_check_own(struct gpum *m, struct gpum_falcon *f, unsigned first,
                                           const struct gpum_ucode_identity *id)
{
    const uint8_t *code = f->imem + first * NV_FALCON_BLOCK_SIZE_BYTES;
    if (strncmp(id->chip, m->chip->firmware_chip, sizeof(id->chip)) != 0) {
        gpum_fault(m, "%s: %s is made for %.16s, this is %s", f->name,
                   gpum_ucode_name((enum gpum_ucode_kind)id->kind), id->chip, m->chip->name);
        return GPUM_UCODE_NONE;
    }
    if (f->is_gsp != (id->kind == GPUM_UCODE_FWSEC)) {
        gpum_fault(m, "%s: %s does not run on this falcon", f->name,
                   gpum_ucode_name((enum gpum_ucode_kind)id->kind));
        return GPUM_UCODE_NONE;
    }
    if (!gpum_falcon_blocks_ok(m, f, first, id->code_bytes, true) || !signature_ok(m, f, id, code))
        return GPUM_UCODE_NONE;
    return (enum gpum_ucode_kind)id->kind;
}

static bool all_zero(const uint8_t *bytes, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++)
        if (bytes[i])
            return false;
    return true;
}

enum gpum_ucode_kind gpum_falcon_check_real(struct gpum *m, struct gpum_falcon *f, unsigned first)
{
    uint32_t loaded = f->code_bytes - first * NV_FALCON_BLOCK_SIZE_BYTES;
    for (size_t i = 0; i < sizeof(real_images) / sizeof(*real_images); i++) {
        const struct real_image *r = &real_images[i];
        if (strcmp(r->chip, m->chip->firmware_chip) != 0 || r->code_bytes != loaded ||
            r->data_bytes != f->data_bytes)
            continue;
        uint32_t at = m->chip->boot_class == GPUM_BOOT_BROM ? f->paraaddr : 0;
        if (!gpum_falcon_blocks_ok(m, f, first, r->code_bytes, true) ||
            (m->chip->boot_class == GPUM_BOOT_BROM && !brom_registers_ok(m, f, at)))
            return GPUM_UCODE_NONE;
        if (m->chip->boot_class == GPUM_BOOT_BROM &&
            (at > sizeof(f->dmem) - NV_FALCON_SIGNATURE_SIZE_BYTES ||
             all_zero(f->dmem + at, NV_FALCON_SIGNATURE_SIZE_BYTES))) {
            gpum_fault(m, "%s: no signature at DMEM 0x%x", f->name, at);
            return GPUM_UCODE_NONE;
        }
        gpum_note(m, "%s: %s by its size; its signature is taken on trust", f->name,
                  gpum_ucode_name(r->kind));
        return r->kind;
    }
    gpum_fault(m, "%s: an image of 0x%x bytes of code and 0x%x of data is not known", f->name,
               loaded, f->data_bytes);
    return GPUM_UCODE_NONE;
}

enum gpum_ucode_kind gpum_falcon_recognise(struct gpum *m, struct gpum_falcon *f)
{
    if (!ready(m, f))
        return GPUM_UCODE_NONE;
    uint32_t tag = f->bootvec / NV_FALCON_BLOCK_SIZE_BYTES;
    unsigned first = find_block(f, tag);
    if (first == GPUM_FALCON_BLOCKS) {
        gpum_fault(m, "%s: started at 0x%x, where no code is loaded", f->name, f->bootvec);
        return GPUM_UCODE_NONE;
    }
    if (m->chip->boot_class == GPUM_BOOT_LOADER)
        return gpum_falcon_recognise_loader(m, f, first);
    struct gpum_ucode_identity id;
    memcpy(&id, f->imem + first * NV_FALCON_BLOCK_SIZE_BYTES, sizeof(id));
    uint32_t left = (uint32_t)sizeof(f->imem) - first * NV_FALCON_BLOCK_SIZE_BYTES;
    if (gpum_ucode_identity_ok(&id) && id.code_bytes <= left && id.data_bytes <= sizeof(f->dmem))
        return gpum_falcon_check_own(m, f, first, &id);
    return gpum_falcon_check_real(m, f, first);
}
