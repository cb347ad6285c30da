/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The client's root objects: the GPU's node, device, subdevice, the classes it has, the usermode
 * page, and what there is to say about the GPU.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nvhw/compute.h>
#include <nvhw/fifo.h>
#include <nvhw/rm.h>
#include <nvhw/rmioctl.h>

#include "libmagma/core/status.h"
#include "libmagma/winsys/nvidia_private.h"

#define NS_PER_SECOND     UINT64_C(1000000000)
#define CLASSES_MAX       4096u
#define GPCS_MAX          32u
#define KIB               UINT64_C(1024)
/* The branch from which the name block is shorter. */
#define BRANCH_SHORT_NAME 595u

/* ---- The GPU among the driver's cards -------------------------------------------------------- */

static enum magma_code find_card(struct mg_nvidia *nv, struct magma_error *err)
{
    struct nvhw_rmi_card_info cards[NV_RMI_CARDS_MAX] = {0};
    enum magma_code code =
        mg_rmi_escape(&nv->rmi, nv->rmi.control_fd, NV_ESC_CARD_INFO, cards, sizeof cards, err);

    if (code != MAGMA_OK)
        return code;
    for (size_t i = 0; i < NV_RMI_CARDS_MAX; i++)
        if (cards[i].valid && cards[i].minor == nv->minor) {
            nv->gpu_id = cards[i].gpu_id;
            nv->ws.info.vendor_id = cards[i].vendor_id;
            nv->ws.info.device_id = cards[i].device_id;
            return MAGMA_OK;
        }
    return mg_fail(err, MAGMA_NO_DEVICE, "the kernel driver has no GPU number %u", nv->minor);
}

static enum magma_code open_node(struct mg_nvidia *nv, struct magma_error *err)
{
    const struct mg_rmi_os *os = nv->options.os;
    struct nvhw_rmi_register_fd block = {.control_fd = (uint32_t)nv->rmi.control_fd};

    nv->gpu_fd = os->open(os->ctx, nv->node);
    if (nv->gpu_fd < 0)
        return mg_fail_errno(err, -nv->gpu_fd, "%s", nv->node);
    return mg_rmi_escape(&nv->rmi, nv->gpu_fd, NV_ESC_REGISTER_FD, &block, sizeof block, err);
}

static enum magma_code create_device(struct mg_nvidia *nv, struct magma_error *err)
{
    struct nvhw_rmi_gpu_id_info id = {.gpu_id = nv->gpu_id};
    struct nvhw_nv0080_alloc_params device = {.h_client_share = nv->rmi.client};
    struct nvhw_nv2080_alloc_params subdevice = {0};
    enum magma_code code = mg_rmi_control(&nv->rmi, nv->rmi.client,
                                          NV0000_CTRL_CMD_GPU_GET_ID_INFO_V2, &id, sizeof id, err);

    if (code != MAGMA_OK)
        return code;
    device.device_id = id.device_instance;
    device.va_mode = NV_RM_DEVICE_VA_MODE_OPTIONAL_MULTIPLE;
    subdevice.sub_device_id = id.sub_device_instance;
    code = mg_rmi_alloc(&nv->rmi, nv->rmi.client, NV01_DEVICE_0, &device, sizeof device,
                        &nv->device, err);
    if (code == MAGMA_OK)
        code = mg_rmi_alloc(&nv->rmi, nv->device, NV20_SUBDEVICE_0, &subdevice, sizeof subdevice,
                            &nv->subdevice, err);
    return code;
}

/* ---- Classes --------------------------------------------------------------------------------- */

static enum magma_code read_classes(struct mg_nvidia *nv, struct magma_error *err)
{
    struct nvhw_rmi_class_list list = {0};
    enum magma_code code = mg_rmi_control(&nv->rmi, nv->device, NV0080_CTRL_CMD_GPU_GET_CLASSLIST,
                                          &list, sizeof list, err);

