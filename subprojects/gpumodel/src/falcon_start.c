/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The boot ROM's part: what is loaded, and would it run? Images of the model's own make are
 * checked to the last byte; so is real firmware of 570.144, by hash. Other real firmware does not
 * run here.
 */
#include <nvhw/boot.h>
#include <string.h>

#include "bar0.h"
#include "boot.h"
#include "chip.h"
#include "falcon_private.h"
#include "model.h"
#include "real_images.h"

#define FUSE_VERSIONS 16

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
                   !b || !b->valid                     ? "not loaded"
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
               f->name, gpum_ucode_name((enum gpum_ucode_kind)id->kind), f->engidmask, f->ucode_id);
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
    const uint8_t *code = f->imem + (size_t)first * NV_FALCON_BLOCK_SIZE_BYTES;
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

/* Data as in the file: the signature is put in by the host. */
static bool real_bytes_ok(struct gpum *m, struct gpum_falcon *f, unsigned first,
                          const struct gpum_real_booter *r)
{
    const uint8_t *code = f->imem + (size_t)first * NV_FALCON_BLOCK_SIZE_BYTES;
    uint8_t signature[NV_FALCON_SIGNATURE_SIZE_BYTES];
    uint8_t *at = f->dmem + r->signature_offset;
    uint32_t fuse = device_fuse_version(m, f);
    memcpy(signature, at, r->signature_bytes);
    memset(at, 0, r->signature_bytes);
    bool code_ok = gpum_hash_words(code, r->code_bytes) == r->code_hash;
    bool data_ok = gpum_hash_words(f->dmem, r->data_bytes) == r->data_hash;
    memcpy(at, signature, r->signature_bytes);
    uint64_t hash = gpum_hash_words(signature, r->signature_bytes);
    bool signed_ok =
        fuse < r->signature_count && hash == r->signature_hash[r->signature_count - 1 - fuse];
    if (code_ok && data_ok && signed_ok)
        return true;
    gpum_fault(m, "%s: %s of 570.144 is not loaded as it should be: %s", f->name,
               gpum_ucode_name(r->kind),
               !code_ok   ? "code differs"
               : !data_ok ? "data differs"
                          : "it is not the signature for the fuses");
    return false;
}

enum gpum_ucode_kind gpum_falcon_check_real(struct gpum *m, struct gpum_falcon *f, unsigned first)
{
    uint32_t loaded = f->code_bytes - first * NV_FALCON_BLOCK_SIZE_BYTES;
    bool brom = m->chip->boot_class == GPUM_BOOT_BROM;
    for (const struct gpum_real_booter *r = gpum_real_booters; r->chip; r++) {
        if (strcmp(r->chip, m->chip->firmware_chip) != 0 || r->code_bytes != loaded ||
            r->data_bytes != f->data_bytes)
            continue;
        if (!gpum_falcon_blocks_ok(m, f, first, r->code_bytes, true) ||
            (brom && !brom_registers_ok(m, f, r->signature_offset)) ||
            !real_bytes_ok(m, f, first, r))
            return GPUM_UCODE_NONE;
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
    memcpy(&id, f->imem + (size_t)first * NV_FALCON_BLOCK_SIZE_BYTES, sizeof(id));
    uint32_t left = (uint32_t)sizeof(f->imem) - first * NV_FALCON_BLOCK_SIZE_BYTES;
    if (gpum_ucode_identity_ok(&id) && id.code_bytes <= left && id.data_bytes <= sizeof(f->dmem))
        return gpum_falcon_check_own(m, f, first, &id);
    return gpum_falcon_check_real(m, f, first);
}
