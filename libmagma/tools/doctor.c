/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * `magma doctor`: looks at everything between a user and a working GPU, one line per check, with
 * the remedy where something is in the way. It changes nothing.
 */
#include "libmagma/tools/tool.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <mvfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define GPUS_MAX          16
#define MEMLOCK_MIN_BYTES (UINT64_C(256) << 20)

static const char usage[] = "usage: magma doctor [--json]\n\n"
                            "Checks this machine for what magma needs: IOMMU, VFIO, memory locking,\n"
                            "the GPUs and their drivers, firmware files. Exit status 1 when a GPU is\n"
                            "there and cannot be used.\n";

enum verdict { GOOD, NOTE, BAD };

struct report {
    bool json;
    json_t *checks;
    unsigned bad;
};

static void tell(struct report *r, enum verdict verdict, const char *what, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void tell(struct report *r, enum verdict verdict, const char *what, const char *fmt, ...)
{
    static const char *const words[] = {"ok", "note", "BAD"};
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    r->bad += verdict == BAD;
    if (r->json)
        json_array_append_new(r->checks, json_pack("{s:s, s:s, s:s}", "check", what, "verdict",
                                                   words[verdict], "text", text));
    else
        printf("%-5s %-12s %s\n", words[verdict], what, text);
}

static unsigned count_entries(const char *path)
{
    DIR *dir = opendir(path);
    unsigned count = 0;
    struct dirent *e;

    if (!dir)
        return 0;
    while ((e = readdir(dir)))
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void check_iommu(struct report *r, enum verdict missing)
{
    unsigned groups = count_entries("/sys/kernel/iommu_groups");

    if (groups)
        tell(r, GOOD, "iommu", "%u IOMMU groups", groups);
    else
        tell(r, missing, "iommu",
             "no IOMMU groups: turn on VT-d or AMD-Vi in the firmware, and boot with "
             "intel_iommu=on (Intel) or amd_iommu=on");
}

static void check_vfio(struct report *r, enum verdict missing)
{
    if (access("/dev/vfio/vfio", F_OK) != 0)
        tell(r, missing, "vfio", "no /dev/vfio/vfio: `modprobe vfio-pci` (%s)", strerror(errno));
    else if (access("/dev/vfio/vfio", R_OK | W_OK) != 0)
        tell(r, missing, "vfio", "/dev/vfio/vfio may not be opened by this user");
    else
        tell(r, GOOD, "vfio", "/dev/vfio/vfio is there");
    if (access("/dev/iommu", F_OK) == 0)
        tell(r, GOOD, "iommufd", "/dev/iommu is there");
    else
        tell(r, NOTE, "iommufd", "no /dev/iommu in this kernel; group and container are used");
}

static void check_memlock(struct report *r)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        tell(r, NOTE, "memlock", "RLIMIT_MEMLOCK cannot be read: %s", strerror(errno));
    else if (geteuid() == 0 || limit.rlim_cur == RLIM_INFINITY)
        tell(r, GOOD, "memlock", "locked memory is not limited");
    else if (limit.rlim_cur < MEMLOCK_MIN_BYTES)
        tell(r, NOTE, "memlock",
             "at most %" PRIu64 " KiB may be locked; a GPU on VFIO wants %" PRIu64
             " MiB and more: raise memlock in /etc/security/limits.conf",
             (uint64_t)limit.rlim_cur >> 10, MEMLOCK_MIN_BYTES >> 20);
    else
        tell(r, GOOD, "memlock", "%" PRIu64 " MiB may be locked", (uint64_t)limit.rlim_cur >> 20);
}

static void check_firmware(struct report *r)
{
    static const char *const folders[] = {"/lib/firmware/nvidia", "/usr/lib/firmware/nvidia"};
    const char *own = getenv("MAGMA_FIRMWARE_PATH");

    if (own && *own)
        tell(r, access(own, R_OK) == 0 ? GOOD : BAD, "firmware", "MAGMA_FIRMWARE_PATH is %s", own);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (count_entries(folders[i])) {
            tell(r, GOOD, "firmware", "%s has %u chips", folders[i], count_entries(folders[i]));
            return;
        }
    if (!own || !*own)
        tell(r, NOTE, "firmware",
             "no nvidia firmware in /lib/firmware: install firmware-nvidia-graphics (the software "
             "GPU makes its own)");
}

static unsigned check_gpus(struct report *r)
{
    struct mvfio_pci_function gpus[GPUS_MAX];
    struct magma_error err = {0};
    uint32_t count = 0;

    if (mvfio_pci_list(NULL, gpus, GPUS_MAX, &count, &err) != MAGMA_OK) {
        tell(r, NOTE, "gpus", "PCI devices cannot be listed: %s", err.text);
        return 0;
    }
    if (count > GPUS_MAX)
        count = GPUS_MAX;
    for (uint32_t i = 0; i < count; i++) {
        if (mvfio_pci_check(&gpus[i], &err) == MAGMA_OK)
            tell(r, GOOD, "gpu", "%s (10de:%04x) is ready", gpus[i].address, gpus[i].device_id);
        else
            tell(r, BAD, "gpu", "%s", err.text);
    }
    if (!count)
        tell(r, NOTE, "gpus", "no NVIDIA GPU here; model:ga102 is the software GPU");
    return count;
}

int tool_doctor(int argc, char **argv)
{
    struct report r = {.checks = json_array()};
    struct tool_args args;
    enum verdict missing;
    int status = 2;

    if (!tool_parse(argc, argv, usage, 0, &args))
        goto out;
    status = 0;
    if (args.help)
        goto out;
    r.json = args.json;
    missing = check_gpus(&r) ? BAD : NOTE;
    check_iommu(&r, missing);
    check_vfio(&r, missing);
    check_memlock(&r);
    check_firmware(&r);
    status = r.bad ? 1 : 0;
    if (r.json)
        tool_print_json(json_pack("{s:O, s:i}", "checks", r.checks, "bad", (int)r.bad));
out:
    json_decref(r.checks);
    return status;
}
