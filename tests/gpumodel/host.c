/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "host_inside.h"

#include <check.h>
#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/irq.h>
#include <nvhw/pci.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- What the model calls
 * ------------------------------------------------------------------------ */

static void on_interrupt(void *ctx, unsigned vector)
{
    struct host *h = ctx;
    h->interrupts[vector < HOST_VECTORS ? vector : HOST_VECTORS - 1]++;
}

static bool on_translate(void *ctx, uint64_t iova, bool write, uint8_t **ptr, uint64_t *run)
{
    struct host *h = ctx;
    (void)write;
    if (iova < HOST_IOVA || iova >= HOST_IOVA + HOST_MEMORY_BYTES)
        return false;
    *ptr = h->memory + (iova - HOST_IOVA);
    *run = HOST_IOVA + HOST_MEMORY_BYTES - iova;
    return true;
}

static void on_report(void *ctx, enum gpum_severity severity, const char *text)
{
    struct host *h = ctx;
    if (h->print)
        fprintf(stderr, "%s: %s\n", severity == GPUM_FAULT ? "fault" : "note", text);
    if (severity != GPUM_FAULT)
        return;
    if (h->faults++ == 0)
        snprintf(h->first_fault, sizeof(h->first_fault), "%s", text);
    snprintf(h->fault, sizeof(h->fault), "%s", text);
}

static void on_trace(void *ctx, uint64_t time_ns, const char *text)
{
    (void)ctx;
    fprintf(stderr, "%10llu %s\n", (unsigned long long)time_ns, text);
}

void host_init(struct host *h, const char *chip, const char *plan, uint64_t seed)
{
    char error[256] = "";
    *h = (struct host){.print = getenv("HOST_PRINT") != NULL, .next_handle = 0xcf000000};
    h->chip = chip;
    h->fsp = strcmp(chip, "gh100") == 0 || strcmp(chip, "gb202") == 0;
    h->memory = calloc(1, HOST_MEMORY_BYTES);
    struct gpum_config config = {
        .chip = chip,
        .vram_bytes = UINT64_C(512) << 20,
        .seed = seed,
        .plan = plan,
        .trace = getenv("HOST_TRACE") != NULL,
        .cb = {h, on_interrupt, on_translate, on_report, on_trace},
    };
    h->m = gpum_create(&config, error, sizeof(error));
    ck_assert_msg(h->m != NULL, "%s", error);
}

void host_finish(struct host *h)
{
    gpum_destroy(h->m);
    free(h->memory);
    free(h->rom);
    free(h->payload);
}

/* ---- Accesses -----------------------------------------------------------------------------------
 */

uint32_t host_rd(struct host *h, uint32_t offset)
{
    return (uint32_t)gpum_read(h->m, GPUM_BAR0, offset, 4);
}

void host_wr(struct host *h, uint32_t offset, uint32_t value)
{
    gpum_write(h->m, GPUM_BAR0, offset, 4, value);
}

void host_pass_time(struct host *h, uint64_t ns)
{
    gpum_advance_ns(h->m, ns);
    gpum_step(h->m, 64);
}

bool host_poll(struct host *h, uint32_t offset, uint32_t mask, uint32_t want)
{
    for (unsigned i = 0; i < POLLS; i++) {
        if ((host_rd(h, offset) & mask) == want)
            return true;
        host_pass_time(h, POLL_NS);
    }
    return false;
}

uint64_t host_alloc(struct host *h, uint64_t size_bytes)
{
    uint64_t at = HOST_IOVA + h->used;
    h->used += (size_bytes + PAGE - 1) / PAGE * PAGE;
    ck_assert(h->used <= HOST_MEMORY_BYTES);
    return at;
}

void *host_at(struct host *h, uint64_t iova)
{
    return h->memory + (iova - HOST_IOVA);
}

void host_call_hook(struct host *h, enum host_point point, void *data)
{
    if (h->hook)
        h->hook(h, point, data);
}

/* ---- First steps --------------------------------------------------------------------------------
 */

void host_power_up(struct host *h)
{
    uint32_t command = NVHW_NUM(NV_PCI_CONFIG_COMMAND, MEMORY_SPACE, 1) |
                       NVHW_NUM(NV_PCI_CONFIG_COMMAND, BUS_MASTER, 1);
    gpum_write(h->m, GPUM_CONFIG, NV_PCI_CONFIG_COMMAND, 2, command);
    gpum_msix_connect(h->m, 0, gpum_msix_count(h->m), true);
}

