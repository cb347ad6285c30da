/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Between the files of this folder: struct mg_rpc and what its verbs need. */
#ifndef MG_RPC_PRIV_H
#define MG_RPC_PRIV_H

#include <pthread.h>

#include "libmagma/hal/hal.h"
#include "libmagma/rpc/queue.h"
#include "libmagma/rpc/rpc.h"

#define MG_RPC_HANDLER_MAX 32

struct mg_rpc_handler {
    uint32_t event; /* 0: all */
    mg_rpc_event_handler call;
    void *ctx;
};

struct mg_rpc {
    struct mg_hal *hal;
    struct mg_rpc_options options;
    struct mg_dma shared;

    pthread_mutex_t lock; /* recursive; protects all below */
    struct mg_rpc_queue queue;
    struct mg_rpc_message message; /* the one received last */
    struct mg_rpc_handler handlers[MG_RPC_HANDLER_MAX];
    uint32_t handler_count;
    uint32_t sequence;
    bool hold_doorbell;
    bool dead;
    struct magma_error cause;
    uint64_t sent, received;
};

/*
 * As mg_rpc_call, but a transport result that is not OK is no error: *result gets it. reply may be
 * the same memory as payload.
 */
enum magma_code mg_rpc_exchange(struct mg_rpc *rpc, uint32_t function, const void *payload,
                                uint32_t size_bytes, void *reply, uint32_t *reply_size_bytes,
                                uint32_t *result, struct magma_error *err);

/* Name of a function or event, or its number, into buf. Returns buf. */
const char *mg_rpc_name(uint32_t function, char *buf, size_t size_bytes);

/* Text of an rpc_result or RM status into buf. Returns buf. */
const char *mg_rpc_result_text(uint32_t result, char *buf, size_t size_bytes);

#endif
