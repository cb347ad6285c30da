/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The resource manager's objects, from the client down to a channel that runs, and each rule of
 * theirs broken once.
 */
#include <check.h>
#include <nvhw/fifo.h>
#include <nvhw/host.h>
#include <nvhw/irq.h>
#include <nvhw/rm.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

enum {
    CLIENT = 0xc1d00001,
    DEVICE = 0xde1d0000,
    SUBDEVICE = 0x5d1d0000,
    VASPACE = 0x90f10000,
    CHANNEL = 0xf1f00003,
    CHID = 3,
};
/* Video memory: tables, then what channels need, then data; all behind one 2 MiB page each. */
#define TABLES       0x100000u
#define INSTANCE     0x200000u
#define USERD        0x210000u
#define METHODS      0x220000u
#define DATA         0x400000u
#define DATA_VA      UINT64_C(0x400000)
#define RING_VA      DATA_VA
#define PUSH_VA      (DATA_VA + 0x1000)
#define SEMAPHORE_VA (DATA_VA + 0x2000)
#define DATA_PAGES   16u /* of 2 MiB */

static struct host h;

static void put64(uint64_t at, uint64_t value)
{
    memcpy(gpum_vram(h.m) + at, &value, sizeof(value));
}

/* Format 2 by hand: root, PD2, PD1, PD0 with 2 MiB pages. */
static void write_tables(void)
{
    uint64_t pd2 = TABLES + 0x1000, pd1 = TABLES + 0x2000, pd0 = TABLES + 0x3000;
    put64(TABLES, pd2 >> 4 | 1 << 1);
    put64(pd2, pd1 >> 4 | 1 << 1);
    put64(pd1, pd0 >> 4 | 1 << 1);
    for (uint64_t i = 0; i < DATA_PAGES; i++)
        put64(pd0 + (DATA_VA / 0x200000 + i) * 16,
              (DATA + i * 0x200000) >> 4 | UINT64_C(6) << 56 | 1);
}

static uint32_t client_tree(void)
{
    struct nvhw_r570_nv0000_alloc_params c = {.h_client = CLIENT, .process_id = UINT32_MAX};
    struct nvhw_nv0080_alloc_params d = {.h_client_share = CLIENT};
    struct nvhw_nv2080_alloc_params s = {0};
    uint32_t status = host_rm_alloc(&h, CLIENT, CLIENT, CLIENT, NV01_ROOT, &c, sizeof(c));
    if (!status)
        status = host_rm_alloc(&h, CLIENT, CLIENT, DEVICE, NV01_DEVICE_0, &d, sizeof(d));
    if (!status)
        status = host_rm_alloc(&h, CLIENT, DEVICE, SUBDEVICE, NV20_SUBDEVICE_0, &s, sizeof(s));
    return status;
}

static uint32_t set_directory(uint64_t address, uint32_t entries, uint32_t flags)
{
    struct nvhw_ctrl_set_page_directory p = {
        .phys_address = address, .num_entries = entries, .flags = flags, .h_vaspace = VASPACE};
    return host_rm_control(&h, CLIENT, DEVICE, NV0080_CTRL_CMD_DMA_SET_PAGE_DIRECTORY, &p,
                           sizeof(p));
}

static uint32_t address_space(uint32_t flags)
{
    struct nvhw_vaspace_alloc_params v = {.flags = flags};
    write_tables();
    return host_rm_alloc(&h, CLIENT, DEVICE, VASPACE, FERMI_VASPACE_A, &v, sizeof(v));
}

static struct nvhw_r570_channel_alloc_params channel_params(uint32_t chid, uint32_t engine)
{
    return (struct nvhw_r570_channel_alloc_params){
        .gpfifo_offset = RING_VA,
        .gpfifo_entries = 64,
        .flags = chid % 8 << 8 | chid / 8 << 12 | 1u << 21,
        .h_vaspace = VASPACE,
        .engine_type = engine,
        .instance_mem = {INSTANCE, 0x1000, 2, 1},
        .userd_mem = {USERD, 0x200, 2, 1},
        .ramfc_mem = {INSTANCE, 0x200, 2, 1},
        .mthdbuf_mem = {METHODS, 0x5000, 2, 1},
        .internal_flags = 0x14,
    };
}

static uint32_t alloc_channel(struct nvhw_r570_channel_alloc_params *p)
{
    return host_rm_alloc(&h, CLIENT, DEVICE, CHANNEL, NV_RM_CLASS_CHANNEL_GA, p, sizeof(*p));
}

