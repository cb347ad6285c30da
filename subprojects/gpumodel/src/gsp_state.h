/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * GSP-RM's inside: what it does when (gsp.c, gsp_boot.c), its two queues (rpc.c, rpc_send.c), the
 * resource manager's objects (rm*.c).
 */
#ifndef GPUM_GSP_STATE_H
#define GPUM_GSP_STATE_H

#include <nvhw/rpc.h>
#include <nvhw/wpr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gsp.h"
#include "model.h"
#include "rm_object.h"

enum gpum_gsp_phase {
    GPUM_GSP_OFF,
    GPUM_GSP_ARGUMENTS, /* reads the host's argument pages */
    GPUM_GSP_SETTINGS,  /* waits for system info and registry */
    GPUM_GSP_SEQUENCER, /* waits for the host to run its register program */
    GPUM_GSP_RUNNING,
    GPUM_GSP_UNLOADING, /* halts as soon as its last message is out */
    GPUM_GSP_HUNG,      /* something was wrong: it says nothing more */
    GPUM_GSP_HALTED,    /* crashed, or unloaded */
};

#define GPUM_LOG_BUFFERS_MAX 8

struct gpum_log_buffer {
    uint64_t id8, address, size_bytes;
};

/* A message on its way to the host: whole elements. */
struct gpum_outgoing {
    struct gpum_outgoing *next;
    uint64_t due_ns;
    uint32_t elements;
    uint8_t bytes[];
};

struct gpum_gsp {
    enum gpum_gsp_phase phase;
    struct nvhw_wpr_meta meta;
    uint64_t arguments;                              /* bus address of the libos page */
    uint64_t pages[NV_GSP_QUEUE_PAGE_TABLE_ENTRIES]; /* of the shared memory; [0] 0: not known */
    struct gpum_log_buffer logs[GPUM_LOG_BUFFERS_MAX];
    unsigned log_count;
    bool doorbell;

    /* Receiving */
    uint32_t command_read, sequence_in;
    uint8_t *message; /* payload being put together */
    uint32_t message_bytes, message_wanted;
    struct nvhw_rpc_header message_header;

    /* Sending */
    uint32_t status_write, sequence_out;
    struct gpum_outgoing *first, **last;

    bool have_system_info, have_registry;
    struct gpum_rm rm;
};

/* Reports what is wrong; GSP-RM hangs. */
void gpum_gsp_hang(struct gpum *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* GSP-RM crashes: RISC-V halted, HALT interrupt. */
void gpum_gsp_crash(struct gpum *m);
/* A line into the RM log buffer (raw, as its texts cannot be decoded anyway). */
void gpum_gsp_log(struct gpum *m, const char *text);

/* gsp_boot.c: the phases before RUNNING. */
void gpum_gsp_read_arguments(struct gpum *m);
void gpum_gsp_send_sequencer(struct gpum *m);
void gpum_gsp_check_sequencer(struct gpum *m);
void gpum_gsp_init_done(struct gpum *m);

/* sysinfo.c: false after reporting the first field that is wrong. */
bool gpum_system_info_ok(struct gpum *m, const uint8_t *payload, uint32_t size_bytes);
bool gpum_registry_ok(struct gpum *m, const uint8_t *payload, uint32_t size_bytes);
/* staticinfo.c */
void gpum_static_info(const struct gpum *m, struct nvhw_r570_gsp_static_info *info);

/* ---- Queues (rpc.c) ----------------------------------------------------------------------------
 */

/* Shared memory by offset; false when it leaves it or is not mapped. */
bool gpum_shared_read(struct gpum *m, uint32_t offset, void *data, size_t size_bytes);
bool gpum_shared_write(struct gpum *m, uint32_t offset, const void *data, size_t size_bytes);
/* Takes one message from the command queue. True when one was there (good or bad); *complete when
 * message, message_bytes and message_header hold one. */
bool gpum_rpc_receive(struct gpum *m, bool *complete);
/* Queues a message for the host; cut into records when long. Payload is copied. */
void gpum_rpc_send(struct gpum *m, uint32_t function, uint32_t sequence, uint32_t result,
                   const void *payload, size_t size_bytes);
/* Event with a fixed head and a tail behind it. */
void gpum_rpc_event(struct gpum *m, uint32_t event, const void *payload, size_t size_bytes);
/* Moves what is due into the status queue; true while something waits. */
bool gpum_rpc_flush(struct gpum *m);
void gpum_rpc_drop_all(struct gpum *m);

/* XOR of 64-bit words, folded: 0 over a good message. size_bytes is rounded up with zeros. */
uint32_t gpum_rpc_checksum(const void *data, size_t size_bytes);

#endif
