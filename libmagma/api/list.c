/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Listing the machine's GPUs from sysfs. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <magma-nv/gpu.h>
#include <mvfio.h>

#define LIST_MAX 64

/* The number of a GPU among those of nvidia.ko; false when the driver does not say. */
static bool nvidia_minor(const char *address, unsigned *minor)
{
    char path[96], line[128];
    bool found = false;
    FILE *f;

    snprintf(path, sizeof path, "/proc/driver/nvidia/gpus/%.15s/information", address);
    f = fopen(path, "re");
    while (f && !found && fgets(line, sizeof line, f))
        found = sscanf(line, "Device Minor: %u", minor) == 1;
    if (f)
        fclose(f);
    return found;
}

static void describe_nvidia(unsigned minor, struct magma_gpu_entry *out)
{
    char node[32];

    snprintf(out->name, sizeof out->name, "nvidia:%u", minor);
    snprintf(node, sizeof node, "/dev/nvidia%u", minor);
    out->ready = access(node, R_OK | W_OK) == 0;
    out->hint[0] = 0;
    if (!out->ready)
        snprintf(out->hint, sizeof out->hint, "%s cannot be opened for reading and writing", node);
}

static void describe(const struct mvfio_pci_function *f, struct magma_gpu_entry *out)
{
    struct magma_error err = {0};
    unsigned minor;

    *out = (struct magma_gpu_entry){0};
    snprintf(out->name, sizeof out->name, "pci:%.15s", f->address);
    snprintf(out->driver, sizeof out->driver, "%s", f->driver);
    snprintf(out->what, sizeof out->what, "%04x:%04x (rev %02x)%s", f->vendor_id, f->device_id,
             f->revision, f->boot_vga ? ", console" : "");
    out->ready = mvfio_pci_check(f, &err) == MAGMA_OK;
    if (!out->ready)
        snprintf(out->hint, sizeof out->hint, "%.*s", (int)sizeof out->hint - 1, err.text);
    if (strcmp(f->driver, "nvidia") == 0 && nvidia_minor(f->address, &minor))
        describe_nvidia(minor, out);
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
