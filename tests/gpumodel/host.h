/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host for the model, written by hand for these tests: system memory, register accesses, the
 * boot as a list of steps, queues. It shares facts with the model and the driver, no code. A test
 * spoils one thing through the hook and looks at what the model says.
 */
#ifndef TEST_GPUMODEL_HOST_H
#define TEST_GPUMODEL_HOST_H

#include <gpumodel/firmware.h>
#include <gpumodel/gpumodel.h>
#include <nvhw/rm.h>
#include <nvhw/rpc.h>
#include <nvhw/vbios.h>
#include <nvhw/wpr.h>

#define HOST_IOVA         UINT64_C(0x100000000)
#define HOST_MEMORY_BYTES (16u << 20)
#define HOST_VECTORS      16

/* Moments at which the hook may change things; data is what is said behind. */
enum host_point {
    HOST_AFTER_FWSEC_LOAD, /* NULL; registers of the GSP falcon may be written again */
    HOST_FWSEC_DATA,       /* uint8_t *: the image's data segment in system memory */
    HOST_FWSEC_COMMAND,    /* struct nvhw_fwsec_frts_command * */
    HOST_META,             /* struct nvhw_wpr_meta * */
    HOST_ARGUMENTS,        /* struct nvhw_libos_arg *: the page */
    HOST_RM_ARGUMENTS,     /* struct nvhw_r570_gsp_arguments * */
    HOST_SYSTEM_INFO,      /* struct nvhw_r570_gsp_system_info * */
    HOST_REGISTRY,         /* struct host_registry * */
    HOST_ELEMENT,          /* struct host_element *: sealed, before it goes out */
    HOST_BEFORE_BOOTER,    /* NULL */
    HOST_BOOTER_START,     /* NULL; SEC2 is loaded */
    HOST_MEMORY_READY,     /* NULL; all tables are written */
    HOST_PARAMETERS,       /* struct nvhw_gsp_fmc_boot_params * */
    HOST_PACKET,           /* struct host_packet *: for FSP */
};

struct host_registry {
    uint8_t bytes[256];
    uint32_t size_bytes;
};

struct host_packet {
    uint32_t headers[2];
    struct nvhw_fsp_cot_payload cot;
    uint32_t size_bytes; /* with the headers */
};

struct host_element {
    uint8_t *bytes;
    uint32_t elements;
};

struct host_fwsec {
    uint32_t data_offset, code_bytes, data_bytes, virtual_base, pkc_offset, interface_offset;
    uint32_t engine_mask, ucode_id, versions, signature_count, signatures_at, image_at;
};

struct host {
    struct gpum *m;
    const char *chip;
    bool fsp;           /* Hopper and later */
    uint32_t fsp_error; /* of the last answer */
    uint8_t *memory;
    uint64_t used;
    unsigned faults;
    char fault[512]; /* the last one */
    char first_fault[512];
    bool print;
    unsigned interrupts[HOST_VECTORS];
    void (*hook)(struct host *h, enum host_point point, void *data);
    /* What the boot made */
    uint8_t *rom;
    struct host_fwsec fwsec;
    uint64_t fwsec_image, shared, arguments, rm_arguments, meta_at, flush_page, radix3;
    struct nvhw_wpr_meta meta;
    uint32_t command_write, sequence_out, status_read, sequence_in;
    /* The last message received */
    struct nvhw_rpc_header rpc;
    uint8_t *payload;
    uint32_t payload_bytes;
    unsigned events; /* received on the way to a reply */
    uint32_t last_event;
    uint32_t next_handle;
};

void host_init(struct host *h, const char *chip, const char *plan, uint64_t seed);
void host_finish(struct host *h);

uint32_t host_rd(struct host *h, uint32_t offset);
void host_wr(struct host *h, uint32_t offset, uint32_t value);
/* Polls with time going on; false when it does not come within about 20 ms. */
bool host_poll(struct host *h, uint32_t offset, uint32_t mask, uint32_t want);
/* Allocates zeroed system memory, page aligned. */
uint64_t host_alloc(struct host *h, uint64_t size_bytes);
void *host_at(struct host *h, uint64_t iova);

/* Steps of the boot; false where the device does not do what a driver waits for. */
void host_power_up(struct host *h);
bool host_wait_devinit(struct host *h);
void host_set_flush_page(struct host *h);
bool host_reset_falcon(struct host *h, uint32_t base, bool riscv);
bool host_read_rom(struct host *h);
bool host_run_fwsec(struct host *h, uint32_t command);
void host_make_memory(struct host *h);
bool host_run_booter(struct host *h, enum gpum_firmware_file file, uint32_t mailbox0,
                     uint32_t mailbox1);
bool host_wait_init_done(struct host *h);
/* All of them. */
bool host_boot(struct host *h); /* of either kind */
/* Hopper and Blackwell: sends the chain of trust; true when FSP says yes. */
bool host_send_cot(struct host *h);
bool host_unload(struct host *h);

/* Queues. The request's payload is copied; the reply stands in h->rpc, h->payload. */
void host_send(struct host *h, uint32_t function, const void *payload, uint32_t size_bytes,
               bool doorbell);
bool host_receive(struct host *h);
bool host_call(struct host *h, uint32_t function, const void *payload, uint32_t size_bytes);
/* Status of the reply, or 0xffffffff without one. params is read and written back. */
uint32_t host_rm_alloc(struct host *h, uint32_t client, uint32_t parent, uint32_t object,
                       uint32_t class_id, void *params, uint32_t size_bytes);
uint32_t host_rm_control(struct host *h, uint32_t client, uint32_t object, uint32_t cmd,
                         void *params, uint32_t size_bytes);
uint32_t host_rm_free(struct host *h, uint32_t client, uint32_t object);

#endif
