/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs the register programs that GSP-RM sends while it starts (event GSP_RUN_CPU_SEQUENCER): it
 * cannot reset its own core, so it asks the host. The program comes from the firmware; addresses
 * and lengths are checked all the same.
 */
#ifndef MG_RPC_SEQUENCER_H
#define MG_RPC_SEQUENCER_H

#include <stdint.h>

#include <magma-nv/status.h>

struct mg_hal;

/* What the core opcodes do, in order of their numbers. */
struct mg_sequencer_core {
    enum magma_code (*reset)(void *ctx, struct magma_error *err);
    enum magma_code (*start)(void *ctx, struct magma_error *err);
    enum magma_code (*wait_halted)(void *ctx, struct magma_error *err);
    enum magma_code (*resume)(void *ctx, struct magma_error *err);
    void *ctx;
};

/* Runs a program from an event's payload to its end, or to the first thing that fails (the text
 * says at which command). MAGMA_PROTOCOL: the program is malformed. */
enum magma_code mg_sequencer_run(struct mg_hal *hal, const struct mg_sequencer_core *core,
                                 const void *payload, uint32_t size_bytes, struct magma_error *err);

#endif
