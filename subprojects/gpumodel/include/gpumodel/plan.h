/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Fault plans: text that says what goes wrong, and when. Statements are separated by newlines or
 * semicolons; '#' starts a comment; numbers are decimal or 0x hexadecimal; counts start at 1.
 *
 *     irq drop N           the N-th interrupt message does not arrive
 *     irq double N         the N-th interrupt message arrives twice
 *     rpc delay MS ms      each message of the GSP leaves MS milliseconds late
 *     rpc corrupt N        the N-th message of the GSP has a wrong checksum
 *     freeze UNIT at N     UNIT (boot, gsp, fifo) does nothing from its N-th step on
 *     die at STEP          the device leaves the bus when the boot gets to STEP: fwsec-frts,
 *                          booter-load, riscv, libos, sysinfo, sequencer, init-done, unload,
 *                          fwsec-sb, booter-unload, fsp
 *     ones from access N   the device leaves the bus at the N-th BAR access
 *     gsp halt at N        the GSP halts instead of answering the N-th message it receives
 *     mmu fault at N       the N-th translation of an engine's virtual address fails
 *     flr ignored          a function level reset changes nothing
 *     bus reset ignored    a reset of the bus changes nothing
 *     bus reset revives    a device that left the bus comes back by a reset of the bus
 *
 * Each kind may be given several times, except delay, "ones from", "gsp halt" and "mmu fault", where
 * the last one holds. A device that left the bus reads as all ones until it is created again, or
 * revived.
 */
#ifndef GPUMODEL_PLAN_H
#define GPUMODEL_PLAN_H

#include <stdbool.h>
#include <stddef.h>

/* Checks a plan without a model: false with a sentence that names the statement. */
bool gpum_plan_check(const char *text, char *error, size_t error_size_bytes);

#endif
