/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The device as a whole: its life, bus accesses, work and time. Everything that a chip does is in
 * the units; this file only calls them in order.
 */
#include <errno.h>
#include <nvhw/boot.h>
#include <nvhw/pci.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bar0.h"
#include "chip.h"
#include "model.h"
#include "pci.h"
#include "plan.h"

/* What one register access takes on the bus, and one unit of internal work. */
#define ACCESS_NS       250
#define WORK_NS         10
#define BAR0_SIZE_BYTES (UINT64_C(16) << 20)
#define BAR3_SIZE_BYTES (UINT64_C(32) << 20)
#define MIB             (UINT64_C(1) << 20)
#define VRAM_MIN_BYTES  (256 * MIB)
#define VRAM_MAX_BYTES  (UINT64_C(1) << 40)

/* The units in order of creation. */
static const struct life {
    bool (*create)(struct gpum *m);
    void (*power_on)(struct gpum *m);
    void (*destroy)(struct gpum *m);
} lives[] = {
    {gpum_pci_create, gpum_pci_power_on, gpum_pci_destroy},
    {gpum_boot_create, gpum_boot_power_on, gpum_boot_destroy},
    {gpum_mmu_create, gpum_mmu_power_on, gpum_mmu_destroy},
    {gpum_irq_create, gpum_irq_power_on, gpum_irq_destroy},
    {gpum_sm_create, gpum_sm_power_on, gpum_sm_destroy},
    {gpum_fifo_create, gpum_fifo_power_on, gpum_fifo_destroy},
    {gpum_gsp_create, gpum_gsp_power_on, gpum_gsp_destroy},
};
#define LIFE_COUNT (sizeof(lives) / sizeof(*lives))

static bool create_vram(struct gpum *m, char *error, size_t error_size_bytes)
{
    m->vram_fd = memfd_create("gpumodel-vram", MFD_CLOEXEC);
    if (m->vram_fd < 0 || ftruncate(m->vram_fd, (off_t)m->vram_bytes) != 0)
        goto fail;
    m->vram = mmap(NULL, m->vram_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                   m->vram_fd, 0);
    if (m->vram != MAP_FAILED)
        return true;
    m->vram = NULL;
fail:
    snprintf(error, error_size_bytes, "cannot get %llu MiB of video memory: %s",
             (unsigned long long)(m->vram_bytes / MIB), strerror(errno));
    return false;
}

static bool configure(struct gpum *m, const struct gpum_config *config, char *error,
                      size_t error_size_bytes)
{
    m->config = *config;
    m->chip = gpum_chip_find(config->chip);
    if (!m->chip) {
        snprintf(error, error_size_bytes, "no chip is called '%s'",
                 config->chip ? config->chip : "");
        return false;
    }
    m->vram_bytes = config->vram_bytes ? config->vram_bytes : m->chip->vram_default_bytes;
    if (m->vram_bytes % MIB || m->vram_bytes < VRAM_MIN_BYTES || m->vram_bytes > VRAM_MAX_BYTES) {
        snprintf(error, error_size_bytes,
                 "video memory must be 256 MiB to 1 TiB in whole MiB, not %llu bytes",
                 (unsigned long long)m->vram_bytes);
        return false;
    }
    m->plan = gpum_plan_create(config->plan, error, error_size_bytes);
    m->config.plan = NULL; /* the caller's text; not needed any more */
    m->config.chip = m->chip->name;
    return m->plan != NULL;
}

static void power_on(struct gpum *m)
{
    for (size_t i = 0; i < LIFE_COUNT; i++)
        lives[i].power_on(m);
}

struct gpum *gpum_create(const struct gpum_config *config, char *error, size_t error_size_bytes)
{
    struct gpum *m = calloc(1, sizeof(*m));
    if (!m) {
        snprintf(error, error_size_bytes, "out of memory");
        return NULL;
    }
    m->vram_fd = -1;
    if (!configure(m, config, error, error_size_bytes) || !create_vram(m, error, error_size_bytes))
        goto fail;
    for (size_t i = 0; i < LIFE_COUNT; i++) {
        if (!lives[i].create(m)) {
            snprintf(error, error_size_bytes, "out of memory");
            goto fail;
        }
    }
    power_on(m);
    return m;
fail:
    gpum_destroy(m);
    return NULL;
}

void gpum_destroy(struct gpum *m)
{
    if (!m)
        return;
    for (size_t i = LIFE_COUNT; i > 0; i--)
        lives[i - 1].destroy(m);
    if (m->vram)
        munmap(m->vram, m->vram_bytes);
    if (m->vram_fd >= 0)
        close(m->vram_fd);
    gpum_plan_destroy(m->plan);
    free(m);
}

uint64_t gpum_region_size(const struct gpum *m, unsigned region)
{
    uint64_t bar1 = VRAM_MIN_BYTES;
    switch (region) {
    case GPUM_BAR0:
        return BAR0_SIZE_BYTES;
    case GPUM_BAR1:
        while (bar1 < m->vram_bytes)
            bar1 <<= 1;
        return bar1;
    case GPUM_BAR3:
        return BAR3_SIZE_BYTES;
    case GPUM_CONFIG:
        return NV_PCI_CONFIG_SIZE_BYTES;
    default:
        return 0;
    }
}

static uint64_t all_ones(unsigned size_bytes)
{
    return size_bytes >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * size_bytes)) - 1;
}

