/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the model refuses. Each case spoils one thing of an otherwise right boot; the boot must
 * not get through, and the model must say why.
 */
#include <check.h>
#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/pci.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

#define GSP   NV_FALCON_GSP_BASE
#define SEC2  NV_FALCON_SEC2_BASE
#define PAGE2 0x1000u

/* One spoilt thing: what it is called, when it is done, how, and what the model says. */
struct spoil {
    const char *name;
    enum host_point point;
    void (*act)(struct host *h, void *data);
    const char *says;
};

static struct host h;
static const struct spoil *current;

static void spoil_now(struct host *host, enum host_point point, void *data)
{
    if (point == current->point)
        current->act(host, data);
}

#define ACT(name, type, statement)                                                                 \
    static void name(struct host *host, void *data)                                                \
    {                                                                                              \
        type *d = data;                                                                            \
        (void)host;                                                                                \
        (void)d;                                                                                   \
        statement;                                                                                 \
    }

/* ---- FWSEC -------------------------------------------------------------------------------------
 */

ACT(fwsec_bit, uint8_t, d[0x900] ^= 1)
ACT(fwsec_code, uint8_t, d[-0x100] ^= 0x80)
ACT(fwsec_no_signature, uint8_t, memset(d + host->fwsec.pkc_offset, 0, 384))
ACT(fwsec_old_signature, uint8_t,
    memcpy(d + host->fwsec.pkc_offset, host->rom + host->fwsec.signatures_at, 384))
ACT(fwsec_command, uint8_t, memset(d + 0x240 + 0x2c, 0x77, 1))
ACT(fwsec_engine, void, host_wr(host, GSP + PAGE2 + NV_PFALCON2_FALCON_BROM_ENGIDMASK, 1))
ACT(fwsec_ucode, void, host_wr(host, GSP + PAGE2 + NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID, 8))
ACT(fwsec_algorithm, void, host_wr(host, GSP + PAGE2 + NV_PFALCON2_FALCON_MOD_SEL, 0))
ACT(fwsec_paraaddr, void, host_wr(host, GSP + PAGE2 + NV_PFALCON2_FALCON_BROM_PARAADDR, 0))
ACT(fwsec_bootvec, void, host_wr(host, GSP + NV_PFALCON_FALCON_BOOTVEC, 0x8000))
ACT(fwsec_rm, void, host_wr(host, GSP + NV_PFALCON_FALCON_RM, 0))
ACT(fwsec_riscv, void, host_wr(host, GSP + PAGE2 + NV_PRISCV_RISCV_BCR_CTRL, 0x111))
ACT(fwsec_missing_block, void, {
    host_wr(host, GSP + NV_PFALCON_FALCON_DMATRFMOFFS, 0x300);
    host_wr(host, GSP + NV_PFALCON_FALCON_DMATRFFBOFFS, 0x700);
    host_wr(host, GSP + NV_PFALCON_FALCON_DMATRFCMD, 6 << 8 | 1 << 4 | 1 << 2);
    host_poll(host, GSP + NV_PFALCON_FALCON_DMATRFCMD, 2, 2);
})
ACT(fwsec_not_secure, void, {
    host_wr(host, GSP + NV_PFALCON_FALCON_DMATRFBASE, (uint32_t)(host->fwsec_image >> 8));
    host_wr(host, GSP + NV_PFALCON_FALCON_DMATRFMOFFS, 0x100);
    host_wr(host, GSP + NV_PFALCON_FALCON_DMATRFFBOFFS, 0x100);
    host_wr(host, GSP + NV_PFALCON_FALCON_DMATRFCMD, 6 << 8 | 1 << 4);
    host_poll(host, GSP + NV_PFALCON_FALCON_DMATRFCMD, 2, 2);
})
ACT(fwsec_dma_busy, void, {
    host_wr(host, GSP + NV_PFALCON_FALCON_DMATRFMOFFS, 0);
    host_wr(host, GSP + NV_PFALCON_FALCON_DMATRFFBOFFS, 0);
    host_wr(host, GSP + NV_PFALCON_FALCON_DMATRFCMD, 6 << 8 | 1 << 16);
})
ACT(frts_place, struct nvhw_fwsec_frts_command, d->frts_region.offset_4k += 0x100)
ACT(frts_unaligned, struct nvhw_fwsec_frts_command, d->frts_region.offset_4k -= 1)
ACT(frts_size, struct nvhw_fwsec_frts_command, d->frts_region.size_4k = 0x80)
ACT(frts_media, struct nvhw_fwsec_frts_command, d->frts_region.media_type = 1)
ACT(frts_version, struct nvhw_fwsec_frts_command, d->frts_region.version = 2)
ACT(vbios_flags, struct nvhw_fwsec_frts_command, d->read_vbios.flags = 0)
ACT(vbios_size, struct nvhw_fwsec_frts_command, d->read_vbios.size = 0x14)

