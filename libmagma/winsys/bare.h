/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * winsys/bare: a GPU that this process owns through VFIO. It boots GSP-RM, makes the resource
 * manager's objects, writes page tables itself, and gives the GPU back as it was found.
 */
#ifndef MG_WINSYS_BARE_H
#define MG_WINSYS_BARE_H

#include "libmagma/winsys/winsys.h"

struct mvfio_device;

/* All zero but `log` is a usable value. */
struct mg_bare_options {
    struct mg_log log;            /* copied; the subject is the device's name */
    const struct mg_clock *clock; /* NULL: the system's; must outlive the winsys */
    const char *firmware_path;    /* as in struct magma_gpu_options */
    const char *address;          /* for info.address: the full name it was opened by */
    bool is_model;
    void (*step)(void *ctx, const char *name, const char *detail, uint64_t duration_ns);
    void *step_ctx;
};

/* Boots the GPU. The device is the winsys's from here on, also when this fails. */
enum magma_code mg_bare_open(struct mvfio_device *device, const struct mg_bare_options *options,
                             struct mg_winsys **out, struct magma_error *err);

#endif
