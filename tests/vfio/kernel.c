/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The kernel backends against a stand-in for the kernel: this test is linked with --wrap=ioctl,
 * so that ioctls come here and are answered as Linux does, by the state in `kernel`. Nodes are
 * files of a temporary folder, the device a memfd with its regions one after the other.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <mvfio.h>

#include "tests/vfio/fake_sysfs.h"
#include "vfio/iommufd_abi.h"

#define BAR0_BYTES 0x10000u

int __wrap_ioctl(int fd, unsigned long request, ...);

/* The stand-in. `fail` is the request to answer with errno fail_errno. */
static struct {
    unsigned long fail;
    int fail_errno;
    bool not_viable;
    bool in_container;
    bool no_ranges;
    bool gone;
    int device_fd;
    struct {
        uint64_t iova, size;
        uint32_t flags;
    } maps[16];
    unsigned map_count;
    uint64_t mapped_limit;
    uint32_t irq_flags, irq_start, irq_count;
    int irq_fds[16];
    int request_fd;
    unsigned resets, unset, hot_resets;
    bool hot;           /* the device is asked: its hot reset has numbers of the container's */
    uint32_t hot_group; /* of the audio function beside the GPU */
    uint32_t hot_group_count;
    int32_t bound_iommufd;
    uint32_t attached;
} kernel;

static int answer_error(int error)
{
    errno = error;
    return -1;
}

static int group_status(struct vfio_group_status *status)
{
    ck_assert_uint_eq(status->argsz, sizeof *status);
    status->flags = (kernel.not_viable ? 0u : VFIO_GROUP_FLAGS_VIABLE) |
                    (kernel.in_container ? VFIO_GROUP_FLAGS_CONTAINER_SET : 0u);
    return 0;
}

static int device_info(struct vfio_device_info *info)
{
    info->flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
    info->num_regions = 9;
    info->num_irqs = 5;
    return 0;
}

/* BAR0 has a hole of a page (the MSI-X table) in an answer that needs more room than asked. */
static int region_info(struct vfio_region_info *info)
{
    const struct vfio_region_info_cap_sparse_mmap cap = {
        .header = {.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP, .version = 1}, .nr_areas = 2};
    const struct vfio_region_sparse_mmap_area areas[2] = {{0, 0x9000}, {0xa000, 0x6000}};
    uint32_t room = info->argsz;

    info->flags = 0;
    info->size = 0;
    info->cap_offset = 0;
    info->offset = (uint64_t)info->index << 20;
    if (info->index == VFIO_PCI_CONFIG_REGION_INDEX) {
        info->size = 4096;
        info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
    } else if (info->index == VFIO_PCI_VGA_REGION_INDEX) {
        return answer_error(EINVAL);
    } else if (info->index == 0) {
        info->size = BAR0_BYTES;
        info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
                      VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS;
        info->argsz = (uint32_t)(sizeof *info + sizeof cap + sizeof areas);
        if (room < info->argsz)
            return 0;
        info->cap_offset = sizeof *info;
        memcpy((char *)info + sizeof *info, &cap, sizeof cap);
        memcpy((char *)info + sizeof *info + sizeof cap, areas, sizeof areas);
    }
    return 0;
}

static int irq_info(struct vfio_irq_info *info)
{
    if (info->index == VFIO_PCI_ERR_IRQ_INDEX)
        return answer_error(EINVAL);
    info->count = info->index == VFIO_PCI_MSIX_IRQ_INDEX ? 9 : 0;
    info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
    return 0;
}

static int set_irqs(const struct vfio_irq_set *set)
{
    size_t fds = set->flags & VFIO_IRQ_SET_DATA_EVENTFD ? set->count : 0;

    ck_assert_uint_eq(set->argsz, sizeof *set + fds * sizeof(int32_t));
    ck_assert_uint_le(fds, 16);
    if (set->index == VFIO_PCI_REQ_IRQ_INDEX) {
        memcpy(&kernel.request_fd, set->data, sizeof kernel.request_fd);
        return 0;
    }
    kernel.irq_flags = set->flags;
    kernel.irq_start = set->start;
    kernel.irq_count = set->count;
    memcpy(kernel.irq_fds, set->data, fds * sizeof(int32_t));
    return 0;
}

