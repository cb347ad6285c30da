/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Semaphores: host's acquire, release and reduction, and the release that every engine ends with.
 * The time is written before the payload, and an unmet acquire holds its channel only.
 */
#include "fifo.h"
#include "gmmu.h"

#include <nvhw/host.h>

#include <string.h>

static enum gpum_method_result misaligned(struct gpum_channel *ch, uint32_t xid, uint64_t va,
                                          unsigned align_bytes)
{
    return gpum_channel_fail(ch, xid, NULL, "semaphore at 0x%llx is not aligned to %u bytes",
                             (unsigned long long)va, align_bytes);
}

/* Makes the payload visible to other threads in one piece. */
static void store_payload(uint8_t *pointer, uint64_t payload, unsigned payload_bytes)
{
    if (payload_bytes == 8)
        __atomic_store_n((uint64_t *)(void *)pointer, payload, __ATOMIC_RELEASE);
    else
        __atomic_store_n((uint32_t *)(void *)pointer, (uint32_t)payload, __ATOMIC_RELEASE);
}

static uint64_t load_payload(const uint8_t *pointer, unsigned payload_bytes)
{
    if (payload_bytes == 8)
        return __atomic_load_n((const uint64_t *)(const void *)pointer, __ATOMIC_ACQUIRE);
    return __atomic_load_n((const uint32_t *)(const void *)pointer, __ATOMIC_ACQUIRE);
}

enum gpum_method_result gpum_release(struct gpum_channel *ch, const struct gpum_client *client,
                                     uint32_t align_xid, const struct gpum_release *release)
{
    unsigned align = release->with_time ? NV_SEMAPHORE_BYTES : release->payload_bytes;
    struct gpum_mmu_fault fault = {0};
    uint64_t run = 0;
    uint8_t *pointer;

    if (release->va % align)
        return misaligned(ch, align_xid, release->va, align);
    pointer = gpum_virt_as(ch->m, client, &ch->desc.vas, release->va, GPUM_WRITE, &run, &fault);
    if (!pointer)
        return gpum_channel_fail_mmu(ch, &fault, "semaphore release");
    if (release->with_time) {
        memcpy(pointer + NV_SEMAPHORE_TIME_OFFSET, &ch->m->time_ns, sizeof(ch->m->time_ns));
        if (release->payload_bytes == 4)
            memset(pointer + 4, 0, 4);
    }
    store_payload(pointer, release->payload, release->payload_bytes);
    gpum_trace(ch->m, "channel %u: semaphore 0x%llx = 0x%llx", ch->desc.chid,
               (unsigned long long)release->va, (unsigned long long)release->payload);
    return GPUM_METHOD_DONE;
}

/* ---- Acquire --------------------------------------------------------------------------------- */

static bool acquire_met(uint32_t operation, uint64_t memory, uint64_t payload, bool wide)
{
    uint64_t mask = wide ? UINT64_MAX : UINT32_MAX;
    uint64_t sign = wide ? UINT64_C(1) << 63 : UINT64_C(1) << 31;

    switch (operation) {
    case NVC46F_SEM_EXECUTE_OPERATION_ACQUIRE:
        return memory == payload;
    case NVC46F_SEM_EXECUTE_OPERATION_ACQ_STRICT_GEQ:
        return memory >= payload;
    case NVC46F_SEM_EXECUTE_OPERATION_ACQ_CIRC_GEQ:
        return !((memory - payload) & sign);
    case NVC46F_SEM_EXECUTE_OPERATION_ACQ_AND:
        return memory & payload;
    default: /* ACQ_NOR */
        return ~(memory | payload) & mask;
    }
}

