/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The CPU's windows into memory: BAR1 and BAR2 in physical or virtual mode, and PRAMIN, the 1 MiB
 * window inside BAR0. The mode registers differ by generation: 0x1704/0x1714 and their copies up
 * to Ada, 0xb80f60/0xb80f70 from Hopper on.
 */
#include "gmmu.h"

#include "chip.h"

#include <nvhw/boot.h>
#include <nvhw/gmmu.h>

#include <string.h>

static const struct gpum_client clients[] = {{"BAR1", true, true}, {"BAR2", true, true}};

static bool has_hopper_registers(const struct gpum *m)
{
    return m->chip->gmmu_version >= 3;
}

/* ---- Accesses -------------------------------------------------------------------------------- */

static uint8_t *window_pointer(struct gpum *m, unsigned which, uint64_t offset, bool write,
                               uint64_t *run_bytes)
{
    struct gpum_bar_window *w = &m->mmu->bar[which];
    struct gpum_mmu_fault fault = {0};
    uint8_t *pointer;

    if (!w->is_virtual) {
        pointer = gpum_phys(m, w->target, offset, write, run_bytes);
        if (!pointer)
            gpum_fault(m, "%s %s at 0x%llx in physical mode: no memory for clients there",
                       clients[which].name, write ? "write" : "read", (unsigned long long)offset);
        return pointer;
    }
    pointer = gpum_virt_as(m, &clients[which], &w->vas, offset, write ? GPUM_WRITE : GPUM_READ,
                           run_bytes, &fault);
    if (!pointer)
        gpum_fault(m, "%s %s at 0x%llx: MMU fault %s", clients[which].name,
                   write ? "write" : "read", (unsigned long long)offset,
                   nvhw_fault_type_name(fault.type));
    return pointer;
}

uint64_t gpum_bar1_read(struct gpum *m, unsigned region, uint64_t offset, unsigned size_bytes)
{
    uint64_t value = 0, run = 0;

    for (unsigned done = 0; done < size_bytes;) {
        const uint8_t *from = window_pointer(m, region != GPUM_BAR1, offset + done, false, &run);
        unsigned n = run > size_bytes - done ? size_bytes - done : (unsigned)run;

        if (!from) {
            value = (uint64_t)NV_PRI_ERROR_NO_TARGET << 32 | NV_PRI_ERROR_NO_TARGET;
            break;
        }
        memcpy((uint8_t *)&value + done, from, n);
        done += n;
    }
    return size_bytes < 8 ? value & ((UINT64_C(1) << size_bytes * 8) - 1) : value;
}

void gpum_bar1_write(struct gpum *m, unsigned region, uint64_t offset, unsigned size_bytes,
                     uint64_t value)
{
    uint64_t run = 0;

    for (unsigned done = 0; done < size_bytes;) {
        uint8_t *to = window_pointer(m, region != GPUM_BAR1, offset + done, true, &run);
        unsigned n = run > size_bytes - done ? size_bytes - done : (unsigned)run;

        if (!to)
            return;
        memcpy(to, (const uint8_t *)&value + done, n);
        done += n;
    }
}

/* ---- Binding --------------------------------------------------------------------------------- */

static bool target_aperture(struct gpum *m, uint32_t target, enum gpum_aperture *aperture)
{
    switch (target) {
    case NV_PBUS_BAR1_BLOCK_TARGET_VID_MEM:
        *aperture = GPUM_VRAM;
        return true;
    case NV_PBUS_BAR1_BLOCK_TARGET_SYS_MEM_COHERENT:
        *aperture = GPUM_SYS_COHERENT;
        return true;
    case NV_PBUS_BAR1_BLOCK_TARGET_SYS_MEM_NONCOHERENT:
        *aperture = GPUM_SYS_NONCOHERENT;
        return true;
    }
    gpum_fault(m, "BAR block with reserved target %u", target);
    return false;
}

/* Reads the page directory base out of an instance block. */
static bool vas_of_block(struct gpum *m, enum gpum_aperture aperture, uint64_t block,
                         struct gpum_vas *vas)
{
    uint32_t lo, hi;
    uint32_t target;

