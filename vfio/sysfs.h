/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Small steps through sysfs, shared by finding (pci.c), binding (bind.c), resets (reset.c). */
#ifndef MVFIO_SYSFS_H
#define MVFIO_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SYSFS_PATH_MAX = 1024 };

/* "dddd:bb:dd.f", lower case hexadecimal, function 0 to 7. */
bool sysfs_is_address(const char *text);

/* Where sysfs is: the caller's folder, or, without one, the machine's. */
static inline const char *sysfs_root_or_default(const char *sysfs_root)
{
    return sysfs_root ? sysfs_root : "/sys";
}

/* Two functions of one device: they differ in the last digit at most. */
bool sysfs_same_slot(const char *a, const char *b);

/* ROOT/bus/pci/devices/ADDRESS/NAME into path (SYSFS_PATH_MAX). False: too long. */
bool sysfs_device_path(const char *root, const char *address, const char *name, char *path);

/* Reads an attribute of a function without its newline; false: there is none, or it is empty. */
bool sysfs_read_text(const char *root, const char *address, const char *name, char *out,
                     size_t out_bytes);

/* Reads a number ("0x10de\n", "1") from an attribute of a function. */
bool sysfs_read_number(const char *root, const char *address, const char *name, uint64_t *out);

/* The last part of where a link of a function leads, into out; empty when there is no link or
 * the part does not fit. */
void sysfs_link_name(const char *root, const char *address, const char *name, char *out,
                     size_t out_bytes);

#endif
