/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A GPU in the hands of the kernel driver nvidia.ko, by the resource manager's ioctls: an address
 * space that the resource manager owns, memory at addresses that magma chooses in it, and
 * channels that are run from user space. No CUDA, no UVM.
 */
#ifndef MG_WINSYS_NVIDIA_H
#define MG_WINSYS_NVIDIA_H

#include "libmagma/winsys/nvidia_rmi.h"
#include "libmagma/winsys/winsys.h"

struct mg_nvidia_options {
    struct mg_log log;
    const struct mg_clock *clock; /* NULL: the system's */
    const struct mg_rmi_os *os;   /* NULL: the system's calls */
    void (*step)(void *ctx, const char *name, const char *detail, uint64_t duration_ns);
    void *step_ctx;
};

/* Opens "nvidia:N", N being the number in /dev/nvidiaN. Errors: INVALID_ARGUMENT, NO_DEVICE,
 * PERMISSION, NOT_SUPPORTED, FIRMWARE_REFUSED. */
enum magma_code mg_nvidia_open(const char *name, const struct mg_nvidia_options *options,
                               struct mg_winsys **out, struct magma_error *err);

#endif
