/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* This user and this process: the nodes it has to open, the memory it may lock, a container. */
#include "libmagma/tools/bind.h"
#include "libmagma/tools/doctor.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMLOCK_MIN_BYTES (UINT64_C(256) << 20)
#define OWN_GROUP         "magma"

enum { CURE_BYTES = 320, CAP_IPC_LOCK_BIT = 14, PERMISSION_BITS = 0777 };

static bool in_container(const struct doctor *d)
{
    const char *kind = getenv("container");

    return (kind && *kind) || doctor_has(d, "/.dockerenv") || doctor_has(d, "/run/.containerenv");
}

/* ---- Locked memory ---- */

static bool may_lock_anything(const struct doctor *d)
{
    static const char name[] = "CapEff:";
    char text[DOCTOR_TEXT_BYTES];
    const char *at;

    doctor_read(d, "/proc/self/status", text, sizeof text);
    at = strstr(text, name);
    return at && strtoull(at + sizeof name - 1, NULL, 16) >> CAP_IPC_LOCK_BIT & 1;
}

static void check_memlock(struct doctor *d)
{
    struct rlimit limit;
    const char *cure =
        in_container(d)
            ? "start the container with `--ulimit memlock=-1:-1`"
            : "`ulimit -l unlimited`; for good: /etc/security/limits.d/magma.conf (comes with "
              "magma, for the group " OWN_GROUP "), `LimitMEMLOCK=infinity` in a systemd unit";

    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        doctor_tell(d, DOCTOR_NOTE, "memlock", NULL, "RLIMIT_MEMLOCK cannot be read: %s",
                    strerror(errno));
    else if (may_lock_anything(d) || limit.rlim_cur == RLIM_INFINITY)
        doctor_tell(d, DOCTOR_GOOD, "memlock", NULL, "locked memory is not limited");
    else if (limit.rlim_cur < MEMLOCK_MIN_BYTES)
        doctor_tell(d, doctor_missing(d), "memlock", cure,
                    "at most %" PRIu64 " KiB may be locked; a GPU on VFIO wants %" PRIu64
                    " MiB and more",
                    (uint64_t)limit.rlim_cur >> 10, MEMLOCK_MIN_BYTES >> 20);
    else
        doctor_tell(d, DOCTOR_GOOD, "memlock", NULL, "%" PRIu64 " MiB may be locked",
                    (uint64_t)limit.rlim_cur >> 20);
}

/* ---- Nodes ---- */

/* "root:magma 0660" of a node. */
static void describe(const struct stat *st, char *text, size_t size_bytes)
{
    const struct passwd *user = getpwuid(st->st_uid);
    const struct group *group = getgrgid(st->st_gid);

    snprintf(text, size_bytes, "%s:%s %04o", user ? user->pw_name : "?",
             group ? group->gr_name : "?", (unsigned)st->st_mode & PERMISSION_BITS);
}

static void tell_refused(struct doctor *d, const char *node, const struct stat *st)
{
    const struct group *own = getgrnam(OWN_GROUP);
    char text[128], cure[CURE_BYTES];

    describe(st, text, sizeof text);
    if (in_container(d))
        snprintf(cure, sizeof cure,
                 "run the container's process as a user or group that has it "
                 "(docker: `--group-add`, podman: `--group-add keep-groups`)");
    else if (own && own->gr_gid == st->st_gid)
        snprintf(cure, sizeof cure, "as root `adduser USER " OWN_GROUP "`, then log in again");
    else
        snprintf(cure, sizeof cure,
                 "the udev rule 70-magma.rules (comes with magma) gives it to "
                 "the group " OWN_GROUP ": `udevadm trigger --settle --subsystem-match=vfio`, "
                 "`adduser USER " OWN_GROUP "`; for now: `chown USER %s`",
                 node);
    doctor_tell(d, DOCTOR_BAD, "rights", cure, "this user may not open %s (%s)", node, text);
}

static void check_node(struct doctor *d, const char *node, const char *absent)
{
    char path[BIND_PATH_BYTES], text[128];
    struct stat st;

    if (!bind_path(path, d->root, "%s", node))
        return;
    if (stat(path, &st) != 0) {
        char cure[CURE_BYTES];

        if (in_container(d))
            snprintf(cure, sizeof cure, "start the container with `--device %s`", node);
        doctor_tell(d, doctor_missing(d), "nodes", in_container(d) ? cure : absent,
                    "there is no %s", node);
    } else if (access(path, R_OK | W_OK) != 0) {
        tell_refused(d, node, &st);
    } else {
        describe(&st, text, sizeof text);
        doctor_tell(d, DOCTOR_GOOD, "rights", NULL, "%s can be opened (%s)", node, text);
    }
}

/* What a GPU bound to VFIO is opened by: its cdev where that may be, else its IOMMU group, which
 * wants the container too. */
static void check_nodes(struct doctor *d)
{
    char node[48], dev[BIND_PATH_BYTES];
    unsigned by_cdev = 0;

    if (!bind_path(dev, d->root, "/dev"))
        return;
    for (uint32_t i = 0; i < d->gpu_count; i++) {
        const struct mvfio_pci_function *gpu = &d->gpus[i];
        bool cdev = mvfio_pci_iommufd_usable(gpu, dev);

        by_cdev += cdev;
        if (!mvfio_pci_is_vfio(gpu->driver) || gpu->iommu_group < 0)
            continue;
        if (cdev)
            snprintf(node, sizeof node, "/dev/vfio/devices/%s", gpu->cdev);
        else
            snprintf(node, sizeof node, "/dev/vfio/%d", gpu->iommu_group);
        check_node(d, node, "is the device bound? `magma list`");
    }
    if (!by_cdev || by_cdev < d->gpu_count)
        check_node(d, "/dev/vfio/vfio", "`modprobe vfio`");
}

static void check_container(struct doctor *d)
{
    if (in_container(d))
        doctor_tell(d, DOCTOR_NOTE, "container", NULL,
                    "this is a container: it wants `--device /dev/vfio/vfio --device "
                    "/dev/vfio/GROUP --ulimit memlock=-1:-1`; bind the GPU on the host");
}

void doctor_check_user(struct doctor *d)
{
    check_container(d);
    check_nodes(d);
    check_memlock(d);
}
