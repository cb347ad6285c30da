/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Small steps through sysfs. The root can be another folder, for tests. */
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool sysfs_is_address(const char *text)
{
    static const char form[] = "xxxx:xx:xx.x";
    size_t i;

    for (i = 0; form[i]; i++)
        if (form[i] == 'x' ? !is_hex(text[i]) : text[i] != form[i])
            return false;
    return text[i] == 0 && text[i - 1] <= '7';
}

bool sysfs_same_slot(const char *a, const char *b)
{
    return strncmp(a, b, sizeof "0000:01:00." - 1) == 0;
}

bool sysfs_device_path(const char *root, const char *address, const char *name, char *path)
{
    int n = snprintf(path, SYSFS_PATH_MAX, "%s/bus/pci/devices/%s%s%s", root, address,
                     *name ? "/" : "", name);

    return n > 0 && n < SYSFS_PATH_MAX;
}

bool sysfs_read_text(const char *root, const char *address, const char *name, char *out,
                     size_t out_bytes)
{
    char path[SYSFS_PATH_MAX];
    ssize_t n;
    int fd;

    if (!sysfs_device_path(root, address, name, path))
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, out, out_bytes - 1);
    close(fd);
    if (n <= 0)
        return false;
    n -= out[n - 1] == '\n';
    out[n] = 0;
    return true;
}

bool sysfs_read_number(const char *root, const char *address, const char *name, uint64_t *out)
{
    char text[64], *end;

    if (!sysfs_read_text(root, address, name, text, sizeof text))
        return false;
    errno = 0;
    *out = strtoull(text, &end, 0);
    return errno == 0 && end != text && *end == 0;
}

void sysfs_link_name(const char *root, const char *address, const char *name, char *out,
                     size_t out_bytes)
{
    char path[SYSFS_PATH_MAX], target[SYSFS_PATH_MAX];
    const char *last;
    ssize_t n;

    out[0] = 0;
    if (!sysfs_device_path(root, address, name, path))
        return;
    n = readlink(path, target, sizeof target - 1);
    if (n <= 0)
        return;
    target[n] = 0;
    last = strrchr(target, '/');
    last = last ? last + 1 : target;
    if (strlen(last) < out_bytes)
        memcpy(out, last, strlen(last) + 1);
}
