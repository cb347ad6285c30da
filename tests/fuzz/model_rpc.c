/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Arbitrary messages to GSP-RM never crash the model. The input is a series of records: a control
 * byte, a function byte, a length, and that much payload. Most messages get the headers they
 * need, so that the fuzzer reaches the handlers; control bits spoil checksum, lengths or indices.
 */
#include <nvhw/rpc.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "gsp_state.h"

#define IOVA         UINT64_C(0x10000000)
#define MEMORY_BYTES (1u << 20)
#define PAGE         0x1000u
#define MESSAGES_MAX 24

enum { BAD_CHECKSUM = 1, RAW_HEADERS = 2, WILD_INDEX = 4, MANY_ELEMENTS = 8 };

static uint8_t memory[MEMORY_BYTES];
static struct gpum *m;
static uint32_t command_write, sequence;

static bool translate(void *ctx, uint64_t iova, bool write, uint8_t **ptr, uint64_t *run)
{
    (void)ctx;
    (void)write;
    if (iova < IOVA || iova >= IOVA + MEMORY_BYTES)
        return false;
    *ptr = memory + (iova - IOVA);
    *run = IOVA + MEMORY_BYTES - iova;
    return true;
}

/* GSP-RM as it is after INIT_DONE. */
static void wake(void)
{
    char error[128];
    struct gpum_config config = {
        .chip = "ga102", .vram_bytes = UINT64_C(256) << 20, .cb = {.dma_translate = translate}};
    if (!m && !(m = gpum_create(&config, error, sizeof(error))))
        abort();
    gpum_reset(m);
    memset(memory, 0, sizeof(memory));
    for (unsigned i = 0; i < NV_GSP_QUEUE_PAGE_TABLE_ENTRIES; i++)
        m->gsp->pages[i] = IOVA + (uint64_t)i * PAGE;
    m->gsp->meta.non_wpr_heap_offset = UINT64_C(128) << 20;
    m->gsp->meta.gsp_fw_rsvd_start = UINT64_C(128) << 20;
    m->boot->gsp.riscv_active = true;
    gpum_rm_start(m);
    m->gsp->phase = GPUM_GSP_RUNNING;
    command_write = sequence = 0;
}

static void send(uint8_t control, uint8_t function, const uint8_t *payload, uint32_t size)
{
    static uint8_t bytes[2 * PAGE];
    struct nvhw_gsp_element element = {.seq_num = sequence++, .elem_count = 1};
    struct nvhw_rpc_header rpc = {NV_RPC_HEADER_VERSION,
                                  NV_RPC_SIGNATURE,
                                  (uint32_t)sizeof(rpc) + size,
                                  function,
                                  UINT32_MAX,
                                  UINT32_MAX,
                                  0,
                                  0};
    memset(bytes, 0, sizeof(bytes));
    if (control & MANY_ELEMENTS)
        element.elem_count = size;
    memcpy(bytes, &element, sizeof(element));
    memcpy(bytes + sizeof(element), &rpc, sizeof(rpc));
    memcpy(bytes + sizeof(element) + sizeof(rpc), payload, size);
    if (control & RAW_HEADERS)
        memcpy(bytes, payload, size);
    element.checksum = gpum_rpc_checksum(bytes, sizeof(element) + rpc.length);
    if (!(control & BAD_CHECKSUM))
        memcpy(bytes + offsetof(struct nvhw_gsp_element, checksum), &element.checksum, 4);
    memcpy(memory + NV_GSP_QUEUE_CMD_OFFSET + PAGE + command_write * PAGE, bytes, PAGE);
    command_write = (command_write + 1) % NV_GSP_QUEUE_MSG_COUNT;
    uint32_t write = control & WILD_INDEX ? size * 7 : command_write;
    memcpy(memory + NV_GSP_QUEUE_CMD_OFFSET + offsetof(struct nvhw_gsp_queue_header, write_ptr),
           &write, sizeof(write));
    gpum_gsp_doorbell(m);
    for (unsigned i = 0; i < 4; i++)
        gpum_step(m, 16);
    /* The host takes everything that came. */
    memcpy(memory + NV_GSP_QUEUE_CMD_OFFSET + offsetof(struct nvhw_gsp_queue_header, read_ptr),
           &m->gsp->status_write, sizeof(uint32_t));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wake();
    for (unsigned n = 0; n < MESSAGES_MAX && size >= 4; n++) {
        uint32_t length = (uint32_t)data[2] | (uint32_t)data[3] << 8;
        const uint8_t *payload = data + 4;
        if (length > size - 4)
            length = (uint32_t)size - 4;
        uint32_t used = length < PAGE - 0x50 ? length : PAGE - 0x50;
        send(data[0], data[1], payload, used);
        data = payload + length;
        size -= 4 + length;
    }
    return 0;
}
