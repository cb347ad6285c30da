/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Registers in BAR0: 32-bit reads and writes in program order, waiting for a value, and the trace
 * of the last accesses. Offsets are bytes, multiples of 4, and come from nvhw. Any thread.
 */
#ifndef MG_HAL_MMIO_H
#define MG_HAL_MMIO_H

#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/status.h>

struct mg_hal;

/* Reads a register. All ones when the device is gone (see hal.h) or offset is beyond BAR0; for a
 * value that has to be trusted use mg_mmio_read. */
uint32_t mg_mmio_rd32(struct mg_hal *hal, uint32_t offset);

/* Writes a register. Dropped when the device is gone. */
void mg_mmio_wr32(struct mg_hal *hal, uint32_t offset, uint32_t value);

/* Reads, replaces the bits of mask by those of value, writes. Returns what was read. Not atomic:
 * the caller keeps others off the register. */
uint32_t mg_mmio_mask32(struct mg_hal *hal, uint32_t offset, uint32_t mask, uint32_t value);

/* As mg_mmio_rd32, but says whether the value is one: MAGMA_DEVICE_GONE when it is not. */
enum magma_code mg_mmio_read(struct mg_hal *hal, uint32_t offset, uint32_t *out,
                             struct magma_error *err);

/*
 * Reads the register until (value & mask) == want, with growing sleeps of the hal's clock in
 * between (1 us to 100 us), for at most timeout_ns. Looks once more after the deadline, so that
 * a late scheduler is no failure. MAGMA_TIMEOUT: the text names the register, its last value,
 * the mask, what was wanted and how long it took. MAGMA_DEVICE_GONE: all ones, and gone.
 */
enum magma_code mg_mmio_poll(struct mg_hal *hal, uint32_t offset, uint32_t mask, uint32_t want,
                             uint64_t timeout_ns, struct magma_error *err);

/* As mg_mmio_poll for any condition: `done` gets each value read and says when to stop. `what`
 * stands in the timeout's text ("RISC-V active"). */
enum magma_code mg_mmio_poll_until(struct mg_hal *hal, uint32_t offset,
                                   bool (*done)(void *ctx, uint32_t value), void *ctx,
                                   const char *what, uint64_t timeout_ns, struct magma_error *err);

/* Size of BAR0 in bytes. */
uint64_t mg_mmio_size_bytes(const struct mg_hal *hal);

/* A pointer to size_bytes of mapped registers for a path that may not pay for the trace (the
 * doorbell), or NULL when BAR0 is not mapped there: use mg_mmio_wr32 then. Valid until destroy. */
volatile uint32_t *mg_mmio_pointer(struct mg_hal *hal, uint32_t offset, uint32_t size_bytes);

/* ---- Trace ---- */

struct mg_mmio_access {
    uint64_t time_ns; /* of the hal's clock */
    uint32_t offset;
    uint32_t value;
    uint32_t count; /* 1, or how often in a row the same read gave the same value */
    bool write;
};

/* Copies the newest accesses, oldest of them first, at most max. Returns how many. */
uint32_t mg_mmio_trace(struct mg_hal *hal, struct mg_mmio_access *out, uint32_t max);

/* Formats an access as text with the register's name and fields where known, NUL ended, into
 * buf. Returns the length (cut to size_bytes - 1). */
uint32_t mg_mmio_format(const struct mg_mmio_access *access, char *buf, uint32_t size_bytes);

/* The name of a register as nvhw knows it, or its offset ("0x00110804"), NUL ended, into buf. */
void mg_mmio_name(uint32_t offset, char *buf, uint32_t size_bytes);

#endif