bool host_wait_devinit(struct host *h)
{
    if (h->fsp)
        return host_poll(h, h->chip[1] == 'h' ? NV_THERM_I2CS_SCRATCH : NV_THERM_I2CS_SCRATCH_GB202,
                         UINT32_MAX, 0xff);
    return host_poll(h, NV_PGC6_AON_SECURE_SCRATCH_GROUP_05_PRIV_LEVEL_MASK, 1, 1) &&
           host_poll(h, NV_PGC6_AON_SECURE_SCRATCH_GROUP_05, 0xff, 0xff);
}

void host_set_flush_page(struct host *h)
{
    h->flush_page = host_alloc(h, PAGE);
    if (h->fsp) {
        bool hopper = h->chip[1] == 'h';
        host_wr(h,
                hopper ? NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_HI
                       : NV_PFB_FBHUB0_PCIE_FLUSH_SYSMEM_ADDR_HI_GB202,
                (uint32_t)(h->flush_page >> 32));
        host_wr(h,
                hopper ? NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_LO
                       : NV_PFB_FBHUB0_PCIE_FLUSH_SYSMEM_ADDR_LO_GB202,
                (uint32_t)h->flush_page);
        return;
    }
    host_wr(h, NV_PFB_NISO_FLUSH_SYSMEM_ADDR_HI, (uint32_t)(h->flush_page >> 40));
    host_wr(h, NV_PFB_NISO_FLUSH_SYSMEM_ADDR, (uint32_t)(h->flush_page >> 8));
}

bool host_reset_falcon(struct host *h, uint32_t base, bool riscv)
{
    host_poll(h, base + NV_PFALCON_FALCON_HWCFG2, 1u << 31, 1u << 31);
    host_wr(h, base + NV_PFALCON_FALCON_ENGINE, 1);
    host_pass_time(h, 10000);
    host_wr(h, base + NV_PFALCON_FALCON_ENGINE, 0);
    if (!host_poll(h, base + NV_PFALCON_FALCON_HWCFG2, 1u << 12, 0))
        return false;
    host_wr(h, base + PAGE + NV_PRISCV_RISCV_BCR_CTRL, riscv ? 0x111 : 0);
    if (!host_poll(h, base + PAGE + NV_PRISCV_RISCV_BCR_CTRL, 1, 1))
        return false;
    host_wr(h, base + NV_PFALCON_FALCON_RM, host_rd(h, NV_PMC_BOOT_0));
    return true;
}

/* ---- ROM ----------------------------------------------------------------------------------------
 */

static uint32_t get(const uint8_t *at, unsigned bytes)
{
    uint32_t value = 0;
    memcpy(&value, at, bytes);
    return value;
}

static uint32_t rom_start(const uint8_t *rom)
{
    if (get(rom, 2) == NV_PCI_ROM_SIGNATURE)
        return 0;
    ck_assert_uint_eq(get(rom, 4), NV_PBUS_IFR_FMT_FIXED0_SIGNATURE_VALUE);
    uint32_t fixed = get(rom + 4, 4), version = fixed >> 8 & 0xff;
    if (version < 3)
        return get(rom + (fixed >> 16 & 0x7fff) + 4, 4);
    uint32_t status = get(rom + (get(rom + 8, 4) & 0xfffff), 4);
    ck_assert_uint_eq(get(rom + status + 0x1000, 4), NV_ROM_DIRECTORY_SIGNATURE);
    return get(rom + status + 0x1008, 4);
}

static bool find_falcon_table(const uint8_t *base, uint32_t size, uint32_t *pointer)
{
    for (uint32_t at = 0; at + 12 < size; at++) {
        if (get(base + at, 2) != NV_BIT_HEADER_ID ||
            get(base + at + 2, 4) != NV_BIT_HEADER_SIGNATURE)
            continue;
        const uint8_t *token = base + at + base[at + 8];
        for (unsigned i = 0; i < base[at + 10]; i++, token += base[at + 9])
            if (token[0] == NV_BIT_TOKEN_FALCON_DATA) {
                *pointer = get(base + get(token + 4, 2), 4);
                return true;
            }
    }
    return false;
}