/* ---- WprMeta and booter ------------------------------------------------------------------------
 */

#define META(name, statement) ACT(name, struct nvhw_wpr_meta, statement)
META(meta_magic, d->magic++)
META(meta_revision, d->revision = 2)
META(meta_verified, d->verified = NV_WPR_META_VERIFIED)
META(meta_boot_count, d->boot_count = 1)
META(meta_signature_size, d->size_of_signature = 0x888)
META(meta_signature_align, d->sysmem_addr_of_signature += 0x100)
META(meta_signature_place, d->sysmem_addr_of_signature = host->shared)
META(meta_fb_size, d->fb_size += 0x100000)
META(meta_vga, d->vga_workspace_offset -= 0x20000)
META(meta_vga_size, d->vga_workspace_size = 0x100000)
META(meta_end, d->gsp_fw_wpr_end -= 0x20000)
META(meta_frts, d->frts_offset -= 0x20000)
META(meta_frts_size, d->frts_size = 0)
META(meta_boot_bin, d->boot_bin_offset += 0x1000)
META(meta_boot_bin_align, d->boot_bin_offset -= 0x800)
META(meta_image, d->gsp_fw_offset += 0x10000)
META(meta_image_align, d->gsp_fw_offset -= 0x1000)
META(meta_heap, d->gsp_fw_heap_size += 0x100000)
META(meta_heap_small, d->gsp_fw_heap_size = 0x4000000)
META(meta_start, d->gsp_fw_wpr_start = d->gsp_fw_heap_offset)
META(meta_start_align, d->gsp_fw_wpr_start += 0x1000)
META(meta_rsvd, d->gsp_fw_rsvd_start -= 0x100000)
META(meta_non_wpr, d->non_wpr_heap_size = 0x80000)
META(meta_non_wpr_overlap, d->non_wpr_heap_offset += 0x20000)
META(meta_code, d->bootloader_code_offset = d->bootloader_data_offset)
META(meta_manifest, d->bootloader_manifest_offset = 0x800)
META(meta_data, d->bootloader_data_offset = d->size_of_bootloader)
META(meta_bootloader, d->sysmem_addr_of_bootloader = 0x1000)
META(meta_radix3, d->sysmem_addr_of_radix3_elf = 0x1000)
META(meta_image_size, d->size_of_radix3_elf -= 0x1000)
ACT(radix3_hole, void, *(uint64_t *)host_at(host, *(uint64_t *)host_at(host, host->radix3)) = 0)
ACT(radix3_page, void, {
    uint64_t *level1 = host_at(host, *(uint64_t *)host_at(host, host->radix3));
    ((uint64_t *)host_at(host, level1[0]))[7] = host->shared;
})
ACT(radix3_unmapped, void, {
    uint64_t *level1 = host_at(host, *(uint64_t *)host_at(host, host->radix3));
    ((uint64_t *)host_at(host, level1[0]))[9] = 0x5000;
})
ACT(booter_mailbox, void, host_wr(host, SEC2 + NV_PFALCON_FALCON_MAILBOX0, 0x1000))
ACT(booter_ucode, void, host_wr(host, SEC2 + PAGE2 + NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID, 9))
ACT(gsp_in_falcon_mode, void, host_reset_falcon(host, GSP, false))
ACT(gsp_no_fetch, void, host_wr(host, GSP + PAGE2 + NV_PRISCV_RISCV_BCR_CTRL, 0x11))

/* ---- Arguments of GSP-RM -----------------------------------------------------------------------
 */

