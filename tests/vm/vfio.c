/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The kernel backends against a real kernel: this program is the first process of a virtual
 * machine with an emulated IOMMU, QEMU's teaching device (edu: registers, a DMA engine, MSI and
 * INTx) and an NVMe disk (MSI-X, reset). tests/vm/run starts the machine and reads the verdict
 * from its console. Word on the kernel's command line: rig=noremap (the machine's IOMMU does not
 * remap interrupts).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mvfio.h>

#include "libmagma/hal/hal.h"

static const char edu_address[] = "0000:00:04.0";
static const char nvme_address[] = "0000:00:05.0";

/* Registers of edu (QEMU, docs/specs/edu.rst). */
enum {
    EDU_ID = 0x00,
    EDU_INVERT = 0x04,
    EDU_IRQ_RAISE = 0x60,
    EDU_IRQ_ACK = 0x64,
    EDU_DMA_FROM = 0x80,
    EDU_DMA_TO = 0x88,
    EDU_DMA_COUNT = 0x90,
    EDU_DMA_COMMAND = 0x98,
    EDU_DMA_START = 1,
    EDU_DMA_TO_RAM = 2,
    EDU_DMA_IRQ = 4,
    EDU_DMA_IRQ_BIT = 0x100,
    EDU_BUFFER = 0x40000,
    EDU_ADDRESS_BITS = 28,
    EDU_ID_VALUE = 0x010000ed,
    EDU_PCI_ID = 0x11e81234
};

enum { USER = 1000, WAIT_MS = 20000, PAGE = 4096, MSI_CAPABILITY = 5 };

static struct magma_error err;
static unsigned failures;
static enum mvfio_backend backend;

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    failures++;
    printf("FAIL: %s: %s\n", what, err.text);
}

#define CHECK(expression) check(expression, #expression)

static bool says(enum magma_code code, enum magma_code want, const char *text)
{
    if (code == want && strstr(err.text, text))
        return true;
    printf("%s instead of %s with '%s'\n", magma_code_name(code), magma_code_name(want), text);
    return false;
}

static enum magma_code open_device(const char *address, struct mvfio_device **device)
{
    struct mvfio_options options = {.backend = backend, .iova_bits = EDU_ADDRESS_BITS};

    err.text[0] = 0;
    return mvfio_device_open(address, &options, device, &err);
}

static bool signalled(int fd)
{
    struct pollfd pfd = {.fd = fd, .events = POLLIN};
    uint64_t count;

    return poll(&pfd, 1, WAIT_MS) == 1 && read(fd, &count, sizeof count) == sizeof count;
}

/* ---- edu ---- */

static void check_registers(struct mvfio_device *device, struct mg_hal *hal)
{
    uint32_t value = 0, at = 0;

    CHECK(!mvfio_config_read32(device, 0, &value, &err) && value == EDU_PCI_ID);
    CHECK(mg_mmio_pointer(hal, 0, 4) != NULL);
    CHECK(mg_mmio_rd32(hal, EDU_ID) == EDU_ID_VALUE);
    mg_mmio_wr32(hal, EDU_INVERT, 0x12345678);
    CHECK(mg_mmio_rd32(hal, EDU_INVERT) == ~UINT32_C(0x12345678));
    CHECK(!mvfio_region_read(device, MVFIO_REGION_BAR0, EDU_INVERT, &value, 4, &err) &&
          value == ~UINT32_C(0x12345678));
    CHECK(!mg_config_capability(hal, MSI_CAPABILITY, &at, &err) && at != 0);
}

static void edu_dma(struct mvfio_device *device, struct mg_hal *hal, int fd, uint64_t from,
                    uint64_t to, uint64_t command)
{
    const uint64_t words[4] = {from, to, PAGE, command | EDU_DMA_START | EDU_DMA_IRQ};

    for (unsigned i = 0; i < 4; i++)
        CHECK(!mvfio_region_write(device, MVFIO_REGION_BAR0, EDU_DMA_FROM + i * UINT64_C(8),
                                  &words[i], sizeof words[i], &err));
    CHECK(signalled(fd));
    mg_mmio_wr32(hal, EDU_IRQ_ACK, EDU_DMA_IRQ_BIT);
}

