/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * struct mg_rm: the resource manager's objects that a bare client needs, over RPC: client, device,
 * subdevice, address space, channels, and the tables that say what the GPU has. Structures and
 * numbers are those of firmware 570 (nvhw/rm.h).
 *
 * Threads: as mg_rpc; creating and destroying channels may happen on any thread.
 */
#ifndef MG_RM_RM_H
#define MG_RM_RM_H

#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/address.h>
#include <magma-nv/status.h>

#include "libmagma/mem/gmmu.h"

struct mg_gen;
struct mg_gsp_info;
struct mg_rm;
struct mg_rpc;
struct mg_vas;

enum magma_code mg_rm_create(struct mg_rpc *rpc, const struct mg_gsp_info *info,
                             const struct mg_gen *gen, struct mg_rm **out, struct magma_error *err);
/* Frees the client, and with it every object, as far as GSP-RM still answers. NULL is fine. */
void mg_rm_destroy(struct mg_rm *rm);

/* A handle nobody else uses. */
uint32_t mg_rm_new_handle(struct mg_rm *rm);

/* ---- What the GPU has (tables.c) ---- */

#define MG_RM_ENGINES_MAX 64

struct mg_rm_engine {
    uint32_t type; /* NV2080_ENGINE_TYPE_* */
    uint32_t runlist;
    uint32_t nonstall_vector; /* NV_INTR_VECTOR_NONE: none */
};

/* The engines that channels can run on, found at create. */
const struct mg_rm_engine *mg_rm_engines(const struct mg_rm *rm, uint32_t *count);
/* NULL: the GPU has none. */
const struct mg_rm_engine *mg_rm_graphics(const struct mg_rm *rm);
/* A copy engine that shares the graphics runlist (GRCE), or one that does not. */
const struct mg_rm_engine *mg_rm_copy(const struct mg_rm *rm, bool with_graphics);
/* The vector by which GSP signals events; NV_INTR_VECTOR_NONE: none. */
uint32_t mg_rm_gsp_vector(const struct mg_rm *rm);
/* Texture processing clusters (two SMs each). */
uint32_t mg_rm_tpc_count(const struct mg_rm *rm);

/* ---- Address space (vaspace.c) ---- */

/* Makes an address space object whose page tables are ours; its handle in *handle. */
enum magma_code mg_rm_vaspace_create(struct mg_rm *rm, struct mg_vas *vas, uint32_t *handle,
                                     struct magma_error *err);
/* One that the firmware maps into as well, below our directories: for the golden context. */
enum magma_code mg_rm_vaspace_create_shared(struct mg_rm *rm, struct mg_vas *vas, uint32_t *handle,
                                            struct magma_error *err);
void mg_rm_vaspace_destroy(struct mg_rm *rm, uint32_t handle);

/* ---- Channels (channel.c) ---- */

/* A piece of memory as RM wants to hear of it. */
struct mg_rm_memory {
    enum mg_aperture aperture;
    uint64_t address; /* VRAM offset or bus address */
    uint64_t size_bytes;
};

struct mg_rm_channel_desc {
    const struct mg_rm_engine *engine;
    uint32_t vaspace;
    magma_gpu_va ring;
    uint32_t ring_entries;
    struct mg_rm_memory instance, userd, method_buffer;
    bool privileged;
};

struct mg_rm_channel {
    uint32_t handle, chid, token;
    const struct mg_rm_engine *engine;
};

/* Size of the method buffer that a channel needs. */
enum magma_code mg_rm_method_buffer_size(struct mg_rm *rm, uint32_t *size_bytes,
                                         struct magma_error *err);

/* Allocates the channel, not yet running. MAGMA_OUT_OF_DEVICE_MEMORY: no channel id is left. */
enum magma_code mg_rm_channel_create(struct mg_rm *rm, const struct mg_rm_channel_desc *desc,
                                     struct mg_rm_channel *out, struct magma_error *err);
/* An engine object of a class on it; engine_type: for copy classes, else 0. */
enum magma_code mg_rm_channel_object(struct mg_rm *rm, const struct mg_rm_channel *channel,
                                     uint32_t class_id, uint32_t engine_type, uint32_t *handle,
                                     struct magma_error *err);
void mg_rm_object_destroy(struct mg_rm *rm, uint32_t parent, uint32_t handle);
/* Binds it to its engine and lets it run. */
enum magma_code mg_rm_channel_start(struct mg_rm *rm, const struct mg_rm_channel *channel,
                                    struct magma_error *err);
void mg_rm_channel_destroy(struct mg_rm *rm, struct mg_rm_channel *channel);

/* ---- Context buffers of the graphics engine (gr.c) ---- */

#define MG_GR_BUFFERS_MAX 12

/* One buffer as RM wants it; index in the list is stable. */
struct mg_gr_buffer {
    uint16_t id;     /* NV_PROMOTE_ID_* */
    bool global;     /* one for the GPU, not one per channel */
    bool initialize; /* RM fills it at first promotion */
    bool golden_mapped, later_mapped, later_read_only;
    uint64_t size_bytes, align_bytes;
};

struct mg_gr_buffers {
    uint32_t count;
    struct mg_gr_buffer buffer[MG_GR_BUFFERS_MAX];
};

enum magma_code mg_rm_gr_buffers(struct mg_rm *rm, struct mg_gr_buffers *out,
                                 struct magma_error *err);

/* Where a buffer is, for promotion. Zeros where the step has nothing to say. */
struct mg_gr_place {
    uint16_t id;
    uint64_t vram, va, size_bytes;
    bool initialize;
};

/* Tells RM the places of a channel's context buffers. */
enum magma_code mg_rm_promote(struct mg_rm *rm, const struct mg_rm_channel *channel,
                              const struct mg_gr_place *places, uint32_t count,
                              struct magma_error *err);

#endif
