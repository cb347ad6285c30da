/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The part of the kernel's iommufd interface that we use. The headers of Debian 12 (Linux 6.1)
 * are older than it, so the numbers stand here. They were checked by use against Linux 6.12 and
 * are a stable interface. All ioctls are of type ';' and carry no size bits.
 */
#ifndef MVFIO_IOMMUFD_ABI_H
#define MVFIO_IOMMUFD_ABI_H

#include <linux/ioctl.h>
#include <stdint.h>

enum { ABI_TYPE = ';' };

#define ABI_IOAS_ALLOC       _IO(ABI_TYPE, 0x81)
#define ABI_IOAS_IOVA_RANGES _IO(ABI_TYPE, 0x84)
#define ABI_IOAS_MAP         _IO(ABI_TYPE, 0x85)
#define ABI_IOAS_UNMAP       _IO(ABI_TYPE, 0x86)
#define ABI_DEVICE_BIND      _IO(ABI_TYPE, 118)
#define ABI_DEVICE_ATTACH    _IO(ABI_TYPE, 119)

enum { ABI_MAP_FIXED_IOVA = 1, ABI_MAP_WRITEABLE = 2, ABI_MAP_READABLE = 4 };

struct abi_ioas_alloc {
    uint32_t size;
    uint32_t flags;
    uint32_t out_ioas_id;
};

struct abi_iova_range {
    uint64_t start;
    uint64_t last;
};

struct abi_ioas_iova_ranges {
    uint32_t size;
    uint32_t ioas_id;
    uint32_t range_count; /* in: room; out: how many there are */
    uint32_t reserved;
    uint64_t ranges; /* pointer to struct abi_iova_range */
    uint64_t out_alignment;
};

struct abi_ioas_map {
    uint32_t size;
    uint32_t flags;
    uint32_t ioas_id;
    uint32_t reserved;
    uint64_t user_va;
    uint64_t length;
    uint64_t iova;
};

struct abi_ioas_unmap {
    uint32_t size;
    uint32_t ioas_id;
    uint64_t iova;
    uint64_t length; /* out: what was unmapped */
};

struct abi_device_bind {
    uint32_t argsz;
    uint32_t flags;
    int32_t iommufd;
    uint32_t out_devid;
};

struct abi_device_attach {
    uint32_t argsz;
    uint32_t flags;
    uint32_t pt_id; /* in: the I/O address space; out: the page table made of it */
};

_Static_assert(sizeof(struct abi_ioas_iova_ranges) == 32, "IOAS_IOVA_RANGES");
_Static_assert(sizeof(struct abi_ioas_map) == 40, "IOAS_MAP");
_Static_assert(sizeof(struct abi_ioas_unmap) == 24, "IOAS_UNMAP");
_Static_assert(sizeof(struct abi_device_bind) == 16, "BIND_IOMMUFD");

#endif
