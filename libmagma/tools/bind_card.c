/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The functions of a card, and the processes that have one of them open. */
#include "libmagma/tools/bind.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libmagma/core/status.h"

enum {
    SLOT_LENGTH = 11, /* of "0000:01:00." */
    CLASS_BRIDGE = 0x06,
    NODES_MAX = 16,
    NODE_BYTES = 64,
    USERS_TEXT_BYTES = 200
};

bool bind_path(char path[BIND_PATH_BYTES], const char *root, const char *fmt, ...)
{
    int n = snprintf(path, BIND_PATH_BYTES, "%s", root ? root : "");
    va_list ap;
    int m;

    if (n < 0 || n >= BIND_PATH_BYTES)
        return false;
    va_start(ap, fmt);
    m = vsnprintf(path + n, (size_t)(BIND_PATH_BYTES - n), fmt, ap);
    va_end(ap);
    return m >= 0 && m < BIND_PATH_BYTES - n;
}

bool bind_address(const char *text, char address[16])
{
    int n;

    if (strncmp(text, "pci:", 4) == 0)
        text += 4;
    n = snprintf(address, 16, "%s%s", strlen(text) == strlen("01:00.0") ? "0000:" : "", text);
    return n == SLOT_LENGTH + 1;
}

/* ---- The card ---- */

static enum magma_code add(const char *sysfs, const char *address, bool same_card,
                           struct bind_card *card, struct magma_error *err)
{
    struct bind_function *f = &card->functions[card->count];

    if (card->count == BIND_FUNCTIONS_MAX)
        return mg_fail(err, MAGMA_NOT_SUPPORTED,
                       "%s: its card and IOMMU group have more than %d "
                       "functions",
                       address, BIND_FUNCTIONS_MAX);
    f->same_card = same_card;
    if (mvfio_pci_find(sysfs, address, &f->pci, err) != MAGMA_OK)
        return err->code;
    if (f->pci.class_code >> 16 != CLASS_BRIDGE)
        card->count++;
    return MAGMA_OK;
}

static int is_entry(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

enum magma_code bind_card_read(const char *root, const char *address, struct bind_card *card,
                               struct magma_error *err)
{
    char sysfs[BIND_PATH_BYTES], devices[BIND_PATH_BYTES];
    struct mvfio_pci_function asked;
    enum magma_code code;
    struct dirent **entries;
    int n;

    card->count = 0;
    if (!bind_path(sysfs, root, "/sys") || !bind_path(devices, root, "/sys/bus/pci/devices"))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: the root folder's name is too long",
                       address);
    code = mvfio_pci_find(sysfs, address, &asked, err);
    if (code != MAGMA_OK)
        return code;
    n = scandir(devices, &entries, is_entry, alphasort);
    if (n < 0)
        return mg_fail_errno(err, errno, "%s: reading %s", address, devices);
    for (int i = 0; i < n; i++) {
        if (code == MAGMA_OK && strncmp(entries[i]->d_name, address, SLOT_LENGTH) == 0)
            code = add(sysfs, entries[i]->d_name, true, card, err);
        free(entries[i]);
    }
    free(entries);
    for (uint32_t i = 0; i < asked.sibling_count && i < MVFIO_SIBLINGS_MAX; i++)
        if (code == MAGMA_OK && strncmp(asked.siblings[i].address, address, SLOT_LENGTH) != 0)
            code = add(sysfs, asked.siblings[i].address, false, card, err);
    return code;
}

/* ---- Who has it open ---- */

struct nodes {
    char names[NODES_MAX][NODE_BYTES];
    unsigned count;
};

static void add_node(struct nodes *nodes, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void add_node(struct nodes *nodes, const char *fmt, ...)
{
    va_list ap;

    if (nodes->count == NODES_MAX)
        return;
    va_start(ap, fmt);
    vsnprintf(nodes->names[nodes->count++], NODE_BYTES, fmt, ap);
    va_end(ap);
}

/* Entries of a folder of the function that begin with prefix, as nodes of /dev/FOLDER. */
static void add_children(struct nodes *nodes, const char *root, const char *address,
                         const char *below, const char *prefix, bool keep, const char *form)
{
    char path[BIND_PATH_BYTES];
    struct dirent *entry;
    DIR *dir;

    if (!bind_path(path, root, "/sys/bus/pci/devices/%s/%s", address, below))
        return;
    dir = opendir(path);
    while (dir && (entry = readdir(dir)))
        /* "card0-DP-1" is a connector of card0. */
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && !strchr(entry->d_name, '-'))
            add_node(nodes, "%s%.40s", form, entry->d_name + (keep ? 0 : strlen(prefix)));
    if (dir)
        closedir(dir);
}