bool host_read_rom(struct host *h)
{
    h->rom = calloc(1, NV_PROM_SIZE_BYTES);
    for (uint32_t at = 0; at < 0x40000; at += 4) {
        uint32_t word = host_rd(h, NV_PROM_BASE + at);
        memcpy(h->rom + at, &word, 4);
    }
    uint32_t start = rom_start(h->rom), at = start, base_bytes = 0, extension = 0;
    while (true) {
        const uint8_t *pcir = h->rom + at + get(h->rom + at + 0x18, 2);
        uint32_t bytes = get(pcir + 0x10, 2) * 512;
        if (pcir[0x14] == NV_VBIOS_CODE_TYPE_PC_AT)
            base_bytes = bytes;
        if (pcir[0x14] == NV_VBIOS_CODE_TYPE_EXTENSION && !extension)
            extension = at - start;
        if (pcir[0x15] & 0x80 || !bytes)
            break;
        at += bytes;
    }
    uint32_t pointer, shift = extension - base_bytes;
    if (!find_falcon_table(h->rom + start, base_bytes, &pointer))
        return false;
    const uint8_t *table = h->rom + start + pointer + shift;
    for (unsigned i = 0; i < table[3]; i++) {
        const uint8_t *entry = table + table[1] + (size_t)i * table[2];
        if (entry[0] != NV_FALCON_APPLICATION_FWSEC_PROD)
            continue;
        uint32_t desc_at = start + get(entry + 2, 4) + shift;
        struct nvhw_falcon_ucode_desc_v3 d;
        memcpy(&d, h->rom + desc_at, sizeof(d));
        h->fwsec = (struct host_fwsec){
            .code_bytes = d.imem_load_size,
            .data_bytes = d.dmem_load_size,
            .virtual_base = d.imem_virt_base,
            .pkc_offset = d.pkc_data_offset,
            .interface_offset = d.interface_offset,
            .engine_mask = d.engine_id_mask,
            .ucode_id = d.ucode_id,
            .versions = d.signature_versions,
            .signature_count = d.signature_count,
            .signatures_at = desc_at + (uint32_t)sizeof(d),
            .image_at = desc_at + (d.desc >> 16),
        };
        return true;
    }
    return false;
}

/* ---- Running falcon images
 * ----------------------------------------------------------------------- */

static void dma_blocks(struct host *h, uint32_t base, uint64_t image, uint32_t from, uint32_t to,
                       uint32_t bytes, uint32_t command)
{
    host_wr(h, base + NV_PFALCON_FALCON_DMATRFBASE, (uint32_t)(image >> 8));
    host_wr(h, base + NV_PFALCON_FALCON_DMATRFBASE1, (uint32_t)(image >> 40));
    for (uint32_t at = 0; at < bytes; at += 256) {
        host_poll(h, base + NV_PFALCON_FALCON_DMATRFCMD, 1, 0);
        host_wr(h, base + NV_PFALCON_FALCON_DMATRFMOFFS, to + at);
        host_wr(h, base + NV_PFALCON_FALCON_DMATRFFBOFFS, from + at);
        host_wr(h, base + NV_PFALCON_FALCON_DMATRFCMD, command);
    }
    host_poll(h, base + NV_PFALCON_FALCON_DMATRFCMD, 2, 2);
}

struct load {
    uint64_t code, data; /* bus addresses */
    uint32_t code_bytes, data_bytes, virtual_base, signature_at, engine_mask, ucode_id;
};

static void load_image(struct host *h, uint32_t base, const struct load *l)
{
    host_wr(h, base + NV_PFALCON_FBIF_TRANSCFG(0), 5);
    host_wr(h, base + NV_PFALCON_FBIF_CTL, 1u << 7);
    host_wr(h, base + NV_PFALCON_FALCON_DMACTL, 0);
    dma_blocks(h, base, l->code - l->virtual_base, l->virtual_base, 0, l->code_bytes,
               6 << 8 | 1 << 4 | 1 << 2);
    dma_blocks(h, base, l->data, 0, 0, l->data_bytes, 6 << 8 | 1 << 16);
    host_wr(h, base + PAGE + NV_PFALCON2_FALCON_BROM_PARAADDR, l->signature_at);
    host_wr(h, base + PAGE + NV_PFALCON2_FALCON_BROM_ENGIDMASK, l->engine_mask);
    host_wr(h, base + PAGE + NV_PFALCON2_FALCON_BROM_CURR_UCODE_ID, l->ucode_id);
    host_wr(h, base + PAGE + NV_PFALCON2_FALCON_MOD_SEL, 1);
    host_wr(h, base + NV_PFALCON_FALCON_BOOTVEC, l->virtual_base);
}

static bool start_and_wait(struct host *h, uint32_t base)
{
    bool alias = host_rd(h, base + NV_PFALCON_FALCON_CPUCTL) & 1u << 6;
    host_wr(h, base + (alias ? NV_PFALCON_FALCON_CPUCTL_ALIAS : NV_PFALCON_FALCON_CPUCTL), 2);
    return host_poll(h, base + NV_PFALCON_FALCON_CPUCTL, 1u << 4, 1u << 4);
}

static uint32_t fuse_version(struct host *h, uint32_t register_at)
{
    uint32_t bits = host_rd(h, register_at), version = 0;
    for (; bits; bits >>= 1)
        version++;
    return version;
}

