/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a PCI function was before magma took it, and the way back there. One small file per
 * function below /run/magma/bind: a line "driver NAME" and a line "override NAME", each left out
 * when there was none.
 */
#include "libmagma/tools/bind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libmagma/core/status.h"

enum { FOLDER_MODE = 0755 };

#define FOLDER "/run/magma/bind"

static bool is_name(const char *text)
{
    return text[0] && strlen(text) < BIND_DRIVER_BYTES && !strpbrk(text, "/ \n");
}

static enum magma_code write_attribute(const char *root, const char *address, const char *name,
                                       const char *text, struct magma_error *err)
{
    char path[BIND_PATH_BYTES];
    enum magma_code code = MAGMA_OK;
    int fd;

    if (!bind_path(path, root, "/sys/bus/pci/%s", name))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: a path of sysfs is too long", address);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return mg_fail_errno(err, errno, "%s: opening %s", address, path);
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        code = mg_fail_errno(err, errno, "%s: writing to %s", address, path);
    close(fd);
    return code;
}

/* ---- The memory ---- */

void bind_memory_take(const char *root, const struct mvfio_pci_function *function,
                      struct bind_memory *memory)
{
    char path[BIND_PATH_BYTES], line[64] = "";
    FILE *f = NULL;

    *memory = (struct bind_memory){.driver = ""};
    memcpy(memory->driver, function->driver, sizeof memory->driver);
    if (bind_path(path, root, "/sys/bus/pci/devices/%s/driver_override", function->address))
        f = fopen(path, "re");
    if (!f)
        return;
    if (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (is_name(line) && strcmp(line, "(null)") != 0)
            memcpy(memory->driver_override, line, strlen(line) + 1);
    }
    fclose(f);
}

static bool make_folders(const char *root)
{
    static const char *const folders[] = {"/run", "/run/magma", FOLDER};
    char path[BIND_PATH_BYTES];

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (!bind_path(path, root, "%s", folders[i]) ||
            (mkdir(path, FOLDER_MODE) != 0 && errno != EEXIST))
            return false;
    return true;
}

enum magma_code bind_memory_save(const char *root, const char *address,
                                 const struct bind_memory *memory, struct magma_error *err)
{
    char path[BIND_PATH_BYTES], fresh[BIND_PATH_BYTES];
    FILE *f = NULL;

    if (make_folders(root) && bind_path(path, root, FOLDER "/%s", address) &&
        bind_path(fresh, root, FOLDER "/%s.new", address))
        f = fopen(fresh, "we");
    if (!f)
        return mg_fail_errno(err, errno, "%s: its driver cannot be remembered in " FOLDER, address);
    if (memory->driver[0])
        fprintf(f, "driver %s\n", memory->driver);
    if (memory->driver_override[0])
        fprintf(f, "override %s\n", memory->driver_override);
    if (fclose(f) != 0 || rename(fresh, path) != 0)
        return mg_fail_errno(err, errno, "%s: its driver cannot be remembered in " FOLDER, address);
    return MAGMA_OK;
}

bool bind_memory_load(const char *root, const char *address, struct bind_memory *memory)
{
    char path[BIND_PATH_BYTES], line[64];
    bool good = true;
    FILE *f = bind_path(path, root, FOLDER "/%s", address) ? fopen(path, "re") : NULL;

    *memory = (struct bind_memory){.driver = ""};
    if (!f)
        return false;
    while (good && fgets(line, sizeof line, f)) {
        char *name = strchr(line, ' ');
        bool is_driver = strncmp(line, "driver ", 7) == 0;

        line[strcspn(line, "\n")] = 0;
        good = name && is_name(name + 1) && (is_driver || strncmp(line, "override ", 9) == 0);
        if (good)
            memcpy(is_driver ? memory->driver : memory->driver_override, name + 1,
                   strlen(name + 1) + 1);
    }
    fclose(f);
    return good;
}

void bind_memory_forget(const char *root, const char *address)
{
    char path[BIND_PATH_BYTES];

    if (bind_path(path, root, FOLDER "/%s", address))
        (void)unlink(path);
}

/* ---- The way back ---- */

static bool has_driver(const char *root, const char *driver)
{
    char path[BIND_PATH_BYTES];

    return bind_path(path, root, "/sys/bus/pci/drivers/%s", driver) && access(path, F_OK) == 0;
}

enum magma_code bind_restore(const char *root, const char *address,
                             const struct bind_memory *memory, struct magma_error *err)
{
    char sysfs[BIND_PATH_BYTES], name[BIND_PATH_BYTES];
    const char *driver = memory && has_driver(root, memory->driver) ? memory->driver : "";
    enum magma_code code;

    if (!bind_path(sysfs, root, "/sys") ||
        !bind_path(name, NULL, "devices/%s/driver_override", address))
        return mg_fail(err, MAGMA_INVALID_ARGUMENT, "%s: a path of sysfs is too long", address);
    code = mvfio_pci_bind(sysfs, address, driver[0] ? driver : NULL, NULL, err);
    if (code == MAGMA_OK && memory)
        code = write_attribute(root, address, name,
                               memory->driver_override[0] ? memory->driver_override : "\n", err);
    return code;
}