static void setup(void)
{
    host_init(&h, "ga102", NULL, 0);
    ck_assert_msg(host_boot(&h), "%s", h.fault);
    ck_assert_uint_eq(client_tree(), NV_RM_STATUS_OK);
    ck_assert_uint_eq(address_space(1u << 3), NV_RM_STATUS_OK);
    ck_assert_uint_eq(set_directory(TABLES, 4, 0), NV_RM_STATUS_OK);
    ck_assert_msg(h.faults == 0, "%s", h.fault);
}

static void teardown(void)
{
    host_finish(&h);
}

static void running_channel(void)
{
    struct nvhw_r570_channel_alloc_params p = channel_params(CHID, NV2080_ENGINE_TYPE_COPY2);
    struct nvhw_ctrl_bind b = {NV2080_ENGINE_TYPE_COPY2};
    struct nvhw_ctrl_gpfifo_schedule s = {1, 0};
    ck_assert_msg(alloc_channel(&p) == 0, "%s", h.fault);
    ck_assert_uint_eq(host_rm_control(&h, CLIENT, CHANNEL, NVA06F_CTRL_CMD_BIND, &b, sizeof(b)), 0);
    ck_assert_uint_eq(
        host_rm_control(&h, CLIENT, CHANNEL, NVA06F_CTRL_CMD_GPFIFO_SCHEDULE, &s, sizeof(s)), 0);
}

/* Releases a semaphore by the channel: five host methods behind one header. */
static void submit_release(uint32_t payload)
{
    uint32_t execute = NVHW_DEF(NVC56F_SEM_EXECUTE, OPERATION, RELEASE);
    uint32_t words[] = {1u << 29 | 5u << 16 | NVC56F_SEM_ADDR_LO >> 2,
                        (uint32_t)SEMAPHORE_VA,
                        0,
                        payload,
                        0,
                        execute};
    memcpy(gpum_vram(h.m) + DATA + 0x1000, words, sizeof(words));
    put64(DATA, PUSH_VA | (uint64_t)(sizeof(words) / 4) << 42);
    uint32_t put = 1;
    memcpy(gpum_vram(h.m) + USERD + offsetof(struct nvhw_userd, gp_put), &put, sizeof(put));
    host_wr(&h, NV_VIRTUAL_FUNCTION_DOORBELL, 1u << 16 | CHID);
    for (int i = 0; i < 100; i++)
        gpum_step(h.m, 256);
}

START_TEST(a_channel_made_from_nothing_runs)
{
    struct nvhw_ctrl_work_submit_token t = {0};
    uint32_t value = 0;
    running_channel();
    ck_assert_uint_eq(host_rm_control(&h, CLIENT, CHANNEL,
                                      NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN, &t, sizeof(t)),
                      0);
    ck_assert_uint_eq(t.token, CHID); /* the host adds the runlist */
    submit_release(0x600d);
    memcpy(&value, gpum_vram(h.m) + DATA + 0x2000, sizeof(value));
    ck_assert_msg(value == 0x600d, "0x%x: %s", value, h.fault);
    ck_assert_msg(h.faults == 0, "%s", h.fault);
}
END_TEST

START_TEST(a_fault_of_a_channel_is_told_by_log_and_recovery_event)
{
    uint32_t xid = 0, address = 0;
    running_channel();
    put64(DATA, (PUSH_VA + 0x40000000) | UINT64_C(6) << 42);
    uint32_t put = 1;
    memcpy(gpum_vram(h.m) + USERD + offsetof(struct nvhw_userd, gp_put), &put, sizeof(put));
    host_wr(&h, NV_VIRTUAL_FUNCTION_DOORBELL, 1u << 16 | CHID);
    while (host_receive(&h)) {
        if (h.rpc.function == NV_RPC_EVENT_OS_ERROR_LOG) {
            struct nvhw_r570_rpc_os_error_log log;
            memcpy(&log, h.payload, sizeof(log));
            xid = log.except_type;
            ck_assert_uint_eq(log.chid, CHID);
        }
        if (h.rpc.function == NV_RPC_EVENT_RC_TRIGGERED) {
            struct nvhw_r570_rpc_rc_triggered rc;
            memcpy(&rc, h.payload, sizeof(rc));
            address = rc.mmu_fault_addr_lo;
            ck_assert_uint_eq(rc.engine_type, NV2080_ENGINE_TYPE_COPY2);
            break;
        }
    }
    ck_assert_uint_eq(xid, 31);
    ck_assert_uint_eq(address & ~0xfffu, (uint32_t)(PUSH_VA + 0x40000000) & ~0xfffu);
}
END_TEST

