/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * vm_vfio CASE ADDRESS: the VFIO backend on one device of the virtual machine. The suites
 * (tests/vm/suites) name the cases; the status is 0 when everything was as it should be. This file
 * has what any device can show; vfio_edu.c, vfio_nvme.c and vfio_gpu.c have the rest.
 */
#include "tests/vm/vfio.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RACERS = 8, MAP_SIZES = 4, RANGES = 8 };

#define MIB           (UINT64_C(1) << 20)
#define MSI_FIRST     UINT64_C(0xfee00000)
#define MSI_LAST      UINT64_C(0xfeefffff)
#define PCI_COMMAND   0x04
#define PCI_MASTER    0x04
#define PCI_CAPS      0x34
#define CONFIG_EVENTS 64 /* more capabilities than fit are a loop */

struct magma_error vm_err;
static unsigned failures;

void vm_check(bool ok, const char *what, int line)
{
    if (ok)
        return;
    failures++;
    printf("line %d: %s: %s\n", line, what, vm_err.text);
}

bool vm_says(enum magma_code code, enum magma_code want, const char *text)
{
    printf("%s: %s\n", magma_code_name(code), vm_err.text);
    return code == want && strstr(vm_err.text, text);
}

enum magma_code vm_open_bits(const char *address, unsigned iova_bits, struct mvfio_device **device)
{
    struct mvfio_options options = {.iova_bits = iova_bits};

    vm_err.text[0] = 0;
    return mvfio_device_open(address, &options, device, &vm_err);
}

enum magma_code vm_open(const char *address, struct mvfio_device **device)
{
    return vm_open_bits(address, 0, device);
}

