/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The chain of trust: FSP checks the FMC image that the message names; the FMC reads its
 * parameters and WprMeta, lays out the protected region from the top of VRAM, copies GSP-RM there
 * and starts it. The host says sizes only; every place in its WprMeta stays 0.
 */
#include <nvhw/firmware.h>
#include <nvhw/vbios.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "chip.h"
#include "fwimage.h"
#include "fsp.h"
#include "gsp.h"
#include "model.h"
#include "plan.h"
#include "sha384.h"
#include "wprmeta.h"

/* Error codes of FSP's answer and of MAILBOX0; the sources only say that 0 is good. */
enum { ERROR_STATE = 0x9e, ERROR_FIELDS = 0x9f, ERROR_IMAGE = 0xa0, ERROR_SIGNATURE = 0xa1 };
enum { RESULT_PARAMETERS = 0x41, RESULT_META = 0x42, RESULT_IMAGE = 0x43 };
#define FMC_MAX_BYTES (1u << 20)
#define SYSMEM        GPUM_SYS_COHERENT

static uint64_t join(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

static uint64_t down(uint64_t value, uint64_t align)
{
    return value - value % align;
}

void gpum_fmc_key(const char *chip, uint8_t *out, uint32_t size_bytes)
{
    gpum_pattern(gpum_hash(gpum_hash_start(), chip, strlen(chip)), out, size_bytes);
}

void gpum_fmc_sign(const uint8_t *hash, const char *chip, uint8_t *out, uint32_t size_bytes)
{
    uint64_t seed = gpum_hash(gpum_hash_start(), hash, GPUM_SHA384_BYTES);
    gpum_pattern(gpum_hash(seed, chip, strlen(chip)) + 1, out, size_bytes);
}

static bool rest_zero(const uint8_t *bytes, uint32_t used, uint32_t size_bytes)
{
    for (uint32_t i = used; i < size_bytes; i++)
        if (bytes[i])
            return false;
    return true;
}

static const char *fields_wrong(struct gpum *m, const struct nvhw_fsp_cot_payload *p)
{
    const struct gpum_chip *c = m->chip;
    if (p->version != c->cot_version)
        return "version";
    if (p->size != sizeof(*p))
        return "size";
    if (p->frts_sysmem_offset_lo || p->frts_sysmem_offset_hi || p->frts_sysmem_size)
        return "FRTS in system memory";
    if (join(p->frts_vidmem_offset_lo, p->frts_vidmem_offset_hi) != c->frts_from_end ||
        p->frts_vidmem_size != c->frts_bytes)
        return "FRTS in video memory";
    if (!rest_zero(p->public_key, c->fmc_key_bytes, sizeof(p->public_key)) ||
        !rest_zero(p->signature, c->fmc_signature_bytes, sizeof(p->signature)))
        return "rest of key or signature (must be 0)";
    return NULL;
}

/* Size of the image at a bus address: the model's own says it, real ones are known by chip. */
static uint32_t image_size(struct gpum *m, uint64_t at, bool *own)
{
    struct gpum_fmc_header h = {0};
    gpum_phys_read(m, SYSMEM, at, &h, sizeof(h));
    *own = h.magic == GPUM_FMC_MAGIC;
    if (*own)
        return h.size_bytes >= sizeof(h) && h.size_bytes <= FMC_MAX_BYTES ? (uint32_t)h.size_bytes
                                                                          : 0;
    return m->chip->real_fmc_bytes;
}

static uint32_t check_image(struct gpum *m, const struct nvhw_fsp_cot_payload *p)
{
    uint64_t at = join(p->gsp_fmc_sysmem_offset_lo, p->gsp_fmc_sysmem_offset_hi);
    uint8_t hash[GPUM_SHA384_BYTES], want[NV_RSA3K_SIGNATURE_SIZE];
    const struct gpum_chip *c = m->chip;
    bool own, same;
    uint32_t size = image_size(m, at, &own);
    uint8_t *image = malloc(size ? size : 1);
    bool there = image && size && gpum_phys_read(m, SYSMEM, at, image, size);
    if (there)
        gpum_sha384(image, size, hash);
    free(image);
    if (!there || memcmp(hash, p->hash384, sizeof(hash)) != 0) {
        gpum_fault(m, "FSP: the FMC image at 0x%llx %s", (unsigned long long)at,
                   there ? "has another hash than the message says" : "cannot be read");
        return ERROR_IMAGE;
    }
    if (!own) {
        gpum_note(m, "FSP: the hash of a real FMC fits; its signature is taken on trust");
        return 0;
    }
    gpum_fmc_key(c->firmware_chip, want, c->fmc_key_bytes);
    same = memcmp(want, p->public_key, c->fmc_key_bytes) == 0;
    gpum_fmc_sign(hash, c->firmware_chip, want, c->fmc_signature_bytes);
    if (same && memcmp(want, p->signature, c->fmc_signature_bytes) == 0)
        return 0;
    gpum_fault(m, "FSP: the FMC's %s does not fit", same ? "signature" : "public key");
    return ERROR_SIGNATURE;
}

uint32_t gpum_fmc_accept(struct gpum *m, const struct nvhw_fsp_cot_payload *p)
{
    if (m->boot->gsp.riscv_active || m->boot->wpr2_end) {
        gpum_fault(m, "FSP: chain of trust while %s",
                   m->boot->wpr2_end ? "WPR2 is set" : "the GSP runs");
        return ERROR_STATE;
    }
    if (!gpum_boot_flush_page_ok(m))
        return ERROR_STATE;
    const char *wrong = fields_wrong(m, p);
    if (wrong) {
        gpum_fault(m, "FSP: chain of trust: wrong %s", wrong);
        return ERROR_FIELDS;
    }
    m->boot->fsp.parameters =
        join(p->gsp_boot_args_sysmem_offset_lo, p->gsp_boot_args_sysmem_offset_hi);
    return check_image(m, p);
}

/* ---- The FMC ------------------------------------------------------------------------------------
 */

static const char *parameters_wrong(const struct nvhw_gsp_fmc_boot_params *p)
{
    if (p->boot_target != NV_FMC_TARGET_COHERENT_SYSTEM)
        return "target of the descriptor";
    if (p->gsp_rm_desc_size != sizeof(struct nvhw_wpr_meta))
        return "size of the descriptor";
    if (p->wpr_carveout_offset || p->wpr_carveout_size)
        return "carve-out";
    if (p->is_gsp_rm_boot != 1)
        return "bIsGspRmBoot";
    if (p->rm_target != NV_FMC_TARGET_COHERENT_SYSTEM &&
        p->rm_target != NV_FMC_TARGET_NONCOHERENT_SYSTEM)
        return "target of the RM arguments";
    if (p->spdm_payload_offset || p->spdm_payload_size)
        return "SPDM payload";
    return NULL;
}

static const char *meta_wrong(const struct gpum *m, const struct nvhw_wpr_meta *w)
{
    const uint64_t places = w->gsp_fw_rsvd_start | w->non_wpr_heap_offset | w->gsp_fw_wpr_start |
                            w->gsp_fw_heap_offset | w->gsp_fw_offset | w->boot_bin_offset |
                            w->frts_offset | w->gsp_fw_wpr_end | w->vga_workspace_offset;
    if (w->magic != NV_WPR_META_MAGIC || w->revision != NV_WPR_META_REVISION || w->verified)
        return "magic, revision or verified";
    if (places || (w->fb_size && w->fb_size != m->vram_bytes))
        return "a place that is not 0";
    if (w->sysmem_addr_of_radix3_elf % NV_RADIX3_PAGE_SIZE ||
        w->sysmem_addr_of_bootloader % NV_RADIX3_PAGE_SIZE ||
        w->sysmem_addr_of_signature % NV_RADIX3_PAGE_SIZE)
        return "alignment of an address";
    if (!w->size_of_radix3_elf || !w->size_of_bootloader ||
        w->size_of_signature != NV_GSP_SIGNATURE_SIZE)
        return "size of an image";
    if (w->non_wpr_heap_size != m->chip->non_wpr_heap_bytes)
        return "non_wpr_heap_size";
    if (w->gsp_fw_heap_size < NV_GSP_HEAP_MIN_LIBOS3 ||
        w->gsp_fw_heap_size > NV_GSP_HEAP_MAX_LIBOS3 || w->gsp_fw_heap_size % NV_WPR_HEAP_ALIGN)
        return "gsp_fw_heap_size";
    if (w->frts_size != m->chip->frts_bytes)
        return "frts_size";
    if (w->vga_workspace_size != NV_WPR_VGA_WORKSPACE_SIZE_FSP)
        return "vga_workspace_size";
    if (w->pmu_reserved_size != m->chip->pmu_reserved_bytes)
        return "pmu_reserved_size";
    return NULL;
}

/* From the top down, as the boot classes before did it on the host. */
static bool lay_out(struct gpum *m, struct nvhw_wpr_meta *w)
{
    uint64_t need = w->size_of_bootloader + w->size_of_radix3_elf + w->gsp_fw_heap_size +
                    w->non_wpr_heap_size + m->chip->frts_from_end + UINT64_C(4) * NV_WPR_HEAP_ALIGN;
    if (w->size_of_bootloader > m->vram_bytes || w->size_of_radix3_elf > m->vram_bytes ||
        need > m->vram_bytes)
        return false;
    w->fb_size = m->vram_bytes;
    w->vga_workspace_offset = m->vram_bytes - w->vga_workspace_size;
    w->frts_offset = m->vram_bytes - m->chip->frts_from_end;
    w->gsp_fw_wpr_end = w->frts_offset + w->frts_size;
    w->boot_bin_offset = down(w->frts_offset - w->size_of_bootloader, NV_WPR_BOOT_BIN_ALIGN);
    w->gsp_fw_offset = down(w->boot_bin_offset - w->size_of_radix3_elf, NV_WPR_GSP_FW_ALIGN);
    w->gsp_fw_heap_offset = down(w->gsp_fw_offset - w->gsp_fw_heap_size, NV_WPR_HEAP_ALIGN);
    w->gsp_fw_wpr_start = w->gsp_fw_heap_offset - NV_WPR_META_SPACE;
    w->non_wpr_heap_offset = w->gsp_fw_wpr_start - w->non_wpr_heap_size;
    w->gsp_fw_rsvd_start = w->non_wpr_heap_offset;
    return true;
}

static uint32_t run(struct gpum *m, struct nvhw_wpr_meta *w)
{
    struct gpum_fsp *f = &m->boot->fsp;
    struct nvhw_gsp_fmc_boot_params p;
    const char *wrong = "place: it is not mapped";
    if (gpum_phys_read(m, SYSMEM, f->parameters, &p, sizeof(p)))
        wrong = parameters_wrong(&p);
    if (wrong) {
        gpum_fault(m, "FMC: parameters at 0x%llx: wrong %s", (unsigned long long)f->parameters,
                   wrong);
        return RESULT_PARAMETERS;
    }
    f->arguments = p.rm_boot_args_offset;
    wrong = "place: it is not mapped";
    if (gpum_phys_read(m, SYSMEM, p.gsp_rm_desc_offset, w, sizeof(*w)))
        wrong = meta_wrong(m, w);
    if (!wrong && !lay_out(m, w))
        wrong = "sizes: they do not fit video memory";
    if (wrong) {
        gpum_fault(m, "FMC: WprMeta at 0x%llx: wrong %s", (unsigned long long)p.gsp_rm_desc_offset,
                   wrong);
        return RESULT_META;
    }
    return gpum_wpr_images_ok(m, w) ? 0 : RESULT_IMAGE;
}

void gpum_fmc_run(struct gpum *m)
{
    struct gpum_falcon *gsp = &m->boot->gsp;
    struct nvhw_wpr_meta w;
    uint32_t result = run(m, &w);
    gsp->mailbox[0] = result;
    gsp->mailbox[1] = 0;
    if (result) {
        gsp->riscv_halted = true;
        return;
    }
    w.verified = NV_WPR_META_VERIFIED;
    memcpy(m->vram + w.gsp_fw_wpr_start, &w, sizeof(w));
    m->boot->frts_start = w.frts_offset;
    m->boot->wpr2_start = w.gsp_fw_wpr_start;
    m->boot->wpr2_end = w.gsp_fw_wpr_end;
    m->memory_generation++;
    gsp->riscv_active = true;
    gpum_plan_reach(m, "riscv");
    gpum_gsp_start(m, m->boot->fsp.arguments);
}
