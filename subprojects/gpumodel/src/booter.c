/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the two booters do on SEC2. booter_load checks WprMeta, copies bootloader and GSP-RM into
 * the protected region, grows WPR2 over it and lets the GSP's RISC-V core go. booter_unload takes
 * WPR2 down after GSP-RM has left. The result stands in MAILBOX0, 0 is good.
 */
#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/firmware.h>
#include <string.h>

#include "boot.h"
#include "chip.h"
#include "falcon.h"
#include "fwimage.h"
#include "gsp.h"
#include "model.h"
#include "plan.h"
#include "real_images.h"
#include "wprmeta.h"

/* Results; the sources only say that 0 is good. */
enum {
    RESULT_OK = 0,
    RESULT_META = 0x31,
    RESULT_IMAGE = 0x32,
    RESULT_GSP = 0x33,
    RESULT_WPR = 0x34
};
#define UNLOAD_ARGUMENT 0xffu

static uint64_t mailbox_address(const struct gpum_falcon *f)
{
    return (uint64_t)f->mailbox[1] << 32 | f->mailbox[0];
}

/* The GSP has to wait in RISC-V mode for its code. */
static bool gsp_waits(struct gpum *m)
{
    const struct gpum_falcon *gsp = &m->boot->gsp;
    const char *wrong = NULL;
    bool brom = m->chip->boot_class == GPUM_BOOT_BROM;
    if (!gsp->was_reset || gsp->state != GPUM_FALCON_HALTED || gsp->riscv_active)
        wrong = "is not freshly reset";
    else if (gsp->code_bytes)
        wrong = "still holds falcon code: reset it after FWSEC";
    else if (brom && (!NVHW_TEST(NV_PRISCV_RISCV_BCR_CTRL, CORE_SELECT, RISCV, gsp->bcr_ctrl) ||
                      !NVHW_GET(NV_PRISCV_RISCV_BCR_CTRL, BRFETCH, gsp->bcr_ctrl)))
        wrong = "is not in RISC-V mode (BCR_CTRL)";
    if (wrong)
        gpum_fault(m, "booter_load: the GSP %s", wrong);
    return !wrong;
}

static bool mark_ok(struct gpum *m, const uint8_t *image, uint64_t size_bytes, uint64_t offset,
                    enum gpum_bootloader_part part, const char *field)
{
    struct gpum_bootloader_mark mark = {0};
    if (offset <= size_bytes - sizeof(mark))
        memcpy(&mark, image + offset, sizeof(mark));
    if (mark.magic == GPUM_BOOTLOADER_MAGIC && mark.part == (uint32_t)part &&
        mark.size_bytes == size_bytes)
        return true;
    gpum_fault(m, "%s 0x%llx is not where the bootloader has it", field,
               (unsigned long long)offset);
    return false;
}

static bool real_bootloader_ok(struct gpum *m, const struct nvhw_wpr_meta *meta,
                               const uint8_t *image)
{
    for (const struct gpum_real_bootloader *r = gpum_real_bootloaders; r->chip; r++) {
        if (strcmp(r->chip, m->chip->firmware_chip) != 0 ||
            r->size_bytes != meta->size_of_bootloader ||
            r->hash != gpum_hash_words(image, r->size_bytes))
            continue;
        if (meta->bootloader_manifest_offset == r->manifest_offset &&
            meta->bootloader_data_offset == r->data_offset &&
            meta->bootloader_code_offset == r->code_offset)
            return true;
        gpum_fault(m, "parts of the bootloader are at 0x%x, 0x%x, 0x%x, WprMeta says otherwise",
                   r->manifest_offset, r->data_offset, r->code_offset);
        return false;
    }
    gpum_fault(m, "the bootloader is none that is known for %s", m->chip->firmware_chip);
    return false;
}