/* Through the device's buffer into the second page; then an address that is no longer mapped. */
static void check_dma(struct mvfio_device *device, struct mg_hal *hal, int fd)
{
    struct mvfio_dma *dma = NULL, *other = NULL;
    unsigned char *cpu;

    CHECK(!mvfio_dma_create(device, UINT64_C(2) * PAGE, 0, MVFIO_DMA_RW, &dma, &err));
    CHECK(!mvfio_dma_create(device, PAGE, 0, MVFIO_DMA_RW, &other, &err));
    if (!dma || !other)
        return;
    cpu = dma->cpu;
    memset(cpu, 0x5a, PAGE);
    edu_dma(device, hal, fd, dma->iova.raw, EDU_BUFFER, 0);
    edu_dma(device, hal, fd, EDU_BUFFER, dma->iova.raw + PAGE, EDU_DMA_TO_RAM);
    CHECK(memcmp(cpu, cpu + PAGE, PAGE) == 0);
    memset(cpu + PAGE, 0, PAGE);
    edu_dma(device, hal, fd, EDU_BUFFER, other->iova.raw, EDU_DMA_TO_RAM);
    CHECK(((unsigned char *)other->cpu)[PAGE - 1] == 0x5a);
    CHECK(cpu[PAGE] == 0);
    mvfio_dma_destroy(other);
    mvfio_dma_destroy(dma);
}

static void check_large(struct mvfio_device *device)
{
    struct mvfio_dma *dma = NULL;

    CHECK(!mvfio_dma_create(device, 4 << 20, 0, MVFIO_DMA_RW, &dma, &err));
    if (dma)
        printf("4 MiB at 0x%llx in pages of 0x%llx\n", (unsigned long long)dma->iova.raw,
               (unsigned long long)dma->page_size_bytes);
    mvfio_dma_destroy(dma);
}

static void check_interrupts(struct mvfio_device *device, struct mg_hal *hal, int fd)
{
    CHECK(!mvfio_irq_disable(device, MVFIO_IRQ_MSI, &err));
    CHECK(!mvfio_irq_set(device, MVFIO_IRQ_INTX, 0, &fd, 1, &err));
    for (int i = 0; i < 2; i++) {
        mg_mmio_wr32(hal, EDU_IRQ_RAISE, 1);
        CHECK(signalled(fd));
        mg_mmio_wr32(hal, EDU_IRQ_ACK, 1);
        CHECK(!mvfio_irq_unmask(device, MVFIO_IRQ_INTX, 0, &err));
    }
    CHECK(!mvfio_irq_disable(device, MVFIO_IRQ_INTX, &err));
}

static void check_edu(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct mvfio_device *device = NULL, *second = NULL;
    struct mg_hal *hal = NULL;
    struct mvfio_range range;

    CHECK(!open_device(edu_address, &device));
    CHECK(device && !mg_hal_create(device, NULL, &hal, &err));
    if (hal) {
        CHECK(mvfio_iova_ranges(device, &range, 1) == 1 && range.last == 0xfffffff);
        CHECK(says(open_device(edu_address, &second), MAGMA_BUSY, edu_address));
        check_registers(device, hal);
        CHECK(!mvfio_irq_set(device, MVFIO_IRQ_MSI, 0, &fd, 1, &err));
        mg_mmio_wr32(hal, EDU_IRQ_RAISE, 1);
        CHECK(signalled(fd));
        mg_mmio_wr32(hal, EDU_IRQ_ACK, 1);
        check_dma(device, hal, fd);
        check_large(device);
        check_interrupts(device, hal, fd);
        CHECK(says(mvfio_device_reset(device, &err), MAGMA_NOT_SUPPORTED, "no reset"));
    }
    mg_hal_destroy(hal);
    mvfio_device_close(device);
    close(fd);
}

/* ---- NVMe ---- */

static void check_nvme(void)
{
    struct mvfio_device *device = NULL;
    int fds[MVFIO_VECTORS_MAX];

    for (unsigned i = 0; i < MVFIO_VECTORS_MAX; i++)
        fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    CHECK(!open_device(nvme_address, &device));
    if (device) {
        CHECK(!mvfio_irq_set(device, MVFIO_IRQ_MSIX, 0, fds, MVFIO_VECTORS_MAX, &err));
        CHECK(!mvfio_irq_disable(device, MVFIO_IRQ_MSIX, &err));
        CHECK(!mvfio_device_reset(device, &err));
    }
    mvfio_device_close(device);
    for (unsigned i = 0; i < MVFIO_VECTORS_MAX; i++)
        close(fds[i]);
}

/* ---- As a user ---- */

/* Allocates until the limit on locked memory is met. */
static void check_memlock(void)
{
    struct rlimit limit = {8 << 20, 8 << 20};
    struct mvfio_dma *dma[4] = {0};
    struct mvfio_device *device = NULL;
    enum magma_code code = MAGMA_OK;
    unsigned n = 0;

    setrlimit(RLIMIT_MEMLOCK, &limit);
    CHECK(!setuid(USER));
    CHECK(!open_device(edu_address, &device));
    if (!device)
        return;
    for (; n < 4 && !code; n++)
        code = mvfio_dma_create(device, UINT64_C(1) << (20 + n), 0,
                                MVFIO_DMA_RW | MVFIO_DMA_NO_HUGE, &dma[n], &err);
    CHECK(says(code, MAGMA_OUT_OF_HOST_MEMORY, "RLIMIT_MEMLOCK) is 8388608 bytes"));
    for (unsigned i = 0; i < 4; i++)
        mvfio_dma_destroy(dma[i]);
    mvfio_device_close(device);
}