START_TEST(freeing_the_client_frees_the_channel)
{
    running_channel();
    ck_assert_uint_eq(host_rm_free(&h, CLIENT, CLIENT), 0);
    ck_assert_uint_eq(client_tree(), 0);
    ck_assert_uint_eq(address_space(1u << 3), 0);
    ck_assert_uint_eq(set_directory(TABLES, 4, 0), 0);
    memset(gpum_vram(h.m) + INSTANCE, 0, 0x1000);
    running_channel();
    ck_assert_msg(h.faults == 0, "%s", h.fault);
}
END_TEST

/* ---- Channel parameters that are refused
 * --------------------------------------------------------- */

struct bad_channel {
    const char *says;
    void (*spoil)(struct nvhw_r570_channel_alloc_params *p);
};
#define BAD(name, statement)                                                                       \
    static void name(struct nvhw_r570_channel_alloc_params *p)                                     \
    {                                                                                              \
        statement;                                                                                 \
    }
BAD(no_vaspace, p->h_vaspace = 0)
BAD(other_vaspace, p->h_vaspace = DEVICE)
BAD(engine, p->engine_type = NV2080_ENGINE_TYPE_NVDEC0)
BAD(chid_zero, p->flags = 1u << 21)
BAD(chid_not_fixed, p->flags &= ~(1u << 21))
BAD(index_fixed, p->flags |= 1u << 11)
BAD(instance_small, p->instance_mem.size = 0x800)
BAD(instance_space, p->instance_mem.address_space = 0)
BAD(instance_unaligned, p->instance_mem.base += 0x100)
BAD(instance_in_reserve, p->instance_mem.base = h.meta.gsp_fw_rsvd_start)
BAD(instance_beyond, p->instance_mem.base = UINT64_MAX - 0xfff)
BAD(ramfc_elsewhere, p->ramfc_mem.base += 0x1000)
BAD(userd_unaligned, p->userd_mem.base += 0x10)
BAD(methods_small, p->mthdbuf_mem.size = 0x1000)
BAD(methods_unmapped, p->mthdbuf_mem = ((struct nvhw_memory_desc_params){0x5000, 0x5000, 1, 1}))
BAD(ring_entries, p->gpfifo_entries = 63)
BAD(ring_empty, p->gpfifo_entries = 0)

static const struct bad_channel bad_channels[] = {
    {"no address space", no_vaspace},
    {"no address space", other_vaspace},
    {"engine type", engine},
    {"channel id 0", chid_zero},
    {"channel id", chid_not_fixed},
    {"channel id", index_fixed},
    {"instance block: wrong size", instance_small},
    {"instance block: wrong address space", instance_space},
    {"instance block: wrong alignment", instance_unaligned},
    {"instance block: wrong place", instance_in_reserve},
    {"instance block: wrong place", instance_beyond},
    {"RAMFC does not begin", ramfc_elsewhere},
    {"USERD: wrong alignment", userd_unaligned},
    {"method buffer: wrong size", methods_small},
    {"method buffer: wrong place", methods_unmapped},
    {"channel 3", ring_entries},
    {"channel 3", ring_empty},
};

START_TEST(a_channel_with_one_wrong_parameter_is_refused)
{
    struct nvhw_r570_channel_alloc_params p = channel_params(CHID, NV2080_ENGINE_TYPE_COPY2);
    bad_channels[_i].spoil(&p);
    uint32_t status = alloc_channel(&p);
    ck_assert_uint_ne(status, 0);
    ck_assert_uint_ne(status, UINT32_MAX);
    ck_assert_msg(strstr(h.fault, bad_channels[_i].says) != NULL, "%s", h.fault);
    /* And nothing of it is left. */
    memset(gpum_vram(h.m) + INSTANCE, 0, 0x1000);
    p = channel_params(CHID, NV2080_ENGINE_TYPE_COPY2);
    ck_assert_msg(alloc_channel(&p) == 0, "%s", h.fault);
}
END_TEST