    if (code != MAGMA_OK)
        return code;
    if (!list.count || list.count > CLASSES_MAX)
        return mg_fail(err, MAGMA_PROTOCOL, "the GPU has %u classes", list.count);
    nv->classes = calloc(list.count, sizeof *nv->classes);
    if (!nv->classes)
        return mg_fail(err, MAGMA_OUT_OF_HOST_MEMORY, "classes: no memory");
    nv->class_count = list.count;
    list.list = (uint64_t)(uintptr_t)nv->classes;
    return mg_rmi_control(&nv->rmi, nv->device, NV0080_CTRL_CMD_GPU_GET_CLASSLIST, &list,
                          sizeof list, err);
}

bool mg_nvidia_has_class(const struct mg_nvidia *nv, uint32_t class_id)
{
    for (uint32_t i = 0; i < nv->class_count; i++)
        if (nv->classes[i] == class_id)
            return true;
    return false;
}

/* The newest family all of whose classes the GPU has. */
static enum magma_code find_family(struct mg_nvidia *nv, struct magma_error *err)
{
    const struct mg_gen *gen;

    for (size_t i = 0; (gen = mg_gen_at(i)); i++)
        if (mg_nvidia_has_class(nv, gen->classes.compute) &&
            mg_nvidia_has_class(nv, gen->classes.channel) &&
            mg_nvidia_has_class(nv, gen->classes.copy) &&
            mg_nvidia_has_class(nv, gen->classes.usermode))
            nv->gen = gen;
    if (nv->gen)
        return MAGMA_OK;
    return mg_fail(err, MAGMA_NOT_SUPPORTED,
                   "none of the families that magma knows has this GPU's %u classes",
                   nv->class_count);
}

static enum magma_code map_usermode(struct mg_nvidia *nv, struct magma_error *err)
{
    enum magma_code code = mg_rmi_alloc(&nv->rmi, nv->subdevice, nv->gen->classes.usermode, NULL, 0,
                                        &nv->usermode, err);

    if (code == MAGMA_OK)
        code = mg_rmi_view_init(&nv->rmi, nv->node, nv->subdevice, nv->usermode,
                                NV_VIRTUAL_FUNCTION_USERMODE_BYTES, &nv->usermode_view, err);
    return code;
}

/* ---- What the GPU is ------------------------------------------------------------------------- */

/* Best effort: a control that fails leaves its fields as they are. */
static bool ask(struct mg_nvidia *nv, uint32_t command, void *params, size_t size_bytes)
{
    struct magma_error err = {0};

    if (mg_rmi_control(&nv->rmi, nv->subdevice, command, params, size_bytes, &err) == MAGMA_OK)
        return true;
    mg_log(&nv->ws.log, MG_LOG_INFO, "%s", err.text);
    return false;
}

static void ask_name(struct mg_nvidia *nv)
{
    struct nvhw_r535_rmi_name name = {0};
    size_t size =
        nv->rmi.branch >= BRANCH_SHORT_NAME ? sizeof(struct nvhw_r595_rmi_name) : sizeof name;

    snprintf(nv->ws.info.name, sizeof nv->ws.info.name, "NVIDIA %s", nv->gen->title);
    if (ask(nv, NV2080_CTRL_CMD_GPU_GET_NAME_STRING, &name, size) && name.name[0])
        snprintf(nv->ws.info.name, sizeof nv->ws.info.name, "%.*s",
                 (int)sizeof nv->ws.info.name - 1, (const char *)name.name);
}

static void ask_chip(struct mg_nvidia *nv)
{
    struct nvhw_rmi_arch_info arch = {0};
    struct magma_gpu_info *info = &nv->ws.info;

    snprintf(info->chip, sizeof info->chip, "%s", nv->gen->name);
    if (!ask(nv, NV2080_CTRL_CMD_MC_GET_ARCH_INFO, &arch, sizeof arch))
        return;
    info->chipset = arch.architecture | arch.implementation;
    for (size_t i = 0; i < nv->gen->chip_count; i++)
        if (nv->gen->chips[i].chip_id == info->chipset)
            snprintf(info->chip, sizeof info->chip, "%s", nv->gen->chips[i].name);
}