#define ARGS(name, statement) ACT(name, struct nvhw_libos_arg, statement)
ARGS(args_kind, d[0].kind = 0)
ARGS(args_location, d[1].location = 2)
ARGS(args_size, d[2].size = 0x10800)
ARGS(args_place, d[2].address = 0x1000)
ARGS(args_missing_log, d[1].id8 = NV_LIBOS_ID_LOGMNOC)
ARGS(args_missing_rm, memset(&d[3], 0, sizeof(d[3])))
ARGS(args_page_table,
     ((struct nvhw_libos_log_header *)host_at(host, d[0].address))->page[3] = 0x1000)
ACT(rm_count, struct nvhw_r570_gsp_arguments, d->page_table_entry_count = 128)
ACT(rm_offset, struct nvhw_r570_gsp_arguments, d->stat_queue_offset = 0x40000)
ACT(rm_resume, struct nvhw_r570_gsp_arguments, d->sr_flags = 1)
ACT(rm_shared, struct nvhw_r570_gsp_arguments, d->shared_mem_phys_addr += 0x1000)
ACT(queue_entry, void, ((uint64_t *)host_at(host, host->shared))[17] = 0)
ACT(queue_size, void, ((uint32_t *)host_at(host, host->shared + 0x1000))[1] = 0x20000)
ACT(queue_flags, void, ((uint32_t *)host_at(host, host->shared + 0x1000))[5] = 0)
ACT(queue_write, void, ((uint32_t *)host_at(host, host->shared + 0x1000))[4] = 63)
ACT(gsp_mailbox, void, host_wr(host, GSP + NV_PFALCON_FALCON_MAILBOX1, 0x20))

#define INFO(name, statement) ACT(name, struct nvhw_r570_gsp_system_info, statement)
INFO(info_bar0, d->gpu_phys_addr += 0x1000000)
INFO(info_bar1, d->gpu_phys_fb_addr = 0)
INFO(info_bar2, d->gpu_phys_inst_addr++)
INFO(info_mirror, d->pci_config_mirror_base = 0x92000)
INFO(info_device, d->pci_device_id >>= 16)
INFO(info_revision, d->pci_revision_id = 0)
INFO(info_va, d->max_user_va = 0)
ACT(registry_size, struct host_registry, d->bytes[0] = 0xff)
ACT(registry_count, struct host_registry, d->bytes[7] = 0x80)
ACT(registry_name, struct host_registry, d->bytes[8] = 0xf0)
ACT(registry_type, struct host_registry, d->bytes[12] = 9)

/* Messages that are dropped: the GSP waits for the one it did not get. */
#define ELEMENT(name, statement) ACT(name, struct host_element, statement)
ELEMENT(element_checksum, d->bytes[0x60] ^= 1)
ELEMENT(element_count, d->bytes[0x28] = 2)
ELEMENT(element_zero, d->bytes[0x28] = 0)

#define SPOIL(act, point, says)                                                                    \
    {                                                                                              \
#act, HOST_##point, act, says                                                              \
    }
