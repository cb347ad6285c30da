/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A client of the vfio-user server may send anything. The first byte chooses: the rest goes over
 * the socket as it is, or it is cut into commands with bodies and descriptors.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve.h"

#define CLIENT_BYTES (64u << 10)
#define COMMANDS_MAX 64

static struct gpum_serve *s;
static int memory = -1, client = -1;

static void on_interrupt(void *ctx, unsigned vector)
{
    (void)ctx;
    gpum_serve_interrupt(s, vector);
}

static bool on_translate(void *ctx, uint64_t iova, bool write, uint8_t **ptr, uint64_t *run)
{
    (void)ctx;
    return gpum_serve_translate(s, iova, write, ptr, run);
}

static void start(void)
{
    char error[128];
    int pair[2];
    struct gpum_config config = {.chip = "ga102",
                                 .vram_bytes = UINT64_C(256) << 20,
                                 .cb = {NULL, on_interrupt, on_translate, NULL, NULL}};
    if (!s) {
        memory = memfd_create("client", 0);
        s = gpum_serve_create();
        if (!s || memory < 0 || ftruncate(memory, CLIENT_BYTES) != 0 ||
            !(s->m = gpum_create(&config, error, sizeof(error))))
            abort();
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
        abort();
    client = pair[1];
    gpum_reset(s->m);
    gpum_serve_connect(s, pair[0]);
}

static void stop(void)
{
    gpum_serve_disconnect(s);
    close(client);
}

static void drain(void)
{
    static uint8_t sink[1 << 16];
    while (recv(client, sink, sizeof(sink), 0) > 0 || gpum_serve_wants_write(s))
        if (!gpum_serve_write(s))
            return;
}

static void as_stream(const uint8_t *data, size_t size)
{
    while (size) {
        ssize_t sent = send(client, data, size, MSG_NOSIGNAL);
        if (sent <= 0 || !gpum_serve_read(s))
            return;
        drain();
        data += sent;
        size -= (size_t)sent;
    }
}

/* command, descriptors (0..3 memory, 4..7 eventfds), length of the body, body. */
static void as_commands(const uint8_t *data, size_t size)
{
    s->negotiated = true;
    for (unsigned n = 0; n < COMMANDS_MAX && size >= 4; n++) {
        uint32_t length = (uint32_t)data[2] | (uint32_t)data[3] << 8;
        struct gpum_serve_reply reply = {.fd = -1};
        if (length > size - 4)
            length = (uint32_t)size - 4;
        s->header = (struct nvhw_vfio_user_header){.command = data[0], .size = 16 + length};
        s->fd_count = data[1] & 3;
        for (unsigned i = 0; i < s->fd_count; i++)
            s->fds[i] = data[1] & 4 ? eventfd(0, EFD_NONBLOCK) : dup(memory);
        gpum_serve_message(s, data + 4, length, &reply);
        free(reply.bytes);
        for (unsigned i = 0; i < s->fd_count; i++)
            if (s->fds[i] >= 0)
                close(s->fds[i]);
        s->fd_count = 0;
        gpum_step(s->m, 16);
        data += 4 + length;
        size -= 4 + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    start();
    if (data[0] & 1)
        as_stream(data + 1, size - 1);
    else
        as_commands(data + 1, size - 1);
    stop();
    return 0;
}
