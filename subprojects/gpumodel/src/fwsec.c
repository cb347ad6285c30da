/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What FWSEC does on the GSP falcon: FRTS puts the board's runtime data at the top of VRAM and
 * guards it with WPR2; SB finishes the board's secure boot when the GPU is given back. Errors go
 * to scratch registers, and nothing else happens then.
 */
#include <nvhw/boot.h>
#include <nvhw/vbios.h>
#include <nvhw/wpr.h>
#include <string.h>

#include "boot.h"
#include "chip.h"
#include "falcon.h"
#include "model.h"
#include "plan.h"

/* Error codes of the scratch registers; the sources only say that 0 is good. */
enum { ERROR_COMMAND = 1, ERROR_BUFFER = 2, ERROR_REGION = 3, ERROR_WPR2 = 4 };
#define FRTS_SCRATCH   ((NV_PBUS_SW_SCRATCH_0E - NV_PBUS_SW_SCRATCH(0)) / 4)
#define SB_SCRATCH     ((NV_PBUS_SW_SCRATCH_15 - NV_PBUS_SW_SCRATCH(0)) / 4)
#define FOUR_KIB_SHIFT 12

static bool read_dmem(const struct gpum_falcon *f, uint32_t at, void *out, size_t size_bytes)
{
    if (size_bytes > f->data_bytes || at > f->data_bytes - size_bytes)
        return false;
    memcpy(out, f->dmem + at, size_bytes);
    return true;
}

/* Finds the mapper as the host found it: through the interface table, which the image carries at
 * a place only its maker knows. */
static bool find_mapper(const struct gpum_falcon *f, struct nvhw_dmem_mapper *mapper)
{
    for (uint32_t at = 0; read_dmem(f, at, mapper, sizeof(*mapper)); at += 16)
        if (mapper->signature == NV_DMEM_MAPPER_SIGNATURE &&
            mapper->version == NV_DMEM_MAPPER_VERSION && mapper->size == sizeof(*mapper))
            return true;
    return false;
}

static unsigned check_read_vbios(struct gpum *m, const struct nvhw_fwsec_read_vbios *r)
{
    if (r->version == NV_FWSEC_READ_VBIOS_VERSION && r->size == sizeof(*r) &&
        r->flags == NV_FWSEC_READ_VBIOS_FLAGS && r->gfw_offset == 0 && r->gfw_size == 0)
        return 0;
    gpum_fault(m,
               "FWSEC: read_vbios of the command buffer is wrong (version %u size 0x%x flags %u "
               "offset 0x%llx size 0x%x)",
               r->version, r->size, r->flags, (unsigned long long)r->gfw_offset, r->gfw_size);
    return ERROR_BUFFER;
}

static unsigned check_region(struct gpum *m, const struct nvhw_fwsec_frts_region *r)
{
    uint64_t start = (uint64_t)r->offset_4k << FOUR_KIB_SHIFT;
    uint64_t size = (uint64_t)r->size_4k << FOUR_KIB_SHIFT;
    const char *wrong = NULL;
    if (r->version != NV_FWSEC_FRTS_REGION_VERSION || r->size != sizeof(*r))
        wrong = "its version or size";
    else if (r->media_type != NV_FWSEC_MEDIA_FB)
        wrong = "its media type";
    else if (size != NV_FRTS_SIZE_BYTES)
        wrong = "the size of the region";
    else if (start % NV_WPR_END_ALIGN)
        wrong = "the region is not aligned to 128 KiB";
    else if (start > gpum_boot_vga_workspace(m) - size)
        wrong = "the region runs into the VGA workspace or beyond VRAM";
    if (!wrong)
        return 0;
    gpum_fault(m, "FWSEC: FRTS region at 0x%llx of the command buffer is wrong: %s",
               (unsigned long long)start, wrong);
    return ERROR_REGION;
}

static unsigned run_frts(struct gpum *m, struct gpum_falcon *f,
                         const struct nvhw_dmem_mapper *mapper)
{
    struct nvhw_fwsec_frts_command command;
    if (mapper->cmd_in_buffer_size < sizeof(command) ||
        !read_dmem(f, mapper->cmd_in_buffer_offset, &command, sizeof(command)))
        return ERROR_BUFFER;
    if (m->boot->wpr2_end) {
        gpum_fault(m, "FWSEC: FRTS while WPR2 is set: the GPU has to be reset first");
        return ERROR_WPR2;
    }
    unsigned error = check_read_vbios(m, &command.read_vbios);
    if (!error)
        error = check_region(m, &command.frts_region);
    if (error)
        return error;
    m->boot->frts_start = (uint64_t)command.frts_region.offset_4k << FOUR_KIB_SHIFT;
    gpum_pattern(m->config.seed, m->vram + m->boot->frts_start, FOUR_KIB_SHIFT);
    m->boot->wpr2_start = m->boot->frts_start;
    m->boot->wpr2_end = m->boot->frts_start + NV_FRTS_SIZE_BYTES;
    m->memory_generation++;
    return 0;
}

static unsigned run_sb(struct gpum *m, struct gpum_falcon *f, const struct nvhw_dmem_mapper *mapper)
{
    struct nvhw_fwsec_read_vbios command;
    if (mapper->cmd_in_buffer_size < sizeof(command) ||
        !read_dmem(f, mapper->cmd_in_buffer_offset, &command, sizeof(command)))
        return ERROR_BUFFER;
    return check_read_vbios(m, &command);
}

void gpum_run_fwsec(struct gpum *m, struct gpum_falcon *f)
{
    struct nvhw_dmem_mapper mapper;
    uint32_t *frts = &m->boot->scratch[FRTS_SCRATCH], *sb = &m->boot->scratch[SB_SCRATCH];
    uint32_t command = find_mapper(f, &mapper) ? mapper.init_cmd : 0;
    unsigned error = ERROR_COMMAND;
    if (command == NV_FWSEC_COMMAND_SB) {
        gpum_plan_reach(m, "fwsec-sb");
        error = run_sb(m, f, &mapper);
        *sb = NVHW_SET(NV_PBUS_SW_SCRATCH_15, SB_ERR_CODE, *sb, error);
        return;
    }
    gpum_plan_reach(m, "fwsec-frts");
    if (command == NV_FWSEC_COMMAND_FRTS)
        error = run_frts(m, f, &mapper);
    else
        gpum_fault(m, "FWSEC: init_cmd 0x%x is no command", command);
    *frts = NVHW_SET(NV_PBUS_SW_SCRATCH_0E, FRTS_ERR_CODE, *frts, error);
}
