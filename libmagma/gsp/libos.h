/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What GSP's operating system is started with: a page that lists named pieces of memory, which are
 * its log buffers and the resource manager's arguments.
 */
#ifndef MG_GSP_LIBOS_H
#define MG_GSP_LIBOS_H

#include <stdint.h>

#include <magma-nv/address.h>
#include <magma-nv/status.h>

#include "libmagma/hal/dma.h"

struct mg_gen_boot;
struct mg_hal;

#define MG_LIBOS_LOG_MAX 5

struct mg_libos_log {
    const char *name; /* "LOGRM" */
    struct mg_dma memory;
};

/* A plain value, zero before use. */
struct mg_libos {
    struct mg_dma page; /* the list; its address goes into the GSP's mailbox */
    struct mg_dma rm_args;
    struct mg_libos_log logs[MG_LIBOS_LOG_MAX];
    uint32_t log_count;
};

/* Allocates and fills all of it; `queues` is the shared memory of the RPC queues. */
enum magma_code mg_libos_init(struct mg_libos *libos, struct mg_hal *hal,
                              const struct mg_gen_boot *boot, magma_iova queues,
                              struct magma_error *err);
void mg_libos_finish(struct mg_libos *libos);

/* Copies the newest bytes of a log, oldest of them first. Returns how many; 0: no such log, or
 * nothing was written. */
uint32_t mg_libos_log_tail(const struct mg_libos *libos, const char *name, void *out,
                           uint32_t size_bytes);

#endif
