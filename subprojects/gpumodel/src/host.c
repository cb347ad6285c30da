/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Host methods other than semaphores: waits, memory operations, interrupts, reference, yield. */
#include "fifo.h"
#include "gmmu.h"

#include <nvhw/gmmu.h>
#include <nvhw/host.h>

#include <stddef.h>

static enum gpum_method_result wait_for_idle(const struct gpum_channel *ch)
{
    return gpum_channel_idle(ch) ? GPUM_METHOD_DONE : GPUM_METHOD_WAIT;
}

/* ---- MEM_OP ---------------------------------------------------------------------------------- */

static enum gpum_aperture pdb_aperture(uint32_t value)
{
    switch (value) {
    case NV_RAMIN_PAGE_DIR_BASE_LO_TARGET_SYS_MEM_COHERENT:
        return GPUM_SYS_COHERENT;
    case NV_RAMIN_PAGE_DIR_BASE_LO_TARGET_SYS_MEM_NONCOHERENT:
        return GPUM_SYS_NONCOHERENT;
    default:
        return GPUM_VRAM;
    }
}

static enum gpum_method_result tlb_invalidate(struct gpum_channel *ch, uint32_t d)
{
    uint32_t c = ch->host_state[NVC46F_MEM_OP_C / 4];
    uint64_t page = (uint64_t)NVHW_GET(NVC46F_MEM_OP_D, TLB_INVALIDATE_PDB_ADDR_HI, d)
                        << (NVC46F_MEM_OP_C_TLB_INVALIDATE_PDB_ADDR_LO__HI -
                            NVC46F_MEM_OP_C_TLB_INVALIDATE_PDB_ADDR_LO__LO + 1) |
                    NVHW_GET(NVC46F_MEM_OP_C, TLB_INVALIDATE_PDB_ADDR_LO, c);
    bool hub_only = NVHW_GET(NVC46F_MEM_OP_C, TLB_INVALIDATE_GPC, c); /* 0 enables the GPCs */

    if (!ch->desc.privileged)
        return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL,
                                 "MEM_OP: TLB invalidate needs a privileged channel");
    gpum_tlb_invalidate(
        ch->m, NVHW_TEST(NVC46F_MEM_OP_C, TLB_INVALIDATE_PDB, ALL, c), page * NV_GMMU_PAGE_4K,
        pdb_aperture(NVHW_GET(NVC46F_MEM_OP_C, TLB_INVALIDATE_PDB_APERTURE, c)), hub_only);
    return GPUM_METHOD_DONE;
}

/* Caches are not modelled: what only cleans or orders them is done as soon as it is named. */
static enum gpum_method_result memory_operation(struct gpum_channel *ch, uint32_t d)
{
    uint32_t operation = NVHW_GET(NVC46F_MEM_OP_D, OPERATION, d);

    switch (operation) {
    case NVC46F_MEM_OP_D_OPERATION_MEMBAR:
    case NVC46F_MEM_OP_D_OPERATION_L2_PEERMEM_INVALIDATE:
    case NVC46F_MEM_OP_D_OPERATION_L2_SYSMEM_INVALIDATE:
    case NVC46F_MEM_OP_D_OPERATION_L2_CLEAN_COMPTAGS:
    case NVC46F_MEM_OP_D_OPERATION_L2_FLUSH_DIRTY:
    case NVC46F_MEM_OP_D_OPERATION_L2_SYSMEM_NCOH_INVALIDATE:
    case NVC46F_MEM_OP_D_OPERATION_L2_WAIT_FOR_SYS_PENDING_READS:
        return GPUM_METHOD_DONE;
    case NVC46F_MEM_OP_D_OPERATION_MMU_TLB_INVALIDATE:
    case NVC46F_MEM_OP_D_OPERATION_MMU_TLB_INVALIDATE_TARGETED:
        return tlb_invalidate(ch, d);
    }
    return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL,
                             "MEM_OP: operation 0x%x is not supported", operation);
}

/* ---- Others ---------------------------------------------------------------------------------- */

static enum gpum_method_result set_reference(struct gpum_channel *ch, uint32_t data)
{
    uint64_t at = ch->desc.userd_address + offsetof(struct nvhw_userd, reference);

    if (!gpum_channel_idle(ch))
        return GPUM_METHOD_WAIT;
    if (!gpum_phys_write(ch->m, ch->desc.userd_aperture, at, &data, sizeof(data)))
        return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL, "USERD is no longer memory");
    return GPUM_METHOD_DONE;
}

static enum gpum_method_result yield(struct gpum_channel *ch, uint32_t data)
{
    uint32_t op = NVHW_GET(NVC46F_YIELD, OP, data);

    if (op == NVC46F_YIELD_OP_RUNLIST_TIMESLICE && ch->desc.class_id != NVC46F)
        return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL,
                                 "YIELD: RUNLIST_TIMESLICE went away after Turing");
    if (op == 1)
        return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL, "YIELD: reserved operation");
    ch->yield = op != NVC46F_YIELD_OP_NOP;
    return GPUM_METHOD_DONE;
}

/* A semaphore address that reaches beyond what the class's field holds is a defect that hardware
 * would turn into another address. */
static enum gpum_method_result semaphore_address(struct gpum_channel *ch, uint32_t method,
                                                 uint32_t data)
{
    uint32_t index;
    const struct nvhw_reg_desc *reg = nvhw_method_find(ch->host_class, method, &index);

    for (size_t i = 0; reg && i < reg->field_count; i++)
        if (data & ~(uint32_t)nvhw_mask64(reg->fields[i].lo, reg->fields[i].hi))
            return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL,
                                     "%s 0x%08x sets bits outside %u:%u", reg->name, data,
                                     reg->fields[i].hi, reg->fields[i].lo);
    return GPUM_METHOD_DONE;
}

enum gpum_method_result gpum_host_method(struct gpum_channel *ch, uint32_t subchannel,
                                         uint32_t method, uint32_t data)
{
    (void)subchannel;
    if (!(ch->host_known[0] >> method / 4 & 1))
        return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL,
                                 "illegal host method 0x%02x of class 0x%04x (data 0x%08x)", method,
                                 ch->desc.class_id, data);
    ch->host_state[method / 4] = data;
    switch (method) {
    case NVC46F_ILLEGAL:
        return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL, "host method ILLEGAL");
    case NVC46F_SEMAPHOREA:
    case NVC46F_SEMAPHOREB:
    case NVC46F_SEM_ADDR_LO:
    case NVC46F_SEM_ADDR_HI:
        return semaphore_address(ch, method, data);
    case NVC46F_SEMAPHORED:
        return gpum_host_semaphore_legacy(ch, data);
    case NVC46F_NON_STALL_INTERRUPT:
        gpum_channel_interrupt(ch);
        return GPUM_METHOD_DONE;
    case NVC46F_MEM_OP_D:
        return memory_operation(ch, data);
    case NVC46F_SET_REFERENCE:
        return set_reference(ch, data);
    case NVC46F_SEM_EXECUTE:
        return gpum_host_semaphore(ch, data);
    case NVC46F_WFI:
        return wait_for_idle(ch);
    case NVC46F_CRC_CHECK:
        return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL, "CRC_CHECK is not supported");
    case NVC46F_YIELD:
        return yield(ch, data);
    case NVC46F_CLEAR_FAULTED:
        return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL,
                                 "CLEAR_FAULTED is not supported: faults are not replayable");
    }
    return GPUM_METHOD_DONE;
}
