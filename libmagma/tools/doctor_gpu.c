/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Each GPU: its driver, its IOMMU group, the kinds of reset; and the firmware files for it. */
#include "libmagma/tools/bind.h"
#include "libmagma/tools/doctor.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libmagma/gsp/fwfind.h"

enum { CURE_BYTES = 160 };

static void check_reset(struct doctor *d, const struct mvfio_pci_function *gpu)
{
    char path[BIND_PATH_BYTES], methods[128];

    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/reset_method", gpu->address);
    if (!doctor_read(d, path, methods, sizeof methods))
        return; /* kernels before 5.15 do not say */
    if (methods[0])
        doctor_tell(d, DOCTOR_GOOD, "reset", NULL, "%s: the kernel can reset it (%s)", gpu->address,
                    methods);
    else
        doctor_tell(d, DOCTOR_NOTE, "reset", NULL,
                    "%s: the kernel has no reset for it; after a crash only a reboot helps",
                    gpu->address);
}

/* What the card's group has beside the card: in the way as long as a host driver has it. */
static void check_strangers(struct doctor *d, const struct mvfio_pci_function *gpu)
{
    struct magma_error err = {0};
    struct bind_card card;
    char cure[CURE_BYTES];

    if (bind_card_read(d->root, gpu->address, &card, &err) != MAGMA_OK)
        return;
    for (unsigned i = 0; i < card.count; i++) {
        const struct bind_function *f = &card.functions[i];

        if (f->same_card || mvfio_pci_is_harmless(f->pci.driver))
            continue;
        snprintf(cure, sizeof cure,
                 "move the card to another slot, or give that device away too: `magma bind "
                 "--group %s`",
                 gpu->address);
        doctor_tell(d, DOCTOR_BAD, "group", cure, "%s shares IOMMU group %d with %s, which %s has",
                    gpu->address, gpu->iommu_group, f->pci.address, f->pci.driver);
    }
}

static void check_gpu(struct doctor *d, const struct mvfio_pci_function *gpu)
{
    struct magma_error err = {0};
    char cure[CURE_BYTES];

    snprintf(cure, sizeof cure, "`magma bind %s`%s", gpu->address,
             strcmp(gpu->driver, "nvidia") == 0
                 ? "; or leave it to nvidia.ko and use MAGMA_DEVICE=nvidia:0"
                 : "");
    if (mvfio_pci_check(gpu, &err) == MAGMA_OK)
        doctor_tell(d, DOCTOR_GOOD, "gpu", NULL, "%s (10de:%04x) is bound to %s, IOMMU group %d",
                    gpu->address, gpu->device_id, gpu->driver, gpu->iommu_group);
    else if (!mvfio_pci_is_vfio(gpu->driver))
        doctor_tell(d, DOCTOR_BAD, "gpu", cure, "%s (10de:%04x) is bound to %s", gpu->address,
                    gpu->device_id, gpu->driver[0] ? gpu->driver : "no driver");
    else
        doctor_tell(d, DOCTOR_BAD, "gpu", NULL, "%s", err.text);
    if (gpu->iommu_group >= 0)
        check_strangers(d, gpu);
    check_reset(d, gpu);
}

/* ---- Firmware ---- */

/* Chips below a firmware folder that have the version magma speaks with. */
static unsigned count_chips(const struct doctor *d, const char *folder)
{
    char path[BIND_PATH_BYTES];
    struct dirent *entry;
    unsigned count = 0;
    DIR *dir = bind_path(path, d->root, "%s", folder) ? opendir(path) : NULL;

    while (dir && (entry = readdir(dir)))
        count += entry->d_name[0] != '.' &&
                 doctor_has(d, "%s/%s/gsp/gsp-" MG_FIRMWARE_VERSION ".bin", folder, entry->d_name);
    if (dir)
        closedir(dir);
    return count;
}

static void check_firmware(struct doctor *d)
{
    static const char *const folders[] = {"/lib/firmware/nvidia", "/usr/lib/firmware/nvidia"};
    const char *own = getenv("MAGMA_FIRMWARE_PATH");
    bool seen = false;

    if (own && *own) {
        bool there = doctor_has(d, "%s", own);

        doctor_tell(d, there ? DOCTOR_GOOD : DOCTOR_BAD, "firmware",
                    there ? NULL : "let it name a folder that has nvidia/CHIP/gsp, or unset it",
                    "MAGMA_FIRMWARE_PATH is %s%s", own, there ? "" : ", which is not there");
        return;
    }
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        unsigned count = count_chips(d, folders[i]);

        seen |= doctor_count(d, folders[i]) > 0;
        if (!count)
            continue;
        doctor_tell(d, DOCTOR_GOOD, "firmware", NULL,
                    "%s has GSP " MG_FIRMWARE_VERSION " for %u chip%s", folders[i], count,
                    count == 1 ? "" : "s");
        return;
    }
    doctor_tell(d, doctor_missing(d), "firmware",
                "`apt-get install firmware-nvidia-graphics` (non-free-firmware, 20260916 or "
                "later)",
                seen ? "/lib/firmware/nvidia has files, but not GSP " MG_FIRMWARE_VERSION
                     : "no nvidia firmware in /lib/firmware (the software GPU makes its own)");
}

void doctor_check_gpus(struct doctor *d)
{
    for (uint32_t i = 0; i < d->gpu_count; i++)
        check_gpu(d, &d->gpus[i]);
    if (!d->gpu_count)
        doctor_tell(d, DOCTOR_NOTE, "gpu", NULL,
                    "no NVIDIA GPU here; model:ga102 is the software GPU");
    check_firmware(d);
}