/* nvidia.ko numbers its nodes by itself and says so in /proc. */
static void add_nvidia(struct nodes *nodes, const char *root, const char *address)
{
    char path[BIND_PATH_BYTES], line[256];
    unsigned minor;
    FILE *f;

    if (!bind_path(path, root, "/proc/driver/nvidia/gpus/%s/information", address))
        return;
    f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Device Minor: %u", &minor) == 1)
            add_node(nodes, "/dev/nvidia%u", minor);
    if (f)
        fclose(f);
}

static void find_nodes(struct nodes *nodes, const char *root,
                       const struct mvfio_pci_function *function)
{
    nodes->count = 0;
    if (mvfio_pci_is_vfio(function->driver)) {
        add_node(nodes, "/dev/vfio/%d", function->iommu_group);
        if (function->cdev[0])
            add_node(nodes, "/dev/vfio/devices/%s", function->cdev);
        return;
    }
    add_nvidia(nodes, root, function->address);
    add_children(nodes, root, function->address, "drm", "card", true, "/dev/dri/");
    add_children(nodes, root, function->address, "drm", "renderD", true, "/dev/dri/");
    add_children(nodes, root, function->address, "sound", "card", false, "/dev/snd/controlC");
}

/* The name of the first node that the process has open, or NULL. */
static const char *opened(const char *root, const char *process, const struct nodes *nodes)
{
    char path[BIND_PATH_BYTES], target[NODE_BYTES];
    const char *found = NULL;
    struct dirent *entry;
    DIR *dir;

    if (!bind_path(path, root, "/proc/%s/fd", process))
        return NULL;
    dir = opendir(path);
    while (dir && !found && (entry = readdir(dir))) {
        ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);

        target[n > 0 ? n : 0] = 0;
        for (unsigned i = 0; n > 0 && i < nodes->count; i++)
            if (strcmp(target, nodes->names[i]) == 0)
                found = nodes->names[i];
    }
    if (dir)
        closedir(dir);
    return found;
}

static void name_process(const char *root, const char *process, char *name, size_t size_bytes)
{
    char path[BIND_PATH_BYTES];
    FILE *f = bind_path(path, root, "/proc/%s/comm", process) ? fopen(path, "re") : NULL;

    if (!f || !fgets(name, (int)size_bytes, f))
        snprintf(name, size_bytes, "?");
    name[strcspn(name, "\n")] = 0;
    if (f)
        fclose(f);
}

enum magma_code bind_check_users(const char *root, const struct mvfio_pci_function *function,
                                 struct magma_error *err)
{
    char path[BIND_PATH_BYTES], text[USERS_TEXT_BYTES] = "", name[32];
    const char *node, *shown = NULL;
    struct dirent *entry;
    struct nodes nodes;
    int length = 0;
    DIR *dir;

    find_nodes(&nodes, root, function);
    if (!function->driver[0] || !nodes.count || !bind_path(path, root, "/proc"))
        return MAGMA_OK;
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        if (!isdigit((unsigned char)entry->d_name[0]) ||
            !(node = opened(root, entry->d_name, &nodes)))
            continue;
        name_process(root, entry->d_name, name, sizeof name);
        shown = node;
        if (length < (int)sizeof text - 64)
            length += snprintf(text + length, sizeof text - (size_t)length, "%s%.10s (%s)",
                               length ? ", " : "", entry->d_name, name);
    }
    if (dir)
        closedir(dir);
    if (!shown)
        return MAGMA_OK;
    return mg_fail(err, MAGMA_BUSY,
                   "%s is in use: %s is open in process %s; end these processes first (a service: "
                   "`systemctl stop`), %s would not let go of it before",
                   function->address, shown, text, function->driver);
}
