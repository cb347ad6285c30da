/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An NVMe disk (NVM Express base specification 1.4): as small a driver as shows that memory,
 * several MSI-X vectors and reset work. Each I/O queue has a vector of its own.
 */
#include "tests/vm/vfio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    REG_CAP = 0x00,
    REG_CC = 0x14,
    REG_CSTS = 0x1c,
    REG_AQA = 0x24,
    REG_ASQ = 0x28,
    REG_ACQ = 0x30,
    REG_DOORBELLS = 0x1000,
    CC_ENABLE = 0x00460001, /* entries of 64 and 16 bytes */
    CSTS_READY = 1,
    ADMIN_CREATE_SQ = 1,
    ADMIN_CREATE_CQ = 5,
    ADMIN_IDENTIFY = 6,
    IO_READ = 2,
    QUEUES = 4, /* the admin queue and three for I/O */
    ENTRIES = 16,
    SERIAL_AT = 4,
    COMMAND_BUS_MASTER = 6
};

struct command {
    uint32_t opcode, nsid;
    uint64_t reserved, metadata, prp[2];
    uint32_t words[6]; /* words 10 to 15 */
};

struct completion {
    uint32_t result, reserved;
    uint16_t sq_head, sq_id, command_id, status;
};

_Static_assert(sizeof(struct command) == 64, "a submission entry");
_Static_assert(sizeof(struct completion) == 16, "a completion entry");

struct queue {
    struct mvfio_dma *submissions, *completions;
    uint32_t tail, head;
    int fd;
};

struct disk {
    struct mvfio_device *device;
    struct mvfio_dma *data;
    struct queue queues[QUEUES];
    unsigned doorbell_bytes;
};

static uint64_t rd(struct disk *disk, uint32_t at, size_t size_bytes)
{
    uint64_t value = 0;

    CHECK(!mvfio_region_read(disk->device, MVFIO_REGION_BAR0, at, &value, size_bytes, &vm_err));
    return value;
}

static void wr(struct disk *disk, uint32_t at, uint64_t value, size_t size_bytes)
{
    CHECK(!mvfio_region_write(disk->device, MVFIO_REGION_BAR0, at, &value, size_bytes, &vm_err));
}

static bool becomes_ready(struct disk *disk)
{
    for (int i = 0; i < VM_WAIT_MS / 10; i++) {
        if (rd(disk, REG_CSTS, 4) & CSTS_READY)
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return false;
}

static struct mvfio_dma *page(struct disk *disk)
{
    struct mvfio_dma *dma = NULL;

    CHECK(!mvfio_dma_create(disk->device, VM_PAGE_BYTES, 0, MVFIO_DMA_RW, &dma, &vm_err));
    if (!dma)
        exit(EXIT_FAILURE);
    return dma;
}

static bool disk_open(struct disk *disk, const char *address)
{
    int fds[QUEUES];

    *disk = (struct disk){0};
    CHECK(!vm_open(address, &disk->device));
    if (!disk->device)
        return false;
    CHECK(!mvfio_config_write16(disk->device, 4, COMMAND_BUS_MASTER, &vm_err));
    for (unsigned i = 0; i < QUEUES; i++) {
        fds[i] = disk->queues[i].fd = vm_eventfd();
        disk->queues[i].submissions = page(disk);
        disk->queues[i].completions = page(disk);
    }
    disk->data = page(disk);
    CHECK(!mvfio_irq_set(disk->device, MVFIO_IRQ_MSIX, 0, fds, QUEUES, &vm_err));
    disk->doorbell_bytes = 4u << (rd(disk, REG_CAP, 8) >> 32 & 0xf);
    wr(disk, REG_AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1), 4);
    wr(disk, REG_ASQ, disk->queues[0].submissions->iova.raw, 8);
    wr(disk, REG_ACQ, disk->queues[0].completions->iova.raw, 8);
    wr(disk, REG_CC, CC_ENABLE, 4);
    CHECK(becomes_ready(disk));
    return true;
}

static void disk_close(struct disk *disk)
{
    if (!disk->device)
        return;
    CHECK(!mvfio_irq_disable(disk->device, MVFIO_IRQ_MSIX, &vm_err));
    wr(disk, REG_CC, 0, 4);
    for (unsigned i = 0; i < QUEUES; i++) {
        mvfio_dma_destroy(disk->queues[i].submissions);
        mvfio_dma_destroy(disk->queues[i].completions);
        close(disk->queues[i].fd);
    }
    mvfio_dma_destroy(disk->data);
    mvfio_device_close(disk->device);
}

