/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * struct mg_rpc: the conversation with GSP-RM over two rings in system memory. One request is in
 * flight at a time; the reply carries the request's function number. Messages numbered 0x1000 and
 * above are events that GSP-RM sends by itself: they go to handlers while a request waits, or
 * when mg_rpc_poll is called (after a GSP interrupt).
 *
 * A reply that does not come in time, a broken message, a halted GSP or a device that is gone
 * ends the conversation for good: every later call fails at once with that first cause (code
 * MAGMA_DEVICE_LOST, or MAGMA_DEVICE_GONE when the bus reads as all ones).
 *
 * Threads: any thread may call; one lock serialises requests. Event handlers run on the thread
 * that received the message, with the lock held: they must not call back into mg_rpc.
 */
#ifndef MG_RPC_RPC_H
#define MG_RPC_RPC_H

#include <stdbool.h>
#include <stdint.h>

#include <magma-nv/address.h>
#include <magma-nv/status.h>

struct mg_hal;
struct mg_rpc;

/* All zero is a usable value. */
struct mg_rpc_options {
    uint64_t timeout_ns; /* for each request; 0: the default of gsp/deadlines.h */

    /* Called now and then while a request waits: says whether GSP still lives. Anything but
     * MAGMA_OK ends the conversation with that cause. NULL: only the bus is watched. */
    enum magma_code (*health)(void *ctx, struct magma_error *err);

    /* Sleeps until GSP may have sent something, at most max_ns. NULL: sleeps of the hal's clock
     * that grow from 1 us to 1 ms. */
    void (*wait)(void *ctx, uint64_t max_ns);
    void *ctx;
};

/* Allocates the shared memory and fills in the command queue's head; nothing is sent.
 * MAGMA_OUT_OF_HOST_MEMORY and what mg_dma_init returns. */
enum magma_code mg_rpc_create(struct mg_hal *hal, const struct mg_rpc_options *options,
                              struct mg_rpc **out, struct magma_error *err);

/* Frees the queues. GSP must have stopped using them. NULL is fine. */
void mg_rpc_destroy(struct mg_rpc *rpc);

/* Bus address of the shared memory, for the GSP's boot arguments. */
magma_iova mg_rpc_shared_iova(const struct mg_rpc *rpc);

/* Waits until GSP has put its queue's head in place. MAGMA_TIMEOUT, or as health says. */
enum magma_code mg_rpc_link(struct mg_rpc *rpc, uint64_t timeout_ns, struct magma_error *err);

/* Whether the conversation has ended; *err (may be NULL) then gets the cause. */
bool mg_rpc_dead(struct mg_rpc *rpc, struct magma_error *err);

/* Ends it from outside (a fatal event, a halted GSP): later calls fail with this cause. The first
 * cause stays. */
void mg_rpc_kill(struct mg_rpc *rpc, const struct magma_error *cause);

/* Lets traffic cause no doorbell writes (true while GSP does not run yet) or does so again. */
void mg_rpc_hold_doorbell(struct mg_rpc *rpc, bool hold);

/* ---- Requests ---- */

/* Sends a message and waits for no answer. Payloads beyond one message are split by the
 * protocol's continuation records. MAGMA_TIMEOUT: the ring stayed full. */
enum magma_code mg_rpc_send(struct mg_rpc *rpc, uint32_t function, const void *payload,
                            uint32_t size_bytes, struct magma_error *err);

/*
 * Sends a request and waits for its reply. On entry *reply_size_bytes is the room at reply, on
 * success it is the size of the reply's payload, of which as much as fits was copied. Both may
 * be NULL. MAGMA_FIRMWARE_REFUSED: the transport result is not OK; the text names function and
 * result. See the top for the end of the conversation.
 */
enum magma_code mg_rpc_call(struct mg_rpc *rpc, uint32_t function, const void *payload,
                            uint32_t size_bytes, void *reply, uint32_t *reply_size_bytes,
                            struct magma_error *err);

/*
 * The resource manager's three verbs. params is in and out, size_bytes exactly the structure's
 * size of this firmware version (NULL and 0 where a class has none). The object's handle is
 * chosen by the caller. RM's refusals become a code: NOT_SUPPORTED stays that, NO_MEMORY and
 * INSUFFICIENT_RESOURCES are MAGMA_OUT_OF_DEVICE_MEMORY, others MAGMA_FIRMWARE_REFUSED; the text
 * names class or control, handles and RM's status.
 */
enum magma_code mg_rpc_alloc(struct mg_rpc *rpc, uint32_t client, uint32_t parent, uint32_t object,
                             uint32_t class_id, void *params, uint32_t size_bytes,
                             struct magma_error *err);
enum magma_code mg_rpc_control(struct mg_rpc *rpc, uint32_t client, uint32_t object, uint32_t cmd,
                               void *params, uint32_t size_bytes, struct magma_error *err);
enum magma_code mg_rpc_free(struct mg_rpc *rpc, uint32_t client, uint32_t parent, uint32_t object,
                            struct magma_error *err);

/* ---- Events ---- */

/* payload is valid during the call only, and has size_bytes bytes, whatever the event should
 * have: check before use. */
typedef void (*mg_rpc_event_handler)(void *ctx, uint32_t event, const void *payload,
                                     uint32_t size_bytes);

/* Adds a handler for an event (NV_RPC_EVENT_*); 0 for all. Several may be set: they are called in
 * order. MAGMA_OUT_OF_HOST_MEMORY: more than 32 in all. */
enum magma_code mg_rpc_on_event(struct mg_rpc *rpc, uint32_t event, mg_rpc_event_handler handler,
                                void *ctx, struct magma_error *err);

/* Removes every handler that was added with this function and ctx. */
void mg_rpc_off_event(struct mg_rpc *rpc, mg_rpc_event_handler handler, void *ctx);

/* Takes what has arrived and calls handlers; never waits. When another thread has a request in
 * flight it takes the messages itself and this returns at once. */
enum magma_code mg_rpc_poll(struct mg_rpc *rpc, struct magma_error *err);

/* Waits for one event and copies its payload as mg_rpc_call does; *result (may be NULL) gets its
 * rpc_result. Other events go to their handlers. Used while booting. */
enum magma_code mg_rpc_wait_event(struct mg_rpc *rpc, uint32_t event, uint64_t timeout_ns,
                                  void *payload, uint32_t *size_bytes, uint32_t *result,
                                  struct magma_error *err);

/* Messages sent and received since create. */
void mg_rpc_stats(struct mg_rpc *rpc, uint64_t *sent, uint64_t *received);

#endif