/* Counts the access and tells whether the device answers it. */
static bool admit(struct gpum *m, unsigned region, uint64_t offset, unsigned size_bytes)
{
    uint64_t region_bytes = gpum_region_size(m, region);
    bool size_ok = size_bytes == 1 || size_bytes == 2 || size_bytes == 4 || size_bytes == 8;
    if (region != GPUM_CONFIG) {
        m->stats.register_accesses++;
        m->time_ns += ACCESS_NS;
        gpum_plan_access(m);
    }
    if (m->dead)
        return false;
    if (!size_ok || offset % size_bytes || region_bytes < size_bytes ||
        offset > region_bytes - size_bytes) {
        gpum_fault(m, "access of %u bytes at 0x%llx of region %u is none that the bus has",
                   size_bytes, (unsigned long long)offset, region);
        return false;
    }
    if (region != GPUM_CONFIG && !gpum_pci_memory_space(m)) {
        gpum_fault(m, "access to region %u while memory decoding is off (COMMAND bit 1)", region);
        return false;
    }
    return true;
}

/* BAR0 is made of words: wider accesses are two, narrower ones have no place in a driver. */
static uint64_t read_bar0(struct gpum *m, uint32_t offset, unsigned size_bytes)
{
    if (size_bytes == 8)
        return gpum_bar0_read(m, offset) | (uint64_t)gpum_bar0_read(m, offset + 4) << 32;
    uint32_t word = gpum_bar0_read(m, offset & ~3u);
    if (size_bytes == 4)
        return word;
    gpum_fault(m, "read of %u bytes at 0x%06x: registers are words", size_bytes, offset);
    return (word >> (8 * (offset & 3))) & all_ones(size_bytes);
}

uint64_t gpum_read(struct gpum *m, unsigned region, uint64_t offset, unsigned size_bytes)
{
    if (!admit(m, region, offset, size_bytes))
        return all_ones(size_bytes);
    if (region == GPUM_CONFIG && size_bytes == 8)
        return gpum_pci_read(m, (uint32_t)offset, 4) |
               (uint64_t)gpum_pci_read(m, (uint32_t)offset + 4, 4) << 32;
    if (region == GPUM_CONFIG)
        return gpum_pci_read(m, (uint32_t)offset, size_bytes);
    if (region == GPUM_BAR0)
        return read_bar0(m, (uint32_t)offset, size_bytes);
    return gpum_bar1_read(m, region, offset, size_bytes);
}

static void write_bar0(struct gpum *m, uint32_t offset, unsigned size_bytes, uint64_t value)
{
    if (size_bytes < 4) {
        gpum_fault(m, "write of %u bytes at 0x%06x dropped: registers are words", size_bytes,
                   offset);
        return;
    }
    gpum_bar0_write(m, offset, (uint32_t)value);
    if (size_bytes == 8)
        gpum_bar0_write(m, offset + 4, (uint32_t)(value >> 32));
}

void gpum_write(struct gpum *m, unsigned region, uint64_t offset, unsigned size_bytes,
                uint64_t value)
{
    if (!admit(m, region, offset, size_bytes))
        return;
    if (region == GPUM_CONFIG) {
        gpum_pci_write(m, (uint32_t)offset, size_bytes < 4 ? size_bytes : 4, (uint32_t)value);
        if (size_bytes == 8)
            gpum_pci_write(m, (uint32_t)offset + 4, 4, (uint32_t)(value >> 32));
    } else if (region == GPUM_BAR0) {
        write_bar0(m, (uint32_t)offset, size_bytes, value);
    } else {
        gpum_bar1_write(m, region, offset, size_bytes, value);
    }
}

bool gpum_step(struct gpum *m, unsigned budget)
{
    if (m->dead)
        return false;
    bool more = false;
    if (!gpum_plan_frozen(m, GPUM_PLAN_BOOT))
        more |= gpum_boot_step(m, budget);
    if (!gpum_plan_frozen(m, GPUM_PLAN_GSP))
        more |= gpum_gsp_step(m, budget);
    if (!gpum_plan_frozen(m, GPUM_PLAN_FIFO))
        more |= gpum_fifo_step(m, budget);
    m->time_ns += more ? (uint64_t)budget * WORK_NS : WORK_NS;
    return more;
}

uint64_t gpum_time_ns(const struct gpum *m)
{
    return m->time_ns;
}

void gpum_advance_ns(struct gpum *m, uint64_t duration_ns)
{
    m->time_ns += duration_ns;
}

void gpum_reset(struct gpum *m)
{
    if (m->dead)
        return;
    gpum_trace(m, "function level reset");
    if (!gpum_plan_flr_ignored(m))
        power_on(m);
}

void gpum_bus_reset(struct gpum *m)
{
    gpum_trace(m, "bus reset");
    if (gpum_plan_bus_reset_ignored(m) || (m->dead && !gpum_plan_bus_reset_revives(m)))
        return;
    m->dead = false;
    power_on(m);
}

unsigned gpum_fault_count(const struct gpum *m)
{
    return m->fault_count;
}

void gpum_get_stats(const struct gpum *m, struct gpum_stats *stats)
{
    *stats = m->stats;
}

int gpum_vram_fd(const struct gpum *m)
{
    return m->vram_fd;
}

uint64_t gpum_vram_size(const struct gpum *m)
{
    return m->vram_bytes;
}

uint8_t *gpum_vram(struct gpum *m)
{
    return m->vram;
}
