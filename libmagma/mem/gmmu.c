/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The two page table formats: levels and entry makers, all positions from nvhw. */
#include "libmagma/mem/gmmu.h"

#include <nvhw/gmmu.h>

/* Sets a field of an entry; every value here fits by construction. */
static void put(enum nvhw_pte_version version, uint32_t dwords[2], enum nvhw_pte_field field,
                uint64_t value)
{
    (void)nvhw_pte_set(version, dwords, field, 0, value);
}

static uint64_t join(const uint32_t dwords[2])
{
    return dwords[0] | (uint64_t)dwords[1] << 32;
}

static uint64_t pde_v2(enum mg_aperture aperture, uint64_t address)
{
    uint32_t d[2] = {0};
    bool vram = aperture == MG_APERTURE_VRAM;

    nvhw_pde_set(NV_PDE_V2, d, NV_PDE_FIELD_APERTURE, 0,
                 vram ? NV_PDE_V2_APERTURE_VIDEO_MEMORY
                      : NV_PDE_V2_APERTURE_SYSTEM_COHERENT_MEMORY);
    nvhw_pde_set(NV_PDE_V2, d, NV_PDE_FIELD_VOLATILE, 0, !vram);
    nvhw_pde_set(NV_PDE_V2, d, vram ? NV_PDE_FIELD_ADDRESS_VID : NV_PDE_FIELD_ADDRESS_SYS, 0,
                 address);
    return join(d);
}

static uint64_t pde_v3(enum mg_aperture aperture, uint64_t address)
{
    uint32_t d[2] = {0};
    bool vram = aperture == MG_APERTURE_VRAM;

    nvhw_pde_set(NV_PDE_V3, d, NV_PDE_FIELD_APERTURE, 0,
                 vram ? NV_PDE_V3_APERTURE_VIDEO_MEMORY
                      : NV_PDE_V3_APERTURE_SYSTEM_COHERENT_MEMORY);
    nvhw_pde_set(NV_PDE_V3, d, NV_PDE_FIELD_PCF, 0,
                 vram ? NV_PDE_V3_PCF_VALID_CACHED_ATS_NOT_ALLOWED
                      : NV_PDE_V3_PCF_VALID_UNCACHED_ATS_ALLOWED);
    nvhw_pde_set(NV_PDE_V3, d, vram ? NV_PDE_FIELD_ADDRESS_VID : NV_PDE_FIELD_ADDRESS_SYS, 0,
                 address);
    return join(d);
}

static void dual_fields(enum nvhw_dual_pde_version version, bool vram, uint64_t big, uint64_t small,
                        uint32_t d[4])
{
    uint32_t aperture =
        vram ? NV_PDE_V2_APERTURE_VIDEO_MEMORY : NV_PDE_V2_APERTURE_SYSTEM_COHERENT_MEMORY;

    if (big) {
        nvhw_dual_pde_set(version, d, NV_DUAL_PDE_FIELD_APERTURE_BIG, 0, aperture);
        nvhw_dual_pde_set(
            version, d,
            vram ? NV_DUAL_PDE_FIELD_ADDRESS_BIG_VID : NV_DUAL_PDE_FIELD_ADDRESS_BIG_SYS, 0, big);
    }
    if (small) {
        nvhw_dual_pde_set(version, d, NV_DUAL_PDE_FIELD_APERTURE_SMALL, 0, aperture);
        nvhw_dual_pde_set(version, d,
                          vram ? NV_DUAL_PDE_FIELD_ADDRESS_SMALL_VID
                               : NV_DUAL_PDE_FIELD_ADDRESS_SMALL_SYS,
                          0, small);
    }
}

static void dual_pde_v2(enum mg_aperture aperture, uint64_t big, uint64_t small, uint64_t words[2])
{
    uint32_t d[4] = {0};
    bool vram = aperture == MG_APERTURE_VRAM;

    dual_fields(NV_DUAL_PDE_V2, vram, big, small, d);
    nvhw_dual_pde_set(NV_DUAL_PDE_V2, d, NV_DUAL_PDE_FIELD_VOLATILE_BIG, 0, big && !vram);
    nvhw_dual_pde_set(NV_DUAL_PDE_V2, d, NV_DUAL_PDE_FIELD_VOLATILE_SMALL, 0, small && !vram);
    words[0] = join(d);
    words[1] = join(d + 2);
}

static void dual_pde_v3(enum mg_aperture aperture, uint64_t big, uint64_t small, uint64_t words[2])
{
    uint32_t d[4] = {0};
    bool vram = aperture == MG_APERTURE_VRAM;
    uint32_t pcf = vram ? NV_PDE_V3_PCF_VALID_CACHED_ATS_NOT_ALLOWED
                        : NV_PDE_V3_PCF_VALID_UNCACHED_ATS_ALLOWED;

    dual_fields(NV_DUAL_PDE_V3, vram, big, small, d);
    if (big)
        nvhw_dual_pde_set(NV_DUAL_PDE_V3, d, NV_DUAL_PDE_FIELD_PCF_BIG, 0, pcf);
    if (small)
        nvhw_dual_pde_set(NV_DUAL_PDE_V3, d, NV_DUAL_PDE_FIELD_PCF_SMALL, 0, pcf);
    words[0] = join(d);
    words[1] = join(d + 2);
}

