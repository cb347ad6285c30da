/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See fake_rm.h. */
#include "tests/winsys/fake_rm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <nvhw/fifo.h>
#include <nvhw/rm.h>
#include <nvhw/rmioctl.h>

#include "libmagma/gen/gen.h"

#define TOKEN   0x00010004u
#define FAKE_SM 13u

static int fake_open(void *ctx, const char *path)
{
    struct fake_rm *rm = ctx;

    if (strcmp(path, "/dev/nvidiactl") != 0 && strcmp(path, "/dev/nvidia0") != 0)
        return -ENOENT;
    rm->fds++;
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void fake_close(void *ctx, int fd)
{
    ((struct fake_rm *)ctx)->fds--;
    close(fd);
}

static void *fake_map(void *ctx, int fd, size_t size_bytes)
{
    struct fake_rm *rm = ctx;
    void *memory = calloc(1, size_bytes);

    (void)fd;
    rm->views++;
    rm->last_system_view = memory;
    return memory;
}

static void fake_unmap(void *ctx, void *address, size_t size_bytes)
{
    (void)size_bytes;
    ((struct fake_rm *)ctx)->views--;
    free(address);
}

static void note(struct fake_rm *rm, uint32_t what)
{
    if (rm->order_count < FAKE_CALLS_MAX)
        rm->order[rm->order_count++] = what;
}

/* Sizes as the kernel driver's headers have them: 535.288.01, 570.211.01, 580.142, 595.45.04. */
static size_t by_branch(const struct fake_rm *rm, size_t r535, size_t r570, size_t r580,
                        size_t r595)
{
    return rm->branch >= 595 ? r595 : rm->branch >= 580 ? r580 : rm->branch >= 570 ? r570 : r535;
}

/* The size that a control has; 0: not one that the tests know. */
static size_t control_size(const struct fake_rm *rm, uint32_t command)
{
    switch (command) {
    case NV0000_CTRL_CMD_GPU_GET_ID_INFO_V2:
        return 0x20;
    case NV0080_CTRL_CMD_GPU_GET_CLASSLIST:
    case NV2080_CTRL_CMD_FB_GET_INFO:
    case NV2080_CTRL_CMD_MC_GET_ARCH_INFO:
        return 0x10;
    case NV2080_CTRL_CMD_GPU_GET_NAME_STRING:
        return by_branch(rm, 0x84, 0x84, 0x84, 0x44);
    case NV2080_CTRL_CMD_GPU_GET_GID_INFO:
        return 0x10c;
    case NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO:
    case NV2080_CTRL_CMD_CE_GET_CAPS_V2:
        return 8;
    case NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO:
    case NVA06F_CTRL_CMD_BIND:
    case NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN:
        return 4;
    case NVA06F_CTRL_CMD_GPFIFO_SCHEDULE:
        return by_branch(rm, 2, 2, 3, 3);
    case NV906F_CTRL_CMD_GET_MMU_FAULT_INFO:
        return 0x68;
    case NV2080_CTRL_CMD_EVENT_SET_NOTIFICATION:
        return 0x14;
    case NV83DE_CTRL_CMD_DEBUG_READ_ALL_SM_ERROR_STATES:
        return 0x12d8;
    case NV83DE_CTRL_CMD_DEBUG_READ_MMU_FAULT_INFO:
        return 0x48;
    default:
        return 0;
    }
}

/* What the kernel copies in and out for a class, whatever size it is told. */
static size_t class_size(const struct fake_rm *rm, uint32_t class_id)
{
    switch (class_id) {
    case NV01_ROOT_CLIENT:
        return by_branch(rm, 0x6c, 0x78, 0x78, 0x78);
    case NV01_DEVICE_0:
        return 0x38;
    case NV01_MEMORY_SYSTEM:
    case NV01_MEMORY_LOCAL_USER:
        return by_branch(rm, 0x78, 0x80, 0x80, 0x80);
    case FERMI_VASPACE_A:
        return by_branch(rm, 0x30, 0x30, 0x38, 0x38);
    case NV01_EVENT_OS_EVENT:
    case NV01_MEMORY_VIRTUAL:
        return 0x18;
    default:
        return class_id == mg_gen_gh100.classes.channel ? by_branch(rm, 0x168, 0x170, 0x170, 0x170)
                                                        : 4;
    }
}

static void list_classes(struct nvhw_rmi_class_list *list)
{
    const struct mg_gen_classes *c = &mg_gen_gh100.classes;
    uint32_t classes[] = {c->usermode, c->channel, c->copy, c->compute, c->graphics};

    if (list->list)
        memcpy((void *)(uintptr_t)list->list, classes, sizeof classes);
    list->count = sizeof classes / sizeof classes[0];
}

/* As an H100 answered: one SM stopped. */
static void sm_errors(const struct fake_rm *rm, struct nvhw_rmi_sm_errors *errors)
{
    uint32_t at = FAKE_SM - errors->starting_sm;

    if (!rm->sm_fails || FAKE_SM < errors->starting_sm || at >= errors->count)
        return;
    errors->sm[at] = (struct nvhw_rmi_sm_error){
        .warp_esr = 0x500000f, .address = 0x4000600102, .warp_pc64 = 0x4000800090};
}

static void answer(const struct fake_rm *rm, uint32_t command, void *params)
{
    struct nvhw_rmi_ce_caps *caps = params;

    switch (command) {
    case NV0080_CTRL_CMD_GPU_GET_CLASSLIST:
        list_classes(params);
        break;
    case NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO:
        ((struct nvhw_ctrl_gpc_info *)params)->gpc_mask = 0x5;
        break;
    case NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO:
        ((struct nvhw_ctrl_tpc_info *)params)->tpc_mask = 0x1f;
        break;
    case NV2080_CTRL_CMD_CE_GET_CAPS_V2: /* the first two stand beside graphics */
        caps->caps[0] = caps->engine_type < NV2080_ENGINE_TYPE_COPY2 ? NV_RMI_CE_CAPS_0_GRCE : 0;
        break;
    case NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN:
        ((struct nvhw_ctrl_work_submit_token *)params)->token = TOKEN;
        break;
    case NV906F_CTRL_CMD_GET_MMU_FAULT_INFO:
        ((struct nvhw_rmi_mmu_fault_info *)params)->address_lo = 0xabc000;
        memcpy(((struct nvhw_rmi_mmu_fault_info *)params)->text, "FAULT_PDE", 10);
        break;
    case NV83DE_CTRL_CMD_DEBUG_READ_ALL_SM_ERROR_STATES:
        sm_errors(rm, params);
        break;
    case NV83DE_CTRL_CMD_DEBUG_READ_MMU_FAULT_INFO:
        ((struct nvhw_rmi_mmu_faults *)params)->fault[0] =
            (struct nvhw_rmi_mmu_fault){.address = 0xabc000, .access = 1};
        ((struct nvhw_rmi_mmu_faults *)params)->count = 1;
        break;
    default:
        break;
    }
}

static void control(struct fake_rm *rm, struct nvhw_rmi_control *block)
{
    size_t size = control_size(rm, block->cmd);

    note(rm, block->cmd);
    if (!size || size != block->params_size) {
        rm->wrong_sizes++;
        block->status = NV_RM_STATUS_INVALID_PARAM_STRUCT;
        return;
    }
    answer(rm, block->cmd, (void *)(uintptr_t)block->params);
}

static void map_dma(struct fake_rm *rm, void *block)
{
    uint64_t moved = rm->moves_mappings ? 0x10000 : 0;

    rm->mappings++;
    if (rm->branch >= 580)
        ((struct nvhw_r580_rmi_map_dma *)block)->dma_offset += moved;
    else
        ((struct nvhw_r535_rmi_map_dma *)block)->dma_offset += moved;
}

/* In and out again; a sanitizer sees a caller whose block is too small. */
static void copy_params(const struct fake_rm *rm, const struct nvhw_rmi_alloc *alloc)
{
    volatile uint8_t *params = (void *)(uintptr_t)alloc->params;

    for (size_t i = 0; params && i < class_size(rm, alloc->h_class); i++) {
        uint8_t byte = params[i];

        params[i] = byte;
    }
}

/* What the number's block must measure. */
static size_t block_size(const struct fake_rm *rm, unsigned number)
{
    switch (number) {
    case NV_ESC_RM_ALLOC:
    case NV_ESC_RM_CONTROL:
    case NV_ESC_RM_UNMAP_MEMORY:
        return 0x20;
    case NV_ESC_RM_FREE:
    case NV_ESC_ALLOC_OS_EVENT:
        return 0x10;
    case NV_ESC_RM_MAP_MEMORY:
        return 0x38;
    case NV_ESC_RM_MAP_MEMORY_DMA:
        return by_branch(rm, 0x38, 0x38, 0x40, 0x40);
    case NV_ESC_RM_UNMAP_MEMORY_DMA:
        return by_branch(rm, 0x28, 0x30, 0x30, 0x30);
    case NV_ESC_CARD_INFO:
        return NV_RMI_CARDS_MAX * 0x48;
    case NV_ESC_REGISTER_FD:
        return 4;
    case NV_ESC_CHECK_VERSION_STR:
        return 0x48;
    default:
        return 0;
    }
}

static void serve(struct fake_rm *rm, unsigned number, void *block)
{
    struct nvhw_rmi_version *version = block;
    struct nvhw_rmi_alloc *alloc = block;

    switch (number) {
    case NV_ESC_RM_ALLOC:
        note(rm, alloc->h_class);
        copy_params(rm, alloc);
        rm->objects++;
        alloc->h_new = ++rm->next_handle;
        break;
    case NV_ESC_RM_FREE:
        rm->objects--;
        break;
    case NV_ESC_RM_CONTROL:
        control(rm, block);
        break;
    case NV_ESC_RM_MAP_MEMORY_DMA:
        map_dma(rm, block);
        break;
    case NV_ESC_RM_UNMAP_MEMORY_DMA:
        rm->mappings--;
        break;
    case NV_ESC_ALLOC_OS_EVENT:
        rm->event_fd = (int)((struct nvhw_rmi_os_event *)block)->fd;
        break;
    case NV_ESC_CARD_INFO:
        *(struct nvhw_rmi_card_info *)block = (struct nvhw_rmi_card_info){
            .valid = 1, .vendor_id = 0x10de, .device_id = 0x2330, .gpu_id = 0x600};
        break;
    case NV_ESC_CHECK_VERSION_STR:
        snprintf((char *)version->text, sizeof version->text, "%u.99.01", rm->branch);
        break;
    default:
        break;
    }
}

static int fake_ioctl(void *ctx, int fd, unsigned long request, void *block)
{
    struct fake_rm *rm = ctx;
    unsigned number = _IOC_NR(request);

    (void)fd;
    rm->ioctls++;
    if (_IOC_SIZE(request) != block_size(rm, number) || _IOC_TYPE(request) != NV_IOCTL_TYPE) {
        rm->wrong_sizes++;
        return -EINVAL;
    }
    if (rm->fail_at && --rm->fail_at == 0 && number != NV_ESC_RM_FREE &&
        number != NV_ESC_RM_UNMAP_MEMORY && number != NV_ESC_RM_UNMAP_MEMORY_DMA) {
        if (!rm->fail_by_status)
            return -EIO;
        if (number == NV_ESC_RM_ALLOC)
            ((struct nvhw_rmi_alloc *)block)->status = NV_RM_STATUS_INSUFFICIENT_RESOURCES;
        if (number == NV_ESC_RM_CONTROL)
            ((struct nvhw_rmi_control *)block)->status = NV_RM_STATUS_NOT_SUPPORTED;
        if (number == NV_ESC_RM_ALLOC || number == NV_ESC_RM_CONTROL)
            return 0;
    }
    serve(rm, number, block);
    return 0;
}

void fake_rm_init(struct fake_rm *rm, unsigned branch)
{
    *rm = (struct fake_rm){.branch = branch, .next_handle = 0x1000};
    rm->os = (struct mg_rmi_os){fake_open, fake_close, fake_ioctl, fake_map, fake_unmap, rm};
}