static int map(uint64_t iova, uint64_t size, uint32_t flags)
{
    uint64_t sum = size;

    for (unsigned i = 0; i < kernel.map_count; i++)
        sum += kernel.maps[i].size;
    if (kernel.mapped_limit && sum > kernel.mapped_limit)
        return answer_error(ENOMEM);
    kernel.maps[kernel.map_count].iova = iova;
    kernel.maps[kernel.map_count].size = size;
    kernel.maps[kernel.map_count++].flags = flags;
    return 0;
}

static int unmap(uint64_t iova, uint64_t *size)
{
    for (unsigned i = 0; i < kernel.map_count; i++)
        if (kernel.maps[i].iova == iova && kernel.maps[i].size == *size) {
            kernel.maps[i] = kernel.maps[--kernel.map_count];
            return 0;
        }
    *size = 0;
    return 0;
}

static int type1_info(struct vfio_iommu_type1_info *info)
{
    const struct vfio_iommu_type1_info_cap_iova_range cap = {
        .header = {.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, .version = 1}, .nr_iovas = 2};
    const struct vfio_iova_range ranges[2] = {{0, 0xfedfffff}, {0xfef00000, 0x7fffffffff}};
    char *data = (char *)info;

    ck_assert_uint_ge(info->argsz, 64 + sizeof cap + sizeof ranges);
    info->flags = VFIO_IOMMU_INFO_PGSIZES | (kernel.no_ranges ? 0u : VFIO_IOMMU_INFO_CAPS);
    info->argsz = (uint32_t)(64 + sizeof cap + sizeof ranges);
    info->cap_offset = kernel.no_ranges ? 0 : 64;
    memcpy(data + 64, &cap, sizeof cap);
    memcpy(data + 64 + sizeof cap, ranges, sizeof ranges);
    return 0;
}

static int ioas_ranges(struct abi_ioas_iova_ranges *ask)
{
    const struct abi_iova_range ranges[2] = {{0, 0xfedfffff}, {0xfef00000, 0xffffffffffff}};

    void *out;

    ck_assert_uint_ge(ask->range_count, 2);
    memcpy(&out, &ask->ranges, sizeof out); /* a pointer of 64 bits */
    memcpy(out, ranges, sizeof ranges);
    ask->range_count = 2;
    return 0;
}

static int answer_container(unsigned long request, void *arg)
{
    struct vfio_iommu_type1_dma_map *m = arg;
    struct vfio_iommu_type1_dma_unmap *u = arg;
    uint64_t size;

    switch (request) {
    case VFIO_GET_API_VERSION:
        return VFIO_API_VERSION;
    case VFIO_CHECK_EXTENSION:
        return (uintptr_t)arg == VFIO_TYPE1v2_IOMMU;
    case VFIO_SET_IOMMU:
        return kernel.in_container ? 0 : answer_error(ENODEV);
    case VFIO_IOMMU_GET_INFO:
        return type1_info(arg);
    case VFIO_IOMMU_MAP_DMA:
        ck_assert_uint_eq(m->argsz, sizeof *m);
        return map(m->iova, m->size, m->flags);
    case VFIO_IOMMU_UNMAP_DMA:
        size = u->size;
        unmap(u->iova, &size);
        u->size = size;
        return 0;
    default:
        return answer_error(ENOTTY);
    }
}

static int answer_group(unsigned long request, void *arg)
{
    switch (request) {
    case VFIO_GROUP_GET_STATUS:
        return group_status(arg);
    case VFIO_GROUP_SET_CONTAINER:
        kernel.in_container = true;
        return 0;
    case VFIO_GROUP_UNSET_CONTAINER:
        kernel.in_container = false;
        kernel.unset++;
        return 0;
    case VFIO_GROUP_GET_DEVICE_FD:
        ck_assert_str_eq(arg, "0000:01:00.0");
        return fcntl(kernel.device_fd, F_DUPFD_CLOEXEC, 0);
    default:
        return answer_error(ENOTTY);
    }
}