/* Sends a command to a queue; it succeeds, and that queue's vector alone says so. */
static void run(struct disk *disk, unsigned q, const struct command *command)
{
    struct queue *queue = &disk->queues[q];
    struct completion *done = (struct completion *)queue->completions->cpu + queue->head;

    ((struct command *)queue->submissions->cpu)[queue->tail] = *command;
    queue->tail = (queue->tail + 1) % ENTRIES;
    __sync_synchronize();
    wr(disk, REG_DOORBELLS + 2 * q * disk->doorbell_bytes, queue->tail, 4);
    CHECK(vm_signalled(queue->fd));
    for (unsigned i = 0; i < QUEUES; i++)
        CHECK(vm_silent(disk->queues[i].fd));
    CHECK((done->status & 1) == 1 && done->status >> 1 == 0);
    queue->head++; /* fewer commands than entries: the phase bit stays */
    wr(disk, REG_DOORBELLS + (2 * q + 1) * disk->doorbell_bytes, queue->head, 4);
}

static void vectors(const char *address)
{
    struct disk disk;

    if (!disk_open(&disk, address))
        return;
    run(&disk, 0,
        &(struct command){.opcode = ADMIN_IDENTIFY,
                          .prp = {disk.data->iova.raw},
                          .words = {1}}); /* the controller */
    printf("serial %.20s\n", (char *)disk.data->cpu + SERIAL_AT);
    CHECK(((char *)disk.data->cpu)[SERIAL_AT] > ' ');
    for (uint32_t q = 1; q < QUEUES; q++) {
        const uint32_t id_and_size = (ENTRIES - 1) << 16 | q;

        run(&disk, 0,
            &(struct command){.opcode = ADMIN_CREATE_CQ,
                              .prp = {disk.queues[q].completions->iova.raw},
                              .words = {id_and_size, q << 16 | 3}}); /* vector q */
        run(&disk, 0,
            &(struct command){.opcode = ADMIN_CREATE_SQ,
                              .prp = {disk.queues[q].submissions->iova.raw},
                              .words = {id_and_size, q << 16 | 1}});
    }
    for (unsigned q = QUEUES - 1; q > 0; q--) {
        memset(disk.data->cpu, 0xff, VM_PAGE_BYTES);
        run(&disk, q,
            &(struct command){.opcode = IO_READ, .nsid = 1, .prp = {disk.data->iova.raw}});
        CHECK(*(unsigned char *)disk.data->cpu == 0); /* the disk is empty */
        printf("queue %u: read, vector %u\n", q, q);
    }
    disk_close(&disk);
}

/* As many vectors at once as the interface takes, in two pieces. */
static void many_vectors(const char *address)
{
    struct mvfio_device *device;
    struct mvfio_irq_info info;
    int fds[MVFIO_VECTORS_MAX];

    for (unsigned i = 0; i < MVFIO_VECTORS_MAX; i++)
        fds[i] = vm_eventfd();
    CHECK(!vm_open(address, &device));
    if (device) {
        CHECK(!mvfio_irq_info(device, MVFIO_IRQ_MSIX, &info, &vm_err));
        printf("%u vectors\n", info.count);
        CHECK(info.count >= MVFIO_VECTORS_MAX);
        CHECK(!mvfio_irq_set(device, MVFIO_IRQ_MSIX, 0, fds, 1, &vm_err));
        CHECK(!mvfio_irq_set(device, MVFIO_IRQ_MSIX, 0, fds, MVFIO_VECTORS_MAX, &vm_err));
        CHECK(vm_says(mvfio_irq_set(device, MVFIO_IRQ_MSIX, info.count, fds, 1, &vm_err),
                      MAGMA_INVALID_ARGUMENT, "vectors"));
        CHECK(!mvfio_irq_disable(device, MVFIO_IRQ_MSIX, &vm_err));
    }
    mvfio_device_close(device);
    for (unsigned i = 0; i < MVFIO_VECTORS_MAX; i++)
        close(fds[i]);
}

/* A controller that runs is off after the reset, and its registers are as at the start. */
static void reset(const char *address)
{
    struct disk disk;

    if (!disk_open(&disk, address))
        return;
    CHECK(!mvfio_device_reset(disk.device, &vm_err));
    CHECK((rd(&disk, REG_CSTS, 4) & CSTS_READY) == 0);
    CHECK(rd(&disk, REG_CC, 4) == 0);
    disk_close(&disk);
}

const struct vm_case vm_nvme_cases[] = {
    {"nvme-vectors", vectors},
    {"nvme-many-vectors", many_vectors},
    {"nvme-reset", reset},
    {NULL, NULL},
};
