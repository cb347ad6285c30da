/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The fake's pushes: a list of operations, carried out in order. */
#include "fake.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum op_kind { OP_COPY, OP_FILL, OP_WRITE, OP_WAIT, OP_TIMESTAMP, OP_CALL, OP_DISPATCH };

struct op {
    struct op *next;
    enum op_kind kind;
    uint64_t a, b, c; /* as each kind has it: mostly address, value or source, size */
    struct magma_push *inner;
    const struct magma_kernel *kernel;
    uint8_t root[MAGMA_CC_ROOT_SIZE_BYTES];
};

struct data {
    struct data *next;
    void *memory;
};

struct magma_push {
    struct magma_gpu *gpu;
    enum magma_code status;
    struct op *first, **last;
    struct data *data;
};

struct magma_kernel {
    size_t size_bytes;
    uint8_t code[];
};

enum magma_code magma_push_create(struct magma_gpu *gpu, struct magma_push **out,
                                  struct magma_error *err)
{
    (void)err;
    *out = calloc(1, sizeof(**out));
    if (!*out)
        return MAGMA_OUT_OF_HOST_MEMORY;
    (*out)->gpu = gpu;
    (*out)->last = &(*out)->first;
    return MAGMA_OK;
}

void magma_push_reset(struct magma_push *push)
{
    while (push->first) {
        struct op *op = push->first;
        push->first = op->next;
        free(op);
    }
    while (push->data) {
        struct data *d = push->data;
        push->data = d->next;
        free(d->memory);
        free(d);
    }
    push->last = &push->first;
    push->status = MAGMA_OK;
}

void magma_push_destroy(struct magma_push *push)
{
    if (!push)
        return;
    magma_push_reset(push);
    free(push);
}

enum magma_code magma_push_status(const struct magma_push *push)
{
    return push->status;
}

static struct op *add(struct magma_push *push, enum op_kind kind, uint64_t a, uint64_t b,
                      uint64_t c)
{
    struct op *op = calloc(1, sizeof(*op));
    if (!op) {
        push->status = MAGMA_OUT_OF_HOST_MEMORY;
        return NULL;
    }
    op->kind = kind;
    op->a = a;
    op->b = b;
    op->c = c;
    *push->last = op;
    push->last = &op->next;
    return op;
}

void *magma_push_data(struct magma_push *push, uint64_t size_bytes, uint64_t align_bytes,
                      magma_gpu_va *va)
{
    struct data *d = calloc(1, sizeof(*d));
    if (!d || posix_memalign(&d->memory, align_bytes > 16 ? align_bytes : 16, size_bytes)) {
        free(d);
        push->status = MAGMA_OUT_OF_HOST_MEMORY;
        return NULL;
    }
    d->next = push->data;
    push->data = d;
    *va = (magma_gpu_va){(uint64_t)(uintptr_t)d->memory};
    return d->memory;
}

/* Operations run one after the other anyway. */
void magma_push_barrier(struct magma_push *push)
{
    (void)push;
}

void magma_push_write(struct magma_push *push, magma_gpu_va va, uint64_t value, unsigned size_bytes)
{
    add(push, OP_WRITE, va.raw, value, size_bytes);
}

void magma_push_wait(struct magma_push *push, magma_gpu_va va, uint64_t value, unsigned size_bytes)
{
    add(push, OP_WAIT, va.raw, value, size_bytes);
}

void magma_push_timestamp(struct magma_push *push, magma_gpu_va va, uint64_t value)
{
    add(push, OP_TIMESTAMP, va.raw, value, 0);
}

void magma_push_call(struct magma_push *push, struct magma_push *inner)
{
    struct op *op = add(push, OP_CALL, 0, 0, 0);
    if (op)
        op->inner = inner;
}

void magma_copy_buffer(struct magma_push *push, magma_gpu_va dst, magma_gpu_va src,
                       uint64_t size_bytes)
{
    add(push, OP_COPY, dst.raw, src.raw, size_bytes);
}

void magma_fill_buffer(struct magma_push *push, magma_gpu_va dst, uint64_t size_bytes,
                       uint32_t value)
{
    add(push, OP_FILL, dst.raw, value, size_bytes);
}

void magma_dispatch(struct magma_push *push, const struct magma_dispatch *dispatch)
{
    struct op *op = add(push, OP_DISPATCH, dispatch->indirect.raw, 0, 0);
    if (!op)
        return;
    op->kernel = dispatch->kernel;
    memcpy(op->root, dispatch->root, dispatch->root_size_bytes);
}