static const struct spoil spoils[] = {
    SPOIL(fwsec_bit, FWSEC_DATA, "does not fit its bytes"),
    SPOIL(fwsec_code, FWSEC_DATA, "does not fit its bytes"),
    SPOIL(fwsec_no_signature, FWSEC_DATA, "does not fit its bytes"),
    SPOIL(fwsec_old_signature, FWSEC_DATA, "the one for fuse version 0, the fuses say 1"),
    SPOIL(fwsec_command, FWSEC_DATA, "init_cmd"),
    SPOIL(fwsec_engine, AFTER_FWSEC_LOAD, "ENGIDMASK 0x1"),
    SPOIL(fwsec_ucode, AFTER_FWSEC_LOAD, "ucode id 0x8"),
    SPOIL(fwsec_algorithm, AFTER_FWSEC_LOAD, "MOD_SEL"),
    SPOIL(fwsec_paraaddr, AFTER_FWSEC_LOAD, "PARAADDR"),
    SPOIL(fwsec_bootvec, AFTER_FWSEC_LOAD, "where no code is loaded"),
    SPOIL(fwsec_rm, AFTER_FWSEC_LOAD, "FALCON_RM"),
    SPOIL(fwsec_riscv, AFTER_FWSEC_LOAD, "selects the RISC-V core"),
    SPOIL(fwsec_missing_block, AFTER_FWSEC_LOAD, "tagged with the wrong address"),
    SPOIL(fwsec_not_secure, AFTER_FWSEC_LOAD, "not secure"),
    SPOIL(fwsec_dma_busy, AFTER_FWSEC_LOAD, "DMA is not idle"),
    SPOIL(frts_place, FWSEC_COMMAND, "VGA workspace"),
    SPOIL(frts_unaligned, FWSEC_COMMAND, "128 KiB"),
    SPOIL(frts_size, FWSEC_COMMAND, "size of the region"),
    SPOIL(frts_media, FWSEC_COMMAND, "media type"),
    SPOIL(frts_version, FWSEC_COMMAND, "version or size"),
    SPOIL(vbios_flags, FWSEC_COMMAND, "read_vbios"),
    SPOIL(vbios_size, FWSEC_COMMAND, "read_vbios"),
    SPOIL(meta_magic, META, "magic"),
    SPOIL(meta_revision, META, "revision"),
    SPOIL(meta_verified, META, "verified"),
    SPOIL(meta_boot_count, META, "boot_count"),
    SPOIL(meta_signature_size, META, "size_of_signature"),
    SPOIL(meta_signature_align, META, "sysmem_addr_of_signature is not aligned"),
    SPOIL(meta_signature_place, META, "no signature section"),
    SPOIL(meta_fb_size, META, "fb_size"),
    SPOIL(meta_vga, META, "vga_workspace_offset"),
    SPOIL(meta_vga_size, META, "vga_workspace_size"),
    SPOIL(meta_end, META, "gsp_fw_wpr_end"),
    SPOIL(meta_frts, META, "frts_offset"),
    SPOIL(meta_frts_size, META, "frts_size"),
    SPOIL(meta_boot_bin, META, "boot_bin_offset ends beyond"),
    SPOIL(meta_boot_bin_align, META, "boot_bin_offset is not aligned"),
    SPOIL(meta_image, META, "gsp_fw_offset ends beyond"),
    SPOIL(meta_image_align, META, "gsp_fw_offset is not aligned"),
    SPOIL(meta_heap, META, "gsp_fw_heap_offset ends beyond"),
    SPOIL(meta_heap_small, META, "gsp_fw_heap_size is too small"),
    SPOIL(meta_start, META, "gsp_fw_wpr_start ends beyond"),
    SPOIL(meta_start_align, META, "gsp_fw_wpr_start is not aligned"),
    SPOIL(meta_rsvd, META, "gsp_fw_rsvd_start"),
    SPOIL(meta_non_wpr, META, "non_wpr_heap_size"),
    SPOIL(meta_non_wpr_overlap, META, "non_wpr_heap_offset ends beyond"),
    SPOIL(meta_code, META, "bootloader_code_offset"),
    SPOIL(meta_manifest, META, "bootloader_manifest_offset"),
    SPOIL(meta_data, META, "bootloader_data_offset"),
    SPOIL(meta_bootloader, META, "bootloader's memory"),
    SPOIL(meta_radix3, META, "radix3"),
    SPOIL(meta_image_size, META, "does not fit its signature"),
    SPOIL(radix3_hole, MEMORY_READY, "entry 0 of level 1"),
    SPOIL(radix3_page, MEMORY_READY, "does not fit its signature"),
    SPOIL(radix3_unmapped, MEMORY_READY, "page 9 of the image"),
    SPOIL(booter_mailbox, BOOTER_START, "WprMeta"),
    SPOIL(booter_ucode, BOOTER_START, "ucode id 0x9"),
    SPOIL(gsp_in_falcon_mode, BEFORE_BOOTER, "RISC-V mode"),
    SPOIL(gsp_no_fetch, BEFORE_BOOTER, "RISC-V mode"),
    SPOIL(args_kind, ARGUMENTS, "kind is not contiguous"),
    SPOIL(args_location, ARGUMENTS, "location"),
    SPOIL(args_size, ARGUMENTS, "no whole page"),
    SPOIL(args_place, ARGUMENTS, "mapped"),
    SPOIL(args_missing_log, ARGUMENTS, "LOGINTR is missing"),
    SPOIL(args_missing_rm, ARGUMENTS, "RMARGS is missing"),
    SPOIL(rm_count, RM_ARGUMENTS, "128 pages"),
    SPOIL(rm_offset, RM_ARGUMENTS, "queues at"),
    SPOIL(rm_resume, RM_ARGUMENTS, "resume"),
    SPOIL(rm_shared, RM_ARGUMENTS, "begin with itself"),
    SPOIL(queue_entry, MEMORY_READY, "entry 17"),
    SPOIL(queue_size, MEMORY_READY, "wrong size"),
    SPOIL(queue_flags, MEMORY_READY, "wrong flags"),
    SPOIL(queue_write, MEMORY_READY, "wrong indices"),
    SPOIL(gsp_mailbox, BEFORE_BOOTER, "no mapped page"),
    SPOIL(info_bar0, SYSTEM_INFO, "gpu_phys_addr"),
    SPOIL(info_bar1, SYSTEM_INFO, "gpu_phys_fb_addr"),
    SPOIL(info_bar2, SYSTEM_INFO, "gpu_phys_inst_addr"),
    SPOIL(info_mirror, SYSTEM_INFO, "mirror_base"),
    SPOIL(info_device, SYSTEM_INFO, "pci_device_id"),
    SPOIL(info_revision, SYSTEM_INFO, "pci_revision_id"),
    SPOIL(info_va, SYSTEM_INFO, "max_user_va"),
    SPOIL(registry_size, REGISTRY, "SET_REGISTRY"),
    SPOIL(registry_count, REGISTRY, "SET_REGISTRY"),
    SPOIL(registry_name, REGISTRY, "its name"),
    SPOIL(registry_type, REGISTRY, "type is unknown"),
    SPOIL(element_checksum, ELEMENT, "wrong checksum"),
    SPOIL(element_count, ELEMENT, "element count for its length"),
    SPOIL(element_zero, ELEMENT, "element count 0"),
};
#define SPOIL_COUNT ((int)(sizeof(spoils) / sizeof(*spoils)))

