/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A temporary folder that looks like sysfs and /dev to the code that finds and opens devices. */
#ifndef TESTS_VFIO_FAKE_SYSFS_H
#define TESTS_VFIO_FAKE_SYSFS_H

#include <stdint.h>

struct fake_sysfs {
    char root[64]; /* ROOT/sys, ROOT/dev below it */
    char sys[80];
    char dev[80];
};

struct fake_function {
    const char *address;
    uint16_t vendor, device;
    uint32_t class_code;
    const char *driver; /* NULL: none */
    int group;          /* -1: none */
    const char *cdev;   /* NULL: none */
};

void fake_sysfs_create(struct fake_sysfs *sysfs);
void fake_sysfs_add(struct fake_sysfs *sysfs, const struct fake_function *function);
/* An empty file below dev ("vfio/12"), folders made as needed. */
void fake_sysfs_node(struct fake_sysfs *sysfs, const char *name);
/* An attribute below a function's folder ("iommu_group/name"). */
void fake_sysfs_attribute(struct fake_sysfs *sysfs, const char *address, const char *name,
                          const char *text);
/* What was written to a file below sys; static storage. */
const char *fake_sysfs_text(struct fake_sysfs *sysfs, const char *name);
void fake_sysfs_destroy(struct fake_sysfs *sysfs);

#endif