static bool bootloader_ok(struct gpum *m, const struct nvhw_wpr_meta *meta)
{
    uint8_t *image = m->vram + meta->boot_bin_offset;
    uint64_t size = meta->size_of_bootloader, magic = 0;
    if (!gpum_phys_read(m, GPUM_SYS_COHERENT, meta->sysmem_addr_of_bootloader, image, size)) {
        gpum_fault(m, "the bootloader's memory (0x%llx) is not mapped",
                   (unsigned long long)meta->sysmem_addr_of_bootloader);
        return false;
    }
    if (size >= sizeof(struct gpum_bootloader_mark))
        memcpy(&magic, image, sizeof(magic));
    if (magic != GPUM_BOOTLOADER_MAGIC)
        return real_bootloader_ok(m, meta, image);
    if (m->chip->boot_class == GPUM_BOOT_LOADER)
        return true; /* descriptor version 4 names no parts */
    return mark_ok(m, image, size, meta->bootloader_manifest_offset, GPUM_BL_MANIFEST,
                   "bootloader_manifest_offset") &&
           mark_ok(m, image, size, meta->bootloader_data_offset, GPUM_BL_DATA,
                   "bootloader_data_offset") &&
           mark_ok(m, image, size, meta->bootloader_code_offset, GPUM_BL_CODE,
                   "bootloader_code_offset");
}

static bool own_signature_ok(struct gpum *m, const struct gpum_fwsignature *s,
                             const struct nvhw_wpr_meta *meta)
{
    const uint8_t *image = m->vram + meta->gsp_fw_offset;
    if (strncmp(s->section, m->chip->signature_section, sizeof(s->section)) != 0) {
        gpum_fault(m, "signature section %.24s belongs to another chip, wanted %s", s->section,
                   m->chip->signature_section);
        return false;
    }
    if (gpum_hash(gpum_hash_start(), image, meta->size_of_radix3_elf) != s->image_hash) {
        gpum_fault(m, "the GSP image does not fit its signature");
        return false;
    }
    return true;
}

static bool real_firmware_ok(struct gpum *m, const struct nvhw_wpr_meta *meta,
                             const uint8_t *signature)
{
    const struct gpum_real_section *image =
        gpum_real_section_find(m->vram + meta->gsp_fw_offset, meta->size_of_radix3_elf);
    const struct gpum_real_section *section =
        gpum_real_section_find(signature, NV_GSP_SIGNATURE_SIZE);
    if (!image)
        gpum_fault(m, "the GSP image is none of 570.144, or not all of it arrived");
    else if (!section)
        gpum_fault(m, "the signature is none of 570.144");
    else if (strcmp(section->name, m->chip->signature_section) != 0)
        gpum_fault(m, "signature section %s belongs to another chip, wanted %s", section->name,
                   m->chip->signature_section);
    else
        return true;
    return false;
}

static bool firmware_ok(struct gpum *m, const struct nvhw_wpr_meta *meta)
{
    static const uint16_t head16[] = GPUM_FWSIGNATURE_HEAD16;
    static const uint32_t head32[] = GPUM_FWSIGNATURE_HEAD32;
    uint8_t page[NV_GSP_SIGNATURE_SIZE] = {0};
    struct gpum_fwsignature signature;
    struct gpum_fwimage_header header = {0};
    uint8_t *image = m->vram + meta->gsp_fw_offset;
    if (!gpum_radix3_copy(m, meta->sysmem_addr_of_radix3_elf, meta->size_of_radix3_elf, image))
        return false;
    bool there =
        gpum_phys_read(m, GPUM_SYS_COHERENT, meta->sysmem_addr_of_signature, page, sizeof(page));
    memcpy(&signature, page, sizeof(signature));
    if (!there || memcmp(signature.head16, head16, sizeof(head16)) != 0 ||
        memcmp(signature.head32, head32, sizeof(head32)) != 0) {
        gpum_fault(m, "no signature section at 0x%llx",
                   (unsigned long long)meta->sysmem_addr_of_signature);
        return false;
    }
    if (meta->size_of_radix3_elf >= sizeof(header))
        memcpy(&header, image, sizeof(header));
    if (header.magic == GPUM_FWIMAGE_MAGIC || signature.magic == GPUM_SIGNATURE_MAGIC)
        return own_signature_ok(m, &signature, meta);
    return real_firmware_ok(m, meta, page);
}

bool gpum_wpr_images_ok(struct gpum *m, const struct nvhw_wpr_meta *meta)
{
    return bootloader_ok(m, meta) && firmware_ok(m, meta);
}

