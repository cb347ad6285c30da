/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Turing and GA100: no boot ROM. The booter comes through the ports, one plain block and the
 * secure rest. FWSEC is fetched by a small plain loader at the top of IMEM, which finds what to
 * fetch in a descriptor at DMEM 0.
 */
#include <nvhw/firmware.h>
#include <stdlib.h>
#include <string.h>

#include "chip.h"
#include "falcon_private.h"
#include "model.h"
#include "pci.h"

#define BLOCK NV_FALCON_BLOCK_SIZE_BYTES

static bool fetch(struct gpum *m, struct gpum_falcon *f, uint64_t address, uint32_t to,
                  uint32_t size_bytes, bool secure)
{
    if (size_bytes == 0)
        return true;
    if (to % BLOCK || to > sizeof(f->imem) || size_bytes > sizeof(f->imem) - to ||
        !gpum_phys_read(m, GPUM_SYS_COHERENT, address, f->imem + to, size_bytes))
        return false;
    for (uint32_t at = 0; at < size_bytes; at += BLOCK)
        f->block[(to + at) / BLOCK] = (struct gpum_imem_block){true, secure, (to + at) / BLOCK};
    return true;
}

static const char *loader_wrong(struct gpum *m, struct gpum_falcon *f,
                                const struct nvhw_generic_loader_desc *d)
{
    uint64_t code = (uint64_t)d->code_dma_base1 << 32 | d->code_dma_base;
    uint64_t data = (uint64_t)d->data_dma_base1 << 32 | d->data_dma_base;
    uint32_t config = f->transcfg[NV_FALCON_BL_CTX_DMA];
    if (d->ctx_dma != NV_FALCON_BL_CTX_DMA)
        return "its context is not 4";
    if (!gpum_pci_bus_master(m))
        return "bus mastering is off";
    if (!NVHW_TEST(NV_PFALCON_FBIF_TRANSCFG, TARGET, COHERENT_SYSMEM, config) ||
        !NVHW_TEST(NV_PFALCON_FBIF_TRANSCFG, MEM_TYPE, PHYSICAL, config))
        return "FBIF_TRANSCFG(4) is not coherent system memory, physical";
    if (!NVHW_GET(NV_PFALCON_FBIF_CTL, ALLOW_PHYS_NO_CTX, f->fbif_ctl) ||
        NVHW_GET(NV_PFALCON_FALCON_DMACTL, REQUIRE_CTX, f->dmactl))
        return "FBIF_CTL or DMACTL forbids it";
    if (code % BLOCK || data % BLOCK)
        return "an address is not a multiple of 256";
    if (d->argc || d->argv)
        return "argc or argv is set";
    if (!fetch(m, f, code + d->non_secure_code_offset, d->non_secure_code_offset,
               d->non_secure_code_size, false) ||
        !fetch(m, f, code + d->secure_code_offset, d->secure_code_offset, d->secure_code_size,
               true))
        return "its code cannot be fetched";
    if (d->data_size > sizeof(f->dmem) ||
        !gpum_phys_read(m, GPUM_SYS_COHERENT, data, f->dmem, d->data_size))
        return "its data cannot be fetched";
    f->data_bytes = d->data_size;
    return NULL;
}

/* The fetched image has no signature the host handles: its code has to be the board's. */
static bool code_is_the_boards(const struct gpum_falcon *f, uint32_t entry,
                               const struct gpum_ucode_identity *id)
{
    uint8_t *code = malloc(id->code_bytes), *data = calloc(1, id->data_bytes);
    bool same = false;
    if (code && data && id->code_bytes <= sizeof(f->imem) - entry) {
        gpum_ucode_fill(id, code, data);
        same = memcmp(code, f->imem + entry, id->code_bytes) == 0;
    }
    free(code);
    free(data);
    return same;
}

static enum gpum_ucode_kind run_loader(struct gpum *m, struct gpum_falcon *f)
{
    struct nvhw_generic_loader_desc d;
    struct gpum_ucode_identity id;
    memcpy(&d, f->dmem, sizeof(d));
    const char *wrong = loader_wrong(m, f, &d);
    if (wrong) {
        gpum_fault(m, "%s: the generic loader stops: %s", f->name, wrong);
        return GPUM_UCODE_NONE;
    }
    uint32_t entry = d.code_entry_point;
    if (entry > sizeof(f->imem) - sizeof(id))
        return GPUM_UCODE_NONE;
    memcpy(&id, f->imem + entry, sizeof(id));
    if (!gpum_ucode_identity_ok(&id) || id.kind != GPUM_UCODE_FWSEC ||
        id.data_bytes > f->data_bytes || !code_is_the_boards(f, entry, &id)) {
        gpum_fault(m, "%s: the generic loader jumps to 0x%x, which is not FWSEC of this board",
                   f->name, entry);
        return GPUM_UCODE_NONE;
    }
    if (d.secure_code_offset != id.code_bytes / 2 || d.secure_code_size != id.code_bytes / 2) {
        gpum_fault(m, "%s: FWSEC's secure part is loaded from 0x%x, 0x%x bytes", f->name,
                   d.secure_code_offset, d.secure_code_size);
        return GPUM_UCODE_NONE;
    }
    return GPUM_UCODE_FWSEC;
}

enum gpum_ucode_kind gpum_falcon_recognise_loader(struct gpum *m, struct gpum_falcon *f,
                                                  unsigned first)
{
    struct gpum_ucode_identity id;
    if (f->block[first].secure) {
        gpum_fault(m, "%s: started in a secure block", f->name);
        return GPUM_UCODE_NONE;
    }
    if (f->is_gsp)
        return run_loader(m, f);
    if (first + 1 >= GPUM_FALCON_BLOCKS)
        return GPUM_UCODE_NONE;
    memcpy(&id, f->imem + (size_t)(first + 1) * BLOCK, sizeof(id));
    if (gpum_ucode_identity_ok(&id) &&
        id.code_bytes <= sizeof(f->imem) - (size_t)(first + 1) * BLOCK)
        return gpum_falcon_check_own(m, f, first + 1, &id);
    return gpum_falcon_check_real(m, f, first + 1);
}
