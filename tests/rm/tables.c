/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rm/ over a scripted resource manager: this file stands in for rpc/. Replies may claim anything;
 * none may make the client read or allocate beyond reason.
 */
#include <check.h>
#include <string.h>

#include <nvhw/irq.h>

#include "libmagma/core/status.h"
#include "libmagma/rm/rm_private.h"

/* ---- The other side -------------------------------------------------------------------------- */

#define OBJECTS 64

static struct script {
    unsigned calls, fail_at; /* fail the n-th call */
    uint32_t live[OBJECTS], live_count;
    struct nvhw_ctrl_device_info_table devices;
    struct nvhw_ctrl_intr_kernel_table vectors;
    struct nvhw_r570_ctrl_ctx_buffers_info buffers;
    struct nvhw_r570_channel_alloc_params channel;
    struct nvhw_ctrl_promote_ctx promote;
    uint32_t gpc_mask;
    bool endless;
} s;

static enum magma_code next(struct magma_error *err)
{
    if (++s.calls == s.fail_at)
        return mg_fail(err, MAGMA_FIRMWARE_REFUSED, "scripted refusal");
    return MAGMA_OK;
}

enum magma_code mg_rpc_alloc(struct mg_rpc *rpc, uint32_t client, uint32_t parent, uint32_t object,
                             uint32_t class_id, void *params, uint32_t size_bytes,
                             struct magma_error *err)
{
    enum magma_code code = next(err);

    (void)rpc;
    (void)client;
    (void)parent;
    if (code != MAGMA_OK)
        return code;
    for (uint32_t i = 0; i < s.live_count; i++)
        ck_assert_uint_ne(s.live[i], object);
    s.live[s.live_count++] = object;
    if (class_id == NV_RM_CLASS_CHANNEL_GA) {
        ck_assert_uint_eq(size_bytes, sizeof s.channel);
        memcpy(&s.channel, params, size_bytes);
    }
    return MAGMA_OK;
}

enum magma_code mg_rpc_free(struct mg_rpc *rpc, uint32_t client, uint32_t parent, uint32_t object,
                            struct magma_error *err)
{
    (void)rpc;
    (void)client;
    (void)parent;
    (void)err;
    for (uint32_t i = 0; i < s.live_count; i++)
        if (s.live[i] == object) {
            s.live[i] = s.live[--s.live_count];
            return MAGMA_OK;
        }
    ck_abort_msg("0x%x is freed, but was not there", object);
}

static void answer(void *params, uint32_t size_bytes, const void *with, size_t with_bytes)
{
    ck_assert_uint_eq(size_bytes, with_bytes);
    memcpy(params, with, with_bytes);
}

enum magma_code mg_rpc_control(struct mg_rpc *rpc, uint32_t client, uint32_t object, uint32_t cmd,
                               void *params, uint32_t size_bytes, struct magma_error *err)
{
    enum magma_code code = next(err);

    (void)rpc;
    (void)client;
    (void)object;
    if (code != MAGMA_OK)
        return code;
    switch (cmd) {
    case NV2080_CTRL_CMD_FIFO_GET_DEVICE_INFO_TABLE:
        answer(params, size_bytes, &s.devices, sizeof s.devices);
        if (!s.endless)
            s.devices.more = 0;
        break;
    case NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE:
        answer(params, size_bytes, &s.vectors, sizeof s.vectors);
        break;
    case NV2080_CTRL_CMD_INTERNAL_STATIC_KGR_GET_CONTEXT_BUFFERS_INFO:
        answer(params, size_bytes, &s.buffers, sizeof s.buffers);
        break;
    case NV2080_CTRL_CMD_GPU_GET_FERMI_GPC_INFO:
        ((struct nvhw_ctrl_gpc_info *)params)->gpc_mask = s.gpc_mask;
        break;
    case NV2080_CTRL_CMD_GPU_GET_FERMI_TPC_INFO:
        ((struct nvhw_ctrl_tpc_info *)params)->tpc_mask = 0x15;
        break;
    case NV2080_CTRL_CMD_GPU_PROMOTE_CTX:
        ck_assert_uint_eq(size_bytes, sizeof s.promote);
        memcpy(&s.promote, params, size_bytes);
        break;
    default:
        break;
    }
    return MAGMA_OK;
}

/* ---- Helpers --------------------------------------------------------------------------------- */

