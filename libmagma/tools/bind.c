/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * `magma bind` and `magma unbind`: move a GPU, with the other functions of its IOMMU group (audio,
 * USB), between vfio-pci and the kernel's choice of drivers. One line per function says what
 * changed, so that it can be undone.
 */
#include "libmagma/tools/tool.h"

#include <getopt.h>
#include <mvfio.h>
#include <nvhw/pci.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: magma bind [--dry-run] ADDRESS\n"
    "       magma unbind [--dry-run] ADDRESS\n\n"
    "bind gives the PCI function ADDRESS (0000:01:00.0), and the other functions of its IOMMU\n"
    "group, to vfio-pci; unbind gives them back to the kernel's choice of drivers. Needs root.\n"
    "--dry-run says what would be done and does nothing.\n";

static void tell(const char *address, const char *old_driver, const char *new_driver, bool dry_run)
{
    printf("%s: %s -> %s%s\n", address, old_driver[0] ? old_driver : "(no driver)", new_driver,
           dry_run ? " (not done)" : "");
}

static enum magma_code move_one(const char *address, const char *driver, const char *old_driver,
                                bool dry_run, struct magma_error *err)
{
    enum magma_code code = MAGMA_OK;

    if (!dry_run)
        code = mvfio_pci_bind(NULL, address, driver, NULL, err);
    if (code == MAGMA_OK)
        tell(address, old_driver, driver ? driver : "the kernel's choice", dry_run);
    return code;
}

static enum magma_code move_group(const struct mvfio_pci_function *gpu, const char *driver,
                                  bool dry_run, struct magma_error *err)
{
    enum magma_code code = move_one(gpu->address, driver, gpu->driver, dry_run, err);

    for (uint32_t i = 0; code == MAGMA_OK && i < gpu->sibling_count && i < MVFIO_SIBLINGS_MAX; i++)
        code = move_one(gpu->siblings[i].address, driver, gpu->siblings[i].driver, dry_run, err);
    return code;
}

int tool_bind(int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'}, {"dry-run", no_argument, NULL, 'n'}, {NULL, 0, NULL, 0}};
    const char *driver = strcmp(argv[0], "bind") == 0 ? "vfio-pci" : NULL;
    struct mvfio_pci_function gpu;
    struct magma_error err = {0};
    bool dry_run = false;
    int c;

    while ((c = getopt_long(argc, argv, "hn", options, NULL)) != -1) {
        if (c == 'n') {
            dry_run = true;
            continue;
        }
        fputs(usage, c == 'h' ? stdout : stderr);
        return c == 'h' ? 0 : 2;
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        return 2;
    }
    if (mvfio_pci_find(NULL, argv[optind], &gpu, &err) != MAGMA_OK)
        return tool_failed(&err);
    if (gpu.vendor_id != NV_PCI_VENDOR_ID_NVIDIA) {
        fprintf(stderr, "magma: %s is not an NVIDIA function (vendor %04x)\n", gpu.address,
                gpu.vendor_id);
        return 1;
    }
    if (move_group(&gpu, driver, dry_run, &err) != MAGMA_OK)
        return tool_failed(&err);
    return 0;
}