static uint64_t vga_workspace(struct host *h)
{
    uint32_t value = host_rd(h, NV_PDISP_VGA_WORKSPACE_BASE);
    uint64_t vram = (uint64_t)host_rd(h, NV_USABLE_FB_SIZE_IN_MB) << 20;
    return value & 8 ? (uint64_t)(value & ~0xffu) << 8 : vram - 0x100000;
}

static void patch_fwsec(struct host *h, uint8_t *data, uint32_t command)
{
    const struct host_fwsec *f = &h->fwsec;
    const uint8_t *entry = data + f->interface_offset + data[f->interface_offset + 1];
    while (get(entry, 4) != NV_FALCON_APPIF_ID_DMEMMAPPER)
        entry += data[f->interface_offset + 2];
    struct nvhw_dmem_mapper mapper;
    uint8_t *mapper_at = data + get(entry + 4, 4);
    memcpy(&mapper, mapper_at, sizeof(mapper));
    mapper.init_cmd = command;
    memcpy(mapper_at, &mapper, sizeof(mapper));
    uint64_t frts = vga_workspace(h) / 0x20000 * 0x20000 - 0x100000;
    struct nvhw_fwsec_frts_command c = {
        .read_vbios = {.version = 1, .size = 0x18, .flags = 2},
        .frts_region = {1, 0x14, (uint32_t)(frts >> 12), 0x100, 2},
    };
    host_call_hook(h, HOST_FWSEC_COMMAND, &c);
    memcpy(data + mapper.cmd_in_buffer_offset, &c,
           command == NV_FWSEC_COMMAND_SB ? sizeof(c.read_vbios) : sizeof(c));
    uint32_t version = fuse_version(h, NV_FUSE_OPT_FPF_GSP_UCODE_VERSION(f->ucode_id - 1)),
             index = 0;
    ck_assert(f->versions & 1u << version);
    for (uint32_t v = 0; v < version; v++)
        index += f->versions >> v & 1;
    memcpy(data + f->pkc_offset, h->rom + f->signatures_at + (size_t)index * 384, 384);
    host_call_hook(h, HOST_FWSEC_DATA, data);
}

bool host_run_fwsec(struct host *h, uint32_t command)
{
    const struct host_fwsec *f = &h->fwsec;
    if (!h->fwsec_image)
        h->fwsec_image = host_alloc(h, f->code_bytes + f->data_bytes);
    uint8_t *image = host_at(h, h->fwsec_image);
    memcpy(image, h->rom + f->image_at, f->code_bytes + f->data_bytes);
    patch_fwsec(h, image + f->code_bytes, command);
    if (!host_reset_falcon(h, NV_FALCON_GSP_BASE, false))
        return false;
    const struct load l = {h->fwsec_image,  h->fwsec_image + f->code_bytes,
                           f->code_bytes,   f->data_bytes,
                           f->virtual_base, f->pkc_offset,
                           f->engine_mask,  f->ucode_id};
    load_image(h, NV_FALCON_GSP_BASE, &l);
    host_call_hook(h, HOST_AFTER_FWSEC_LOAD, NULL);
    if (!start_and_wait(h, NV_FALCON_GSP_BASE))
        return false;
    if (command == NV_FWSEC_COMMAND_SB)
        return (host_rd(h, NV_PBUS_SW_SCRATCH_15) & 0xffff) == 0;
    return host_rd(h, NV_PBUS_SW_SCRATCH_0E) >> 16 == 0 &&
           host_rd(h, NV_PFB_PRI_MMU_WPR2_ADDR_HI) != 0;
}

bool host_run_booter(struct host *h, enum gpum_firmware_file file, uint32_t mailbox0,
                     uint32_t mailbox1)
{
    size_t size;
    uint8_t *bytes = gpum_firmware_create(h->chip, file, &size);
    uint32_t data_at = get(bytes + 0x10, 4), data_bytes = get(bytes + 0x14, 4);
    const uint8_t *hs = bytes + get(bytes + 0xc, 4);
    const uint8_t *meta = bytes + get(hs + 0x10, 4), *header = bytes + get(hs + 0x1c, 4);
    uint32_t patch = get(bytes + get(hs + 8, 4), 4), count = get(bytes + get(hs + 0x18, 4), 4);
    uint32_t os_data = get(header + 8, 4);
    uint32_t fuse = fuse_version(h, NV_FUSE_OPT_FPF_SEC2_UCODE_VERSION(get(meta + 8, 4) - 1));
    uint64_t image = host_alloc(h, data_bytes);
    memcpy(host_at(h, image), bytes + data_at, data_bytes);
    memcpy((uint8_t *)host_at(h, image) + patch,
           bytes + get(hs, 4) + (size_t)(count - 1 - fuse) * 384, 384);
    const struct load l = {
        .code = image + get(header + 0x14, 4),
        .data = image + os_data,
        .code_bytes = get(header + 0x18, 4),
        .data_bytes = get(header + 0xc, 4),
        .virtual_base = get(header + 0x14, 4),
        .signature_at = patch - os_data,
        .engine_mask = get(meta + 4, 4),
        .ucode_id = get(meta + 8, 4),
    };
    free(bytes);
    if (!host_reset_falcon(h, NV_FALCON_SEC2_BASE, false))
        return false;
    load_image(h, NV_FALCON_SEC2_BASE, &l);
    host_wr(h, NV_FALCON_SEC2_BASE + NV_PFALCON_FALCON_MAILBOX0, mailbox0);
    host_wr(h, NV_FALCON_SEC2_BASE + NV_PFALCON_FALCON_MAILBOX1, mailbox1);
    host_call_hook(h, HOST_BOOTER_START, NULL);
    return start_and_wait(h, NV_FALCON_SEC2_BASE) &&
           host_rd(h, NV_FALCON_SEC2_BASE + NV_PFALCON_FALCON_MAILBOX0) == 0;
}