    *vas = (struct gpum_vas){0};
    if (!gpum_phys_read(m, aperture, block + NV_RAMIN_PAGE_DIR_BASE_LO__OFFSET, &lo, 4) ||
        !gpum_phys_read(m, aperture, block + NV_RAMIN_PAGE_DIR_BASE_HI__OFFSET, &hi, 4)) {
        gpum_fault(m, "BAR instance block at 0x%llx is not memory", (unsigned long long)block);
        return false;
    }
    target = NVHW_GET(NV_RAMIN_PAGE_DIR_BASE_LO, TARGET, lo);
    if (!target_aperture(m, target, &vas->aperture))
        return false;
    if (!NVHW_GET(NV_RAMIN_PAGE_DIR_BASE_LO, USE_VER2_PT_FORMAT, lo)) {
        gpum_fault(m, "BAR instance block asks for the old page table format");
        return false;
    }
    vas->root = (uint64_t)hi << 32 | (lo & NVHW_MASK(NV_RAMIN_PAGE_DIR_BASE_LO, ADDRESS));
    vas->valid = true;
    return true;
}

static void bind(struct gpum *m, unsigned which, bool is_virtual, uint32_t target, uint64_t block)
{
    struct gpum_bar_window *w = &m->mmu->bar[which];
    enum gpum_aperture aperture;

    if (!target_aperture(m, target, &aperture))
        return;
    w->is_virtual = is_virtual;
    w->target = aperture;
    if (is_virtual)
        vas_of_block(m, aperture, block, &w->vas);
    gpum_trace(m, "bar: %s %s", clients[which].name, is_virtual ? "virtual" : "physical");
}

void gpum_bar_bind(struct gpum *m, unsigned region, const struct gpum_vas *vas)
{
    struct gpum_bar_window *w = &m->mmu->bar[region != GPUM_BAR1];

    w->is_virtual = vas != NULL;
    w->target = GPUM_VRAM;
    if (vas)
        w->vas = *vas;
}

/* ---- Registers ------------------------------------------------------------------------------- */

static void pbus_block_write(struct gpum *m, unsigned which, uint32_t value)
{
    m->mmu->bar[which].block = value;
    bind(m, which, NVHW_TEST(NV_PBUS_BAR1_BLOCK, MODE, VIRTUAL, value),
         NVHW_GET(NV_PBUS_BAR1_BLOCK, TARGET, value),
         (uint64_t)NVHW_GET(NV_PBUS_BAR1_BLOCK, PTR, value) * NV_RAMIN_BYTES);
}

/* The low word binds; the high one is written before it. */
static void vf_block_write(struct gpum *m, unsigned which, uint32_t value)
{
    struct gpum_bar_window *w = &m->mmu->bar[which];
    uint64_t block = (uint64_t)w->block_hi << 32 |
                     (value & NVHW_MASK(NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR, PTR));

    w->block = value & ~(NVHW_MASK(NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR, PENDING) |
                         NVHW_MASK(NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR, OUTSTANDING));
    bind(m, which,
         NVHW_TEST(NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR, MODE, VIRTUAL, value),
         NVHW_GET(NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR, TARGET, value), block);
}

/* Where a register's word is kept; NULL when this chip has no such register. */
static uint32_t *block_word(struct gpum *m, uint32_t offset)
{
    struct gpum_mmu *mmu = m->mmu;

    if (has_hopper_registers(m)) {
        switch (offset) {
        case NV_XAL_EP_BAR0_WINDOW:
            return &mmu->pramin_window;
        case NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR:
            return &mmu->bar[0].block;
        case NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_HIGH_ADDR:
            return &mmu->bar[0].block_hi;
        case NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR2_BLOCK_LOW_ADDR:
            return &mmu->bar[1].block;
        case NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR2_BLOCK_HIGH_ADDR:
            return &mmu->bar[1].block_hi;
        }
        /* tinygrad writes the old register on these chips too: it is there, without effect. */
        return NULL;
    }
    switch (offset) {
    case NV_PBUS_BAR0_WINDOW:
        return &mmu->pramin_window;
    case NV_PBUS_BAR1_BLOCK:
    case NV_VIRTUAL_FUNCTION_PRIV_BAR1_BLOCK:
        return &mmu->bar[0].block;
    case NV_PBUS_BAR2_BLOCK:
    case NV_VIRTUAL_FUNCTION_PRIV_BAR2_BLOCK:
        return &mmu->bar[1].block;
    }
    return NULL;
}