START_TEST(a_boot_with_one_thing_wrong_does_not_get_through)
{
    current = &spoils[_i];
    host_init(&h, "ga102", NULL, 0);
    h.hook = spoil_now;
    bool booted = host_boot(&h);
    ck_assert_msg(!booted, "%s: the boot got through", current->name);
    ck_assert_msg(strstr(h.first_fault, current->says) != NULL, "%s: the model says: %s",
                  current->name, h.first_fault);
    host_finish(&h);
}
END_TEST

/* Reported, but silicon would go on. */
START_TEST(a_wrong_page_table_of_a_log_buffer_is_reported)
{
    static const struct spoil s = SPOIL(args_page_table, ARGUMENTS, "page table");
    current = &s;
    host_init(&h, "ga102", NULL, 0);
    h.hook = spoil_now;
    ck_assert(host_boot(&h));
    ck_assert_ptr_nonnull(strstr(h.first_fault, "log buffer"));
    host_finish(&h);
}
END_TEST

/* ---- Order -------------------------------------------------------------------------------------
 */

START_TEST(registers_are_silent_while_memory_decoding_is_off)
{
    host_init(&h, "ga102", NULL, 0);
    ck_assert_uint_eq(host_rd(&h, NV_PMC_BOOT_0), UINT32_MAX);
    ck_assert_ptr_nonnull(strstr(h.fault, "memory decoding is off"));
    host_finish(&h);
}
END_TEST

START_TEST(a_falcon_is_not_reset_before_devinit_is_done)
{
    host_init(&h, "ga102", NULL, 0);
    host_power_up(&h);
    host_set_flush_page(&h);
    host_wr(&h, GSP + NV_PFALCON_FALCON_ENGINE, 1);
    ck_assert_ptr_nonnull(strstr(h.fault, "firmware is done"));
    host_finish(&h);
}
END_TEST

START_TEST(a_falcon_is_not_reset_before_the_flush_page_is_set)
{
    host_init(&h, "ga102", NULL, 0);
    host_power_up(&h);
    host_wait_devinit(&h);
    host_wr(&h, GSP + NV_PFALCON_FALCON_ENGINE, 1);
    ck_assert_ptr_nonnull(strstr(h.fault, "flush page"));
    host_finish(&h);
}
END_TEST