/* ---- Memory of the boot
 * -------------------------------------------------------------------------- */

static void make_queues(struct host *h)
{
    h->shared = host_alloc(h, NV_GSP_QUEUE_SHARED_SIZE);
    uint64_t *table = host_at(h, h->shared);
    for (unsigned i = 0; i < NV_GSP_QUEUE_PAGE_TABLE_ENTRIES; i++)
        table[i] = h->shared + (uint64_t)i * PAGE;
    struct nvhw_gsp_queue_header header = {.size = 0x40000,
                                           .msg_size = PAGE,
                                           .msg_count = 63,
                                           .flags = 1,
                                           .rx_header_offset = 0x20,
                                           .entry_offset = PAGE};
    memcpy(host_at(h, h->shared + NV_GSP_QUEUE_CMD_OFFSET), &header, sizeof(header));
}

static void make_arguments(struct host *h)
{
    static const uint64_t logs[] = {NV_LIBOS_ID_LOGINIT, NV_LIBOS_ID_LOGINTR, NV_LIBOS_ID_LOGRM};
    h->rm_arguments = host_alloc(h, PAGE);
    struct nvhw_r570_gsp_arguments rm = {
        .shared_mem_phys_addr = h->shared,
        .page_table_entry_count = NV_GSP_QUEUE_PAGE_TABLE_ENTRIES,
        .cmd_queue_offset = NV_GSP_QUEUE_CMD_OFFSET,
        .stat_queue_offset = NV_GSP_QUEUE_STAT_OFFSET,
        .dmem_stack = 1,
    };
    host_call_hook(h, HOST_RM_ARGUMENTS, &rm);
    memcpy(host_at(h, h->rm_arguments), &rm, sizeof(rm));
    h->arguments = host_alloc(h, PAGE);
    struct nvhw_libos_arg *args = host_at(h, h->arguments);
    for (unsigned i = 0; i < 3; i++) {
        args[i] = (struct nvhw_libos_arg){.id8 = logs[i],
                                          .address = host_alloc(h, NV_LIBOS_LOG_SIZE),
                                          .size = NV_LIBOS_LOG_SIZE,
                                          .kind = 1,
                                          .location = 1};
        struct nvhw_libos_log_header *log = host_at(h, args[i].address);
        for (unsigned page = 0; page < 16; page++)
            log->page[page] = args[i].address + (uint64_t)page * PAGE;
    }
    args[3] = (struct nvhw_libos_arg){.id8 = NV_LIBOS_ID_RMARGS,
                                      .address = h->rm_arguments,
                                      .size = PAGE,
                                      .kind = 1,
                                      .location = 1};
    host_call_hook(h, HOST_ARGUMENTS, args);
}

static const uint8_t *section(const uint8_t *elf, const char *name, uint64_t *size)
{
    struct nvhw_elf64 {
        uint64_t table;
        uint16_t count, names;
    } e;
    memcpy(&e.table, elf + 0x28, 8);
    memcpy(&e.count, elf + 0x3c, 2);
    memcpy(&e.names, elf + 0x3e, 2);
    const uint8_t *names = elf + get(elf + e.table + (size_t)e.names * 0x40u + 0x18, 4);
    for (unsigned i = 0; i < e.count; i++) {
        const uint8_t *s = elf + e.table + (size_t)i * 0x40u;
        if (strcmp((const char *)names + get(s, 4), name) != 0)
            continue;
        *size = get(s + 0x20, 4);
        return elf + get(s + 0x18, 4);
    }
    return NULL;
}

