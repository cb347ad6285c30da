/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Shared by the files of rm/. */
#ifndef MG_RM_PRIVATE_H
#define MG_RM_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include <nvhw/rm.h>

#include "libmagma/gen/gen.h"
#include "libmagma/gsp/gsp.h"
#include "libmagma/rm/rm.h"
#include "libmagma/rpc/rpc.h"

struct mg_rm {
    struct mg_rpc *rpc;
    const struct mg_gen *gen;
    uint32_t client, device, subdevice;
    uint32_t internal_client, internal_subdevice; /* GSP-RM's own, for internal controls */
    atomic_uint next_handle;
    bool have_client, have_device, have_subdevice;

    uint32_t engine_count;
    struct mg_rm_engine engine[MG_RM_ENGINES_MAX];
    uint32_t gsp_vector;
    uint32_t tpc_count;

    pthread_mutex_t chid_lock;
    uint8_t chid_used[NV_RM_CHANNEL_ID_COUNT]; /* protected by chid_lock */
};

/* A control on GSP-RM's internal subdevice. */
enum magma_code mg_rm_internal(struct mg_rm *rm, uint32_t cmd, void *params, uint32_t size_bytes,
                               struct magma_error *err);
/* A control on our subdevice. */
enum magma_code mg_rm_subdevice(struct mg_rm *rm, uint32_t cmd, void *params, uint32_t size_bytes,
                                struct magma_error *err);

/* Reads the tables into rm. */
enum magma_code mg_rm_read_tables(struct mg_rm *rm, struct magma_error *err);

#endif
