/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the GPU has: the device info table, the interrupt table, the shape of the shader clusters.
 */
#include <stdlib.h>

#include <nvhw/irq.h>

#include "libmagma/core/status.h"
#include "libmagma/rm/rm_private.h"

/* Rounds of 32 entries after which a table that still says "more" is not believed. */
#define DEVICE_INFO_ROUNDS_MAX 8u

/* RM's own engine numbers to those that controls take; NULL: no engine we use. */
static uint32_t nv2080_of(uint32_t rm_type)
{
    if (rm_type <= NV_RM_ENGINE_TYPE_COPY9)
        return rm_type;
    if (rm_type >= NV_RM_ENGINE_TYPE_COPY10 && rm_type <= NV_RM_ENGINE_TYPE_COPY19)
        return NV2080_ENGINE_TYPE_COPY10 + (rm_type - NV_RM_ENGINE_TYPE_COPY10);
    return NV2080_ENGINE_TYPE_NULL;
}

static void add_engine(struct mg_rm *rm, const struct nvhw_device_info_entry *entry)
{
    uint32_t type = nv2080_of(entry->engine_data[NV_DEVICE_INFO_RM_ENGINE_TYPE]);

    if (type == NV2080_ENGINE_TYPE_NULL || !entry->engine_data[NV_DEVICE_INFO_IS_HOST_DRIVEN] ||
        rm->engine_count == MG_RM_ENGINES_MAX)
        return;
    rm->engine[rm->engine_count++] = (struct mg_rm_engine){
        .type = type,
        .runlist = entry->engine_data[NV_DEVICE_INFO_RUNLIST],
        .nonstall_vector = NV_INTR_VECTOR_NONE,
    };
}

static enum magma_code read_devices(struct mg_rm *rm, struct magma_error *err)
{
    struct nvhw_ctrl_device_info_table *table = malloc(sizeof *table);
    enum magma_code code = MAGMA_OK;
    uint32_t base = 0;

    if (!table)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "device info table: no memory");
    for (unsigned round = 0; round < DEVICE_INFO_ROUNDS_MAX; round++) {
        *table = (struct nvhw_ctrl_device_info_table){.base_index = base};
        code = mg_rm_internal(rm, NV2080_CTRL_CMD_FIFO_GET_DEVICE_INFO_TABLE, table, sizeof *table,
                              err);
        if (code != MAGMA_OK)
            break;
        if (table->num_entries > NV_DEVICE_INFO_ENTRY_COUNT_MAX) {
            code = mg_fail(err, MAGMA_PROTOCOL, "the device info table claims %u entries of %u",
                           table->num_entries, NV_DEVICE_INFO_ENTRY_COUNT_MAX);
            break;
        }
        for (uint32_t i = 0; i < table->num_entries; i++)
            add_engine(rm, &table->entry[i]);
        base += table->num_entries;
        if (!table->more || !table->num_entries)
            break;
    }
    free(table);
    if (code == MAGMA_OK && !rm->engine_count)
        code = mg_fail(err, MAGMA_PROTOCOL, "the device info table names no engine for channels");
    return code;
}

/* MC engine indices of 570 to engine types. */
static uint32_t type_of_mc(uint32_t index)
{
    if (index == NV_R570_MC_ENGINE_IDX_GR0)
        return NV2080_ENGINE_TYPE_GR0;
    if (index >= NV_R570_MC_ENGINE_IDX_CE0 && index <= NV_R570_MC_ENGINE_IDX_CE9)
        return NV2080_ENGINE_TYPE_COPY0 + (index - NV_R570_MC_ENGINE_IDX_CE0);
    return NV2080_ENGINE_TYPE_NULL;
}

static void take_vector(struct mg_rm *rm, const struct nvhw_intr_table_entry *entry)
{
    uint32_t type = type_of_mc(entry->engine_idx);

    if (entry->engine_idx == NV_R570_MC_ENGINE_IDX_GSP)
        rm->gsp_vector = entry->vector_stall;
    for (uint32_t i = 0; type != NV2080_ENGINE_TYPE_NULL && i < rm->engine_count; i++)
        if (rm->engine[i].type == type)
            rm->engine[i].nonstall_vector = entry->vector_non_stall;
}

static enum magma_code read_vectors(struct mg_rm *rm, struct magma_error *err)
{
    struct nvhw_ctrl_intr_kernel_table *table = calloc(1, sizeof *table);
    enum magma_code code;

    if (!table)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "interrupt table: no memory");
    code = mg_rm_internal(rm, NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE, table, sizeof *table,
                          err);
    if (code == MAGMA_OK && table->table_len > NV_INTR_TABLE_COUNT_MAX)
        code = mg_fail(err, MAGMA_PROTOCOL, "the interrupt table claims %u entries of %u",
                       table->table_len, NV_INTR_TABLE_COUNT_MAX);
    for (uint32_t i = 0; code == MAGMA_OK && i < table->table_len; i++)
        take_vector(rm, &table->table[i]);
    free(table);
    return code;
}

static enum magma_code read_clusters(struct mg_rm *rm, struct magma_error *err)
{
    struct nvhw_ctrl_gpc_info gpc = {0};
    enum magma_code code =
        mg_rm_internal(rm, NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO, &gpc, sizeof gpc, err);

    for (uint32_t i = 0; code == MAGMA_OK && i < 32; i++) {
        struct nvhw_ctrl_tpc_info tpc = {.gpc_id = i};

        if (!(gpc.gpc_mask >> i & 1))
            continue;
        code = mg_rm_internal(rm, NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO, &tpc, sizeof tpc, err);
        if (code == MAGMA_OK)
            rm->tpc_count += (uint32_t)__builtin_popcount(tpc.tpc_mask);
    }
    return code;
}

enum magma_code mg_rm_read_tables(struct mg_rm *rm, struct magma_error *err)
{
    enum magma_code code = read_devices(rm, err);

    if (code == MAGMA_OK)
        code = read_vectors(rm, err);
    if (code == MAGMA_OK)
        code = read_clusters(rm, err);
    return code;
}