static void make_radix3(struct host *h, const uint8_t *image, uint64_t bytes)
{
    uint64_t pages = (bytes + PAGE - 1) / PAGE, copy = host_alloc(h, bytes);
    uint64_t level1 = host_alloc(h, PAGE), level2 = host_alloc(h, (pages + 511) / 512 * PAGE);
    h->radix3 = host_alloc(h, PAGE);
    memcpy(host_at(h, copy), image, bytes);
    *(uint64_t *)host_at(h, h->radix3) = level1;
    for (uint64_t i = 0; i < (pages + 511) / 512; i++)
        ((uint64_t *)host_at(h, level1))[i] = level2 + i * PAGE;
    for (uint64_t i = 0; i < pages; i++)
        ((uint64_t *)host_at(h, level2))[i] = copy + i * PAGE;
}

static void make_layout(struct host *h, uint64_t bootloader_bytes, uint64_t image_bytes)
{
    struct nvhw_wpr_meta *w = &h->meta;
    uint64_t vga = vga_workspace(h), heap = 0x8100000;
    w->fb_size = (uint64_t)host_rd(h, NV_USABLE_FB_SIZE_IN_MB) << 20;
    w->vga_workspace_offset = vga;
    w->vga_workspace_size = w->fb_size - vga;
    w->gsp_fw_wpr_end = vga / 0x20000 * 0x20000;
    w->frts_size = 0x100000;
    w->frts_offset = w->gsp_fw_wpr_end - w->frts_size;
    w->boot_bin_offset = (w->frts_offset - bootloader_bytes) / PAGE * PAGE;
    w->gsp_fw_offset = (w->boot_bin_offset - image_bytes) / 0x10000 * 0x10000;
    w->gsp_fw_heap_offset = (w->gsp_fw_offset - heap) / 0x100000 * 0x100000;
    w->gsp_fw_heap_size = (w->gsp_fw_offset - w->gsp_fw_heap_offset) / 0x100000 * 0x100000;
    w->gsp_fw_wpr_start = w->gsp_fw_heap_offset - 0x100000;
    w->non_wpr_heap_size = 0x100000;
    w->non_wpr_heap_offset = w->gsp_fw_wpr_start - w->non_wpr_heap_size;
    w->gsp_fw_rsvd_start = w->non_wpr_heap_offset;
}

/* The FMC lays the region out; it is told sizes only. */
static void say_sizes(struct host *h)
{
    bool hopper = h->chip[1] == 'h';
    h->meta.non_wpr_heap_size = hopper ? 0x200000 : 0x220000;
    h->meta.gsp_fw_heap_size = 0x8700000;
    h->meta.frts_size = 0x100000;
    h->meta.vga_workspace_size = 0x20000;
    h->meta.pmu_reserved_size = hopper ? 0 : 0x1820000;
}

static void make_images(struct host *h)
{
    size_t size;
    uint64_t bytes = 0;
    uint8_t *boot = gpum_firmware_create(h->chip, GPUM_FIRMWARE_BOOTLOADER, &size);
    const uint8_t *desc = boot + get(boot + 0xc, 4);
    struct nvhw_wpr_meta *w = &h->meta;
    w->magic = NV_WPR_META_MAGIC;
    w->revision = 1;
    w->size_of_bootloader = get(boot + 0x14, 4);
    w->sysmem_addr_of_bootloader = host_alloc(h, w->size_of_bootloader);
    memcpy(host_at(h, w->sysmem_addr_of_bootloader), boot + get(boot + 0x10, 4),
           w->size_of_bootloader);
    w->bootloader_manifest_offset = get(desc + 0x20, 4);
    w->bootloader_data_offset = get(desc + 0x28, 4);
    w->bootloader_code_offset = get(desc + 0x30, 4);
    free(boot);
    uint8_t *gsp = gpum_firmware_create(h->chip, GPUM_FIRMWARE_GSP, &size);
    const uint8_t *image = section(gsp, ".fwimage", &bytes);
    w->size_of_radix3_elf = bytes;
    make_radix3(h, image, bytes);
    w->sysmem_addr_of_radix3_elf = h->radix3;
    const uint8_t *signature = section(gsp,
                                       !h->fsp             ? ".fwsignature_ga10x"
                                       : h->chip[1] == 'h' ? ".fwsignature_gh100"
                                                           : ".fwsignature_gb20x",
                                       &bytes);
    w->size_of_signature = bytes;
    w->sysmem_addr_of_signature = host_alloc(h, bytes);
    memcpy(host_at(h, w->sysmem_addr_of_signature), signature, bytes);
    free(gsp);
}