/* Registers of these windows that always read zero: nothing is ever pending or outstanding. */
static bool is_idle_register(uint32_t offset)
{
    return offset == NV_VIRTUAL_FUNCTION_PRIV_BIND_STATUS ||
           offset == NV_VIRTUAL_FUNCTION_PRIV_L2_SYSMEM_INVALIDATE ||
           offset == NV_VIRTUAL_FUNCTION_PRIV_FUNC_L2_SYSMEM_INVALIDATE ||
           offset == NV_VIRTUAL_FUNCTION_PRIV_FUNC_L2_SYSMEM_INVALIDATE_COMPLETED;
}

uint32_t gpum_bar_block_read(struct gpum *m, uint32_t offset)
{
    const uint32_t *word = block_word(m, offset);

    if (word)
        return *word;
    if (is_idle_register(offset))
        return 0;
    gpum_note(m, "read of 0x%06x: this chip has no such BAR register", offset);
    return NV_PRI_ERROR_NO_TARGET;
}

void gpum_bar_block_write(struct gpum *m, uint32_t offset, uint32_t value)
{
    uint32_t *word = block_word(m, offset);

    if (is_idle_register(offset))
        return;
    if (!word)
        gpum_note(m, "write of 0x%08x to 0x%06x: this chip has no such BAR register", value,
                  offset);
    else if (word == &m->mmu->bar[0].block || word == &m->mmu->bar[1].block)
        (has_hopper_registers(m) ? vf_block_write
                                 : pbus_block_write)(m, word == &m->mmu->bar[1].block, value);
    else
        *word = value;
}

/* ---- PRAMIN ---------------------------------------------------------------------------------- */

static bool pramin_address(struct gpum *m, uint32_t offset, enum gpum_aperture *aperture,
                           uint64_t *address)
{
    uint32_t window = m->mmu->pramin_window;

    *aperture = GPUM_VRAM;
    if (has_hopper_registers(m)) {
        *address = NVHW_GET(NV_XAL_EP_BAR0_WINDOW, BASE, window);
    } else {
        *address = NVHW_GET(NV_PBUS_BAR0_WINDOW, BASE, window);
        if (!target_aperture(m, NVHW_GET(NV_PBUS_BAR0_WINDOW, TARGET, window), aperture))
            return false;
    }
    *address = (*address << NV_PRAMIN_WINDOW_SHIFT) + (offset - NV_PRAMIN_BASE);
    return true;
}

uint32_t gpum_pramin_read(struct gpum *m, uint32_t offset)
{
    enum gpum_aperture aperture;
    uint64_t address;
    uint32_t value;

    if (!pramin_address(m, offset, &aperture, &address))
        return NV_PRI_ERROR_NO_TARGET;
    if (gpum_phys_read(m, aperture, address, &value, sizeof(value)))
        return value;
    gpum_fault(m, "PRAMIN read of 0x%llx: no memory for clients there",
               (unsigned long long)address);
    return NV_PRI_ERROR_NO_TARGET;
}

void gpum_pramin_write(struct gpum *m, uint32_t offset, uint32_t value)
{
    enum gpum_aperture aperture;
    uint64_t address;

    if (pramin_address(m, offset, &aperture, &address) &&
        !gpum_phys_write(m, aperture, address, &value, sizeof(value)))
        gpum_fault(m, "PRAMIN write of 0x%llx: no memory for clients there",
                   (unsigned long long)address);
}