START_TEST(a_flush_page_must_be_mapped)
{
    host_init(&h, "ga102", NULL, 0);
    host_power_up(&h);
    host_wait_devinit(&h);
    host_wr(&h, NV_PFB_NISO_FLUSH_SYSMEM_ADDR, 0x10);
    host_wr(&h, GSP + NV_PFALCON_FALCON_ENGINE, 1);
    ck_assert_ptr_nonnull(strstr(h.fault, "is not mapped"));
    host_finish(&h);
}
END_TEST

static void ready(void)
{
    host_init(&h, "ga102", NULL, 0);
    host_power_up(&h);
    host_wait_devinit(&h);
    host_set_flush_page(&h);
}

START_TEST(a_reset_is_held_for_ten_microseconds)
{
    ready();
    host_wr(&h, GSP + NV_PFALCON_FALCON_ENGINE, 1);
    host_wr(&h, GSP + NV_PFALCON_FALCON_ENGINE, 0);
    ck_assert_ptr_nonnull(strstr(h.fault, "reset held for"));
    host_finish(&h);
}
END_TEST

START_TEST(memories_cannot_be_written_while_they_are_scrubbed)
{
    ready();
    host_wr(&h, GSP + NV_PFALCON_FALCON_ENGINE, 1);
    gpum_advance_ns(h.m, 20000);
    host_wr(&h, GSP + NV_PFALCON_FALCON_ENGINE, 0);
    host_wr(&h, GSP + NV_PFALCON_FALCON_DMEMC(0), 1u << 24);
    host_wr(&h, GSP + NV_PFALCON_FALCON_DMEMD(0), 1);
    ck_assert_ptr_nonnull(strstr(h.fault, "scrubs its memories"));
    host_finish(&h);
}
END_TEST

START_TEST(dma_needs_the_fbif_and_bus_mastering)
{
    static const char *const says[] = {"requires a context", "without context", "not physical",
                                       "system memory", "bus mastering"};
    ready();
    ck_assert(host_reset_falcon(&h, GSP, false));
    for (int step = 0; step < 5; step++) {
        if (step == 1)
            host_wr(&h, GSP + NV_PFALCON_FALCON_DMACTL, 0);
        if (step == 2)
            host_wr(&h, GSP + NV_PFALCON_FBIF_CTL, 1u << 7);
        if (step == 3)
            host_wr(&h, GSP + NV_PFALCON_FBIF_TRANSCFG(0), 4);
        if (step == 4)
            gpum_write(h.m, GPUM_CONFIG, NV_PCI_CONFIG_COMMAND, 2, 2);
        host_wr(&h, GSP + NV_PFALCON_FALCON_DMATRFCMD, 6 << 8);
        ck_assert_msg(strstr(h.fault, says[step]) != NULL, "%d: %s", step, h.fault);
    }
    host_finish(&h);
}
END_TEST

START_TEST(dma_has_bounds_and_alignment)
{
    static const struct {
        uint32_t to, from, command;
        const char *says;
    } bad[] = {
        {0x10000, 0, 6 << 8 | 1 << 4, "beyond"}, {0xffff00, 0, 6 << 8, "beyond"},
        {0x80, 0, 6 << 8, "multiple of 256"},    {0, 0x10, 6 << 8, "multiple of 256"},
        {0, 0, 5 << 8, "not 256 bytes"},         {0, 0, 6 << 8 | 1 << 5, "writes memory"},
    };
    ready();
    ck_assert(host_reset_falcon(&h, GSP, false));
    host_wr(&h, GSP + NV_PFALCON_FALCON_DMACTL, 0);
    host_wr(&h, GSP + NV_PFALCON_FBIF_CTL, 1u << 7);
    host_wr(&h, GSP + NV_PFALCON_FBIF_TRANSCFG(0), 5);
    host_wr(&h, GSP + NV_PFALCON_FALCON_DMATRFMOFFS, bad[_i].to);
    host_wr(&h, GSP + NV_PFALCON_FALCON_DMATRFFBOFFS, bad[_i].from);
    host_wr(&h, GSP + NV_PFALCON_FALCON_DMATRFCMD, bad[_i].command);
    ck_assert_msg(strstr(h.fault, bad[_i].says) != NULL, "%s", h.fault);
    host_finish(&h);
}
END_TEST