static uint64_t pte_v2(enum mg_aperture aperture, uint32_t flags)
{
    uint32_t d[2] = {0};
    bool vram = aperture == MG_APERTURE_VRAM;

    put(NV_PTE_V2, d, NV_PTE_FIELD_VALID, 1);
    put(NV_PTE_V2, d, NV_PTE_FIELD_APERTURE,
        vram ? NV_PTE_V2_APERTURE_VIDEO_MEMORY : NV_PTE_V2_APERTURE_SYSTEM_COHERENT_MEMORY);
    put(NV_PTE_V2, d, NV_PTE_FIELD_VOLATILE, !vram);
    put(NV_PTE_V2, d, NV_PTE_FIELD_PRIVILEGE, (flags & MG_MAP_PRIVILEGED) != 0);
    put(NV_PTE_V2, d, NV_PTE_FIELD_READ_ONLY, (flags & MG_MAP_READ_ONLY) != 0);
    put(NV_PTE_V2, d, NV_PTE_FIELD_KIND, NV_MMU_PTE_KIND_GENERIC_MEMORY);
    return join(d);
}

static uint64_t pte_v3(enum mg_aperture aperture, uint32_t flags)
{
    uint32_t d[2] = {0};
    bool vram = aperture == MG_APERTURE_VRAM;
    uint32_t pcf = NVHW_NUM(NV_GMMU_V3_PTE_PCF, ACD, 1) |
                   NVHW_NUM(NV_GMMU_V3_PTE_PCF, UNCACHED, !vram) |
                   NVHW_NUM(NV_GMMU_V3_PTE_PCF, PRIVILEGE, (flags & MG_MAP_PRIVILEGED) != 0) |
                   NVHW_NUM(NV_GMMU_V3_PTE_PCF, READ_ONLY, (flags & MG_MAP_READ_ONLY) != 0);

    put(NV_PTE_V3, d, NV_PTE_FIELD_VALID, 1);
    put(NV_PTE_V3, d, NV_PTE_FIELD_APERTURE,
        vram ? NV_PTE_V3_APERTURE_VIDEO_MEMORY : NV_PTE_V3_APERTURE_SYSTEM_COHERENT_MEMORY);
    put(NV_PTE_V3, d, NV_PTE_FIELD_PCF, pcf);
    put(NV_PTE_V3, d, NV_PTE_FIELD_KIND, NV_MMU_PTE_KIND_GENERIC_MEMORY);
    return join(d);
}

static uint64_t pte_address_v2(uint64_t address)
{
    return address / NV_GMMU_PAGE_4K << NV_PTE_V2_ADDRESS_SYS__LO;
}

static uint64_t pte_address_v3(uint64_t address)
{
    return address / NV_GMMU_PAGE_4K << NV_PTE_V3_ADDRESS_SYS__LO;
}

static const struct mg_gmmu_format formats[] = {
    [MG_MMU_V2] =
        {
            .name = "version 2",
            .va_bits = NV_GMMU_V2_VA_BITS,
            .level_count = 4,
            .level =
                {
                    {NV_GMMU_V2_VA_PD3__LO,
                     1u << (NV_GMMU_V2_VA_PD3__HI - NV_GMMU_V2_VA_PD3__LO + 1)},
                    {NV_GMMU_V2_VA_PD2__LO,
                     1u << (NV_GMMU_V2_VA_PD2__HI - NV_GMMU_V2_VA_PD2__LO + 1)},
                    {NV_GMMU_V2_VA_PD1__LO,
                     1u << (NV_GMMU_V2_VA_PD1__HI - NV_GMMU_V2_VA_PD1__LO + 1)},
                    {NV_GMMU_V2_VA_PD0__LO,
                     1u << (NV_GMMU_V2_VA_PD0__HI - NV_GMMU_V2_VA_PD0__LO + 1)},
                },
            .pde = pde_v2,
            .dual_pde = dual_pde_v2,
            .pte = pte_v2,
            .pte_address = pte_address_v2,
        },
    [MG_MMU_V3] =
        {
            .name = "version 3",
            .va_bits = NV_GMMU_V3_VA_BITS,
            .level_count = 5,
            .level =
                {
                    {NV_GMMU_V3_VA_PD4__LO,
                     1u << (NV_GMMU_V3_VA_PD4__HI - NV_GMMU_V3_VA_PD4__LO + 1)},
                    {NV_GMMU_V3_VA_PD3__LO,
                     1u << (NV_GMMU_V3_VA_PD3__HI - NV_GMMU_V3_VA_PD3__LO + 1)},
                    {NV_GMMU_V3_VA_PD2__LO,
                     1u << (NV_GMMU_V3_VA_PD2__HI - NV_GMMU_V3_VA_PD2__LO + 1)},
                    {NV_GMMU_V3_VA_PD1__LO,
                     1u << (NV_GMMU_V3_VA_PD1__HI - NV_GMMU_V3_VA_PD1__LO + 1)},
                    {NV_GMMU_V3_VA_PD0__LO,
                     1u << (NV_GMMU_V3_VA_PD0__HI - NV_GMMU_V3_VA_PD0__LO + 1)},
                },
            .pde = pde_v3,
            .dual_pde = dual_pde_v3,
            .pte = pte_v3,
            .pte_address = pte_address_v3,
        },
};

const struct mg_gmmu_format *mg_gmmu_format(enum mg_mmu_format format)
{
    return &formats[format];
}