static int answer_device(unsigned long request, void *arg)
{
    if (kernel.gone)
        return answer_error(EIO);
    switch (request) {
    case VFIO_DEVICE_GET_INFO:
        return device_info(arg);
    case VFIO_DEVICE_GET_REGION_INFO:
        return region_info(arg);
    case VFIO_DEVICE_GET_IRQ_INFO:
        return irq_info(arg);
    case VFIO_DEVICE_SET_IRQS:
        return set_irqs(arg);
    case VFIO_DEVICE_RESET:
        kernel.resets++;
        return 0;
    default:
        return answer_error(ENOTTY);
    }
}

static int answer_iommufd(unsigned long request, void *arg)
{
    struct abi_ioas_map *m = arg;
    struct abi_ioas_unmap *u = arg;
    struct abi_device_bind *bind = arg;

    switch (request) {
    case ABI_DEVICE_BIND:
        kernel.bound_iommufd = bind->iommufd;
        return 0;
    case ABI_DEVICE_ATTACH:
        kernel.attached = ((struct abi_device_attach *)arg)->pt_id;
        return 0;
    case ABI_IOAS_ALLOC:
        ((struct abi_ioas_alloc *)arg)->out_ioas_id = 77;
        return 0;
    case ABI_IOAS_IOVA_RANGES:
        return ioas_ranges(arg);
    case ABI_IOAS_MAP:
        ck_assert_uint_eq(m->ioas_id, 77);
        return map(m->iova, m->length, m->flags);
    case ABI_IOAS_UNMAP:
        return unmap(u->iova, &u->length);
    default:
        return answer_error(ENOTTY);
    }
}

/* The GPU and an audio function are on the bus. */
static int answer_hot_reset(unsigned long request, void *arg)
{
    const struct vfio_pci_dependent_device devices[2] = {
        {.group_id = 12, .bus = 1, .devfn = 0},
        {.group_id = kernel.hot_group, .bus = 1, .devfn = 1}};
    struct vfio_pci_hot_reset_info *info = arg;
    struct vfio_pci_hot_reset *reset = arg;

    switch (request) {
    case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
        info->count = 2;
        if (info->argsz < sizeof *info + sizeof devices)
            return answer_error(ENOSPC);
        memcpy(info->devices, devices, sizeof devices);
        return 0;
    case VFIO_DEVICE_PCI_HOT_RESET:
        ck_assert_uint_eq(reset->argsz, sizeof *reset + reset->count * sizeof(int32_t));
        kernel.hot_group_count = reset->count;
        kernel.hot_resets++;
        return 0;
    default:
        return answer_error(ENOTTY);
    }
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list ap;
    void *arg;
    int result;

    (void)fd;
    va_start(ap, request);
    arg = va_arg(ap, void *);
    va_end(ap);
    if (kernel.fail_errno && request == kernel.fail)
        return answer_error(kernel.fail_errno);
    if (kernel.hot)
        return answer_hot_reset(request, arg);
    result = answer_container(request, arg);
    if (result < 0 && errno == ENOTTY)
        result = answer_group(request, arg);
    if (result < 0 && errno == ENOTTY)
        result = answer_device(request, arg);
    if (result < 0 && errno == ENOTTY)
        result = answer_iommufd(request, arg);
    return result;
}

/* ---- Tests ---- */

static struct fake_sysfs sysfs;
static struct magma_error err;
static struct mvfio_device *device;

