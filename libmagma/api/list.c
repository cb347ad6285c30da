/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Listing the machine's GPUs from sysfs. */
#include <stdio.h>
#include <string.h>

#include <magma-nv/gpu.h>
#include <mvfio.h>

#define LIST_MAX 64

static void describe(const struct mvfio_pci_function *f, struct magma_gpu_entry *out)
{
    struct magma_error err = {0};

    *out = (struct magma_gpu_entry){0};
    snprintf(out->name, sizeof out->name, "pci:%.15s", f->address);
    snprintf(out->driver, sizeof out->driver, "%s", f->driver);
    snprintf(out->what, sizeof out->what, "%04x:%04x (rev %02x)%s", f->vendor_id, f->device_id,
             f->revision, f->boot_vga ? ", console" : "");
    out->ready = mvfio_pci_check(f, &err) == MAGMA_OK;
    if (!out->ready)
        snprintf(out->hint, sizeof out->hint, "%.*s", (int)sizeof out->hint - 1, err.text);
}

size_t magma_gpu_list(struct magma_gpu_entry *entries, size_t count)
{
    struct mvfio_pci_function list[LIST_MAX];
    uint32_t found = 0;

    if (mvfio_pci_list(NULL, list, LIST_MAX, &found, NULL) != MAGMA_OK)
        return 0;
    for (size_t i = 0; i < found && i < LIST_MAX && i < count; i++)
        describe(&list[i], &entries[i]);
    return found;
}
