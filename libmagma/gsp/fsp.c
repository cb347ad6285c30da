/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The boot through FSP (Hopper, Blackwell): a small processor that is always there takes a packet
 * in its EMEM, verifies the FMC image that the packet describes and starts it on the GSP. The FMC
 * then places and starts GSP-RM by itself; the host only waits until it lets go of the GSP.
 */
#include "libmagma/gsp/priv.h"

#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/rpc.h>
#include <nvhw/wpr.h>

#include "libmagma/core/status.h"
#include "libmagma/gsp/deadlines.h"

#define CHANNEL 0

/* ---- The FMC image and its arguments ---- */

enum magma_code mg_gsp_fill_fmc(struct mg_gsp *gsp, struct magma_error *err)
{
    struct nvhw_gsp_fmc_boot_params params = {
        .boot_target = NV_FMC_TARGET_COHERENT_SYSTEM,
        .gsp_rm_desc_size = sizeof(struct nvhw_wpr_meta),
        .gsp_rm_desc_offset = gsp->wpr_meta.iova.raw,
        .is_gsp_rm_boot = 1,
        .rm_target = NV_FMC_TARGET_COHERENT_SYSTEM,
        .rm_boot_args_offset = gsp->libos.page.iova.raw,
    };
    struct mg_bytes image = gsp->fw_fmc.image;
    enum magma_code code = mg_dma_init(gsp->hal, image.size, 0, &gsp->fmc_image, err);

    if (code == MAGMA_OK)
        code = mg_dma_init(gsp->hal, sizeof params, 0, &gsp->fmc_params, err);
    if (code != MAGMA_OK)
        return code;
    memcpy(gsp->fmc_image.cpu, image.data, image.size);
    memcpy(gsp->fmc_params.cpu, &params, sizeof params);
    return MAGMA_OK;
}

/* ---- Packets ---- */

/* One packet in the channel's EMEM: two header words, then the payload. */
struct packet {
    uint32_t words[NV_PFSP_EMEM_CHANNEL_SIZE_BYTES / sizeof(uint32_t)];
    uint32_t size_bytes;
};

#define HEADER_WORDS 2

static bool queue_is_empty(void *ctx, uint32_t head)
{
    struct mg_gsp *gsp = ctx;

    return head == mg_mmio_rd32(gsp->hal, NV_PFSP_QUEUE_TAIL(CHANNEL));
}

static bool message_is_there(void *ctx, uint32_t head)
{
    struct mg_gsp *gsp = ctx;

    return head != mg_mmio_rd32(gsp->hal, NV_PFSP_MSGQ_TAIL(CHANNEL));
}

static enum magma_code send(struct mg_gsp *gsp, const struct packet *p, struct magma_error *err)
{
    enum magma_code code;

    code = mg_mmio_poll_until(gsp->hal, NV_PFSP_QUEUE_HEAD(CHANNEL), queue_is_empty, gsp,
                              "FSP's queue to be empty", MG_DEADLINE_FSP_RESPONSE_NS, err);
    if (code != MAGMA_OK)
        return code;
    mg_mmio_wr32(gsp->hal, NV_PFSP_EMEMC(CHANNEL), NVHW_NUM(NV_PFSP_EMEMC, AINCW, 1));
    for (uint32_t i = 0; i < p->size_bytes / sizeof(uint32_t); i++)
        mg_mmio_wr32(gsp->hal, NV_PFSP_EMEMD(CHANNEL), p->words[i]);
    /* The tail points at the last word; writing the head wakes FSP. */
    mg_mmio_wr32(gsp->hal, NV_PFSP_QUEUE_TAIL(CHANNEL), p->size_bytes - (uint32_t)sizeof(uint32_t));
    mg_mmio_wr32(gsp->hal, NV_PFSP_QUEUE_HEAD(CHANNEL), 0);
    return mg_hal_check(gsp->hal, err);
}

static enum magma_code receive(struct mg_gsp *gsp, struct packet *p, struct magma_error *err)
{
    uint32_t head, tail;
    enum magma_code code;