static void setup(void)
{
    const struct fake_function gpu = {"0000:01:00.0", 0x10de, 0x2204, 0x030000,
                                      "vfio-pci",     12,     "vfio3"};

    memset(&err, 0, sizeof err);
    memset(&kernel, 0, sizeof kernel);
    device = NULL;
    kernel.device_fd = memfd_create("device", MFD_CLOEXEC);
    ck_assert_int_eq(ftruncate(kernel.device_fd, 16 << 20), 0);
    fake_sysfs_create(&sysfs);
    fake_sysfs_add(&sysfs, &gpu);
    fake_sysfs_node(&sysfs, "vfio/vfio");
    fake_sysfs_node(&sysfs, "vfio/12");
    fake_sysfs_node(&sysfs, "vfio/devices/vfio3");
}

static void teardown(void)
{
    mvfio_device_close(device);
    fake_sysfs_destroy(&sysfs);
    close(kernel.device_fd);
}

static enum magma_code open_device(enum mvfio_backend backend)
{
    struct mvfio_options options = {
        .sysfs_root = sysfs.sys, .dev_root = sysfs.dev, .backend = backend};

    return mvfio_device_open("pci:0000:01:00.0", &options, &device, &err);
}

static const enum mvfio_backend backends[] = {MVFIO_BACKEND_GROUP, MVFIO_BACKEND_IOMMUFD};

static void open_backend(int i)
{
    fake_sysfs_node(&sysfs, "iommu");
    ck_assert_msg(open_device(backends[i]) == MAGMA_OK, "%s", err.text);
    ck_assert_str_eq(mvfio_device_kind(device), i ? "iommufd" : "group");
}

START_TEST(regions_are_read_written_and_mapped)
{
    struct mvfio_region_info info;
    uint32_t value = 0x11223344, back = 0;
    void *cpu;

    open_backend(_i);
    ck_assert_int_eq(mvfio_region_info(device, 0, &info, &err), MAGMA_OK);
    ck_assert_uint_eq(info.area_count, 2);
    ck_assert_uint_eq(info.areas[1].offset, 0xa000);
    ck_assert_int_eq(mvfio_region_write(device, 0, 0xa010, &value, 4, &err), MAGMA_OK);
    ck_assert_int_eq(mvfio_region_map(device, 0, 0xa000, 0x1000, &cpu, &err), MAGMA_OK);
    ck_assert_uint_eq(((uint32_t *)cpu)[4], 0x11223344);
    mvfio_region_unmap(device, cpu, 0x1000);
    ck_assert_int_eq(mvfio_region_map(device, 0, 0x9000, 0x1000, &cpu, &err), MAGMA_NOT_SUPPORTED);
    ck_assert_int_eq(mvfio_config_write32(device, 4, 0xabcd, &err), MAGMA_OK);
    ck_assert_int_eq(mvfio_config_read32(device, 4, &back, &err), MAGMA_OK);
    ck_assert_uint_eq(back, 0xabcd);
    ck_assert_int_eq(mvfio_region_info(device, MVFIO_REGION_VGA, &info, &err), MAGMA_OK);
    ck_assert_uint_eq(info.size_bytes, 0);
}
END_TEST

START_TEST(memory_is_mapped_where_the_iommu_allows)
{
    struct mvfio_range ranges[4];
    struct mvfio_dma *dma;

    open_backend(_i);
    ck_assert_uint_eq(mvfio_iova_ranges(device, ranges, 4), 2);
    ck_assert_uint_eq(ranges[0].first, 0x10000);
    ck_assert_uint_eq(ranges[0].last, 0xfedfffff);
    ck_assert_uint_eq(ranges[1].last, _i ? 0x7fffffffffff : 0x7fffffffff); /* 47 and 39 bits */
    ck_assert_int_eq(mvfio_dma_create(device, 8192, 0, MVFIO_DMA_DEVICE_READ, &dma, &err),
                     MAGMA_OK);
    ck_assert_uint_eq(kernel.maps[0].iova, dma->iova.raw);
    ck_assert_uint_eq(kernel.maps[0].size, 8192);
    ck_assert_uint_eq(kernel.maps[0].flags,
                      _i ? ABI_MAP_FIXED_IOVA | ABI_MAP_READABLE : VFIO_DMA_MAP_FLAG_READ);
    mvfio_dma_destroy(dma);
    ck_assert_uint_eq(kernel.map_count, 0);
}
END_TEST

