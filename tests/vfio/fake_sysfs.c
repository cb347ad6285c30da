/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Builds the folders and links of sysfs that matter: attributes, driver, iommu_group, vfio-dev. */
#include "tests/vfio/fake_sysfs.h"

#include <check.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0755);
        *slash = '/';
    }
}

static void write_file(const char *text, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void write_file(const char *text, const char *fmt, ...)
{
    char path[512];
    va_list ap;
    FILE *f;

    va_start(ap, fmt);
    vsnprintf(path, sizeof path, fmt, ap);
    va_end(ap);
    make_folders(path);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static void make_link(const char *target, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void make_link(const char *target, const char *fmt, ...)
{
    char path[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(path, sizeof path, fmt, ap);
    va_end(ap);
    make_folders(path);
    ck_assert_int_eq(symlink(target, path), 0);
}

void fake_sysfs_create(struct fake_sysfs *sysfs)
{
    strcpy(sysfs->root, "/tmp/magma-sysfs-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(sysfs->root));
    snprintf(sysfs->sys, sizeof sysfs->sys, "%s/sys", sysfs->root);
    snprintf(sysfs->dev, sizeof sysfs->dev, "%s/dev", sysfs->root);
    write_file("", "%s/bus/pci/drivers_probe", sysfs->sys);
    write_file("", "%s/null", sysfs->dev);
}

static void write_number(const struct fake_sysfs *sysfs, const char *address, const char *name,
                         unsigned value, const char *form)
{
    char text[32];

    snprintf(text, sizeof text, strcmp(form, "class") ? "0x%04x\n" : "0x%06x\n", value);
    write_file(text, "%s/bus/pci/devices/%s/%s", sysfs->sys, address, name);
}

void fake_sysfs_add(struct fake_sysfs *sysfs, const struct fake_function *f)
{
    char target[256];

    write_number(sysfs, f->address, "vendor", f->vendor, "");
    write_number(sysfs, f->address, "device", f->device, "");
    write_number(sysfs, f->address, "subsystem_vendor", 0x10de, "");
    write_number(sysfs, f->address, "subsystem_device", 0x1467, "");
    write_number(sysfs, f->address, "revision", 0xa1, "");
    write_number(sysfs, f->address, "class", f->class_code, "class");
    write_file("\n", "%s/bus/pci/devices/%s/driver_override", sysfs->sys, f->address);
    if (f->driver) {
        write_file("", "%s/bus/pci/drivers/%s/unbind", sysfs->sys, f->driver);
        snprintf(target, sizeof target, "../../drivers/%s", f->driver);
        make_link(target, "%s/bus/pci/devices/%s/driver", sysfs->sys, f->address);
    }
    if (f->group >= 0) {
        snprintf(target, sizeof target, "../../../../kernel/iommu_groups/%d", f->group);
        make_link(target, "%s/bus/pci/devices/%s/iommu_group", sysfs->sys, f->address);
        snprintf(target, sizeof target, "../../../../bus/pci/devices/%s", f->address);
        make_link(target, "%s/kernel/iommu_groups/%d/devices/%s", sysfs->sys, f->group, f->address);
    }
    if (f->cdev)
        write_file("", "%s/bus/pci/devices/%s/vfio-dev/%s/dev", sysfs->sys, f->address, f->cdev);
}

void fake_sysfs_node(struct fake_sysfs *sysfs, const char *name)
{
    write_file("", "%s/%s", sysfs->dev, name);
}

void fake_sysfs_attribute(struct fake_sysfs *sysfs, const char *address, const char *name,
                          const char *text)
{
    write_file(text, "%s/bus/pci/devices/%s/%s", sysfs->sys, address, name);
}

const char *fake_sysfs_text(struct fake_sysfs *sysfs, const char *name)
{
    static char text[256];
    char path[512];
    size_t n;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", sysfs->sys, name);
    f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    return text;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void fake_sysfs_destroy(struct fake_sysfs *sysfs)
{
    nftw(sysfs->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
