/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A vfio-user server for tests: a thread on one end of a socket pair that serves a small device
 * and can be told to spoil one of its replies. The device: BAR0 of 64 KiB by messages, BAR1 of
 * 1 MiB to map (its memfd has it at offset 4096), BAR3 of 16 KiB of which two pages can be
 * mapped, config space, 9 MSI-X vectors, INTx, reset.
 *
 * A write of BAR0 offset FAKE_KICK makes it use DMA messages before it replies: it reads 16
 * bytes at the address written, adds one to each and writes them back.
 */
#ifndef TESTS_VFIO_FAKE_SERVER_H
#define TESTS_VFIO_FAKE_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vfio/user_wire.h"

enum {
    FAKE_BAR0_BYTES = 0x10000,
    FAKE_BAR1_BYTES = 0x100000,
    FAKE_BAR3_BYTES = 0x4000,
    FAKE_VECTORS = 9,
    FAKE_KICK = 0x100,
    FAKE_KICK_BYTES = 16,
    FAKE_FDS_MAX = 20,
    FAKE_MAPS_MAX = 64
};

/* A reply on its way out, for `spoil` to change. */
struct fake_reply {
    struct user_header header; /* size_bytes is set after spoil, unless size_forced */
    unsigned char body[8192];
    size_t body_bytes;
    int fds[FAKE_FDS_MAX];
    unsigned fd_count;
    bool size_forced;
    bool die;         /* close instead of replying */
    size_t cut_bytes; /* send so many bytes, then close; 0: all */
    bool stall;       /* never reply, keep the socket open */
};

struct fake_map {
    uint64_t iova;
    uint64_t size_bytes;
    uint64_t fd_offset;
    int fd;
};

struct fake_server {
    int fd;
    pthread_t thread;

    /* Set before start. */
    const char *json;       /* capabilities; NULL: max_msg_fds 4 and pgsizes */
    uint16_t spoil_command; /* which reply to spoil */
    unsigned spoil_index;   /* the how-manieth of that command */
    void (*spoil)(struct fake_reply *reply);

    /* The device's state; look at it after stop, or between calls through fake_server_look. */
    pthread_mutex_t lock;
    unsigned char bar0[FAKE_BAR0_BYTES];
    unsigned char config[4096];
    int bar1_fd, bar3_fd;
    int eventfds[FAKE_VECTORS]; /* -1: none */
    struct fake_map maps[FAKE_MAPS_MAX];
    unsigned map_count;
    unsigned seen[16]; /* requests by command */
    unsigned resets;
    unsigned unmasks;
    uint32_t kick_error; /* errno the client answered a DMA message with */
};

/* Starts the thread; returns the client's end of the socket. */
int fake_server_start(struct fake_server *server);

/* Ends it (the client's end must be closed or shut down) and frees what it holds. */
void fake_server_stop(struct fake_server *server);

/* Copies the server's state, as its thread left it after the last request. */
void fake_server_look(struct fake_server *server, struct fake_server *copy);

/* Sends a DMA message now, without a request of the client pending, and collects the reply.
 * Call while the client is not in a call; the client serves it in mvfio_device_service. */
void fake_server_send_dma_read(struct fake_server *server, uint64_t iova, uint64_t count);

#endif