START_TEST(interrupts_and_reset_reach_the_device)
{
    int fds[2] = {eventfd(0, EFD_CLOEXEC), -1};

    open_backend(_i);
    ck_assert_int_eq(mvfio_irq_set(device, MVFIO_IRQ_MSIX, 3, fds, 2, &err), MAGMA_OK);
    ck_assert_uint_eq(kernel.irq_start, 3);
    ck_assert_uint_eq(kernel.irq_count, 2);
    ck_assert_int_eq(kernel.irq_fds[0], fds[0]);
    ck_assert_int_eq(kernel.irq_fds[1], -1);
    ck_assert_int_eq(mvfio_irq_disable(device, MVFIO_IRQ_MSIX, &err), MAGMA_OK);
    ck_assert_uint_eq(kernel.irq_count, 0);
    ck_assert_uint_eq(kernel.irq_flags, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER);
    ck_assert_int_eq(mvfio_device_reset(device, &err), MAGMA_OK);
    ck_assert_uint_eq(kernel.resets, 1);
    kernel.gone = true;
    ck_assert_int_eq(mvfio_device_reset(device, &err), MAGMA_DEVICE_GONE);
    kernel.gone = false;
    ck_assert_int_eq(mvfio_device_reset(device, &err), MAGMA_DEVICE_GONE);
    close(fds[0]);
}
END_TEST

START_TEST(a_hot_reset_names_the_groups_of_all_functions)
{
    open_backend(_i);
    kernel.hot_group = 12;
    kernel.hot = true;
    ck_assert_msg(mvfio_device_hot_reset(device, &err) == MAGMA_OK, "%s", err.text);
    ck_assert_uint_eq(kernel.hot_resets, 1);
    ck_assert_uint_eq(kernel.hot_group_count, _i ? 0 : 1); /* a cdev needs none */
    kernel.hot = false;
}
END_TEST

START_TEST(a_hot_reset_is_refused_where_functions_are_not_ours)
{
    open_backend(0);
    kernel.hot = true;
    kernel.hot_group = 999999; /* no machine has it */
    ck_assert_int_eq(mvfio_device_hot_reset(device, &err), MAGMA_NO_DEVICE);
    ck_assert_msg(strstr(err.text, "would reset 0000:01:00.1 too"), "%s", err.text);
    kernel.hot_group = 12;
    kernel.fail = VFIO_DEVICE_PCI_HOT_RESET;
    kernel.fail_errno = EINVAL;
    ck_assert_int_eq(mvfio_device_hot_reset(device, &err), MAGMA_PERMISSION);
    ck_assert_msg(strstr(err.text, "magma bind 0000:01:00.0"), "%s", err.text);
    kernel.fail = VFIO_DEVICE_GET_PCI_HOT_RESET_INFO;
    kernel.fail_errno = ENODEV;
    ck_assert_int_eq(mvfio_device_hot_reset(device, &err), MAGMA_NOT_SUPPORTED);
    ck_assert_uint_eq(kernel.hot_resets, 0);
    kernel.hot = false;
}
END_TEST

