/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How long the boot waits for what, in nanoseconds: the one table. Times come from the open
 * drivers where those name one, else are a few times what they would plausibly take.
 */
#ifndef MG_GSP_DEADLINES_H
#define MG_GSP_DEADLINES_H

#define MG_US(n)                      (UINT64_C(1000) * (n))
#define MG_MS(n)                      (UINT64_C(1000000) * (n))

#define MG_DEADLINE_DEVINIT_NS        MG_MS(4000)  /* the board's own firmware after power-on */
#define MG_DEADLINE_FSP_BOOT_NS       MG_MS(5000)  /* the same on Hopper and Blackwell */
#define MG_DEADLINE_RESET_READY_NS    MG_US(150)   /* falcon says that it may be reset */
#define MG_DEADLINE_RESET_SETTLE_NS   MG_MS(100)   /* rest after a function level reset */
#define MG_DEADLINE_SCRUB_NS          MG_MS(100)   /* falcon memories cleared after reset */
#define MG_DEADLINE_CORE_SELECT_NS    MG_MS(10)    /* switch between falcon and RISC-V */
#define MG_DEADLINE_FALCON_DMA_NS     MG_MS(2000)  /* one block, or the last to finish */
#define MG_DEADLINE_FALCON_HALT_NS    MG_MS(4000)  /* FWSEC, booter, scrubber run */
#define MG_DEADLINE_RISCV_ACTIVE_NS   MG_MS(2000)  /* booter has started the core */
#define MG_DEADLINE_QUEUE_LINK_NS     MG_MS(5000)  /* GSP puts its queue's head in place */
#define MG_DEADLINE_INIT_DONE_NS      MG_MS(20000) /* GSP-RM initialises the GPU */
#define MG_DEADLINE_RPC_NS            MG_MS(10000) /* one request */
#define MG_DEADLINE_RPC_SPACE_NS      MG_MS(2000)  /* room in the command queue */
#define MG_DEADLINE_UNLOAD_NS         MG_MS(5000)  /* GSP-RM ends after its last RPC */
#define MG_DEADLINE_REGION_DOWN_NS    MG_MS(2000)  /* WPR2 lowered after that */
#define MG_DEADLINE_SEQUENCER_POLL_NS MG_MS(4000)  /* REG_POLL that names no time */
#define MG_DEADLINE_HANDOFF_NS        MG_MS(4000)  /* boot stage 3 in CORE_RESUME */
#define MG_DEADLINE_FSP_RESPONSE_NS   MG_MS(4000)
#define MG_DEADLINE_LOCKDOWN_NS       MG_MS(5000) /* FMC hands the GSP over */

/* Longest single delay and poll that a sequencer program may ask for. */
#define MG_SEQUENCER_DELAY_MAX_NS     MG_MS(1000)
#define MG_SEQUENCER_POLL_MAX_NS      MG_MS(30000)

#endif
