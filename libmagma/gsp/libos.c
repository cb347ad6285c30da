/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The argument page, the logs and the resource manager's arguments. A log buffer starts with the
 * index of the 64-bit word to be written next (0: nothing yet) and, for GSP to read while it
 * starts, the addresses of its own pages.
 */
#include "libmagma/gsp/libos.h"

#include <string.h>

#include <nvhw/rpc.h>
#include <nvhw/wpr.h>

#include "libmagma/gen/gen.h"

#define PAGE NV_RADIX3_PAGE_SIZE

static enum magma_code add_log(struct mg_libos *libos, struct mg_hal *hal, const char *name,
                               struct magma_error *err)
{
    struct mg_libos_log *log = &libos->logs[libos->log_count];
    struct nvhw_libos_log_header *header;
    enum magma_code code = mg_dma_init(hal, NV_LIBOS_LOG_SIZE, PAGE, &log->memory, err);

    if (code != MAGMA_OK)
        return code;
    log->name = name;
    header = log->memory.cpu;
    for (uint64_t i = 0; i < NV_LIBOS_LOG_SIZE / PAGE; i++)
        header->page[i] = log->memory.iova.raw + i * PAGE;
    libos->log_count++;
    return MAGMA_OK;
}

/* A name (of at most 8 letters) as a number, its first letter in the most significant byte used. */
static uint64_t id8_of(const char *name)
{
    uint64_t id = 0;

    while (*name)
        id = id << 8 | (uint8_t)*name++;
    return id;
}

static struct nvhw_libos_arg argument(const char *name, const struct mg_dma *memory, uint64_t size)
{
    return (struct nvhw_libos_arg){.id8 = id8_of(name),
                                   .address = memory->iova.raw,
                                   .size = size,
                                   .kind = NV_LIBOS_ARG_KIND_CONTIGUOUS,
                                   .location = NV_LIBOS_ARG_LOC_SYSMEM};
}

static void fill_rm_args(struct mg_libos *libos, magma_iova queues)
{
    struct nvhw_r570_gsp_arguments args = {
        .shared_mem_phys_addr = queues.raw,
        .page_table_entry_count = NV_GSP_QUEUE_PAGE_TABLE_ENTRIES,
        .cmd_queue_offset = NV_GSP_QUEUE_CMD_OFFSET,
        .stat_queue_offset = NV_GSP_QUEUE_STAT_OFFSET,
        .dmem_stack = 1,
    };

    memcpy(libos->rm_args.cpu, &args, sizeof args);
}

static void fill_page(struct mg_libos *libos)
{
    struct nvhw_libos_arg *args = libos->page.cpu;

    for (uint32_t i = 0; i < libos->log_count; i++)
        args[i] = argument(libos->logs[i].name, &libos->logs[i].memory, NV_LIBOS_LOG_SIZE);
    args[libos->log_count] = argument("RMARGS", &libos->rm_args, NV_GSP_ARGUMENTS_SPACE);
}

enum magma_code mg_libos_init(struct mg_libos *libos, struct mg_hal *hal,
                              const struct mg_gen_boot *boot, magma_iova queues,
                              struct magma_error *err)
{
    const struct {
        const char *name;
        bool wanted;
    } logs[MG_LIBOS_LOG_MAX] = {{"LOGINIT", true},
                                {"LOGINTR", true},
                                {"LOGRM", true},
                                {"LOGMNOC", boot->log_mnoc},
                                {"LOGKRNL", boot->log_kernel}};
    enum magma_code code;

    code = mg_dma_init(hal, NV_LIBOS_ARGS_SIZE, PAGE, &libos->page, err);
    if (code == MAGMA_OK)
        code = mg_dma_init(hal, NV_GSP_ARGUMENTS_SPACE, PAGE, &libos->rm_args, err);
    for (size_t i = 0; code == MAGMA_OK && i < MG_LIBOS_LOG_MAX; i++)
        if (logs[i].wanted)
            code = add_log(libos, hal, logs[i].name, err);
    if (code != MAGMA_OK) {
        mg_libos_finish(libos);
        return code;
    }
    fill_rm_args(libos, queues);
    fill_page(libos);
    return MAGMA_OK;
}

void mg_libos_finish(struct mg_libos *libos)
{
    for (uint32_t i = 0; i < libos->log_count; i++)
        mg_dma_finish(&libos->logs[i].memory);
    mg_dma_finish(&libos->rm_args);
    mg_dma_finish(&libos->page);
    memset(libos, 0, sizeof *libos);
}

uint32_t mg_libos_log_tail(const struct mg_libos *libos, const char *name, void *out,
                           uint32_t size_bytes)
{
    const uint64_t room = NV_LIBOS_LOG_SIZE / sizeof(uint64_t);
    uint64_t put, words = size_bytes / sizeof(uint64_t);

    for (uint32_t i = 0; i < libos->log_count; i++) {
        const uint64_t *buffer = libos->logs[i].memory.cpu;

        if (strcmp(libos->logs[i].name, name) != 0)
            continue;
        mg_dma_observe();
        memcpy(&put, buffer, sizeof put);
        if (put < 1 || put >= room)
            return 0;
        if (words > put - 1)
            words = put - 1;
        memcpy(out, buffer + put - words, words * sizeof(uint64_t));
        return (uint32_t)(words * sizeof(uint64_t));
    }
    return 0;
}
