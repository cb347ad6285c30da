/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The fault plan as the units ask it. Every question counts one event of its kind. */
#ifndef GPUM_PLAN_H
#define GPUM_PLAN_H

#include <gpumodel/plan.h>
#include <stdint.h>

struct gpum;
struct gpum_plan_state;

enum gpum_plan_unit { GPUM_PLAN_BOOT, GPUM_PLAN_GSP, GPUM_PLAN_FIFO, GPUM_PLAN_UNIT_COUNT };

/* NULL when memory is out or the text is wrong (then error says why). text NULL: empty plan. */
struct gpum_plan_state *gpum_plan_create(const char *text, char *error, size_t error_size_bytes);
void gpum_plan_destroy(struct gpum_plan_state *plan);

/* A BAR access comes in. May take the device off the bus. */
void gpum_plan_access(struct gpum *m);
/* How many copies of this interrupt message leave: 0, 1 or 2. */
unsigned gpum_plan_irq(struct gpum *m);
/* How late a message of the GSP leaves; whether its checksum is spoilt. */
uint64_t gpum_plan_rpc_delay_ns(const struct gpum *m);
bool gpum_plan_rpc_corrupt(struct gpum *m);
bool gpum_plan_frozen(struct gpum *m, enum gpum_plan_unit unit);
/* The boot gets to a named step. May take the device off the bus. */
void gpum_plan_reach(struct gpum *m, const char *step);
/* A message for the GSP comes in: true when the GSP halts instead. */
bool gpum_plan_gsp_halt(struct gpum *m);
/* What a reset does not do, or does. */
bool gpum_plan_flr_ignored(const struct gpum *m);
bool gpum_plan_bus_reset_ignored(const struct gpum *m);
bool gpum_plan_bus_reset_revives(const struct gpum *m);
/* An engine's translation: true when it has to fail. */
bool gpum_plan_mmu_fault(struct gpum *m);

#endif
