/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Address spaces: page directories that the host sets, and the two apertures. */
#include <nvhw/rm.h>
#include <string.h>

#include "chip.h"
#include "gmmu.h"
#include "gsp_state.h"

#define PAGE     0x1000u
#define SHIFT_V2 47u /* what one entry of the root covers */
#define SHIFT_V3 56u

bool gpum_rm_memory_ok(struct gpum *m, enum gpum_aperture aperture, uint64_t address,
                       uint64_t size_bytes)
{
    uint64_t run;
    if (aperture == GPUM_VRAM)
        return size_bytes <= m->gsp->meta.gsp_fw_rsvd_start &&
               address <= m->gsp->meta.gsp_fw_rsvd_start - size_bytes;
    for (uint64_t at = 0; at < size_bytes; at += PAGE)
        if (!gpum_phys(m, aperture, address + at, true, &run))
            return false;
    return true;
}

static bool aperture_of(uint32_t flags, enum gpum_aperture *aperture)
{
    switch (NVHW_GET(NV_RM_SET_PAGE_DIRECTORY_FLAGS, APERTURE, flags)) {
    case NV_RM_SET_PAGE_DIRECTORY_FLAGS_APERTURE_VIDMEM:
        *aperture = GPUM_VRAM;
        return true;
    case NV_RM_SET_PAGE_DIRECTORY_FLAGS_APERTURE_SYSMEM_COH:
        *aperture = GPUM_SYS_COHERENT;
        return true;
    case NV_RM_SET_PAGE_DIRECTORY_FLAGS_APERTURE_SYSMEM_NONCOH:
        *aperture = GPUM_SYS_NONCOHERENT;
        return true;
    default:
        return false;
    }
}

uint32_t gpum_rm_set_page_directory(struct gpum *m, uint32_t client, uint32_t device,
                                    const struct nvhw_ctrl_set_page_directory *p)
{
    uint32_t entries = m->chip->gmmu_version == 2 ? NV_RM_PAGE_DIRECTORY_ROOT_ENTRIES_V2
                                                  : NV_RM_PAGE_DIRECTORY_ROOT_ENTRIES_V3;
    struct gpum_rm_object *vaspace = gpum_rm_find_class(m, client, p->h_vaspace, FERMI_VASPACE_A);
    enum gpum_aperture aperture;
    if (!gpum_rm_find_class(m, client, device, NV01_DEVICE_0))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_DEVICE, "page directory: 0x%x is no device",
                              device);
    if (!vaspace)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_OBJECT_HANDLE,
                              "page directory: 0x%x is no address space", p->h_vaspace);
    if (!vaspace->u.vaspace.external)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_STATE,
                              "page directory: the address space is not externally owned");
    if (p->num_entries != entries)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_LIMIT,
                              "page directory: %u entries, the root has %u", p->num_entries,
                              entries);
    if (!aperture_of(p->flags, &aperture) || p->phys_address % PAGE ||
        !gpum_rm_memory_ok(m, aperture, p->phys_address, PAGE))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ADDRESS,
                              "page directory at 0x%llx (flags 0x%x)",
                              (unsigned long long)p->phys_address, p->flags);
    vaspace->u.vaspace.vas = (struct gpum_vas){aperture, p->phys_address, true};
    return NV_RM_STATUS_OK;
}

uint32_t gpum_rm_unset_page_directory(struct gpum *m, uint32_t client, uint32_t vaspace)
{
    struct gpum_rm_object *v = gpum_rm_find_class(m, client, vaspace, FERMI_VASPACE_A);
    if (!v || !v->u.vaspace.vas.valid)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_OBJECT_HANDLE,
                              "0x%x has no page directory to take away", vaspace);
    v->u.vaspace.vas.valid = false;
    return NV_RM_STATUS_OK;
}

static uint32_t check_levels(struct gpum *m, const struct nvhw_ctrl_copy_server_reserved_pdes *p)
{
    static const uint8_t shifts_v2[] = {47, 38, 29}, shifts_v3[] = {56, 47, 38, 29};
    bool v2 = m->chip->gmmu_version == 2;
    const uint8_t *shifts = v2 ? shifts_v2 : shifts_v3;
    uint32_t full = v2 ? sizeof(shifts_v2) : sizeof(shifts_v3);
    /* Sources disagree on whether the count of version 3 is 3 or 4. */
    if (p->num_levels_to_copy != full && (v2 || p->num_levels_to_copy != full - 1))
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ARGUMENT, "copy of PDEs: %u levels",
                              p->num_levels_to_copy);
    for (uint32_t i = 0; i < p->num_levels_to_copy; i++) {
        const struct nvhw_copy_pdes_level *l = &p->level[i];
        if (l->page_shift != shifts[i] || l->aperture != NV_RM_COPY_PDES_APERTURE_VIDMEM ||
            l->phys_address % PAGE || l->size > PAGE ||
            !gpum_rm_memory_ok(m, GPUM_VRAM, l->phys_address, PAGE))
            return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ARGUMENT,
                                  "copy of PDEs: level %u (shift %u, aperture %u, 0x%llx)", i,
                                  l->page_shift, l->aperture, (unsigned long long)l->phys_address);
    }
    return NV_RM_STATUS_OK;
}

uint32_t gpum_rm_copy_pdes(struct gpum *m, struct gpum_rm_object *vaspace,
                           const struct nvhw_ctrl_copy_server_reserved_pdes *p)
{
    if (vaspace->u.vaspace.external)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_STATE,
                              "copy of PDEs: the address space is externally owned");
    if (p->page_size != NV_RM_SERVER_VA_SIZE || p->virt_addr_lo != NV_RM_SERVER_VA_START ||
        p->virt_addr_hi != NV_RM_SERVER_VA_START + NV_RM_SERVER_VA_SIZE - 1)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ADDRESS,
                              "copy of PDEs: range 0x%llx..0x%llx is not the server's",
                              (unsigned long long)p->virt_addr_lo,
                              (unsigned long long)p->virt_addr_hi);
    uint32_t status = check_levels(m, p);
    if (status == NV_RM_STATUS_OK)
        vaspace->u.vaspace.vas = (struct gpum_vas){GPUM_VRAM, p->level[0].phys_address, true};
    return status;
}

uint32_t gpum_rm_update_bar_pde(struct gpum *m, const struct nvhw_rpc_update_bar_pde *p)
{
    uint64_t shift = m->chip->gmmu_version == 2 ? SHIFT_V2 : SHIFT_V3;
    uint64_t root = p->bar_type == NV_RPC_BAR_TYPE_BAR1   ? m->gsp->rm.bar1_root
                    : p->bar_type == NV_RPC_BAR_TYPE_BAR2 ? m->gsp->rm.bar2_root
                                                          : 0;
    if (!root || p->entry_level_shift != shift)
        return gpum_rm_refuse(m, NV_RM_STATUS_INVALID_ARGUMENT,
                              "UPDATE_BAR_PDE: type %u, level shift %llu", p->bar_type,
                              (unsigned long long)p->entry_level_shift);
    memcpy(m->vram + root, &p->entry_value, sizeof(p->entry_value));
    return NV_RM_STATUS_OK;
}