START_TEST(kinds_of_reset_are_read_and_chosen)
{
    struct mvfio_reset_methods methods;
    char path[256];
    FILE *f;

    ck_assert_int_eq(mvfio_reset_methods(sysfs.sys, "0000:01:00.0", &methods, &err), MAGMA_OK);
    ck_assert_uint_eq(methods.count, 0); /* a kernel that does not say */
    ck_assert_int_eq(mvfio_reset_select(sysfs.sys, "0000:01:00.0", "bus", &err), MAGMA_NO_DEVICE);
    snprintf(path, sizeof path, "%s/bus/pci/devices/0000:01:00.0/reset_method", sysfs.sys);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs("flr pm bus\n", f);
    fclose(f);
    ck_assert_int_eq(mvfio_reset_methods(sysfs.sys, "0000:01:00.0", &methods, &err), MAGMA_OK);
    ck_assert_uint_eq(methods.count, 3);
    ck_assert_str_eq(methods.names[0], "flr");
    ck_assert_str_eq(methods.names[2], "bus");
    ck_assert_int_eq(mvfio_reset_select(sysfs.sys, "0000:01:00.0", "bus", &err), MAGMA_OK);
    ck_assert_int_eq(
        strncmp(fake_sysfs_text(&sysfs, "bus/pci/devices/0000:01:00.0/reset_method"), "bus", 3), 0);
    ck_assert_int_eq(mvfio_reset_select(sysfs.sys, "0000:01:00.0", NULL, &err), MAGMA_OK);
    ck_assert_int_eq(
        strncmp(fake_sysfs_text(&sysfs, "bus/pci/devices/0000:01:00.0/reset_method"), "default", 7),
        0);
    ck_assert_int_eq(mvfio_reset_methods(sysfs.sys, "../x", &methods, &err),
                     MAGMA_INVALID_ARGUMENT);
}
END_TEST

START_TEST(the_environment_chooses_the_interface)
{
    fake_sysfs_node(&sysfs, "iommu");
    setenv("MAGMA_VFIO", "group", 1);
    ck_assert_int_eq(open_device(MVFIO_BACKEND_AUTO), MAGMA_OK);
    ck_assert_str_eq(mvfio_device_kind(device), "group");
    mvfio_device_close(device);
    ck_assert_int_eq(open_device(MVFIO_BACKEND_IOMMUFD), MAGMA_OK); /* the program has said */
    ck_assert_str_eq(mvfio_device_kind(device), "iommufd");
    mvfio_device_close(device);
    setenv("MAGMA_VFIO", "uio", 1);
    ck_assert_int_eq(open_device(MVFIO_BACKEND_AUTO), MAGMA_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.text, "MAGMA_VFIO is 'uio'; it may be group or iommufd"));
    unsetenv("MAGMA_VFIO");
}
END_TEST

START_TEST(a_device_the_kernel_wants_back_is_gone)
{
    bool quiet = false;
    uint64_t one = 1;
    int fd;

    open_backend(_i);
    fd = mvfio_device_poll_fd(device, &quiet);
    ck_assert_int_ge(fd, 0);
    ck_assert(quiet);
    ck_assert_int_eq(kernel.request_fd, fd);
    ck_assert_int_eq(mvfio_device_service(device, &err), MAGMA_OK);
    ck_assert_int_eq(write(fd, &one, sizeof one), sizeof one);
    ck_assert_int_eq(mvfio_device_service(device, &err), MAGMA_DEVICE_GONE);
    ck_assert_ptr_nonnull(strstr(err.text, "asks for the device back"));
    ck_assert_int_eq(mvfio_device_reset(device, &err), MAGMA_DEVICE_GONE);
    ck_assert_uint_eq(kernel.resets, 0);
}
END_TEST

START_TEST(auto_takes_iommufd_where_it_is)
{
    ck_assert_int_eq(open_device(MVFIO_BACKEND_AUTO), MAGMA_OK);
    ck_assert_str_eq(mvfio_device_kind(device), "group");
    mvfio_device_close(device);
    ck_assert_uint_eq(kernel.unset, 1);
    fake_sysfs_node(&sysfs, "iommu");
    ck_assert_int_eq(open_device(MVFIO_BACKEND_AUTO), MAGMA_OK);
    ck_assert_str_eq(mvfio_device_kind(device), "iommufd");
    ck_assert_uint_eq(kernel.attached, 77);
}
END_TEST

static void expect(enum mvfio_backend backend, enum magma_code want, const char *text)
{
    enum magma_code code = open_device(backend);

    ck_assert_ptr_null(device);
    ck_assert_msg(code == want, "%s: %s", magma_code_name(code), err.text);
    ck_assert_msg(strstr(err.text, text), "'%s' lacks '%s'", err.text, text);
    ck_assert_msg(strstr(err.text, "0000:01:00.0"), "'%s' has no subject", err.text);
}