static void add_device(uint32_t rm_type, uint32_t runlist, uint32_t host_driven)
{
    struct nvhw_device_info_entry *e = &s.devices.entry[s.devices.num_entries++];

    e->engine_data[NV_DEVICE_INFO_RM_ENGINE_TYPE] = rm_type;
    e->engine_data[NV_DEVICE_INFO_RUNLIST] = runlist;
    e->engine_data[NV_DEVICE_INFO_IS_HOST_DRIVEN] = host_driven;
}

static void add_vector(uint16_t index, uint32_t stall, uint32_t non_stall)
{
    s.vectors.table[s.vectors.table_len++] = (struct nvhw_intr_table_entry){
        .engine_idx = index, .vector_stall = stall, .vector_non_stall = non_stall};
}

static void setup(void)
{
    memset(&s, 0, sizeof s);
    s.gpc_mask = 0x80000003;
    add_device(NV_RM_ENGINE_TYPE_GR0, 0, 1);
    add_device(NV_RM_ENGINE_TYPE_COPY0, 3, 1);
    add_device(NV_RM_ENGINE_TYPE_COPY0 + 2, 0, 1);
    add_device(NV_RM_ENGINE_TYPE_NVDEC0, 5, 1);
    add_device(NV_RM_ENGINE_TYPE_COPY0 + 4, 6, 0);
    add_vector(NV_R570_MC_ENGINE_IDX_GSP, 155, NV_INTR_VECTOR_NONE);
    add_vector(NV_R570_MC_ENGINE_IDX_GR0, 192, 1);
    add_vector(NV_R570_MC_ENGINE_IDX_CE0, 193, 7);
    add_vector(0xffff, 0, 0);
}

static enum magma_code create(struct mg_rm **rm, struct magma_error *err)
{
    static const struct mg_gsp_info info = {.internal_client = 0xc2000000,
                                            .internal_subdevice = 0xabcd2080};

