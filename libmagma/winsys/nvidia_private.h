/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Shared by the files of winsys/nvidia*. */
#ifndef MG_WINSYS_NVIDIA_PRIVATE_H
#define MG_WINSYS_NVIDIA_PRIVATE_H

#include <pthread.h>

#include "libmagma/gen/gen.h"
#include "libmagma/loop/loop.h"
#include "libmagma/winsys/nvidia.h"

/* Memory objects: what mg_memory.impl is. */
struct mg_nvidia_memory {
    uint32_t handle;
    uint32_t page_size; /* NV_RMI_MAP_DMA_FLAGS_PAGE_SIZE_* */
    struct mg_rmi_view view;
};

struct mg_nvidia_channel {
    uint32_t handle, compute; /* the channel, its compute object (0: none) */
    struct mg_memory userd, notifier;
    atomic_bool dead;
    struct mg_nvidia_channel *next; /* among the winsys's channels */
};

struct mg_nvidia {
    struct mg_winsys ws; /* first */
    struct mg_nvidia_options options;
    struct mg_rmi rmi;
    unsigned minor;
    char node[32]; /* "/dev/nvidia0" */
    int gpu_fd;    /* keeps the GPU up */
    uint32_t gpu_id;
    uint32_t device, subdevice;

    uint32_t *classes; /* what the GPU has */
    uint32_t class_count;
    const struct mg_gen *gen; /* by its compute class */

    uint32_t usermode;
    struct mg_rmi_view usermode_view; /* time and doorbell */

    uint32_t vaspace, virtual_memory;

    struct mg_loop *loop;
    int event_fd; /* -1: none */
    struct mg_watch *watch;
    uint32_t event, error_event;
    atomic_uint event_count; /* how often the descriptor was ready */

    pthread_mutex_t channels_lock;
    struct mg_nvidia_channel *channels;
};

static inline struct mg_nvidia *mg_nvidia_of(struct mg_winsys *ws)
{
    return (struct mg_nvidia *)ws;
}

/* ---- nvidia_client.c ---- */

/* Client, device, subdevice, classes, usermode page, what the GPU is. */
enum magma_code mg_nvidia_client_init(struct mg_nvidia *nv, struct magma_error *err);
void mg_nvidia_client_finish(struct mg_nvidia *nv);
bool mg_nvidia_has_class(const struct mg_nvidia *nv, uint32_t class_id);

/* ---- nvidia_memory.c ---- */

enum magma_code mg_nvidia_memory_create(struct mg_winsys *ws, enum magma_domain domain,
                                        uint64_t size_bytes, uint64_t align_bytes, uint32_t flags,
                                        struct mg_memory *out, struct magma_error *err);
void mg_nvidia_memory_destroy(struct mg_winsys *ws, struct mg_memory *memory);

/* ---- nvidia_vas.c ---- */

enum magma_code mg_nvidia_vas_init(struct mg_nvidia *nv, struct magma_error *err);
void mg_nvidia_vas_finish(struct mg_nvidia *nv);
enum magma_code mg_nvidia_map(struct mg_winsys *ws, struct mg_memory *memory, magma_gpu_va va,
                              uint32_t flags, struct magma_error *err);
void mg_nvidia_unmap(struct mg_winsys *ws, struct mg_memory *memory);

/* ---- nvidia_channel.c ---- */

enum magma_code mg_nvidia_channel_create(struct mg_winsys *ws, enum magma_engine engine,
                                         magma_gpu_va ring, uint32_t ring_entries,
                                         struct mg_channel_port *out, struct magma_error *err);
void mg_nvidia_channel_destroy(struct mg_winsys *ws, struct mg_channel_port *port);
/* Looks at the error notifiers; a channel with an error makes the GPU lost. */
void mg_nvidia_channels_check(struct mg_nvidia *nv);

/* ---- nvidia_fault.c ---- */

struct nvhw_rmi_notification;

/* Makes the channel dead and the GPU lost, with all that the resource manager says of the error. */
void mg_nvidia_report_error(struct mg_nvidia *nv, struct mg_nvidia_channel *channel,
                            const volatile struct nvhw_rmi_notification *n);

/* ---- nvidia_event.c ---- */

/* Events end sleeps; without them a sleeper looks every millisecond. */
enum magma_code mg_nvidia_event_init(struct mg_nvidia *nv, struct magma_error *err);
void mg_nvidia_event_finish(struct mg_nvidia *nv);
void mg_nvidia_poll(struct mg_winsys *ws);
enum magma_code mg_nvidia_wait(struct mg_winsys *ws, bool (*done)(void *ctx), void *ctx,
                               uint64_t timeout_ns);
void mg_nvidia_wake(struct mg_winsys *ws);

#endif
