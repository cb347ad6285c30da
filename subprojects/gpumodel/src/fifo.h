/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A channel as hardware runs it, from the doorbell to the engines. fifo.c keeps the channels and
 * shares out time, pbdma_fetch.c reads ring and segments, pbdma.c decodes method headers, host.c
 * executes host methods, copy.c and compute.c are the engines.
 */
#ifndef GPUM_FIFO_H
#define GPUM_FIFO_H

#include "model.h"

#include <nvhw/describe.h>
#include <nvhw/fifo.h>

enum {
    GPUM_OBJECTS_MAX = 8,  /* engine objects per channel */
    GPUM_GRIDS_MAX = 8,    /* launches of a channel under way at once */
    GPUM_SLICE_UNITS = 64, /* what a channel may do before the next one's turn */
    GPUM_CHANNEL_BUCKETS = 256,
    GPUM_METHOD_COUNT = NV_PBDMA_METHOD_SPACE_BYTES / 4,
};

/* How a method went. */
enum gpum_method_result {
    GPUM_METHOD_DONE,
    GPUM_METHOD_WAIT,   /* cannot go on yet: to be tried again with the same data */
    GPUM_METHOD_FAILED, /* the channel has been stopped */
};

struct gpum_channel;
struct gpum_client;
struct gpum_object;

typedef enum gpum_method_result (*gpum_method_fn)(struct gpum_channel *ch, struct gpum_object *obj,
                                                  uint32_t method, uint32_t data);

/* An engine object: its class and the state its methods left. */
struct gpum_object {
    const struct nvhw_class_desc *cls;
    gpum_method_fn execute;
    uint32_t *state;                        /* GPUM_METHOD_COUNT words, by method offset / 4 */
    uint64_t known[GPUM_METHOD_COUNT / 64]; /* bit per method that the class has */
};

/* The header being worked off. */
struct gpum_method_run {
    uint32_t subchannel, method, count;
    bool increment, increment_once;
};

/* One side of a copy, in virtual or physical memory: lines a pitch apart, or a block linear
 * surface in which the lines begin at a column, row and slice. */
struct gpum_copy_side {
    bool physical, block_linear;
    enum gpum_aperture aperture;
    uint64_t base, pitch_bytes;
    uint64_t width_bytes, height, depth;
    unsigned block_height_log2, block_depth_log2; /* in GOBs, in slices */
    uint64_t x_bytes, y, z;
};

struct gpum_copy_remap {
    bool enabled;
    uint32_t component_bytes, source_count, destination_count;
    uint32_t source[4]; /* per destination component: NVC5B5_SET_REMAP_COMPONENTS_DST_X_* */
    uint32_t constant[2];
};

/* A semaphore to release: payload_bytes 4 or 8; with_time makes it 16 bytes, 16-byte aligned. */
struct gpum_release {
    uint64_t va, payload;
    unsigned payload_bytes;
    bool with_time;
};

/* A launched copy on its way, then its semaphore and interrupt. */
struct gpum_copy_work {
    bool active;
    struct gpum_copy_side source, destination;
    struct gpum_copy_remap remap;
    uint64_t line_elements, line_count; /* elements are bytes without remap */
    uint64_t line, element;             /* progress */
    uint32_t launch;                    /* the LAUNCH_DMA word */
    struct gpum_release release;
};

/* A grid under way. */
struct gpum_grid_slot {
    struct gpum_grid *grid; /* NULL: free */
    uint64_t qmd_va;
    uint32_t qmd[128]; /* as fetched, for its releases */
    uint32_t version;
};

/* Inline data on its way to memory (methods of the compute class). */
struct gpum_inline_data {
    bool active;
    uint64_t line, byte;
};

struct gpum_channel {
    struct gpum *m;
    struct gpum_channel_desc desc;
    struct gpum_channel *next;      /* of the bucket */
    struct gpum_channel *next_turn; /* of all channels */
    const struct nvhw_class_desc *host_class;
    uint64_t host_known[NV_PBDMA_HOST_METHOD_BYTES / 4 /
                        64]; /* bit per host method that the class has */
    bool enabled, faulted, gr_ready;

    /* Ring and segment */
    bool rung;
    uint32_t gp_get, gp_put;
    uint64_t segment_va, extended_base;
    uint32_t segment_words;
    /* Where the next words lie, valid while generation is current. */
    const uint8_t *fetch_pointer;
    uint64_t fetch_bytes, fetch_generation;

    /* Methods */
    struct gpum_method_run run;
    bool held; /* a method waits: these are its subchannel, offset and data */
    uint32_t held_subchannel, held_method, held_data;
    bool yield;
    bool subdevice_on;
    uint32_t subdevice_mask;
    uint32_t host_state[NV_PBDMA_HOST_METHOD_BYTES / 4];
    struct gpum_object objects[GPUM_OBJECTS_MAX];
    unsigned object_count;
    struct gpum_object *bound[NV_PBDMA_SUBCHANNEL_COUNT];
    uint32_t last_subchannel; /* of an engine method */

    /* Engines */
    struct gpum_copy_work copy;
    struct gpum_grid_slot grids[GPUM_GRIDS_MAX];
    unsigned grid_count;
    struct gpum_inline_data inline_data;
};