    return mg_rm_create(NULL, &info, &mg_gen_ga102, rm, err);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

START_TEST(the_tables_say_what_there_is)
{
    const struct mg_rm_engine *e;
    struct mg_rm *rm;
    uint32_t count;

    ck_assert_int_eq(create(&rm, NULL), MAGMA_OK);
    mg_rm_engines(rm, &count);
    ck_assert_uint_eq(count, 3);
    ck_assert_uint_eq(mg_rm_graphics(rm)->nonstall_vector, 1);
    e = mg_rm_copy(rm, true);
    ck_assert_uint_eq(e->type, NV2080_ENGINE_TYPE_COPY2);
    ck_assert_uint_eq(e->nonstall_vector, NV_INTR_VECTOR_NONE);
    e = mg_rm_copy(rm, false);
    ck_assert_uint_eq(e->type, NV2080_ENGINE_TYPE_COPY0);
    ck_assert_uint_eq(e->runlist, 3);
    ck_assert_uint_eq(e->nonstall_vector, 7);
    ck_assert_uint_eq(mg_rm_gsp_vector(rm), 155);
    ck_assert_uint_eq(mg_rm_tpc_count(rm), 9);
    mg_rm_destroy(rm);
    ck_assert_uint_eq(s.live_count, 0);
}
END_TEST

START_TEST(every_refusal_while_creating_is_undone)
{
    struct mg_rm *rm;
    unsigned total;

    ck_assert_int_eq(create(&rm, NULL), MAGMA_OK);
    total = s.calls;
    mg_rm_destroy(rm);
    for (unsigned n = 1; n <= total; n++) {
        struct magma_error err = {0};

        setup();
        s.fail_at = n;
        ck_assert_int_eq(create(&rm, &err), MAGMA_FIRMWARE_REFUSED);
        ck_assert_ptr_null(rm);
        ck_assert_str_eq(err.text, "scripted refusal");
        ck_assert_uint_eq(s.live_count, 0);
    }
}
END_TEST

START_TEST(impossible_tables_are_refused)
{
    struct magma_error err = {0};
    struct mg_rm *rm;

    s.devices.num_entries = NV_DEVICE_INFO_ENTRY_COUNT_MAX + 1;
    ck_assert_int_eq(create(&rm, &err), MAGMA_PROTOCOL);
    setup();
    s.devices.num_entries = 0;
    ck_assert_int_eq(create(&rm, &err), MAGMA_PROTOCOL);
    setup();
    s.vectors.table_len = NV_INTR_TABLE_COUNT_MAX + 1;
    ck_assert_int_eq(create(&rm, &err), MAGMA_PROTOCOL);
    setup();
    s.devices.more = 1;
    s.endless = true; /* says "more" for ever, always with the same */
    ck_assert_int_eq(create(&rm, &err), MAGMA_OK);
    mg_rm_destroy(rm);
}
END_TEST

static struct mg_rm_channel_desc channel_desc(struct mg_rm *rm)
{
    return (struct mg_rm_channel_desc){
        .engine = mg_rm_graphics(rm),
        .vaspace = 0x90f1,
        .ring = {0x1000000000},
        .ring_entries = 512,
        .instance = {MG_APERTURE_VRAM, 0x123000, 0x1000},
        .userd = {MG_APERTURE_SYSTEM, 0x456000, 0x1000},
        .method_buffer = {MG_APERTURE_SYSTEM, 0x789000, 0x5000},
    };
}

START_TEST(a_channel_says_its_id_and_memory_as_rm_wants_it)
{
    struct mg_rm_channel_desc desc;
    struct mg_rm_channel channels[12];
    struct mg_rm *rm;

    ck_assert_int_eq(create(&rm, NULL), MAGMA_OK);
    desc = channel_desc(rm);
    for (uint32_t i = 0; i < 12; i++)
        ck_assert_int_eq(mg_rm_channel_create(rm, &desc, &channels[i], NULL), MAGMA_OK);
    ck_assert_uint_eq(channels[0].chid, 1); /* 0 is the firmware's */
    ck_assert_uint_eq(channels[11].chid, 12);
    /* chid 12: index 4 of page 1, page fixed. */
    ck_assert_uint_eq(s.channel.flags, 4u << 8 | 1u << 12 | 1u << 21);
    ck_assert_uint_eq(s.channel.internal_flags, 0x14);
    ck_assert_uint_eq(channels[11].token, 12);
    ck_assert_uint_eq(s.channel.instance_mem.address_space, 2);
    ck_assert_uint_eq(s.channel.instance_mem.base, 0x123000);
    ck_assert_uint_eq(s.channel.userd_mem.address_space, 1);
    ck_assert_uint_eq(s.channel.userd_mem.size, 0x200);
    ck_assert_uint_eq(s.channel.ramfc_mem.base, 0x123000);
    ck_assert_uint_eq(s.channel.mthdbuf_mem.size, 0x5000);
    mg_rm_channel_destroy(rm, &channels[3]);
    ck_assert_int_eq(mg_rm_channel_create(rm, &desc, &channels[3], NULL), MAGMA_OK);
    ck_assert_uint_eq(channels[3].chid, 4);
    /* A refused one gives its id back. */
    s.fail_at = s.calls + 1;
    ck_assert_int_eq(mg_rm_channel_create(rm, &desc, &(struct mg_rm_channel){0}, NULL),
                     MAGMA_FIRMWARE_REFUSED);
    struct mg_rm_channel again;
    ck_assert_int_eq(mg_rm_channel_create(rm, &desc, &again, NULL), MAGMA_OK);
    ck_assert_uint_eq(again.chid, 13);
    mg_rm_channel_destroy(rm, &again);
    for (uint32_t i = 0; i < 12; i++)
        mg_rm_channel_destroy(rm, &channels[i]);
    mg_rm_destroy(rm);
    ck_assert_uint_eq(s.live_count, 0);
}
END_TEST

START_TEST(a_runlist_that_no_doorbell_can_name_is_refused)
{
    struct mg_rm_channel_desc desc;
    struct mg_rm_channel channel;
    struct mg_rm *rm;

    s.devices.entry[0].engine_data[NV_DEVICE_INFO_RUNLIST] = 128;
    ck_assert_int_eq(create(&rm, NULL), MAGMA_OK);
    desc = channel_desc(rm);
    ck_assert_int_eq(mg_rm_channel_create(rm, &desc, &channel, NULL), MAGMA_PROTOCOL);
    mg_rm_destroy(rm);
}
END_TEST

static void set_buffer(unsigned index, uint32_t size, uint32_t align)
{
    s.buffers.engine[0].buffer[index] = (struct nvhw_ctx_buffer_info){size, align};
}

START_TEST(context_buffers_follow_the_sizes_rm_gives)
{
    struct mg_gr_buffers buffers;
    struct mg_rm *rm;

    for (unsigned i = 0; i < NV_R570_CTX_BUFFER_COUNT; i++)
        set_buffer(i, NV_RM_CTX_BUFFER_ABSENT, 0);
    set_buffer(NV_CTX_BUFFER_GRAPHICS, 0x123456, 0x1000);
    set_buffer(NV_CTX_BUFFER_PATCH, 0x3001, 0x100);
    set_buffer(NV_CTX_BUFFER_ATTRIBUTE_CB, 0x300000, 0x20000);
    ck_assert_int_eq(create(&rm, NULL), MAGMA_OK);
    ck_assert_int_eq(mg_rm_gr_buffers(rm, &buffers, NULL), MAGMA_OK);
    ck_assert_uint_eq(buffers.count, 3);
    ck_assert_uint_eq(buffers.buffer[0].id, NV_PROMOTE_ID_MAIN);
    ck_assert_uint_eq(buffers.buffer[0].size_bytes, 0x124000 + 0x40000);
    ck_assert_uint_eq(buffers.buffer[1].size_bytes, 0x4000);
    ck_assert_uint_eq(buffers.buffer[2].align_bytes, 0x400000);
    ck_assert(buffers.buffer[2].global && !buffers.buffer[2].initialize);
    mg_rm_destroy(rm);
}
END_TEST

START_TEST(context_buffers_beyond_reason_are_refused)
{
    static const uint32_t bad[][2] = {{0xfffffff0, 0x1000}, {0x1000, 3}, {0x7fffffff, 0}};
    struct mg_gr_buffers buffers;
    struct mg_rm *rm;

    ck_assert_int_eq(create(&rm, NULL), MAGMA_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        set_buffer(NV_CTX_BUFFER_PATCH, bad[i][0], bad[i][1]);
        ck_assert_int_eq(mg_rm_gr_buffers(rm, &buffers, NULL), MAGMA_PROTOCOL);
    }
    mg_rm_destroy(rm);
}
END_TEST

START_TEST(promotion_tells_places_in_order)
{
    const struct mg_gr_place places[] = {{NV_PROMOTE_ID_MAIN, 0x100000, 0x200000000, 0x1000, true},
                                         {NV_PROMOTE_ID_PATCH, 0x200000, 0, 0x2000, true}};
    struct mg_rm_channel channel = {.handle = 0xf1, .chid = 9};
    struct mg_rm *rm;

    ck_assert_int_eq(create(&rm, NULL), MAGMA_OK);
    channel.engine = mg_rm_graphics(rm);
    ck_assert_int_eq(mg_rm_promote(rm, &channel, places, 2, NULL), MAGMA_OK);
    ck_assert_uint_eq(s.promote.entry_count, 2);
    ck_assert_uint_eq(s.promote.ch_id, 9);
    ck_assert_uint_eq(s.promote.h_object, 0xf1);
    ck_assert_uint_eq(s.promote.entry[0].gpu_virt_addr, 0x200000000);
    ck_assert_uint_eq(s.promote.entry[0].nonmapped, 0);
    ck_assert_uint_eq(s.promote.entry[0].phys_attr, 4);
    ck_assert_uint_eq(s.promote.entry[1].nonmapped, 1);
    ck_assert_uint_eq(s.promote.entry[1].initialize, 1);
    ck_assert_int_eq(mg_rm_promote(rm, &channel, places, 17, NULL), MAGMA_INTERNAL);
    mg_rm_destroy(rm);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rm");
    TCase *c = tcase_create("rm");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, the_tables_say_what_there_is);
    tcase_add_test(c, every_refusal_while_creating_is_undone);
    tcase_add_test(c, impossible_tables_are_refused);
    tcase_add_test(c, a_channel_says_its_id_and_memory_as_rm_wants_it);
    tcase_add_test(c, a_runlist_that_no_doorbell_can_name_is_refused);
    tcase_add_test(c, context_buffers_follow_the_sizes_rm_gives);
    tcase_add_test(c, context_buffers_beyond_reason_are_refused);
    tcase_add_test(c, promotion_tells_places_in_order);
    suite_add_tcase(suite, c);
    r = srunner_create(suite);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
