/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Serves a model over the vfio-user protocol: one client at a time on a stream socket. The client
 * plays the VFIO user, this server plays the kernel's part as well: it programs the MSI-X table
 * when vectors get eventfds, and restores config space around DEVICE_RESET.
 *
 * BAR1 can be mapped by the client: it then sees video memory itself, as in physical mode, with no
 * protected region and no page tables in between. Everything else is read and written by message.
 *
 * Memory of the client is reached only where DMA_MAP came with a descriptor; each file is mapped
 * once, however many DMA_MAPs name it.
 */
#ifndef GPUM_SERVE_H
#define GPUM_SERVE_H

#include <gpumodel/gpumodel.h>
#include <nvhw/vfiouser.h>

#define GPUM_SERVE_VECTORS_MAX 16
#define GPUM_SERVE_FILES_MAX   4096

/* A file of the client, mapped as a whole. */
struct gpum_serve_file {
    uint64_t device, inode;
    uint8_t *pointer;
    uint64_t size_bytes;
    uint32_t users;
    bool writable;
};

struct gpum_serve_map {
    uint64_t iova, size_bytes, offset;
    uint32_t flags;
    struct gpum_serve_file *file; /* NULL: came without a descriptor */
};

struct gpum_serve_out; /* a reply on its way */

struct gpum_serve {
    struct gpum *m;
    bool no_bar1_map; /* option: BAR1 by message too */
    bool ask_iommu;   /* option: strays go to the client too */
    bool asked;       /* one is on its way; its answer has not come */
    /* Called before each message, so that the model's clock has moved as the client's has. */
    void (*tick)(void *ctx);
    void *tick_ctx;

    /* The connection */
    int fd; /* -1: none */
    bool negotiated;
    struct nvhw_vfio_user_header header;
    size_t got_bytes; /* of header and body */
    uint8_t *body;
    int fds[NV_VFIO_USER_FDS_MAX];
    unsigned fd_count;
    struct gpum_serve_out *first, **last;

    /* What the client gave */
    struct gpum_serve_map *maps; /* ascending, disjoint */
    uint32_t map_count, map_room;
    struct gpum_serve_file *files[GPUM_SERVE_FILES_MAX];
    uint32_t file_count;
    int eventfd[NV_VFIO_USER_IRQ_COUNT][GPUM_SERVE_VECTORS_MAX]; /* -1: none */
};

/* Makes the server's state; the model is attached afterwards with gpum_serve_callbacks(). */
struct gpum_serve *gpum_serve_create(void);
void gpum_serve_destroy(struct gpum_serve *s);

/* Fills interrupt and dma_translate of a model's callbacks; ctx stays the caller's, who hands
 * these two functions the server. */
void gpum_serve_interrupt(struct gpum_serve *s, unsigned vector);
bool gpum_serve_translate(struct gpum_serve *s, uint64_t iova, bool write, uint8_t **ptr,
                          uint64_t *run_bytes);

/* Takes a connected, nonblocking stream socket; the server owns it. */
void gpum_serve_connect(struct gpum_serve *s, int fd);
/* Lets go of the connection and everything the client gave. The device goes on as it is. */
void gpum_serve_disconnect(struct gpum_serve *s);
/* Reads and answers what is there, without waiting. false: the client left or broke the
 * protocol; gpum_serve_disconnect() is due. */
bool gpum_serve_read(struct gpum_serve *s);
/* Sends what waits. false as above. */
bool gpum_serve_write(struct gpum_serve *s);
/* Sends the client an access of the device to memory that it has not mapped: to have its IOMMU see
 * it. Nobody waits for the answer, which is dropped; while one is due nothing more is sent. */
void gpum_serve_stray(struct gpum_serve *s, uint64_t iova, bool write);
bool gpum_serve_wants_write(const struct gpum_serve *s);

/* ---- Between the server's files ----------------------------------------------------------------
 */

/* A reply under construction. error is an errno value: then only a header goes out. */
struct gpum_serve_reply {
    int error;
    uint32_t size_bytes;
    uint8_t *bytes; /* allocated by the handler; taken over */
    int fd;         /* to go along (borrowed), or -1 */
};

/* One whole message: body of size_bytes behind the header. Descriptors that a handler keeps are
 * set to -1 in fds. */
void gpum_serve_message(struct gpum_serve *s, const uint8_t *body, uint32_t size_bytes,
                        struct gpum_serve_reply *reply);
int gpum_serve_dma_map(struct gpum_serve *s, const struct nvhw_vfio_user_dma_map *map, int fd);
int gpum_serve_dma_unmap(struct gpum_serve *s, const struct nvhw_vfio_user_dma_unmap *unmap);
void gpum_serve_dma_drop_all(struct gpum_serve *s);
int gpum_serve_set_irqs(struct gpum_serve *s, const struct nvhw_vfio_user_irq_set *set,
                        const uint8_t *data, uint32_t data_bytes);
void gpum_serve_irqs_drop_all(struct gpum_serve *s);
/* Vectors of an interrupt index; 0: none. */
uint32_t gpum_serve_irq_count(const struct gpum_serve *s, uint32_t index);
/* Sets reconnected vectors up again, as after a reset. */
void gpum_serve_irqs_restore(struct gpum_serve *s);

#endif
