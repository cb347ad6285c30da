/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Between the units of the model: the whole device, the BAR0 decoder's unit table, memory
 * accesses, faults and the hand-over of work (RPC -> channel -> engine -> SM).
 */
#ifndef GPUM_MODEL_H
#define GPUM_MODEL_H

#include <gpumodel/gpumodel.h>

#include <stdarg.h>

/* ---- Reports -------------------------------------------------------------------------------- */

/* Hardware would refuse, hang or corrupt here. One line, decoded. */
void gpum_fault(struct gpum *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void gpum_note(struct gpum *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line of the story of what happens; dropped unless config.trace. */
void gpum_trace(struct gpum *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- BAR0 ----------------------------------------------------------------------------------- */

/* One unit's window into BAR0. Handlers see offsets from BAR0's start; accesses are aligned words.
 */
struct gpum_unit {
    const char *name;
    uint32_t base, size_bytes;
    uint32_t (*read)(struct gpum *m, uint32_t offset);
    void (*write)(struct gpum *m, uint32_t offset, uint32_t value);
};

/* Unknown registers read 0xbad00100-style values per GPU convention and are noted once. */

/* ---- Physical memory (mem.c) ---------------------------------------------------------------- */

enum gpum_aperture { GPUM_VRAM, GPUM_SYS_COHERENT, GPUM_SYS_NONCOHERENT };

/* Pointer to physical memory valid for *run_bytes, NULL when there is none (outside VRAM, or an
 * unmapped bus address). VRAM inside the protected region (WPR2) is refused for clients. */
uint8_t *gpum_phys(struct gpum *m, enum gpum_aperture aperture, uint64_t address, bool write,
                   uint64_t *run_bytes);
/* Copies; false as soon as a byte is not there. */
bool gpum_phys_read(struct gpum *m, enum gpum_aperture aperture, uint64_t address, void *data,
                    size_t size_bytes);
bool gpum_phys_write(struct gpum *m, enum gpum_aperture aperture, uint64_t address,
                     const void *data, size_t size_bytes);

/* ---- Virtual memory (gmmu.c) ---------------------------------------------------------------- */

/* A page directory base as an instance block or an RPC gives it. */
struct gpum_vas {
    enum gpum_aperture aperture;
    uint64_t root; /* physical address of the root table */
    bool valid;
};

enum gpum_access { GPUM_READ, GPUM_WRITE, GPUM_ATOMIC };

/* Fault types are NV_PFAULT_FAULT_TYPE_* of nvhw. */
struct gpum_mmu_fault {
    uint64_t va;
    uint32_t type;
    enum gpum_access access;
    const char *client; /* "HOST0", "CE0", "GPC0:T1" */
};

/* Pointer behind a virtual address, valid to the end of its page (*run_bytes); NULL and *fault
 * filled when the walk fails. Cached; the cache obeys TLB invalidates only, so a driver that
 * forgets one sees stale translations. */
uint8_t *gpum_virt(struct gpum *m, const struct gpum_vas *vas, uint64_t va, enum gpum_access access,
                   uint64_t *run_bytes, struct gpum_mmu_fault *fault);
bool gpum_virt_read(struct gpum *m, const struct gpum_vas *vas, uint64_t va, void *data,
                    size_t size_bytes, struct gpum_mmu_fault *fault);
bool gpum_virt_write(struct gpum *m, const struct gpum_vas *vas, uint64_t va, const void *data,
                     size_t size_bytes, struct gpum_mmu_fault *fault);

/* ---- Interrupts (irq.c) --------------------------------------------------------------------- */

/* Sets a vector pending in the CPU interrupt tree. */
void gpum_irq_raise(struct gpum *m, unsigned vector);

/* ---- Channels (fifo.c), created by the RM tree ---------------------------------------------- */

struct gpum_channel_desc {
    uint32_t chid, runlist;
    uint32_t engine_type; /* NV2080_ENGINE_TYPE_* */
    uint32_t class_id;    /* channel class */
    uint64_t gpfifo_va;
    uint32_t gpfifo_entries;
    enum gpum_aperture userd_aperture;
    uint64_t userd_address; /* of this channel's 0x200 bytes */
    bool privileged;        /* may copy by physical address and invalidate TLBs by method */
    struct gpum_vas vas;
};

/* false (with a reason) when the description is not one that hardware could run. */
bool gpum_channel_create(struct gpum *m, const struct gpum_channel_desc *desc, char *reason,
                         size_t reason_size_bytes);
void gpum_channel_destroy(struct gpum *m, uint32_t runlist, uint32_t chid);
bool gpum_channel_enable(struct gpum *m, uint32_t runlist, uint32_t chid, bool enable);
/* An engine object (compute, copy class) was allocated on the channel: methods may bind it. */
bool gpum_channel_add_object(struct gpum *m, uint32_t runlist, uint32_t chid, uint32_t class_id);
/* RM answers PROMOTE_CTX: the GR context buffers of this channel are in place. */
void gpum_channel_set_gr_context(struct gpum *m, uint32_t runlist, uint32_t chid, bool ready);

/* ---- From the engines back to GSP-RM (rm side, implemented by the GSP) ----------------------- */

/* A channel died: GSP-RM sends RC_TRIGGERED and OS_ERROR_LOG (xid: 13, 31, 32, 43, 69 ...). */
void gpum_gsp_channel_error(struct gpum *m, uint32_t runlist, uint32_t chid, uint32_t xid,
                            const struct gpum_mmu_fault *mmu, const char *text);
/* Non-stall vector of an engine, as the interrupt table of GSP-RM announces it. */
unsigned gpum_engine_nonstall_vector(const struct gpum *m, uint32_t engine_type);

/* ---- Compute (sm/) -------------------------------------------------------------------------- */

struct gpum_constant_bank {
    bool valid;
    uint64_t va;
    uint32_t size_bytes;
};

/* A grid as the QMD describes it, already checked by the compute front end. */
struct gpum_grid_desc {
    struct gpum_vas vas;
    uint64_t program_va;
    uint32_t sm_version;     /* 86, ... */
    uint32_t register_count; /* as the QMD says */
    uint32_t barrier_count;
    uint32_t shared_bytes;
    uint32_t local_bytes; /* per thread */
    uint32_t cta[3], grid[3];
    uint64_t shared_window, local_window; /* 0: unset */
    uint64_t header_pool, sampler_pool;   /* textures; 0: unset */
    uint32_t header_last, sampler_last;   /* the pools' last entries */
    uint32_t header_version;              /* 0: version 1, 1: version 2 */
    struct gpum_constant_bank bank[8];
};

struct gpum_grid;

enum gpum_grid_state { GPUM_GRID_RUNNING, GPUM_GRID_DONE, GPUM_GRID_FAULTED };

struct gpum_grid_fault {
    bool is_mmu;
    struct gpum_mmu_fault mmu;
    char text[256]; /* decoded: what, pc, warp, lane, instruction */
};

/* Starts a grid; NULL with a reason when it cannot run on this chip. desc is copied. */
struct gpum_grid *gpum_sm_launch(struct gpum *m, const struct gpum_grid_desc *desc, char *reason,
                                 size_t reason_size_bytes);
/* Runs up to budget warp instructions. *used is how many ran. */
enum gpum_grid_state gpum_sm_step(struct gpum_grid *grid, unsigned budget, unsigned *used);
const struct gpum_grid_fault *gpum_sm_fault(const struct gpum_grid *grid);
void gpum_sm_release(struct gpum_grid *grid);
/* Drops cached decoded programs (INVALIDATE_INSTRUCTION_CACHE, INVALIDATE_SHADER_CACHES). */
void gpum_sm_invalidate(struct gpum *m);

/* ---- The device ----------------------------------------------------------------------------- */

struct gpum_pci;        /* pci.c */
struct gpum_boot;       /* boot.c: straps, scratch, WPR2, falcons, GSP */
struct gpum_gsp;        /* gsp.c: queues, RM tree */
struct gpum_mmu;        /* gmmu.c */
struct gpum_irq;        /* irq.c */
struct gpum_fifo;       /* fifo.c, pbdma.c, copy.c, compute.c */
struct gpum_sm;         /* sm/ */
struct gpum_plan_state; /* plan.c */
struct gpum_chip;       /* chip.h: one table per chip */

struct gpum {
    struct gpum_config config;
    const struct gpum_chip *chip;
    uint64_t time_ns;
    uint64_t vram_bytes;
    uint8_t *vram;
    int vram_fd;
    bool dead; /* the plan pulled the plug: all ones from now on */
    /* Counts TLB invalidates and changes of system memory mappings: whoever keeps a pointer from
     * gpum_virt() or gpum_phys() looks here first. */
    uint64_t memory_generation;
    unsigned fault_count;
    struct gpum_stats stats;
    struct gpum_pci *pci;
    struct gpum_boot *boot;
    struct gpum_gsp *gsp;
    struct gpum_mmu *mmu;
    struct gpum_irq *irq;
    struct gpum_fifo *fifo;
    struct gpum_sm *sm;
    struct gpum_plan_state *plan;
};

/* Each unit: create its state, bring it to power-on (also on reset), destroy it. create returns
 * false when memory is out. */
#define GPUM_UNIT_LIFE(unit)                                                                       \
    bool gpum_##unit##_create(struct gpum *m);                                                     \
    void gpum_##unit##_power_on(struct gpum *m);                                                   \
    void gpum_##unit##_destroy(struct gpum *m)
GPUM_UNIT_LIFE(pci);
GPUM_UNIT_LIFE(boot);
GPUM_UNIT_LIFE(gsp);
GPUM_UNIT_LIFE(mmu);
GPUM_UNIT_LIFE(irq);
GPUM_UNIT_LIFE(fifo);
GPUM_UNIT_LIFE(sm);

/* Units with work of their own: each does up to budget units, returns true while work is left. A
 * channel that waits for a semaphore is work left: memory may change at any time. */
bool gpum_boot_step(struct gpum *m, unsigned budget);
bool gpum_gsp_step(struct gpum *m, unsigned budget);
bool gpum_fifo_step(struct gpum *m, unsigned budget);

/* Windows into BAR0, one array per unit, ended by a NULL name. */
extern const struct gpum_unit gpum_boot_units[]; /* PMC, fuses, PROM, falcons, PFB WPR2, FSP ... */
extern const struct gpum_unit gpum_gsp_units[];
extern const struct gpum_unit
    gpum_mmu_units[]; /* TLB invalidate, BAR1/BAR2 block, PRAMIN, flushes */
extern const struct gpum_unit gpum_irq_units[];  /* CPU interrupt tree, MSI-X table */
extern const struct gpum_unit gpum_fifo_units[]; /* usermode page: time, doorbell */

/* BAR1 and BAR3 accesses go through the MMU unit (physical or virtual mode). */
uint64_t gpum_bar1_read(struct gpum *m, unsigned region, uint64_t offset, unsigned size_bytes);
void gpum_bar1_write(struct gpum *m, unsigned region, uint64_t offset, unsigned size_bytes,
                     uint64_t value);

#endif