START_TEST(each_refusal_of_the_group_interface_has_its_own_text)
{
    static const struct {
        unsigned long request;
        int error;
        enum magma_code code;
        const char *text;
    } cases[] = {
        {VFIO_GET_API_VERSION, ENOTTY, MAGMA_SYSTEM, "does not answer as VFIO does"},
        {VFIO_CHECK_EXTENSION, EINVAL, MAGMA_NOT_SUPPORTED, "modprobe vfio_iommu_type1"},
        {VFIO_GROUP_GET_STATUS, EINVAL, MAGMA_SYSTEM, "the group's state"},
        {VFIO_GROUP_SET_CONTAINER, EBUSY, MAGMA_BUSY, "into the container"},
        {VFIO_SET_IOMMU, EPERM, MAGMA_PERMISSION, "vfio_iommu_type1.allow_unsafe_interrupts=1"},
        {VFIO_SET_IOMMU, ENODEV, MAGMA_NO_DEVICE, "attaching"},
        {VFIO_GROUP_GET_DEVICE_FD, EBUSY, MAGMA_BUSY, "does not give out"},
        {VFIO_DEVICE_GET_INFO, EIO, MAGMA_DEVICE_GONE, "left"},
        {VFIO_DEVICE_GET_REGION_INFO, ENOMEM, MAGMA_OUT_OF_HOST_MEMORY, "REGION_INFO"},
        {VFIO_DEVICE_GET_IRQ_INFO, ENOMEM, MAGMA_OUT_OF_HOST_MEMORY, "IRQ_INFO"},
        {VFIO_IOMMU_GET_INFO, EFAULT, MAGMA_SYSTEM, "I/O address ranges"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kernel.fail = cases[i].request;
        kernel.fail_errno = cases[i].error;
        kernel.in_container = false;
        expect(MVFIO_BACKEND_GROUP, cases[i].code, cases[i].text);
    }
    kernel.fail_errno = 0;
    kernel.in_container = false;
    kernel.not_viable = true;
    expect(MVFIO_BACKEND_GROUP, MAGMA_BUSY, "hands of a host driver");
    kernel.not_viable = false;
    kernel.in_container = true;
    expect(MVFIO_BACKEND_GROUP, MAGMA_BUSY, "another container");
    kernel.in_container = false;
    kernel.no_ranges = true;
    expect(MVFIO_BACKEND_GROUP, MAGMA_NOT_SUPPORTED, "Linux 5.4");
}
END_TEST

START_TEST(each_refusal_of_the_iommufd_interface_has_its_own_text)
{
    static const struct {
        unsigned long request;
        int error;
        enum magma_code code;
        const char *text;
    } cases[] = {
        {ABI_DEVICE_BIND, EBUSY, MAGMA_BUSY, "open in another process"},
        {ABI_DEVICE_BIND, EINVAL, MAGMA_BUSY, "open in another process"},
        {ABI_DEVICE_BIND, EPERM, MAGMA_PERMISSION, "iommufd.allow_unsafe_interrupts=1"},
        {ABI_IOAS_ALLOC, ENOMEM, MAGMA_OUT_OF_HOST_MEMORY, "I/O address space"},
        {ABI_DEVICE_ATTACH, EPERM, MAGMA_PERMISSION, "remap interrupts"},
        {ABI_IOAS_IOVA_RANGES, EFAULT, MAGMA_SYSTEM, "I/O address ranges"},
    };

    expect(MVFIO_BACKEND_IOMMUFD, MAGMA_NO_DEVICE, "no iommufd");
    fake_sysfs_node(&sysfs, "iommu");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kernel.fail = cases[i].request;
        kernel.fail_errno = cases[i].error;
        expect(MVFIO_BACKEND_IOMMUFD, cases[i].code, cases[i].text);
    }
}
END_TEST