static void ask_memory(struct mg_nvidia *nv)
{
    struct nvhw_rmi_info list[] = {{.index = NV_RMI_FB_INFO_TOTAL_RAM_SIZE},
                                   {.index = NV_RMI_FB_INFO_HEAP_FREE},
                                   {.index = NV_RMI_FB_INFO_BAR1_SIZE}};
    struct nvhw_rmi_fb_info_list params = {.count = sizeof list / sizeof list[0],
                                           .list = (uint64_t)(uintptr_t)list};
    struct magma_gpu_info *info = &nv->ws.info;

    if (!ask(nv, NV2080_CTRL_CMD_FB_GET_INFO, &params, sizeof params))
        return;
    info->vram_bytes = list[0].data * KIB;
    info->vram_usable_bytes = list[1].data * KIB;
    info->bar1_bytes = list[2].data * KIB;
    info->vram_cpu_access = info->bar1_bytes >= info->vram_bytes;
}

static void ask_sms(struct mg_nvidia *nv)
{
    struct nvhw_ctrl_gpc_info gpcs = {0};
    uint32_t tpcs = 0;

    if (!ask(nv, NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO, &gpcs, sizeof gpcs))
        return;
    for (uint32_t i = 0; i < GPCS_MAX; i++) {
        struct nvhw_ctrl_tpc_info tpc = {.gpc_id = i};

        if ((gpcs.gpc_mask >> i & 1) &&
            ask(nv, NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO, &tpc, sizeof tpc))
            tpcs += (uint32_t)__builtin_popcount(tpc.tpc_mask);
    }
    nv->ws.info.sm_count = tpcs * NV_COMPUTE_SMS_PER_TPC;
}

static void ask_uuid(struct mg_nvidia *nv)
{
    struct nvhw_rmi_gid gid = {.flags = NV_RMI_GID_FLAGS_BINARY};

    if (ask(nv, NV2080_CTRL_CMD_GPU_GET_GID_INFO, &gid, sizeof gid))
        memcpy(nv->ws.info.uuid, gid.data, sizeof nv->ws.info.uuid);
}

static enum magma_code fill_info(struct mg_nvidia *nv, struct magma_error *err)
{
    struct magma_gpu_info *info = &nv->ws.info;
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

    ask_name(nv);
    ask_chip(nv);
    ask_memory(nv);
    ask_sms(nv);
    ask_uuid(nv);
    snprintf(info->firmware, sizeof info->firmware, "%.*s", (int)sizeof info->firmware - 1,
             nv->rmi.version);
    /* Half of what the machine has: pinned memory cannot be swapped. */
    info->system_usable_bytes = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page / 2 : 0;
    info->sm_version = nv->gen->sm_version;
    info->threads_max = NV_COMPUTE_THREADS_MAX;
    info->host_class = nv->gen->classes.channel;
    info->copy_class = nv->gen->classes.copy;
    info->compute_class = nv->gen->classes.compute;
    info->timestamp_hz = NS_PER_SECOND;
    if (!info->sm_count)
        return mg_fail(err, MAGMA_NOT_SUPPORTED, "the resource manager does not say how many SMs");
    return MAGMA_OK;
}

/* ---- Together -------------------------------------------------------------------------------- */

enum magma_code mg_nvidia_client_init(struct mg_nvidia *nv, struct magma_error *err)
{
    static enum magma_code (*const steps[])(struct mg_nvidia *, struct magma_error *) = {
        find_card, open_node, create_device, read_classes, find_family, map_usermode, fill_info,
    };
    enum magma_code code = mg_rmi_init(&nv->rmi, nv->options.os, err);

    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && code == MAGMA_OK; i++)
        code = steps[i](nv, err);
    return code;
}

void mg_nvidia_client_finish(struct mg_nvidia *nv)
{
    if (!nv->rmi.os)
        return;
    mg_rmi_view_finish(&nv->rmi, nv->subdevice, nv->usermode, &nv->usermode_view);
    mg_rmi_free(&nv->rmi, nv->subdevice, nv->usermode);
    mg_rmi_free(&nv->rmi, nv->device, nv->subdevice);
    mg_rmi_free(&nv->rmi, nv->rmi.client, nv->device);
    if (nv->gpu_fd >= 0)
        nv->options.os->close(nv->options.os->ctx, nv->gpu_fd);
    mg_rmi_finish(&nv->rmi);
    free(nv->classes);
    nv->classes = NULL;
}