/* Ada clears a large reserved part with the scrubber first. */
static bool scrubbed(struct gpum *m, const struct nvhw_wpr_meta *meta)
{
    bool needed = m->chip->needs_scrubber &&
                  meta->fb_size - meta->gsp_fw_rsvd_start > NV_WPR_AD102_SCRUB_LIMIT;
    if (!needed || NVHW_GET(NV_PGC6_BSI_SECURE_SCRATCH_15, SCRUBBER_HANDOFF, m->boot->scrubber) >=
                       NV_PGC6_BSI_SECURE_SCRATCH_15_SCRUBBER_HANDOFF_DONE)
        return true;
    gpum_fault(m, "booter_load: more than 256 MiB are reserved and the scrubber has not run");
    return false;
}

static unsigned load(struct gpum *m, struct gpum_falcon *sec2, struct nvhw_wpr_meta *meta)
{
    if (!gpum_phys_read(m, GPUM_SYS_COHERENT, mailbox_address(sec2), meta, sizeof(*meta))) {
        gpum_fault(m, "booter_load: WprMeta (mailboxes: 0x%llx) is not mapped",
                   (unsigned long long)mailbox_address(sec2));
        return RESULT_META;
    }
    if (m->chip->frts_bytes && !m->boot->wpr2_end) {
        gpum_fault(m, "booter_load: FWSEC-FRTS has not run");
        return RESULT_WPR;
    }
    if (m->boot->wpr2_start != m->boot->frts_start) {
        gpum_fault(m, "booter_load: WPR2 is already in use: the GPU has to be reset first");
        return RESULT_WPR;
    }
    if (!gpum_wpr_meta_ok(m, meta))
        return RESULT_META;
    if (!gsp_waits(m))
        return RESULT_GSP;
    if (!scrubbed(m, meta))
        return RESULT_WPR;
    return gpum_wpr_images_ok(m, meta) ? RESULT_OK : RESULT_IMAGE;
}

void gpum_run_booter_load(struct gpum *m, struct gpum_falcon *f)
{
    struct nvhw_wpr_meta meta;
    gpum_plan_reach(m, "booter-load");
    unsigned result = load(m, f, &meta);
    f->mailbox[0] = result;
    f->mailbox[1] = 0;
    if (result != RESULT_OK)
        return;
    meta.verified = NV_WPR_META_VERIFIED;
    memcpy(m->vram + meta.gsp_fw_wpr_start, &meta, sizeof(meta));
    m->boot->wpr2_start = meta.gsp_fw_wpr_start;
    m->boot->wpr2_end = meta.gsp_fw_wpr_end;
    m->memory_generation++;
    m->boot->stage3 = NVHW_DEF(NV_PGC6_BSI_SECURE_SCRATCH_14, BOOT_STAGE_3_HANDOFF, DONE);
    m->boot->gsp.riscv_active = true;
    gpum_plan_reach(m, "riscv");
    gpum_gsp_start(m, (uint64_t)m->boot->gsp.mailbox[1] << 32 | m->boot->gsp.mailbox[0]);
}

static unsigned unload(struct gpum *m, struct gpum_falcon *sec2)
{
    if (sec2->mailbox[0] != UNLOAD_ARGUMENT || sec2->mailbox[1] != UNLOAD_ARGUMENT) {
        gpum_fault(m, "booter_unload: mailboxes hold 0x%x and 0x%x, not 0xff", sec2->mailbox[0],
                   sec2->mailbox[1]);
        return RESULT_META;
    }
    if (m->boot->gsp.riscv_active) {
        gpum_fault(m, "booter_unload: GSP-RM still runs");
        return RESULT_GSP;
    }
    return RESULT_OK;
}

void gpum_run_booter_unload(struct gpum *m, struct gpum_falcon *f)
{
    gpum_plan_reach(m, "booter-unload");
    unsigned result = unload(m, f);
    f->mailbox[0] = result;
    f->mailbox[1] = 0;
    if (result == RESULT_OK)
        m->boot->wpr2_start = m->boot->wpr2_end = m->boot->frts_start = m->boot->stage3 = 0;
}