enum magma_code magma_kernel_create(struct magma_gpu *gpu, const struct magma_kernel_desc *desc,
                                    struct magma_kernel **out, struct magma_error *err)
{
    (void)gpu;
    (void)err;
    *out = calloc(1, sizeof(**out) + desc->code_size_bytes);
    if (!*out)
        return MAGMA_OUT_OF_HOST_MEMORY;
    (*out)->size_bytes = desc->code_size_bytes;
    memcpy((*out)->code, desc->code, desc->code_size_bytes);
    return MAGMA_OK;
}

void magma_kernel_destroy(struct magma_kernel *kernel)
{
    free(kernel);
}

static void *at(uint64_t address)
{
    return (void *)(uintptr_t)address; /* NOLINT(*-no-int-to-ptr): what a GPU address is here */
}

static void mark(const struct magma_cc_buffer_descriptor *d, const uint32_t *root)
{
    uint32_t push = root[MAGMA_CC_ROOT_PUSH_CONSTANTS / 4];
    if (d->size_bytes >= sizeof(uint32_t))
        *(uint32_t *)at(d->address) =
            push + root[MAGMA_CC_ROOT_GROUP_COUNT / 4] + 1000 * root[MAGMA_CC_ROOT_BASE_GROUP / 4];
}

/* What shaders/mark.comp does, for whatever bindings the layout has. */
static void run_mark(const struct magma_kernel *kernel, const uint32_t *root)
{
    struct fake_code code;
    memcpy(&code, kernel->code, sizeof(code));
    for (uint32_t i = 0; code.magic == FAKE_CODE_MAGIC && i < code.binding_count; i++) {
        struct fake_code_binding b;
        memcpy(&b, kernel->code + sizeof(code) + i * sizeof(b), sizeof(b));
        const uint8_t *base = (const uint8_t *)root + MAGMA_CC_ROOT_DYNAMIC +
                              b.offset_bytes * sizeof(struct magma_cc_buffer_descriptor);
        if (b.kind == MAGMA_CC_BINDING_BUFFER) {
            uint64_t set;
            memcpy(&set, (const uint8_t *)root + MAGMA_CC_ROOT_SET_ADDRESS + b.set * sizeof(set),
                   sizeof(set));
            base = (const uint8_t *)at(set) + b.offset_bytes;
        }
        for (uint32_t e = 0; e < b.count; e++)
            mark((const struct magma_cc_buffer_descriptor *)base + e, root);
    }
}

static void dispatch(struct op *op)
{
    uint32_t root[MAGMA_CC_ROOT_SIZE_BYTES / 4];
    memcpy(root, op->root, sizeof(root));
    if (op->a)
        memcpy(root, at(op->a), 3 * sizeof(uint32_t));
    if (root[0] && root[1] && root[2])
        run_mark(op->kernel, root);
}

static void wait_memory(const struct op *op)
{
    const struct timespec pause = {0, FAKE_POLL_NS};
    for (;;) {
        uint64_t now = op->c == 8 ? __atomic_load_n((uint64_t *)at(op->a), __ATOMIC_ACQUIRE)
                                  : __atomic_load_n((uint32_t *)at(op->a), __ATOMIC_ACQUIRE);
        if (now >= op->b)
            return;
        nanosleep(&pause, NULL);
    }
}

static void timestamp(struct magma_push *push, const struct op *op)
{
    uint64_t now = 0;
    (void)magma_gpu_timestamp_ns(push->gpu, &now);
    __atomic_store_n((uint64_t *)at(op->a) + 1, now, __ATOMIC_RELAXED);
    __atomic_store_n((uint64_t *)at(op->a), op->b, __ATOMIC_RELEASE);
}

void fake_push_execute(struct magma_push *push)
{
    for (struct op *op = push->first; op; op = op->next) {
        switch (op->kind) {
        case OP_COPY:
            memcpy(at(op->a), at(op->b), op->c);
            break;
        case OP_FILL:
            for (uint64_t i = 0; i < op->c / 4; i++)
                ((uint32_t *)at(op->a))[i] = (uint32_t)op->b;
            break;
        case OP_WRITE:
            if (op->c == 8)
                __atomic_store_n((uint64_t *)at(op->a), op->b, __ATOMIC_RELEASE);
            else
                __atomic_store_n((uint32_t *)at(op->a), (uint32_t)op->b, __ATOMIC_RELEASE);
            break;
        case OP_WAIT:
            wait_memory(op);
            break;
        case OP_TIMESTAMP:
            timestamp(push, op);
            break;
        case OP_CALL:
            fake_push_execute(op->inner);
            break;
        case OP_DISPATCH:
            dispatch(op);
            break;
        }
    }
}