START_TEST(the_limit_on_locked_memory_is_named_with_its_numbers)
{
    struct rlimit limit = {8 << 20, 8 << 20};
    struct mvfio_dma *first, *second;

    ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
    kernel.mapped_limit = 8 << 20;
    open_backend(_i);
    ck_assert_int_eq(
        mvfio_dma_create(device, 6 << 20, 0, MVFIO_DMA_RW | MVFIO_DMA_NO_HUGE, &first, &err),
        MAGMA_OK);
    ck_assert_int_eq(
        mvfio_dma_create(device, 4 << 20, 0, MVFIO_DMA_RW | MVFIO_DMA_NO_HUGE, &second, &err),
        MAGMA_OUT_OF_HOST_MEMORY);
    ck_assert_msg(strstr(err.text, "RLIMIT_MEMLOCK) is 8388608 bytes, 10485760 are wanted"), "%s",
                  err.text);
    mvfio_dma_destroy(first);
    ck_assert_int_eq(
        mvfio_dma_create(device, 4 << 20, 0, MVFIO_DMA_RW | MVFIO_DMA_NO_HUGE, &second, &err),
        MAGMA_OK);
    mvfio_dma_destroy(second);
}
END_TEST

START_TEST(descriptors_can_come_from_somebody_else)
{
    struct mvfio_fds fds = {MVFIO_FDS_GROUP, open("/dev/null", O_RDWR | O_CLOEXEC),
                            open("/dev/null", O_RDWR | O_CLOEXEC), -1};

    kernel.not_viable = true;
    ck_assert_int_eq(mvfio_device_open_fds(&fds, "0000:01:00.0", NULL, &device, &err), MAGMA_BUSY);
    ck_assert_int_ge(fcntl(fds.container, F_GETFD), 0); /* still ours */
    ck_assert_int_ge(fcntl(fds.group, F_GETFD), 0);
    kernel.not_viable = false;
    kernel.in_container = false;
    kernel.fail = VFIO_DEVICE_GET_IRQ_INFO; /* fails late */
    kernel.fail_errno = EFAULT;
    ck_assert_int_eq(mvfio_device_open_fds(&fds, "0000:01:00.0", NULL, &device, &err),
                     MAGMA_SYSTEM);
    ck_assert_int_ge(fcntl(fds.group, F_GETFD), 0);
    kernel.fail_errno = 0;
    kernel.in_container = false;
    ck_assert_int_eq(mvfio_device_open_fds(&fds, "0000:01:00.0", NULL, &device, &err), MAGMA_OK);
    ck_assert_int_lt(fcntl(fds.group, F_GETFD), 0); /* the device's now, as copies */
    fds.device = 9999;
    ck_assert_ptr_nonnull(device);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel backends");
    TCase *tc = tcase_create("stand-in kernel");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, regions_are_read_written_and_mapped, 0, 2);
    tcase_add_loop_test(tc, memory_is_mapped_where_the_iommu_allows, 0, 2);
    tcase_add_loop_test(tc, interrupts_and_reset_reach_the_device, 0, 2);
    tcase_add_loop_test(tc, a_hot_reset_names_the_groups_of_all_functions, 0, 2);
    tcase_add_test(tc, a_hot_reset_is_refused_where_functions_are_not_ours);
    tcase_add_test(tc, kinds_of_reset_are_read_and_chosen);
    tcase_add_test(tc, the_environment_chooses_the_interface);
    tcase_add_loop_test(tc, a_device_the_kernel_wants_back_is_gone, 0, 2);
    tcase_add_test(tc, auto_takes_iommufd_where_it_is);
    tcase_add_test(tc, each_refusal_of_the_group_interface_has_its_own_text);
    tcase_add_test(tc, each_refusal_of_the_iommufd_interface_has_its_own_text);
    tcase_add_loop_test(tc, the_limit_on_locked_memory_is_named_with_its_numbers, 0, 2);
    tcase_add_test(tc, descriptors_can_come_from_somebody_else);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