static enum gpum_method_result acquire(struct gpum_channel *ch, uint64_t va, uint32_t operation,
                                       uint64_t payload, bool wide)
{
    unsigned bytes = wide ? 8 : 4;
    struct gpum_mmu_fault fault = {0};
    uint64_t run = 0;
    const uint8_t *pointer;

    if (va % bytes)
        return misaligned(ch, NV_XID_PBDMA_ERROR, va, bytes);
    pointer = gpum_virt_as(ch->m, &gpum_client_host, &ch->desc.vas, va, GPUM_READ, &run, &fault);
    if (!pointer)
        return gpum_channel_fail_mmu(ch, &fault, "semaphore acquire");
    if (acquire_met(operation, load_payload(pointer, bytes), payload, wide))
        return GPUM_METHOD_DONE;
    return GPUM_METHOD_WAIT;
}

/* ---- Reduction ------------------------------------------------------------------------------- */

static bool signed_less(uint64_t a, uint64_t b, bool wide)
{
    return wide ? (int64_t)a < (int64_t)b : (int32_t)(uint32_t)a < (int32_t)(uint32_t)b;
}

/* false: the operation does not exist in this width. */
static bool reduce(uint32_t operation, bool is_signed, bool wide, uint64_t memory, uint64_t payload,
                   uint64_t *result)
{
    bool less = is_signed ? signed_less(memory, payload, wide) : memory < payload;

    switch (operation) {
    case NVC46F_SEM_EXECUTE_REDUCTION_IMIN:
        *result = less ? memory : payload;
        return true;
    case NVC46F_SEM_EXECUTE_REDUCTION_IMAX:
        *result = less ? payload : memory;
        return true;
    case NVC46F_SEM_EXECUTE_REDUCTION_IXOR:
        *result = memory ^ payload;
        return true;
    case NVC46F_SEM_EXECUTE_REDUCTION_IAND:
        *result = memory & payload;
        return true;
    case NVC46F_SEM_EXECUTE_REDUCTION_IOR:
        *result = memory | payload;
        return true;
    case NVC46F_SEM_EXECUTE_REDUCTION_IADD:
        *result = memory + payload;
        return !(wide && is_signed);
    case NVC46F_SEM_EXECUTE_REDUCTION_INC:
        *result = memory >= payload ? 0 : memory + 1;
        return !wide;
    case NVC46F_SEM_EXECUTE_REDUCTION_DEC:
        *result = !memory || memory > payload ? payload : memory - 1;
        return !wide;
    }
    return false;
}

static enum gpum_method_result reduction(struct gpum_channel *ch, uint64_t va, uint32_t execute,
                                         uint64_t payload, bool wide)
{
    uint32_t operation = NVHW_GET(NVC46F_SEM_EXECUTE, REDUCTION, execute);
    bool is_signed = NVHW_TEST(NVC46F_SEM_EXECUTE, REDUCTION_FORMAT, SIGNED, execute);
    bool with_time = NVHW_TEST(NVC46F_SEM_EXECUTE, RELEASE_TIMESTAMP, EN, execute);
    struct gpum_release release = {.va = va, .payload_bytes = wide ? 8 : 4, .with_time = with_time};
    struct gpum_mmu_fault fault = {0};
    uint64_t run = 0;
    const uint8_t *pointer;

    if (va % release.payload_bytes)
        return misaligned(ch, NV_XID_PBDMA_ERROR, va, release.payload_bytes);
    pointer = gpum_virt_as(ch->m, &gpum_client_host, &ch->desc.vas, va, GPUM_ATOMIC, &run, &fault);
    if (!pointer)
        return gpum_channel_fail_mmu(ch, &fault, "semaphore reduction");
    if (!reduce(operation, is_signed, wide, load_payload(pointer, release.payload_bytes), payload,
                &release.payload))
        return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL,
                                 "semaphore reduction %u (%s, %u bits) does not exist", operation,
                                 is_signed ? "signed" : "unsigned", wide ? 64 : 32);
    return gpum_release(ch, &gpum_client_host, NV_XID_PBDMA_ERROR, &release);
}

/* ---- Methods --------------------------------------------------------------------------------- */