START_TEST(a_full_dma_queue_loses_commands)
{
    ready();
    ck_assert(host_reset_falcon(&h, GSP, false));
    host_wr(&h, GSP + NV_PFALCON_FALCON_DMACTL, 0);
    host_wr(&h, GSP + NV_PFALCON_FBIF_CTL, 1u << 7);
    host_wr(&h, GSP + NV_PFALCON_FBIF_TRANSCFG(0), 5);
    for (unsigned i = 0; i < 9; i++)
        host_wr(&h, GSP + NV_PFALCON_FALCON_DMATRFCMD, 6 << 8);
    ck_assert_ptr_nonnull(strstr(h.fault, "queue was full"));
    host_finish(&h);
}
END_TEST

START_TEST(the_booter_does_not_run_without_frts)
{
    ready();
    ck_assert(host_read_rom(&h));
    host_make_memory(&h);
    ck_assert(host_reset_falcon(&h, GSP, true));
    ck_assert(!host_run_booter(&h, GPUM_FIRMWARE_BOOTER_LOAD, (uint32_t)h.meta_at,
                               (uint32_t)(h.meta_at >> 32)));
    ck_assert_ptr_nonnull(strstr(h.fault, "FWSEC-FRTS has not run"));
    host_finish(&h);
}
END_TEST

START_TEST(frts_does_not_run_twice)
{
    ready();
    ck_assert(host_read_rom(&h));
    ck_assert(host_run_fwsec(&h, NV_FWSEC_COMMAND_FRTS));
    ck_assert(!host_run_fwsec(&h, NV_FWSEC_COMMAND_FRTS));
    ck_assert_ptr_nonnull(strstr(h.fault, "WPR2 is set"));
    host_finish(&h);
}
END_TEST

START_TEST(booter_unload_wants_its_argument_and_a_halted_gsp)
{
    host_init(&h, "ga102", NULL, 0);
    ck_assert(host_boot(&h));
    ck_assert(!host_run_booter(&h, GPUM_FIRMWARE_BOOTER_UNLOAD, 0xff, 0xff));
    ck_assert_ptr_nonnull(strstr(h.fault, "still runs"));
    ck_assert(!host_run_booter(&h, GPUM_FIRMWARE_BOOTER_UNLOAD, 0, 0));
    ck_assert_ptr_nonnull(strstr(h.fault, "not 0xff"));
    host_finish(&h);
}
END_TEST

START_TEST(a_gsp_that_runs_is_not_reset)
{
    host_init(&h, "ga102", NULL, 0);
    ck_assert(host_boot(&h));
    host_wr(&h, GSP + NV_PFALCON_FALCON_ENGINE, 1);
    ck_assert_ptr_nonnull(strstr(h.fault, "UNLOADING_GUEST_DRIVER"));
    host_finish(&h);
}
END_TEST

START_TEST(registers_of_the_firmware_cannot_be_written)
{
    static const uint32_t registers[] = {NV_PFB_PRI_MMU_WPR2_ADDR_HI, NV_PMC_BOOT_0,
                                         NV_USABLE_FB_SIZE_IN_MB, NV_PROM_BASE,
                                         NV_FUSE_OPT_FPF_GSP_UCODE_VERSION(8)};
    ready();
    uint32_t before = host_rd(&h, registers[_i]);
    host_wr(&h, registers[_i], ~before);
    ck_assert_uint_eq(host_rd(&h, registers[_i]), before);
    ck_assert_ptr_nonnull(strstr(h.fault, "belongs to the firmware"));
    host_finish(&h);
}
END_TEST

START_TEST(registers_are_words)
{
    ready();
    gpum_read(h.m, GPUM_BAR0, 2, 2);
    ck_assert_ptr_nonnull(strstr(h.fault, "registers are words"));
    ck_assert_uint_eq(gpum_read(h.m, GPUM_BAR0, 2, 4), UINT32_MAX);
    ck_assert_ptr_nonnull(strstr(h.fault, "none that the bus has"));
    ck_assert_uint_eq(gpum_read(h.m, GPUM_BAR0, 16 << 20, 4), UINT32_MAX);
    ck_assert_uint_eq(gpum_read(h.m, GPUM_BAR0, UINT64_MAX - 3, 4), UINT32_MAX);
    ck_assert_uint_eq(gpum_read(h.m, 77, 0, 4), UINT32_MAX);
    host_finish(&h);
}
END_TEST

