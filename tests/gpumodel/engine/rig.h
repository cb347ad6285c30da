/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A model made of the engine side only: memory, MMU, interrupt tree, channels, engines. What the
 * other units would do is played here: no protected region unless set, MSI-X always on, GSP-RM
 * writes down channel errors, and an SM whose grids last as long as the test says.
 *
 * Numbers of page table entries are written out once more here, by hand and on purpose: they are
 * the second opinion on the model's decoding.
 */
#ifndef RIG_H
#define RIG_H

#include "chip.h"
#include "fifo.h"
#include "gmmu.h"
#include "irq.h"

#include <check.h>

#include <nvhw/compute.h>
#include <nvhw/copy.h>
#include <nvhw/gmmu.h>
#include <nvhw/host.h>
#include <nvhw/irq.h>
#include <nvhw/qmd.h>
#include <nvhw/rm.h>

enum {
    RIG_VRAM_BYTES = 64 << 20,
    RIG_SYSTEM_BYTES = 4 << 20,
    RIG_ROOT = 0x100000,  /* VRAM address of the root table; more tables follow */
    RIG_DATA = 0x1000000, /* VRAM from here on is for data */
    RIG_USERD = 0x0f0000, /* VRAM address of USERD, 0x200 per channel id */
    RIG_RING_ENTRIES = 16,
    RIG_RUNLIST = 1,
    RIG_NONSTALL_VECTOR = 5,
};
#define RIG_SYSTEM_IOVA UINT64_C(0x100000000)
#define RIG_PUSH_VA     UINT64_C(0x10000000) /* pushbuffers, one 64 KiB page per channel id */
#define RIG_RING_VA     UINT64_C(0x20000000) /* rings, one 4 KiB page per channel id */
#define RIG_DATA_VA     UINT64_C(0x40000000) /* 32 MiB of VRAM from RIG_DATA */
#define RIG_SYSTEM_VA   UINT64_C(0x80000000) /* all of system memory */

struct rig {
    struct gpum m; /* first */
    struct gpum_chip chip;
    uint8_t *system;
    uint64_t next_table;
    struct gpum_vas vas;
    uint64_t wpr2_start, wpr2_end;
    unsigned translations, translation_fails_at; /* 0: never */
    /* What came out */
    unsigned faults, notes;
    char fault_text[1024];
    unsigned messages; /* interrupts that left the device */
    unsigned message_entry;
    unsigned errors; /* channel errors told to GSP-RM */
    uint32_t error_xid, error_chid;
    bool error_is_mmu;
    struct gpum_mmu_fault error_mmu;
    char error_text[512];
    /* The played SM */
    struct gpum_grid_desc grid_desc; /* of the last launch */
    unsigned grid_launches, grid_steps_left, sm_invalidates;
    bool grid_faults;
    struct gpum_grid_fault grid_fault;
};

/* A rig with page tables of version 2 or 3 and everything above mapped. */
struct rig *rig_create(unsigned gmmu_version);
/* The same as a small GH100: classes C86F, C8B5, CBC0. */
struct rig *rig_create_hopper(void);
void rig_destroy(struct rig *rig);

/* ---- Page tables ----------------------------------------------------------------------------- */

struct rig_page {
    uint64_t address;
    enum gpum_aperture aperture;
    uint64_t size_bytes; /* 4K, 64K, 2M, 512M */
    unsigned kind;
    bool privileged, read_only, atomic_disable, sparse, invalid;
};
void rig_map(struct rig *rig, uint64_t va, const struct rig_page *page);
uint64_t rig_pte(const struct rig *rig, const struct rig_page *page);

/* ---- Channels -------------------------------------------------------------------------------- */

/* A channel on engine GR0 with copy and compute objects, enabled; or a privileged copy channel. */
void rig_channel(struct rig *rig, uint32_t chid);
void rig_copy_channel(struct rig *rig, uint32_t chid, bool privileged);

/* Writes words into the channel's pushbuffer page at word offset at. */
void rig_words(struct rig *rig, uint32_t chid, unsigned at, const uint32_t *words, unsigned count);
/* A ring entry over words [at, at + count) of the pushbuffer, then GP_PUT; no doorbell. */
void rig_entry(struct rig *rig, uint32_t chid, unsigned at, unsigned count);
void rig_entry_raw(struct rig *rig, uint32_t chid, uint32_t entry0, uint32_t entry1);
void rig_ring_doorbell(struct rig *rig, uint32_t chid);
uint32_t rig_gp_get(struct rig *rig, uint32_t chid);

/* words as one segment, doorbell, steps until quiet or a limit. */
void rig_submit(struct rig *rig, uint32_t chid, const uint32_t *words, unsigned count);
void rig_run(struct rig *rig);

uint32_t rig_read32(struct rig *rig, unsigned bar0_offset);
void rig_write32(struct rig *rig, unsigned bar0_offset, uint32_t value);
uint8_t *rig_data(struct rig *rig, uint64_t offset);   /* behind RIG_DATA_VA */
uint8_t *rig_system(struct rig *rig, uint64_t offset); /* behind RIG_SYSTEM_VA */

#define RIG_SUBMIT(rig, chid, ...)                                                                 \
    rig_submit((rig), (chid), (const uint32_t[]){__VA_ARGS__},                                     \
               sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

/* Method headers. */
#define INC(sub, method, count)                                                                    \
    (0x20000000u | (uint32_t)(count) << 16 | (sub) << 13 | (method) >> 2)
#define NINC(sub, method, count)                                                                   \
    (0x60000000u | (uint32_t)(count) << 16 | (sub) << 13 | (method) >> 2)
#define ONE(sub, method, count)                                                                    \
    (0xa0000000u | (uint32_t)(count) << 16 | (sub) << 13 | (method) >> 2)
#define IMMD(sub, method, data) (0x80000000u | (uint32_t)(data) << 16 | (sub) << 13 | (method) >> 2)
#define LO(x)                   ((uint32_t)(x))
#define HI(x)                   ((uint32_t)((uint64_t)(x) >> 32))
/* SEM_ADDR_LO .. SEM_EXECUTE */
#define SEM(va, payload, execute)                                                                  \
    INC(0u, NVC56F_SEM_ADDR_LO, 5), LO(va), HI(va), LO(payload), HI(payload), (execute)
#define SEM_RELEASE            0x00000001u
#define SEM_RELEASE_WFI        0x00100001u
#define SEM_RELEASE64          0x01000001u
#define SEM_RELEASE64_WFI_TIME 0x03100001u
#define SEM_ACQUIRE            0x00000000u
#define SEM_ACQ_GEQ64          0x01000002u

/* main() of a test program: a case per promise, each in a process of its own. */
struct rig_case {
    const TTest *test;
    int loops; /* 0: once */
};
int rig_main(const char *name, const struct rig_case *cases, size_t count);

#endif