enum gpum_method_result gpum_host_semaphore(struct gpum_channel *ch, uint32_t execute)
{
    const uint32_t *state = ch->host_state;
    bool wide = NVHW_TEST(NVC46F_SEM_EXECUTE, PAYLOAD_SIZE, 64BIT, execute);
    bool wfi = NVHW_TEST(NVC46F_SEM_EXECUTE, RELEASE_WFI, EN, execute);
    uint64_t va = (uint64_t)state[NVC46F_SEM_ADDR_HI / 4] << 32 | state[NVC46F_SEM_ADDR_LO / 4];
    uint64_t payload = state[NVC46F_SEM_PAYLOAD_LO / 4];
    uint32_t operation = NVHW_GET(NVC46F_SEM_EXECUTE, OPERATION, execute);

    if (wide)
        payload |= (uint64_t)state[NVC46F_SEM_PAYLOAD_HI / 4] << 32;
    switch (operation) {
    case NVC46F_SEM_EXECUTE_OPERATION_RELEASE: {
        struct gpum_release release = {
            va, payload, wide ? 8 : 4,
            NVHW_TEST(NVC46F_SEM_EXECUTE, RELEASE_TIMESTAMP, EN, execute)};

        if (wfi && !gpum_channel_idle(ch))
            return GPUM_METHOD_WAIT;
        return gpum_release(ch, &gpum_client_host, NV_XID_PBDMA_ERROR, &release);
    }
    case NVC46F_SEM_EXECUTE_OPERATION_REDUCTION:
        if (wfi && !gpum_channel_idle(ch))
            return GPUM_METHOD_WAIT;
        return reduction(ch, va, execute, payload, wide);
    case NVC46F_SEM_EXECUTE_OPERATION_ACQUIRE:
    case NVC46F_SEM_EXECUTE_OPERATION_ACQ_STRICT_GEQ:
    case NVC46F_SEM_EXECUTE_OPERATION_ACQ_CIRC_GEQ:
    case NVC46F_SEM_EXECUTE_OPERATION_ACQ_AND:
    case NVC46F_SEM_EXECUTE_OPERATION_ACQ_NOR:
        return acquire(ch, va, operation, payload, wide);
    }
    return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL,
                             "SEM_EXECUTE 0x%08x: operation %u does not exist", execute, operation);
}

/* SEMAPHOREA-D: 32-bit payload; a release waits for idle unless told not to. */
enum gpum_method_result gpum_host_semaphore_legacy(struct gpum_channel *ch, uint32_t execute)
{
    const uint32_t *state = ch->host_state;
    uint64_t va = (uint64_t)state[NVC46F_SEMAPHOREA / 4] << 32 | state[NVC46F_SEMAPHOREB / 4];
    uint32_t payload = state[NVC46F_SEMAPHOREC / 4];

    switch (NVHW_GET(NVC46F_SEMAPHORED, OPERATION, execute)) {
    case NVC46F_SEMAPHORED_OPERATION_ACQUIRE:
        return acquire(ch, va, NVC46F_SEM_EXECUTE_OPERATION_ACQUIRE, payload, false);
    case NVC46F_SEMAPHORED_OPERATION_ACQ_GEQ:
        return acquire(ch, va, NVC46F_SEM_EXECUTE_OPERATION_ACQ_CIRC_GEQ, payload, false);
    case NVC46F_SEMAPHORED_OPERATION_ACQ_AND:
        return acquire(ch, va, NVC46F_SEM_EXECUTE_OPERATION_ACQ_AND, payload, false);
    case NVC46F_SEMAPHORED_OPERATION_RELEASE: {
        struct gpum_release release = {va, payload, 4,
                                       NVHW_TEST(NVC46F_SEMAPHORED, RELEASE_SIZE, 16BYTE, execute)};

        if (NVHW_TEST(NVC46F_SEMAPHORED, RELEASE_WFI, EN, execute) && !gpum_channel_idle(ch))
            return GPUM_METHOD_WAIT;
        return gpum_release(ch, &gpum_client_host, NV_XID_PBDMA_ERROR, &release);
    }
    }
    return gpum_channel_fail(ch, NV_XID_PBDMA_ERROR, NULL,
                             "SEMAPHORED 0x%08x: operation is not supported", execute);
}