int vm_eventfd(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

bool vm_signalled(int fd)
{
    struct pollfd pfd = {.fd = fd, .events = POLLIN};
    uint64_t count;

    return poll(&pfd, 1, VM_WAIT_MS) == 1 && read(fd, &count, sizeof count) == sizeof count;
}

bool vm_silent(int fd)
{
    struct pollfd pfd = {.fd = fd, .events = POLLIN};

    return poll(&pfd, 1, 0) == 0;
}

/* ---- Opening ---- */

static void open_kind(const char *address)
{
    const char *want = getenv("MAGMA_VFIO");
    struct mvfio_device *device, *second;

    CHECK(!vm_open(address, &device));
    if (!device)
        return;
    printf("opened over %s\n", mvfio_device_kind(device));
    CHECK(!want || !strcmp(mvfio_device_kind(device), want));
    CHECK(vm_says(vm_open(address, &second), MAGMA_BUSY, address));
    mvfio_device_close(device);
    CHECK(!vm_open(address, &device));
    mvfio_device_close(device);
}

/* A child says what came of its attempt and holds the device until its pipe ends. */
static void racer(const char *address, int start, int told)
{
    struct mvfio_device *device;
    enum magma_code code;
    unsigned char byte;

    (void)!read(start, &byte, 1); /* ends when the parent closes it */
    code = vm_open(address, &device);
    byte = (unsigned char)code;
    if (write(told, &byte, 1) != 1 || code)
        _exit(0);
    pause();
}

/* All at once: exactly one gets the device, the others hear that it is busy. */
static void race(const char *address)
{
    unsigned won = 0, busy = 0;
    int start[2], told[2];
    pid_t pids[RACERS];
    unsigned char code;

    CHECK(!pipe(start) && !pipe(told));
    fflush(stdout);
    for (int i = 0; i < RACERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            close(start[1]);
            racer(address, start[0], told[1]);
        }
    }
    close(start[1]);
    for (int i = 0; i < RACERS; i++) {
        CHECK(read(told[0], &code, 1) == 1);
        won += code == MAGMA_OK;
        busy += code == MAGMA_BUSY;
    }
    printf("%u processes: %u got it, %u were told that it is busy\n", (unsigned)RACERS, won, busy);
    CHECK(won == 1 && busy == RACERS - 1);
    for (int i = 0; i < RACERS; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
}

/* ---- Config space ---- */

static void config(const char *address)
{
    struct mvfio_pci_function function;
    struct mvfio_device *device;
    uint32_t id = 0, after = 0;
    uint16_t command = 0;
    uint8_t at = 0, kind = 0;
    unsigned n = 0;

    CHECK(!mvfio_pci_find(NULL, address, &function, &vm_err));
    CHECK(!vm_open(address, &device));
    if (!device)
        return;
    CHECK(!mvfio_config_read32(device, 0, &id, &vm_err));
    CHECK(id == (uint32_t)(function.device_id << 16 | function.vendor_id));
    CHECK(!mvfio_config_write32(device, 0, ~id, &vm_err)); /* read only */
    CHECK(!mvfio_config_read32(device, 0, &after, &vm_err) && after == id);
    CHECK(!mvfio_config_read16(device, PCI_COMMAND, &command, &vm_err));
    CHECK(!mvfio_config_write16(device, PCI_COMMAND, command ^ PCI_MASTER, &vm_err));
    CHECK(!mvfio_config_read32(device, PCI_COMMAND, &after, &vm_err));
    CHECK(((after ^ command) & PCI_MASTER) != 0);
    CHECK(!mvfio_config_read8(device, PCI_CAPS, &at, &vm_err));
    for (; at && n < CONFIG_EVENTS; n++) {
        CHECK(!mvfio_config_read8(device, at, &kind, &vm_err));
        printf("capability 0x%02x at 0x%02x\n", kind, at);
        CHECK(!mvfio_config_read8(device, at + 1u, &at, &vm_err));
    }
    CHECK(n > 0 && n < CONFIG_EVENTS);
    mvfio_device_close(device);
}

/* ---- BARs ---- */

/* The first page of every area that can be mapped, by load and by call. */
static void maps(const char *address)
{
    struct mvfio_region_info info;
    struct mvfio_device *device;
    unsigned mapped = 0;

    CHECK(!vm_open(address, &device));
    for (unsigned bar = MVFIO_REGION_BAR0; device && bar <= MVFIO_REGION_BAR5; bar++) {
        uint32_t *cpu, value = 0;

        CHECK(!mvfio_region_info(device, bar, &info, &vm_err));
        for (uint32_t i = 0; i < info.area_count; i++) {
            CHECK(!mvfio_region_map(device, bar, info.areas[i].offset, VM_PAGE_BYTES, (void **)&cpu,
                                    &vm_err));
            CHECK(!mvfio_region_read(device, bar, info.areas[i].offset, &value, 4, &vm_err));
            CHECK(cpu && *(volatile uint32_t *)cpu == value);
            mvfio_region_unmap(device, cpu, VM_PAGE_BYTES);
            mapped++;
        }
        if (info.size_bytes)
            printf("BAR%u: 0x%llx bytes, %u areas\n", bar, (unsigned long long)info.size_bytes,
                   info.area_count);
        CHECK(vm_says(mvfio_region_read(device, bar, info.size_bytes, &value, 4, &vm_err),
                      MAGMA_INVALID_ARGUMENT, "beyond its end"));
    }
    CHECK(mapped > 0);
    mvfio_device_close(device);
}

/* ---- I/O addresses ---- */

static bool in_a_range(const struct mvfio_range *ranges, uint32_t count,
                       const struct mvfio_dma *dma)
{
    for (uint32_t i = 0; i < count; i++)
        if (dma->iova.raw >= ranges[i].first &&
            dma->iova.raw + dma->size_bytes - 1 <= ranges[i].last)
            return true;
    return false;
}

/* What the kernel says can be used leaves out the interrupt window; memory lies within it. */
static void ranges(const char *address)
{
    struct mvfio_dma *dma[MAP_SIZES] = {0};
    struct mvfio_range found[RANGES];
    struct mvfio_device *device;
    uint32_t count;

    CHECK(!vm_open_bits(address, 64, &device));
    if (!device)
        return;
    count = mvfio_iova_ranges(device, found, RANGES);
    CHECK(count > 0 && count <= RANGES);
    for (uint32_t i = 0; i < count; i++) {
        printf("0x%llx to 0x%llx\n", (unsigned long long)found[i].first,
               (unsigned long long)found[i].last);
        CHECK(found[i].last < MSI_FIRST || found[i].first > MSI_LAST);
        CHECK(i == 0 || found[i].first > found[i - 1].last);
    }
    for (unsigned i = 0; i < MAP_SIZES; i++) {
        CHECK(!mvfio_dma_create(device, (uint64_t)VM_PAGE_BYTES << (4 * i), 0, MVFIO_DMA_RW,
                                &dma[i], &vm_err));
        CHECK(dma[i] && in_a_range(found, count, dma[i]));
    }
    for (unsigned i = 0; i < MAP_SIZES; i++)
        mvfio_dma_destroy(dma[i]);
    mvfio_device_close(device);
}

/* An address space of 24 bits: full after 16 MiB, and usable again when something is given back. */
static void few_addresses(const char *address)
{
    struct mvfio_dma *dma[16] = {0}, *more = NULL;
    struct mvfio_device *device;
    unsigned n = 0;

    CHECK(!vm_open_bits(address, 24, &device));
    if (!device)
        return;
    while (n < 16 &&
           !mvfio_dma_create(device, MIB, 0, MVFIO_DMA_RW | MVFIO_DMA_NO_HUGE, &dma[n], &vm_err))
        n++;
    printf("%u of 16 MiB: %s\n", n, vm_err.text);
    CHECK(n == 15 && strstr(vm_err.text, "no free I/O address range"));
    mvfio_dma_destroy(dma[3]);
    CHECK(!mvfio_dma_create(device, MIB, 0, MVFIO_DMA_RW, &more, &vm_err));
    mvfio_dma_destroy(more);
    for (unsigned i = 0; i < n; i++)
        if (i != 3)
            mvfio_dma_destroy(dma[i]);
    mvfio_device_close(device);
}

/* The kernel's own limit on mappings, which the suite has set to 4. */
static void entry_limit(const char *address)
{
    struct mvfio_dma *dma[5] = {0};
    struct mvfio_device *device;
    enum magma_code code = MAGMA_OK;

    CHECK(!vm_open(address, &device));
    for (unsigned i = 0; device && i < 5 && !code; i++)
        code = mvfio_dma_create(device, VM_PAGE_BYTES, 0, MVFIO_DMA_RW, &dma[i], &vm_err);
    CHECK(vm_says(code, MAGMA_OUT_OF_HOST_MEMORY, "dma_entry_limit"));
    for (unsigned i = 0; i < 5; i++)
        mvfio_dma_destroy(dma[i]);
    mvfio_device_close(device);
}

/* 1, 2, 4 and 8 MiB: more than the 8 MiB that a user may lock by default. */
static enum magma_code lock_15_mib(const char *address)
{
    struct mvfio_dma *dma[MAP_SIZES] = {0};
    struct mvfio_device *device;
    enum magma_code code = vm_open(address, &device);

    CHECK(!code);
    for (unsigned i = 0; !code && i < MAP_SIZES; i++)
        code = mvfio_dma_create(device, MIB << i, 0, MVFIO_DMA_RW | MVFIO_DMA_NO_HUGE, &dma[i],
                                &vm_err);
    for (unsigned i = 0; i < MAP_SIZES; i++)
        mvfio_dma_destroy(dma[i]);
    mvfio_device_close(device);
    return code;
}

static void locked(const char *address)
{
    CHECK(!lock_15_mib(address));
}

static void not_locked(const char *address)
{
    CHECK(vm_says(lock_15_mib(address), MAGMA_OUT_OF_HOST_MEMORY,
                  "RLIMIT_MEMLOCK) is 8388608 bytes"));
}

/* ---- Leaving ---- */

/* Holds the device until the kernel asks for it, and gives it back. */
static void hold(const char *address)
{
    struct mvfio_device *device;
    enum magma_code code;
    struct pollfd pfd;

    CHECK(!vm_open(address, &device));
    if (!device)
        return;
    pfd = (struct pollfd){.fd = mvfio_device_poll_fd(device, NULL), .events = POLLIN};
    CHECK(!mvfio_device_service(device, &vm_err));
    printf("holding\n");
    CHECK(poll(&pfd, 1, VM_WAIT_MS) == 1);
    code = mvfio_device_service(device, &vm_err);
    CHECK(vm_says(code, MAGMA_DEVICE_GONE, "asks for the device back"));
    mvfio_device_close(device);
}

const struct vm_case vm_any_cases[] = {
    {"open", open_kind}, {"race", race},
    {"config", config},  {"maps", maps},
    {"ranges", ranges},  {"few-addresses", few_addresses},
    {"locked", locked},  {"not-locked", not_locked},
    {"hold", hold},      {"entry-limit", entry_limit},
    {NULL, NULL},
};

static const struct vm_case *find(const char *name)
{
    const struct vm_case *const lists[] = {vm_any_cases, vm_edu_cases, vm_nvme_cases, vm_gpu_cases};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (const struct vm_case *c = lists[i]; c->name; c++)
            if (!strcmp(c->name, name))
                return c;
    return NULL;
}

int main(int argc, char **argv)
{
    const struct vm_case *c = argc == 3 ? find(argv[1]) : NULL;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!c) {
        fprintf(stderr, "usage: vm_vfio CASE ADDRESS; see tests/vm/suites\n");
        return 2;
    }
    c->run(argv[2]);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