static void send_settings(struct host *h)
{
    struct nvhw_r570_gsp_system_info info = {
        .gpu_phys_addr = gpum_read(h->m, GPUM_CONFIG, 0x10, 4) & ~0xfu,
        .gpu_phys_fb_addr = (gpum_read(h->m, GPUM_CONFIG, 0x14, 4) & ~0xfu) |
                            gpum_read(h->m, GPUM_CONFIG, 0x18, 4) << 32,
        .gpu_phys_inst_addr = (gpum_read(h->m, GPUM_CONFIG, 0x1c, 4) & ~0xfu) |
                              gpum_read(h->m, GPUM_CONFIG, 0x20, 4) << 32,
        .domain_bus_device_func = 1 << 8,
        .max_user_va = NV_GSP_MAX_USER_VA,
        .pci_config_mirror_base = h->fsp ? 0x92000 : 0x88000,
        .pci_config_mirror_size = 0x1000,
        .pci_device_id = (uint32_t)gpum_read(h->m, GPUM_CONFIG, 0, 4),
        .pci_sub_device_id = (uint32_t)gpum_read(h->m, GPUM_CONFIG, 0x2c, 4),
        .pci_revision_id = (uint32_t)gpum_read(h->m, GPUM_CONFIG, 8, 1),
        .is_flr_supported = 1,
    };
    static const char name[] = "RMForcePcieConfigSave";
    struct host_registry registry = {.size_bytes = 8 + 16 + sizeof(name)};
    struct nvhw_rpc_registry_table table = {registry.size_bytes, 1};
    struct nvhw_rpc_registry_entry entry = {.name_offset = 24, .type = 1, .data = 1, .length = 4};
    memcpy(registry.bytes, &table, sizeof(table));
    memcpy(registry.bytes + 8, &entry, sizeof(entry));
    memcpy(registry.bytes + 24, name, sizeof(name));
    host_call_hook(h, HOST_SYSTEM_INFO, &info);
    host_call_hook(h, HOST_REGISTRY, &registry);
    host_send(h, NV_RPC_FUNCTION_GSP_SET_SYSTEM_INFO, &info, sizeof(info), false);
    host_send(h, NV_RPC_FUNCTION_SET_REGISTRY, registry.bytes, registry.size_bytes, false);
}

void host_make_memory(struct host *h)
{
    make_queues(h);
    make_arguments(h);
    make_images(h);
    if (h->fsp)
        say_sizes(h);
    else
        make_layout(h, h->meta.size_of_bootloader, h->meta.size_of_radix3_elf);
    host_call_hook(h, HOST_META, &h->meta);
    h->meta_at = host_alloc(h, PAGE);
    memcpy(host_at(h, h->meta_at), &h->meta, sizeof(h->meta));
    send_settings(h);
    host_call_hook(h, HOST_MEMORY_READY, NULL);
}

/* ---- FSP ----------------------------------------------------------------------------------------
 */

static const uint8_t *section32(const uint8_t *elf, const char *name, uint32_t *size)
{
    const uint8_t *table = elf + get(elf + 0x20, 4);
    const uint8_t *names = elf + get(table + 0x28 + 0x10, 4);
    for (unsigned i = 2; i < get(elf + 0x30, 2); i++) {
        const uint8_t *s = table + (size_t)i * 0x28u;
        if (strcmp((const char *)names + get(s, 4), name) != 0)
            continue;
        *size = get(s + 0x14, 4);
        return elf + get(s + 0x10, 4);
    }
    return NULL;
}

static void fill_cot(struct host *h, struct nvhw_fsp_cot_payload *p)
{
    size_t file_bytes;
    uint32_t size = 0;
    bool hopper = h->chip[1] == 'h';
    uint8_t *file = gpum_firmware_create(h->chip, GPUM_FIRMWARE_FMC, &file_bytes);
    const uint8_t *image = section32(file, "image", &size);
    uint64_t at = host_alloc(h, size), parameters = host_alloc(h, PAGE);
    memcpy(host_at(h, at), image, size);
    struct nvhw_gsp_fmc_boot_params f = {
        .boot_target = 1,
        .gsp_rm_desc_size = 0x100,
        .gsp_rm_desc_offset = h->meta_at,
        .is_gsp_rm_boot = 1,
        .rm_target = 2,
        .rm_boot_args_offset = h->arguments,
    };
    host_call_hook(h, HOST_PARAMETERS, &f);
    memcpy(host_at(h, parameters), &f, sizeof(f));
    *p = (struct nvhw_fsp_cot_payload){
        .version = hopper ? 1 : 2,
        .size = sizeof(*p),
        .gsp_fmc_sysmem_offset_lo = (uint32_t)at,
        .gsp_fmc_sysmem_offset_hi = (uint32_t)(at >> 32),
        .frts_vidmem_offset_lo = hopper ? 0x200000 : 0x1c00000,
        .frts_vidmem_size = 0x100000,
        .gsp_boot_args_sysmem_offset_lo = (uint32_t)parameters,
        .gsp_boot_args_sysmem_offset_hi = (uint32_t)(parameters >> 32),
    };
    memcpy(p->hash384, section32(file, "hash", &size), 48);
    const uint8_t *key = section32(file, "publickey", &size);
    memcpy(p->public_key, key, size);
    const uint8_t *signature = section32(file, "signature", &size);
    memcpy(p->signature, signature, size);
    free(file);
}