START_TEST(the_protected_region_is_closed_to_bar1)
{
    host_init(&h, "ga102", NULL, 0);
    ck_assert(host_boot(&h));
    host_wr(&h, 0x1704, 0); /* BAR1 physical */
    gpum_write(h.m, GPUM_BAR1, h.meta.gsp_fw_wpr_start, 4, 0x12345678);
    uint32_t word;
    memcpy(&word, gpum_vram(h.m) + h.meta.gsp_fw_wpr_start, 4);
    ck_assert_uint_eq(word, (uint32_t)NV_WPR_META_MAGIC);
    ck_assert_uint_ne(gpum_read(h.m, GPUM_BAR1, h.meta.gsp_fw_wpr_start, 4), word);
    host_finish(&h);
}
END_TEST

START_TEST(a_message_that_was_not_announced_is_not_seen)
{
    host_init(&h, "ga102", NULL, 0);
    ck_assert(host_boot(&h));
    struct nvhw_r570_gsp_static_info info = {0};
    host_send(&h, NV_RPC_FUNCTION_GET_GSP_STATIC_INFO, &info, sizeof(info), false);
    ck_assert(!host_receive(&h));
    host_wr(&h, GSP + NV_PFALCON_QUEUE_HEAD(0), 0);
    ck_assert(host_receive(&h));
    host_finish(&h);
}
END_TEST

START_TEST(a_sequence_number_that_is_skipped_loses_the_message)
{
    host_init(&h, "ga102", NULL, 0);
    ck_assert(host_boot(&h));
    h.sequence_out++;
    struct nvhw_r570_gsp_static_info info = {0};
    host_send(&h, NV_RPC_FUNCTION_GET_GSP_STATIC_INFO, &info, sizeof(info), true);
    ck_assert(!host_receive(&h));
    ck_assert_ptr_nonnull(strstr(h.fault, "wrong sequence number"));
    host_finish(&h);
}
END_TEST

START_TEST(an_unknown_function_is_answered_with_an_error)
{
    host_init(&h, "ga102", NULL, 0);
    ck_assert(host_boot(&h));
    ck_assert(host_call(&h, 888, "12345678", 8));
    ck_assert_uint_eq(h.rpc.rpc_result, 0xff100001);
    host_finish(&h);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("strict");
    TCase *t = tcase_create("strict");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, a_boot_with_one_thing_wrong_does_not_get_through, 0, SPOIL_COUNT);
    tcase_add_test(t, a_wrong_page_table_of_a_log_buffer_is_reported);
    tcase_add_test(t, registers_are_silent_while_memory_decoding_is_off);
    tcase_add_test(t, a_falcon_is_not_reset_before_devinit_is_done);
    tcase_add_test(t, a_falcon_is_not_reset_before_the_flush_page_is_set);
    tcase_add_test(t, a_flush_page_must_be_mapped);
    tcase_add_test(t, a_reset_is_held_for_ten_microseconds);
    tcase_add_test(t, memories_cannot_be_written_while_they_are_scrubbed);
    tcase_add_test(t, dma_needs_the_fbif_and_bus_mastering);
    tcase_add_loop_test(t, dma_has_bounds_and_alignment, 0, 6);
    tcase_add_test(t, a_full_dma_queue_loses_commands);
    tcase_add_test(t, the_booter_does_not_run_without_frts);
    tcase_add_test(t, frts_does_not_run_twice);
    tcase_add_test(t, booter_unload_wants_its_argument_and_a_halted_gsp);
    tcase_add_test(t, a_gsp_that_runs_is_not_reset);
    tcase_add_loop_test(t, registers_of_the_firmware_cannot_be_written, 0, 5);
    tcase_add_test(t, registers_are_words);
    tcase_add_test(t, the_protected_region_is_closed_to_bar1);
    tcase_add_test(t, a_message_that_was_not_announced_is_not_seen);
    tcase_add_test(t, a_sequence_number_that_is_skipped_loses_the_message);
    tcase_add_test(t, an_unknown_function_is_answered_with_an_error);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