START_TEST(channel_ids_are_unique_and_binding_comes_before_scheduling)
{
    struct nvhw_r570_channel_alloc_params p = channel_params(CHID, NV2080_ENGINE_TYPE_COPY2);
    struct nvhw_ctrl_bind b = {NV2080_ENGINE_TYPE_COPY3};
    struct nvhw_ctrl_gpfifo_schedule s = {1, 0};
    ck_assert_uint_eq(alloc_channel(&p), 0);
    ck_assert_uint_eq(
        host_rm_alloc(&h, CLIENT, DEVICE, CHANNEL + 1u, NV_RM_CLASS_CHANNEL_GA, &p, sizeof(p)),
        NV_RM_STATUS_IN_USE);
    ck_assert_uint_eq(
        host_rm_control(&h, CLIENT, CHANNEL, NVA06F_CTRL_CMD_GPFIFO_SCHEDULE, &s, sizeof(s)),
        NV_RM_STATUS_INVALID_STATE);
    ck_assert_uint_eq(host_rm_control(&h, CLIENT, CHANNEL, NVA06F_CTRL_CMD_BIND, &b, sizeof(b)),
                      NV_RM_STATUS_INVALID_ARGUMENT);
}
END_TEST

START_TEST(objects_know_their_parents_sizes_and_handles)
{
    struct nvhw_nv0080_alloc_params d = {.h_client_share = CLIENT};
    struct nvhw_nv2080_alloc_params s = {0};
    struct nvhw_vaspace_alloc_params v = {0};
    ck_assert_uint_eq(host_rm_alloc(&h, CLIENT, CLIENT, DEVICE, NV01_DEVICE_0, &d, sizeof(d)),
                      NV_RM_STATUS_INSERT_DUPLICATE_NAME);
    ck_assert_uint_eq(host_rm_alloc(&h, CLIENT, CLIENT, 0, NV01_DEVICE_0, &d, sizeof(d)),
                      NV_RM_STATUS_INSERT_DUPLICATE_NAME);
    ck_assert_uint_eq(host_rm_alloc(&h, 0x99, CLIENT, 5, NV01_DEVICE_0, &d, sizeof(d)),
                      NV_RM_STATUS_INVALID_CLIENT);
    ck_assert_uint_eq(host_rm_alloc(&h, CLIENT, 0x99, 5, NV01_DEVICE_0, &d, sizeof(d)),
                      NV_RM_STATUS_INVALID_OBJECT_PARENT);
    ck_assert_uint_eq(host_rm_alloc(&h, CLIENT, CLIENT, 5, NV20_SUBDEVICE_0, &s, sizeof(s)),
                      NV_RM_STATUS_INVALID_OBJECT_PARENT);
    ck_assert_uint_eq(host_rm_alloc(&h, CLIENT, DEVICE, 5, FERMI_VASPACE_A, &v, sizeof(v) - 8),
                      NV_RM_STATUS_INVALID_PARAM_STRUCT);
    ck_assert_uint_eq(host_rm_alloc(&h, CLIENT, DEVICE, 5, 0xbeef, NULL, 0),
                      NV_RM_STATUS_INVALID_CLASS);
    ck_assert_uint_eq(host_rm_alloc(&h, CLIENT, DEVICE, 5, NV_RM_CLASS_CHANNEL_TU, NULL, 0),
                      NV_RM_STATUS_INVALID_CLASS);
    ck_assert_uint_eq(host_rm_free(&h, CLIENT, 0x99), NV_RM_STATUS_OBJECT_NOT_FOUND);
}
END_TEST

START_TEST(page_directories_have_rules)
{
    struct nvhw_vaspace_alloc_params own = {0};
    ck_assert_uint_eq(set_directory(TABLES, 2, 0), NV_RM_STATUS_INVALID_LIMIT);
    ck_assert_uint_eq(set_directory(TABLES + 8, 4, 0), NV_RM_STATUS_INVALID_ADDRESS);
    ck_assert_uint_eq(set_directory(h.meta.gsp_fw_wpr_start, 4, 0), NV_RM_STATUS_INVALID_ADDRESS);
    ck_assert_uint_eq(set_directory(0x5000, 4, 1), NV_RM_STATUS_INVALID_ADDRESS);
    ck_assert_uint_eq(set_directory(h.shared, 4, 1), NV_RM_STATUS_OK); /* system memory */
    ck_assert_uint_eq(host_rm_free(&h, CLIENT, VASPACE), 0);
    ck_assert_uint_eq(set_directory(TABLES, 4, 0), NV_RM_STATUS_INVALID_OBJECT_HANDLE);
    ck_assert_uint_eq(
        host_rm_alloc(&h, CLIENT, DEVICE, VASPACE, FERMI_VASPACE_A, &own, sizeof(own)), 0);
    ck_assert_uint_eq(set_directory(TABLES, 4, 0), NV_RM_STATUS_INVALID_STATE);
}
END_TEST

