/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Names of GPUs: what kind of device each is, and which one when none is named. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mvfio.h>

#include "libmagma/api/child.h"
#include "libmagma/api/gpu.h"
#include "libmagma/core/status.h"

#define LIST_MAX 32

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The only VFIO-bound GPU there is. */
static enum magma_code choose(char *name, size_t size_bytes, struct magma_error *err)
{
    struct mvfio_pci_function list[LIST_MAX];
    uint32_t count = 0, ready = 0;
    enum magma_code code = mvfio_pci_list(NULL, list, LIST_MAX, &count, err);

    if (code != MAGMA_OK)
        return code;
    for (uint32_t i = 0; i < count && i < LIST_MAX; i++)
        if (mvfio_pci_check(&list[i], NULL) == MAGMA_OK && ready++ == 0)
            snprintf(name, size_bytes, "pci:%.15s", list[i].address);
    if (ready == 1)
        return MAGMA_OK;
    if (ready)
        return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                       "%u GPUs are bound to vfio-pci; name one in MAGMA_DEVICE (`magma list`)",
                       ready);
    return mg_fail(err, MAGMA_NO_DEVICE,
                   "none of this machine's %u NVIDIA GPUs is bound to vfio-pci (`magma list`); for "
                   "the software GPU set MAGMA_DEVICE=model:ga102",
                   count);
}

static enum magma_code open_vfio(const char *name, struct mg_gpu_setup *setup,
                                 struct magma_gpu **out, struct magma_error *err)
{
    struct mvfio_device *device;
    enum magma_code code = mvfio_device_open(name, &(struct mvfio_options){0}, &device, err);

    if (code != MAGMA_OK)
        return code;
    return mg_gpu_open_device(device, setup, out, err);
}

static enum magma_code open_model(const char *name, struct mg_gpu_setup *setup,
                                  struct magma_gpu **out, struct magma_error *err)
{
    struct mvfio_fds fds = {.kind = MVFIO_FDS_USER, .container = -1, .group = -1, .device = -1};
    struct mvfio_device *device;
    struct mg_log log;
    enum magma_code code;

    mg_gpu_log(setup->options, &log);
    code = mg_child_create(name + strlen("model:"), mg_debug_on(&log, MG_DEBUG(model)), &fds.device,
                           &setup->child, err);
    if (code != MAGMA_OK)
        return mg_prefix(err, code, "%s", name);
    if (!setup->options->firmware_path && !getenv("MAGMA_FIRMWARE_PATH"))
        code = mg_child_firmware(setup->child, &setup->firmware_path, err);
    if (code != MAGMA_OK)
        mg_prefix(err, code, "%s", name);
    else
        code = mvfio_device_open_fds(&fds, name, &(struct mvfio_options){0}, &device, err);
    if (code != MAGMA_OK) {
        close(fds.device);
        mg_child_destroy(setup->child);
        if (code == MAGMA_DEVICE_GONE)
            return mg_fail(err, MAGMA_NO_DEVICE,
                           "%s: the software GPU ended before it answered; its own message says why",
                           name);
        return code;
    }
    setup->is_model = true;
    return mg_gpu_open_device(device, setup, out, err);
}

enum magma_code magma_gpu_open(const char *name, const struct magma_gpu_options *options,
                               struct magma_gpu **out, struct magma_error *err)
{
    static const struct magma_gpu_options no_options;
    struct mg_gpu_setup setup = {.options = options ? options : &no_options};
    char chosen[64];
    enum magma_code code;

    *out = NULL;
    if (!name || !*name)
        name = getenv("MAGMA_DEVICE");
    if (!name || !*name) {
        code = choose(chosen, sizeof chosen, err);
        if (code != MAGMA_OK)
            return code;
        name = chosen;
    }
    setup.address = name;
    if (starts(name, "model:"))
        return open_model(name, &setup, out, err);
    if (starts(name, "pci:") || starts(name, "vfio-user:"))
        return open_vfio(name, &setup, out, err);
    if (starts(name, "nvidia:")) {
        setup.is_nvidia = true;
        return mg_gpu_open_device(NULL, &setup, out, err);
    }
    return mg_fail(err, MAGMA_INVALID_ARGUMENT,
                   "'%s' names no device; known forms: pci:0000:01:00.0, nvidia:0, "
                   "vfio-user:SOCKET, model:ga102",
                   name);
}
