/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Looks for firmware files; see fwfind.h. */
#include "libmagma/gsp/fwfind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libmagma/core/status.h"

static const char *const system_roots[] = {"/lib/firmware/updates", "/lib/firmware",
                                           "/usr/lib/firmware"};

static enum magma_code map_file(int fd, struct mg_fw_file *out, struct magma_error *err)
{
    struct stat st;
    void *data;

    if (fstat(fd, &st) < 0)
        return mg_fail_errno(err, errno, "%s", out->path);
    if (!S_ISREG(st.st_mode) || st.st_size <= 0)
        return mg_fail(err, MAGMA_BAD_FIRMWARE, "%s: empty, or not a file", out->path);
    data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return mg_fail_errno(err, errno, "%s: mmap", out->path);
    out->mapping = data;
    out->bytes = (struct mg_bytes){data, (size_t)st.st_size};
    return MAGMA_OK;
}

/* false: no such file here. */
static bool try_path(struct mg_fw_file *out, enum magma_code *code, struct magma_error *err)
{
    int fd = open(out->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return false;
    if (fd < 0) {
        *code = mg_fail_errno(err, errno, "%s", out->path);
        return true;
    }
    *code = map_file(fd, out, err);
    close(fd);
    return true;
}

/* The shapes of a tree: a distribution's, one without the vendor's folder, a flat folder. */
static bool try_root(const char *root, const struct mg_fw_where *where, const char *name,
                     struct mg_fw_file *out, enum magma_code *code, struct magma_error *err)
{
    const char *folders[] = {where->chip, where->family};

    for (size_t i = 0; i < 2; i++) {
        if (!folders[i])
            continue;
        snprintf(out->path, sizeof out->path, "%s/nvidia/%s/gsp/%s-%s.bin", root, folders[i], name,
                 MG_FIRMWARE_VERSION);
        if (try_path(out, code, err))
            return true;
        snprintf(out->path, sizeof out->path, "%s/%s/gsp/%s-%s.bin", root, folders[i], name,
                 MG_FIRMWARE_VERSION);
        if (try_path(out, code, err))
            return true;
    }
    snprintf(out->path, sizeof out->path, "%s/%s-%s.bin", root, name, MG_FIRMWARE_VERSION);
    return try_path(out, code, err);
}

enum magma_code mg_fw_open(const struct mg_fw_where *where, const char *name,
                           struct mg_fw_file *out, struct magma_error *err)
{
    const char *own = where->path ? where->path : getenv("MAGMA_FIRMWARE_PATH");
    const char *family = where->family ? where->family : where->chip;
    enum magma_code code = MAGMA_OK;

    memset(out, 0, sizeof *out);
    if (own && *own && try_root(own, where, name, out, &code, err))
        return code;
    /* A root named by the caller is meant: other files would be a surprise. */
    for (size_t i = 0; !where->path && i < sizeof system_roots / sizeof system_roots[0]; i++)
        if (try_root(system_roots[i], where, name, out, &code, err))
            return code;
    memset(out, 0, sizeof *out);
    if (where->path)
        return mg_fail(err, MAGMA_FIRMWARE_MISSING, "%s-%s.bin for %s not found in %s", name,
                       MG_FIRMWARE_VERSION, family, own);
    return mg_fail(err, MAGMA_FIRMWARE_MISSING,
                   "nvidia/%s/gsp/%s-%s.bin not found, looked in %s%s/lib/firmware, "
                   "/usr/lib/firmware; install firmware-nvidia-graphics (20260916 or later, "
                   "non-free-firmware) or set MAGMA_FIRMWARE_PATH to a folder that has it",
                   family, name, MG_FIRMWARE_VERSION, own ? own : "", own ? ", " : "");
}

void mg_fw_close(struct mg_fw_file *file)
{
    if (file->mapping)
        munmap(file->mapping, file->bytes.size);
    memset(file, 0, sizeof *file);
}