    code = mg_mmio_poll_until(gsp->hal, NV_PFSP_MSGQ_HEAD(CHANNEL), message_is_there, gsp,
                              "FSP's answer", MG_DEADLINE_FSP_RESPONSE_NS, err);
    if (code == MAGMA_OK)
        code = mg_mmio_read(gsp->hal, NV_PFSP_MSGQ_HEAD(CHANNEL), &head, err);
    if (code == MAGMA_OK)
        code = mg_mmio_read(gsp->hal, NV_PFSP_MSGQ_TAIL(CHANNEL), &tail, err);
    if (code != MAGMA_OK)
        return code;
    p->size_bytes = tail - head + (uint32_t)sizeof(uint32_t);
    if (tail < head || p->size_bytes > sizeof p->words || p->size_bytes % sizeof(uint32_t))
        return mg_fail(err, MAGMA_PROTOCOL, "FSP's answer lies from 0x%x to 0x%x", head, tail);
    mg_mmio_wr32(gsp->hal, NV_PFSP_EMEMC(CHANNEL), NVHW_NUM(NV_PFSP_EMEMC, AINCR, 1));
    for (uint32_t i = 0; i < p->size_bytes / sizeof(uint32_t); i++)
        p->words[i] = mg_mmio_rd32(gsp->hal, NV_PFSP_EMEMD(CHANNEL));
    mg_mmio_wr32(gsp->hal, NV_PFSP_MSGQ_TAIL(CHANNEL), head);
    return mg_hal_check(gsp->hal, err);
}

static void set_headers(struct packet *p, uint32_t nvdm_type)
{
    p->words[0] = NVHW_NUM(NV_MCTP_HEADER, SOM, 1) | NVHW_NUM(NV_MCTP_HEADER, EOM, 1);
    p->words[1] = NVHW_DEF(NV_NVDM_HEADER, TYPE, VENDOR_PCI) |
                  NVHW_DEF(NV_NVDM_HEADER, VENDOR_ID, NVIDIA) |
                  NVHW_NUM(NV_NVDM_HEADER, NVDM_TYPE, nvdm_type);
}

/* Whether the answer is one to this command, and good. */
static enum magma_code check_response(const struct packet *p, uint32_t nvdm_type,
                                      struct magma_error *err)
{
    struct nvhw_fsp_response response;

    if (p->size_bytes < HEADER_WORDS * sizeof(uint32_t) + sizeof response)
        return mg_fail(err, MAGMA_PROTOCOL, "FSP's answer has 0x%x bytes", p->size_bytes);
    if (!NVHW_GET(NV_MCTP_HEADER, SOM, p->words[0]) ||
        !NVHW_GET(NV_MCTP_HEADER, EOM, p->words[0]) ||
        !NVHW_TEST(NV_NVDM_HEADER, TYPE, VENDOR_PCI, p->words[1]) ||
        !NVHW_TEST(NV_NVDM_HEADER, VENDOR_ID, NVIDIA, p->words[1]) ||
        !NVHW_TEST(NV_NVDM_HEADER, NVDM_TYPE, FSP_RESPONSE, p->words[1]))
        return mg_fail(err, MAGMA_PROTOCOL, "FSP's answer begins with 0x%08x, 0x%08x", p->words[0],
                       p->words[1]);
    memcpy(&response, &p->words[HEADER_WORDS], sizeof response);
    if (response.command_nvdm_type != nvdm_type)
        return mg_fail(err, MAGMA_PROTOCOL, "FSP answers to command 0x%x, not 0x%x",
                       response.command_nvdm_type, nvdm_type);
    if (response.error_code)
        return mg_fail(err, MAGMA_FIRMWARE_REFUSED, "FSP refused to start the FMC: error 0x%x",
                       response.error_code);
    return MAGMA_OK;
}

/* ---- Chain of trust ---- */

static enum magma_code fill_cot(struct mg_gsp *gsp, struct nvhw_fsp_cot_payload *cot,
                                struct magma_error *err)
{
    const struct mg_fw_fmc *fmc = &gsp->fw_fmc;
    uint64_t image = gsp->fmc_image.iova.raw, params = gsp->fmc_params.iova.raw;