START_TEST(controls_know_their_object_and_size)
{
    uint8_t bytes[0x1000] = {0};
    ck_assert_uint_eq(host_rm_control(&h, CLIENT, 0x99, NVA06F_CTRL_CMD_BIND, bytes, 4),
                      NV_RM_STATUS_OBJECT_NOT_FOUND);
    ck_assert_uint_eq(host_rm_control(&h, CLIENT, SUBDEVICE, NVA06F_CTRL_CMD_BIND, bytes, 4),
                      NV_RM_STATUS_INVALID_OBJECT);
    ck_assert_uint_eq(host_rm_control(&h, CLIENT, SUBDEVICE,
                                      NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE, bytes, 16),
                      NV_RM_STATUS_INVALID_PARAM_STRUCT);
    ck_assert_uint_eq(host_rm_control(&h, CLIENT, SUBDEVICE, 0x20801234, bytes, 16),
                      NV_RM_STATUS_NOT_SUPPORTED);
}
END_TEST

START_TEST(the_tables_agree_with_each_other)
{
    struct nvhw_ctrl_intr_kernel_table intr = {0};
    struct nvhw_ctrl_device_info_table info = {0};
    unsigned engines = 0, matched = 0;
    ck_assert_uint_eq(host_rm_control(&h, CLIENT, SUBDEVICE,
                                      NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE, &intr,
                                      sizeof(intr)),
                      0);
    ck_assert_uint_eq(intr.table[0].engine_idx, NV_R570_MC_ENGINE_IDX_GSP);
    do {
        ck_assert_uint_eq(host_rm_control(&h, CLIENT, SUBDEVICE,
                                          NV2080_CTRL_CMD_FIFO_GET_DEVICE_INFO_TABLE, &info,
                                          sizeof(info)),
                          0);
        for (uint32_t i = 0; i < info.num_entries; i++, engines++)
            for (uint32_t v = 0; v < intr.table_len; v++)
                matched += intr.table[v].engine_idx == info.entry[i].engine_data[NV_DEVICE_INFO_MC];
        info.base_index += info.num_entries;
    } while (info.more);
    ck_assert_uint_ge(engines, 5);
    ck_assert_uint_eq(matched, engines);
}
END_TEST

START_TEST(a_compute_object_needs_context_buffers)
{
    struct nvhw_r570_channel_alloc_params p = channel_params(CHID, NV2080_ENGINE_TYPE_GR0);
    struct nvhw_copy_alloc_params copy = {1, NV2080_ENGINE_TYPE_COPY2};
    ck_assert_msg(alloc_channel(&p) == 0, "%s", h.fault);
    ck_assert_uint_eq(host_rm_alloc(&h, CLIENT, CHANNEL, 7, NV_RM_CLASS_COMPUTE_GA10X, NULL, 0),
                      NV_RM_STATUS_INVALID_STATE);
    ck_assert_uint_eq(host_rm_alloc(&h, CLIENT, CHANNEL, 7, NV_RM_CLASS_COMPUTE_AD, NULL, 0),
                      NV_RM_STATUS_INVALID_CLASS);
    /* CE2 has another runlist; CE0 shares this one. */
    ck_assert_uint_eq(
        host_rm_alloc(&h, CLIENT, CHANNEL, 7, NV_RM_CLASS_COPY_GA10X, &copy, sizeof(copy)),
        NV_RM_STATUS_INVALID_OBJECT_PARENT);
    copy.engine_type = NV2080_ENGINE_TYPE_COPY0;
    ck_assert_uint_eq(
        host_rm_alloc(&h, CLIENT, CHANNEL, 7, NV_RM_CLASS_COPY_GA10X, &copy, sizeof(copy)), 0);
}
END_TEST