struct gpum_fifo {
    struct gpum_channel *bucket[GPUM_CHANNEL_BUCKETS];
    struct gpum_channel *first, *turn; /* all channels; whose turn it is, NULL: the first's */
    unsigned channel_count;
    uint32_t mailbox[16];
};

/* ---- fifo.c ---------------------------------------------------------------------------------- */

struct gpum_channel *gpum_channel_find(struct gpum *m, uint32_t runlist, uint32_t chid);

/* Stops the channel: reports, tells GSP-RM, drops what its engines do. Returns
 * GPUM_METHOD_FAILED, so that a method can end with it. mmu may be NULL. */
enum gpum_method_result gpum_channel_fail(struct gpum_channel *ch, uint32_t xid,
                                          const struct gpum_mmu_fault *mmu, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
enum gpum_method_result gpum_channel_fail_mmu(struct gpum_channel *ch,
                                              const struct gpum_mmu_fault *mmu, const char *what);

/* True when no engine of the channel has work. */
bool gpum_channel_idle(const struct gpum_channel *ch);

/* Raises the non-stall vector of the channel's engine. */
void gpum_channel_interrupt(struct gpum_channel *ch);

/* ---- pbdma_fetch.c --------------------------------------------------------------------------- */

/* Takes the doorbell: reads GP_PUT. false when the channel was stopped. */
bool gpum_pbdma_take_doorbell(struct gpum_channel *ch);
/* Next word of the stream; false when there is none now (or the channel was stopped). */
bool gpum_pbdma_next_word(struct gpum_channel *ch, uint32_t *word);
bool gpum_pbdma_has_words(const struct gpum_channel *ch);

/* ---- pbdma.c --------------------------------------------------------------------------------- */

/* Works off up to budget words; returns how many it did. 0: nothing to do or waiting. */
unsigned gpum_pbdma_run(struct gpum_channel *ch, unsigned budget);

/* ---- host.c, host_sem.c ---------------------------------------------------------------------- */

enum gpum_method_result gpum_host_method(struct gpum_channel *ch, uint32_t subchannel,
                                         uint32_t method, uint32_t data);
enum gpum_method_result gpum_host_semaphore(struct gpum_channel *ch, uint32_t execute);
enum gpum_method_result gpum_host_semaphore_legacy(struct gpum_channel *ch, uint32_t execute);

enum gpum_method_result gpum_release(struct gpum_channel *ch, const struct gpum_client *client,
                                     uint32_t align_xid, const struct gpum_release *release);

/* ---- Engines --------------------------------------------------------------------------------- */

/* Handler for a class of these numbers; NULL when the model has no such engine. */
gpum_method_fn gpum_copy_handler(uint32_t class_id);
gpum_method_fn gpum_compute_handler(uint32_t class_id);
void gpum_copy_reset_state(struct gpum_object *obj);
void gpum_compute_reset_state(struct gpum_object *obj);
/* texture_state.c: where a launch finds headers and samplers. */
void gpum_texture_state(const struct gpum_object *obj, struct gpum_grid_desc *desc);
/* NULL, or why the class does not take this value of SET_TEXTURE_HEADER_VERSION. */
const char *gpum_texture_version_wrong(const struct gpum_object *obj, uint32_t data);

/* Goes on with what the engine does; returns the units spent. */
unsigned gpum_copy_run(struct gpum_channel *ch, unsigned budget);
unsigned gpum_compute_run(struct gpum_channel *ch, unsigned budget);
void gpum_compute_drop(struct gpum_channel *ch);

/* copy_blocks.c: sets up a block linear side from its methods (the source's or the destination's);
 * NULL, or what is wrong with it. */
const char *gpum_blocks_setup(const struct gpum_object *obj, bool source, uint32_t element_bytes,
                              struct gpum_copy_side *side);
/* Offset of a byte of a line from the surface's start; *run_bytes is how many lie together. */
uint64_t gpum_blocks_offset(const struct gpum_copy_side *side, uint64_t line, uint64_t byte,
                            uint64_t *run_bytes);

/* copy_lines.c: moves up to budget_bytes; false when the channel was stopped. *moved_bytes is what
 * was done. */
bool gpum_copy_move(struct gpum_channel *ch, uint64_t budget_bytes, uint64_t *moved_bytes);

/* i2m.c: LAUNCH_DMA and LOAD_INLINE_DATA of a class with embedded inline-to-memory methods. */
enum gpum_method_result gpum_inline_launch(struct gpum_channel *ch, struct gpum_object *obj,
                                           uint32_t data);
enum gpum_method_result gpum_inline_word(struct gpum_channel *ch, struct gpum_object *obj,
                                         uint32_t data);

/* compute_qmd.c: fetches and checks a QMD and fills what the SM needs. On failure the channel has
 * been stopped. *empty: a grid dimension is 0, there is nothing to run. */
bool gpum_qmd_decode(struct gpum_channel *ch, struct gpum_object *obj, uint64_t qmd_va,
                     struct gpum_grid_slot *slot, struct gpum_grid_desc *desc, bool *empty);

static inline uint32_t gpum_state(const struct gpum_object *obj, uint32_t method)
{
    return obj->state[method / 4];
}

/* Two methods as one 64-bit address. */
static inline uint64_t gpum_state64(const struct gpum_object *obj, uint32_t hi, uint32_t lo)
{
    return (uint64_t)gpum_state(obj, hi) << 32 | gpum_state(obj, lo);
}

#endif