    if (fmc->hash.size != sizeof cot->hash384 || fmc->public_key.size > sizeof cot->public_key ||
        fmc->signature.size > sizeof cot->signature)
        return mg_fail(err, MAGMA_BAD_FIRMWARE,
                       "%s: hash of %zu, key of %zu, signature of %zu bytes", gsp->files.fmc.path,
                       fmc->hash.size, fmc->public_key.size, fmc->signature.size);
    *cot = (struct nvhw_fsp_cot_payload){
        .version = (uint16_t)gsp->gen->boot.cot_version,
        .size = sizeof *cot,
        .gsp_fmc_sysmem_offset_lo = (uint32_t)image,
        .gsp_fmc_sysmem_offset_hi = (uint32_t)(image >> 32),
        .frts_vidmem_offset_lo = gsp->gen->boot.cot_frts_offset,
        .frts_vidmem_size = (uint32_t)gsp->gen->boot.frts_size_bytes,
        .gsp_boot_args_sysmem_offset_lo = (uint32_t)params,
        .gsp_boot_args_sysmem_offset_hi = (uint32_t)(params >> 32),
    };
    memcpy(cot->hash384, fmc->hash.data, fmc->hash.size);
    memcpy(cot->public_key, fmc->public_key.data, fmc->public_key.size);
    memcpy(cot->signature, fmc->signature.data, fmc->signature.size);
    return MAGMA_OK;
}

enum magma_code mg_gsp_send_cot(struct mg_gsp *gsp, struct magma_error *err)
{
    struct nvhw_fsp_cot_payload cot;
    struct packet packet = {0};
    enum magma_code code = fill_cot(gsp, &cot, err);

    if (code != MAGMA_OK)
        return code;
    set_headers(&packet, NV_NVDM_HEADER_NVDM_TYPE_COT);
    memcpy(&packet.words[HEADER_WORDS], &cot, sizeof cot);
    packet.size_bytes = HEADER_WORDS * (uint32_t)sizeof(uint32_t) + (uint32_t)sizeof cot;
    /* What the GSP said when it ended last time would look like an error of the FMC. */
    mg_falcon_set_mailbox(&gsp->falcon, 0, 0);
    mg_dma_publish();
    gsp->touched = true;
    code = send(gsp, &packet, err);
    if (code == MAGMA_OK)
        code = receive(gsp, &packet, err);
    return code == MAGMA_OK ? check_response(&packet, NV_NVDM_HEADER_NVDM_TYPE_COT, err) : code;
}

/* ---- The GSP is let go ---- */

struct lockdown {
    struct mg_gsp *gsp;
    uint32_t fmc_error; /* mailbox 0 of an FMC that gave up */
};

/* While the FMC works the GSP's registers read as locked; then HWCFG2 says so, until it is done.
 * An FMC that fails leaves its error in mailbox 0, where the address of its arguments was. */
static bool is_unlocked(void *ctx, uint32_t hwcfg2)
{
    struct lockdown *l = ctx;
    uint64_t params = l->gsp->fmc_params.iova.raw;
    uint32_t mailbox0, mailbox1;

    if (!hwcfg2 || (hwcfg2 & NV_PRI_GSP_LOCKED_MASK) == NV_PRI_GSP_LOCKED)
        return false;
    if (NVHW_TEST(NV_PFALCON_FALCON_HWCFG2, RISCV_BR_PRIV_LOCKDOWN, UNLOCK, hwcfg2))
        return true;
    mailbox0 = mg_falcon_mailbox0(&l->gsp->falcon);
    mailbox1 = mg_mmio_rd32(l->gsp->hal, l->gsp->falcon.base + NV_PFALCON_FALCON_MAILBOX1);
    if (!mailbox0 || mailbox0 == UINT32_MAX ||
        (mailbox0 & NV_PRI_GSP_LOCKED_MASK) == NV_PRI_GSP_LOCKED ||
        ((uint64_t)mailbox1 << 32 | mailbox0) == params)
        return false;
    l->fmc_error = mailbox0;
    return true;
}

enum magma_code mg_gsp_wait_lockdown(struct mg_gsp *gsp, struct magma_error *err)
{
    struct lockdown l = {.gsp = gsp};
    enum magma_code code;

    code = mg_mmio_poll_until(gsp->hal, gsp->falcon.base + NV_PFALCON_FALCON_HWCFG2, is_unlocked,
                              &l, "the FMC to let the GSP go", MG_DEADLINE_LOCKDOWN_NS, err);
    if (code == MAGMA_OK && !l.fmc_error)
        code = mg_mmio_read(gsp->hal, gsp->falcon.base + NV_PFALCON_FALCON_MAILBOX0, &l.fmc_error,
                            err);
    if (code == MAGMA_OK && l.fmc_error)
        code = mg_fail(err, MAGMA_FIRMWARE_REFUSED, "the FMC failed with 0x%x in mailbox 0",
                       l.fmc_error);
    if (code == MAGMA_OK)
        mg_mmio_wr32(gsp->hal, gsp->falcon.base + NV_PFALCON_FALCON_OS,
                     gsp->fw_bootloader.app_version);
    return code;
}