bool host_send_cot(struct host *h)
{
    struct host_packet p = {.headers = {0xc0000000, 0x7eu | 0x10deu << 8 | 0x14u << 24},
                            .size_bytes = 8 + sizeof(p.cot)};
    fill_cot(h, &p.cot);
    host_call_hook(h, HOST_PACKET, &p);
    host_wr(h, NV_PFSP_EMEMC(0), 1u << 24);
    for (uint32_t i = 0; i < p.size_bytes; i += 4) {
        uint32_t word;
        memcpy(&word, (const uint8_t *)&p + i, 4);
        host_wr(h, NV_PFSP_EMEMD(0), word);
    }
    host_wr(h, NV_PFSP_QUEUE_TAIL(0), p.size_bytes - 4);
    host_wr(h, NV_PFSP_QUEUE_HEAD(0), 0);
    for (unsigned i = 0; host_rd(h, NV_PFSP_MSGQ_HEAD(0)) == host_rd(h, NV_PFSP_MSGQ_TAIL(0));
         i++) {
        if (i == POLLS)
            return false;
        host_pass_time(h, POLL_NS);
    }
    uint32_t words[5];
    host_wr(h, NV_PFSP_EMEMC(0), 1u << 25);
    for (unsigned i = 0; i < 5; i++)
        words[i] = host_rd(h, NV_PFSP_EMEMD(0));
    host_wr(h, NV_PFSP_MSGQ_TAIL(0), host_rd(h, NV_PFSP_MSGQ_HEAD(0)));
    h->fsp_error = words[4];
    return words[1] >> 24 == 0x15 && words[4] == 0;
}

static bool boot_by_fsp(struct host *h)
{
    host_make_memory(h);
    if (!host_send_cot(h))
        return false;
    for (unsigned i = 0; i < POLLS; i++) {
        uint32_t value = host_rd(h, NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_HWCFG2);
        if (value && (value & 0xffff0000) != 0xbadf0000 && !(value & 1u << 13))
            break;
        host_pass_time(h, POLL_NS);
    }
    if (host_rd(h, NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_MAILBOX0))
        return false;
    host_wr(h, NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_OS, 0);
    return host_wait_init_done(h);
}

bool host_boot(struct host *h)
{
    host_power_up(h);
    if (!host_wait_devinit(h) || host_rd(h, NV_PFB_PRI_MMU_WPR2_ADDR_HI))
        return false;
    host_set_flush_page(h);
    if (h->fsp)
        return boot_by_fsp(h);
    if (!h->rom && !host_read_rom(h))
        return false;
    host_make_memory(h);
    if (!host_run_fwsec(h, NV_FWSEC_COMMAND_FRTS) ||
        !host_reset_falcon(h, NV_FALCON_GSP_BASE, true))
        return false;
    host_wr(h, NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_MAILBOX0, (uint32_t)h->arguments);
    host_wr(h, NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_MAILBOX1, (uint32_t)(h->arguments >> 32));
    host_call_hook(h, HOST_BEFORE_BOOTER, NULL);
    if (!host_run_booter(h, GPUM_FIRMWARE_BOOTER_LOAD, (uint32_t)h->meta_at,
                         (uint32_t)(h->meta_at >> 32)))
        return false;
    host_wr(h, NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_OS, 0);
    return host_wait_init_done(h);
}

bool host_unload(struct host *h)
{
    struct nvhw_rpc_unloading_guest_driver p = {0};
    if (!host_call(h, NV_RPC_FUNCTION_UNLOADING_GUEST_DRIVER, &p, sizeof(p)) ||
        !host_poll(h, NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_MAILBOX0, 1u << 31, 1u << 31))
        return false;
    if (h->fsp)
        return host_poll(h, NV_FALCON2_GSP_BASE + NV_PRISCV_RISCV_CPUCTL, 1u << 4, 1u << 4) &&
               host_rd(h, NV_PFB_PRI_MMU_WPR2_ADDR_HI) == 0;
    return host_run_fwsec(h, NV_FWSEC_COMMAND_SB) &&
           host_run_booter(h, GPUM_FIRMWARE_BOOTER_UNLOAD, 0xff, 0xff) &&
           host_rd(h, NV_PFB_PRI_MMU_WPR2_ADDR_HI) == 0;
}
