/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The connection to a vfio-user server: one request and its reply at a time, with a deadline.
 * Commands of the server that arrive meanwhile go to a callback. Any breach of the framing, a
 * passed deadline or a closed socket ends the connection for good: after it nothing that comes
 * could be trusted to belong to what was asked. Not thread-safe; user.c holds a lock.
 */
#ifndef MVFIO_USER_CONN_H
#define MVFIO_USER_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <magma-nv/status.h>

#include "user_wire.h"

/* Descriptors in one message that we send or accept. */
enum { USER_FDS_MAX = 16 };

/* Largest data part of one message we send or ask for. Fits a socket's default buffer, so that
 * two sides which send at once do not block each other. */
enum { USER_DATA_MAX = 65536 };

/* Largest message we accept: what we offer the server as max_data_xfer_size, and a body. */
enum { USER_OFFER_DATA_MAX = 1 << 20, USER_MESSAGE_MAX = USER_OFFER_DATA_MAX + 64 };

struct user_conn;

/* Serves a command of the server: `body` of size_bytes. Writes the reply's body into `reply`
 * (USER_MESSAGE_MAX bytes), its size into *reply_bytes; returns 0 or an errno for the reply. */
typedef int (*user_serve)(void *ctx, uint16_t command, const void *body, size_t size_bytes,
                          void *reply, size_t *reply_bytes);

struct user_conn {
    int fd; /* nonblocking, owned by whoever initialised the connection */
    uint16_t next_id;
    uint64_t timeout_ns; /* per request */
    const char *name;    /* for messages */
    user_serve serve;
    void *serve_ctx;
    unsigned char *message; /* USER_MESSAGE_MAX bytes: bodies of the server's commands */
    unsigned char *answer;  /* USER_MESSAGE_MAX bytes: bodies of our replies to them */
    bool broken;
    char cause[160]; /* why it is broken */
};

/* What a request consists of, and where its reply goes. */
struct user_request {
    uint16_t command;
    const void *body; /* two parts, sent one after the other */
    size_t body_bytes;
    const void *data;
    size_t data_bytes;
    const int *fds; /* sent along; stay the caller's */
    unsigned fd_count;

    void *reply; /* body of the reply */
    size_t reply_max_bytes;
    size_t reply_bytes; /* set */
    int reply_fds[USER_FDS_MAX];
    unsigned reply_fd_count; /* set; the caller closes them */
};

/* fd must be a connected stream socket; made nonblocking. */
enum magma_code user_conn_init(struct user_conn *conn, int fd, const char *name,
                               uint64_t timeout_ns, user_serve serve, void *serve_ctx,
                               struct magma_error *err);

/* Frees the buffers, not the socket. */
void user_conn_finish(struct user_conn *conn);

/* Sends the request and waits for its reply. An error reply of the server gives the status that
 * fits its errno, and the connection lives on. */
enum magma_code user_conn_call(struct user_conn *conn, struct user_request *request,
                               struct magma_error *err);

/* Closes what came with a reply and was not expected. */
void user_close_fds(struct user_request *request);

/* Serves commands that are waiting in the socket, without waiting for more. */
enum magma_code user_conn_service(struct user_conn *conn, struct magma_error *err);

/* Ends the connection: what is in a reply contradicts the protocol. Returns MAGMA_PROTOCOL. */
enum magma_code user_conn_breach(struct user_conn *conn, struct magma_error *err, const char *fmt,
                                 ...) __attribute__((format(printf, 3, 4)));

#endif