/* Promotes buffers one after the other behind the data; which of them by what. */
static uint32_t promote(const uint32_t *ids, unsigned count, bool physical, bool virtual)
{
    struct nvhw_ctrl_promote_ctx c = {.engine_type = NV2080_ENGINE_TYPE_GR0,
                                      .h_client = CLIENT,
                                      .ch_id = CHID,
                                      .h_chan_client = CLIENT,
                                      .h_object = CHANNEL,
                                      .entry_count = count};
    for (unsigned i = 0; i < count; i++) {
        uint64_t offset = UINT64_C(0x200000) * (ids[i] + 1);
        c.entry[i] = (struct nvhw_promote_entry){
            .gpu_phys_addr = physical ? DATA + offset : 0,
            .gpu_virt_addr = virtual ? DATA_VA + offset : 0,
            .size = physical ? 0x200000 : 0,
            .phys_attr = 4,
            .buffer_id = (uint16_t)ids[i],
            .initialize = physical,
            .nonmapped = !virtual,
        };
    }
    return host_rm_control(&h, CLIENT, SUBDEVICE, NV2080_CTRL_CMD_GPU_PROMOTE_CTX, &c, sizeof(c));
}

START_TEST(context_buffers_are_promoted_and_then_compute_runs)
{
    static const uint32_t initialized[] = {0, 2, 9, 10, 11}, graphics[] = {3, 4, 5, 6};
    static const uint32_t far_away[] = {DATA_PAGES};
    struct nvhw_r570_channel_alloc_params p = channel_params(CHID, NV2080_ENGINE_TYPE_GR0);
    ck_assert_uint_eq(alloc_channel(&p), 0);
    ck_assert_uint_ne(promote(graphics, 4, false, true), UINT32_MAX);
    ck_assert_uint_eq(promote(initialized, 5, false, true), NV_RM_STATUS_INVALID_STATE);
    ck_assert_uint_eq(promote(far_away, 1, true, true), NV_RM_STATUS_INVALID_ARGUMENT);
    ck_assert_uint_eq(promote(initialized, 5, true, false), 0);
    ck_assert_uint_eq(host_rm_alloc(&h, CLIENT, CHANNEL, 7, NV_RM_CLASS_COMPUTE_GA10X, NULL, 0),
                      NV_RM_STATUS_INVALID_STATE);
    ck_assert_uint_eq(promote(initialized, 2, false, true), 0);
    ck_assert_uint_eq(promote(graphics, 4, false, true), 0);
    ck_assert_msg(host_rm_alloc(&h, CLIENT, CHANNEL, 7, NV_RM_CLASS_COMPUTE_GA10X, NULL, 0) == 0,
                  "%s", h.fault);
}
END_TEST

START_TEST(long_messages_go_in_records_both_ways)
{
    static uint8_t bytes[0x18000];
    /* No control is this long: the answer comes back as long, with a status. */
    memset(bytes, 0x5a, sizeof(bytes));
    ck_assert_uint_eq(host_rm_control(&h, CLIENT, SUBDEVICE, 0x20801234, bytes, sizeof(bytes)),
                      NV_RM_STATUS_NOT_SUPPORTED);
    ck_assert_int_eq(bytes[sizeof(bytes) - 1], 0x5a);
    ck_assert_uint_eq(host_rm_control(&h, CLIENT, SUBDEVICE, 0x20801234, bytes, 16),
                      NV_RM_STATUS_NOT_SUPPORTED);
}
END_TEST

START_TEST(the_queues_wrap_many_times)
{
    struct nvhw_ctrl_gpc_info info = {0};
    for (int i = 0; i < 300; i++)
        ck_assert_uint_eq(host_rm_control(&h, CLIENT, SUBDEVICE,
                                          NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO, &info,
                                          sizeof(info)),
                          0);
    ck_assert_uint_eq(info.gpc_mask, 3);
    ck_assert_msg(h.faults == 0, "%s", h.fault);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("objects");
    TCase *t = tcase_create("objects");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_channel_made_from_nothing_runs);
    tcase_add_test(t, a_fault_of_a_channel_is_told_by_log_and_recovery_event);
    tcase_add_test(t, freeing_the_client_frees_the_channel);
    tcase_add_loop_test(t, a_channel_with_one_wrong_parameter_is_refused, 0,
                        (int)(sizeof(bad_channels) / sizeof(*bad_channels)));
    tcase_add_test(t, channel_ids_are_unique_and_binding_comes_before_scheduling);
    tcase_add_test(t, objects_know_their_parents_sizes_and_handles);
    tcase_add_test(t, page_directories_have_rules);
    tcase_add_test(t, controls_know_their_object_and_size);
    tcase_add_test(t, the_tables_agree_with_each_other);
    tcase_add_test(t, a_compute_object_needs_context_buffers);
    tcase_add_test(t, context_buffers_are_promoted_and_then_compute_runs);
    tcase_add_test(t, long_messages_go_in_records_both_ways);
    tcase_add_test(t, the_queues_wrap_many_times);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
