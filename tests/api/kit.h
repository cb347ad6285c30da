/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What tests of the public API share: a GPU in this process, and running a recording to its end. */
#ifndef TESTS_API_KIT_H
#define TESTS_API_KIT_H

#include <check.h>
#include <magma-nv/bo.h>
#include <magma-nv/channel.h>
#include <magma-nv/compute.h>
#include <magma-nv/copy.h>
#include <magma-nv/gpu.h>

#include "tests/boot/model_device.h"

#define SECOND UINT64_C(1000000000)

struct kit {
    struct model_device model;
    struct magma_gpu *gpu;
    struct magma_channel *channel; /* compute */
    struct magma_push *push;
    unsigned warnings; /* log lines of level warning and error */
    char last_line[512];
};

/* Opens the software GPU with these settings (may be NULL). */
enum magma_code kit_try_open(struct kit *kit, const struct model_device_options *options,
                             struct magma_error *err);
/* Opens it with a channel and a push; any failure fails the test. */
void kit_open(struct kit *kit, const struct model_device_options *options);
/* Closes everything; the model must have had no complaint. */
void kit_close(struct kit *kit);
/* The same after a test that provoked complaints. */
void kit_close_faulty(struct kit *kit);

/* Submits kit->push, waits for its end, resets it. */
void kit_run(struct kit *kit);

struct magma_bo *kit_bo(struct kit *kit, uint64_t size_bytes, enum magma_domain domain);

/* Compiles a SPIR-V file (built beside the tests) into a kernel. */
struct magma_kernel *kit_kernel(struct kit *kit, const char *name);

/* Records a dispatch whose set 0 has these buffers at bindings 0, 1, ... */
void kit_dispatch(struct kit *kit, const struct magma_kernel *kernel, uint32_t groups,
                  struct magma_bo *const *buffers, unsigned count, magma_gpu_va indirect);

#endif