static void check_permission(void)
{
    struct mvfio_device *device = NULL;

    CHECK(!setuid(USER));
    CHECK(says(open_device(edu_address, &device), MAGMA_PERMISSION, "chown"));
    mvfio_device_close(device);
}

static void in_child(void (*body)(void))
{
    int status = 0;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        failures = 0;
        body();
        fflush(stdout);
        _exit(failures ? 1 : 0);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void give_nodes(uid_t owner)
{
    struct mvfio_pci_function edu;
    char path[96];

    CHECK(!mvfio_pci_find(NULL, edu_address, &edu, &err));
    snprintf(path, sizeof path, "/dev/vfio/%d", edu.iommu_group);
    CHECK(!chown(path, owner, 0));
    if (backend != MVFIO_BACKEND_IOMMUFD)
        return;
    snprintf(path, sizeof path, "/dev/vfio/devices/%s", edu.cdev);
    CHECK(!chown(path, owner, 0));
    CHECK(!chown("/dev/iommu", owner, 0));
}

/* ---- The machine ---- */

static void set_huge_pages(const char *count)
{
    int fd = open("/proc/sys/vm/nr_hugepages", O_WRONLY | O_CLOEXEC);

    CHECK(fd >= 0 && write(fd, count, strlen(count)) > 0);
    if (fd >= 0)
        close(fd);
}

static void check_backend(enum mvfio_backend which)
{
    backend = which;
    printf("backend %s\n", which == MVFIO_BACKEND_IOMMUFD ? "iommufd" : "group");
    check_edu();
    set_huge_pages("4");
    check_edu();
    set_huge_pages("0");
    check_nvme();
    in_child(check_permission);
    give_nodes(USER);
    in_child(check_memlock);
    give_nodes(0);
}

static void check_binding(void)
{
    struct mvfio_device *device = NULL;
    struct mvfio_pci_function nvme;
    char old[32];

    backend = MVFIO_BACKEND_AUTO;
    CHECK(says(open_device(edu_address, &device), MAGMA_NO_DEVICE, "bound to no driver"));
    CHECK(says(open_device(nvme_address, &device), MAGMA_BUSY, "bound to nvme; run `magma bind"));
    CHECK(!mvfio_pci_bind(NULL, edu_address, "vfio-pci", old, &err) && !old[0]);
    CHECK(!mvfio_pci_bind(NULL, nvme_address, "vfio-pci", old, &err) && !strcmp(old, "nvme"));
    CHECK(!mvfio_pci_find(NULL, nvme_address, &nvme, &err) && !strcmp(nvme.driver, "vfio-pci"));
}

static void check_unbinding(void)
{
    struct mvfio_pci_function nvme;
    char old[32];

    CHECK(!mvfio_pci_bind(NULL, nvme_address, NULL, old, &err) && !strcmp(old, "vfio-pci"));
    CHECK(!mvfio_pci_find(NULL, nvme_address, &nvme, &err) && !strcmp(nvme.driver, "nvme"));
}

static bool command_line_has(const char *word)
{
    char text[1024] = "";
    int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);

    if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
        text[0] = 0;
    if (fd >= 0)
        close(fd);
    return strstr(text, word) != NULL;
}

/* Modules in the order of their names; a kernel with VFIO built in has none. */
static void load_modules(void)
{
    for (unsigned i = 0; i < 10; i++) {
        char path[32];
        int fd;

        snprintf(path, sizeof path, "/mods/%u.ko", i);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return;
        check(!syscall(SYS_finit_module, fd, "", 0) || errno == EEXIST, path);
        close(fd);
    }
}

int main(void)
{
    struct mvfio_device *device = NULL;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (getpid() != 1) {
        printf("this program is the first process of a virtual machine; see tests/vm/run\n");
        return EXIT_FAILURE;
    }
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    load_modules();
    check_binding();
    if (command_line_has("rig=noremap")) {
        backend = MVFIO_BACKEND_GROUP;
        CHECK(
            says(open_device(edu_address, &device), MAGMA_PERMISSION, "allow_unsafe_interrupts=1"));
    } else {
        check_backend(MVFIO_BACKEND_GROUP);
        if (access("/dev/iommu", F_OK) == 0)
            check_backend(MVFIO_BACKEND_IOMMUFD);
        check_unbinding();
    }
    printf("VERDICT: %u failures\n", failures);
    fflush(stdout);
    reboot(RB_POWER_OFF);
    return EXIT_FAILURE;
}
