/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Booting GSP-RM on the software GPU, in one process: the whole way and back on every chip that
 * the model has, and what happens when the GPU, its processors or its firmware misbehave.
 */
#include <check.h>
#include <gpumodel/firmware.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/irq.h>
#include <nvhw/rm.h>
#include <nvhw/rpc.h>

#include "libmagma/gen/gen.h"
#include "libmagma/gsp/fwfind.h"
#include "libmagma/gsp/gsp.h"
#include "libmagma/hal/hal.h"
#include "libmagma/rpc/rpc.h"
#include "tests/boot/model_device.h"

static char firmware[] = "/tmp/magma-boot-XXXXXX"; /* the model's own files */
static struct magma_error err;

/* ---- One device with its hal ---- */

static struct model_device dev;
static struct mg_hal *hal;
static const struct mg_gen *gen;
static struct mg_gsp *gsp;
static unsigned steps_seen;
static char last_step[32];
static bool scrubbed;

static void on_step(void *ctx, const struct mg_gsp_step *step)
{
    (void)ctx;
    steps_seen++;
    scrubbed |= strcmp(step->name, "scrubber") == 0;
    snprintf(last_step, sizeof last_step, "%s", step->name);
}

static void plug_in(const struct model_device_options *options)
{
    struct mg_hal_options hal_options = {.clock = &dev.clock};

    ck_assert(model_device_open(&dev, options));
    hal_options.clock = &dev.clock;
    ck_assert_msg(mg_hal_create(dev.device, &hal_options, &hal, &err) == MAGMA_OK, "%s", err.text);
    gen = mg_gen_find(mg_mmio_rd32(hal, NV_PMC_BOOT_42), NULL);
    ck_assert_ptr_nonnull(gen);
}

static void unplug(void)
{
    mg_hal_destroy(hal);
    ck_assert_uint_eq(dev.map_count, 0); /* nothing is left mapped */
    model_device_close(&dev);
}

static enum magma_code boot(void)
{
    struct mg_gsp_options options = {.firmware_path = firmware, .step = on_step};

    steps_seen = 0;
    return mg_gsp_boot(hal, gen, &options, &gsp, &err);
}

#define MUST(call) ck_assert_msg((call) == MAGMA_OK, "%s", err.text)

static bool region_is_up(void)
{
    return NVHW_GET(NV_PFB_PRI_MMU_WPR2_ADDR_HI, VAL,
                    mg_mmio_rd32(hal, NV_PFB_PRI_MMU_WPR2_ADDR_HI)) != 0;
}

static const char *const chips[] = {"ga102", "ad102", "tu102", "gh100", "gb202"};
#define CHIPS (int)(sizeof chips / sizeof chips[0])

/* ---- The way and back ---- */

START_TEST(gsp_boots_and_unloads_without_a_complaint)
{
    plug_in(&(struct model_device_options){.chip = chips[_i], .vram_bytes = UINT64_C(2) << 30});
    MUST(boot());
    ck_assert_uint_ge(steps_seen, 12);
    ck_assert_str_eq(last_step, "static-info");
    ck_assert(region_is_up());
    ck_assert_uint_eq(mg_gsp_info(gsp)->vram_bytes, UINT64_C(2) << 30);
    ck_assert_uint_gt(mg_gsp_info(gsp)->region_count, 0);
    ck_assert_uint_lt(mg_gsp_info(gsp)->vram_reserved.raw, UINT64_C(2) << 30);
    ck_assert_str_eq(mg_gsp_info(gsp)->firmware_version, "570.144");
    MUST(mg_gsp_unload(gsp, &err));
    ck_assert(!region_is_up());
    ck_assert_uint_eq(dev.resets, 0);
    mg_gsp_destroy(gsp);
    ck_assert_uint_eq(gpum_fault_count(dev.model), 0);
    unplug();
}
END_TEST

START_TEST(a_gpu_boots_again_after_an_unload)
{
    plug_in(&(struct model_device_options){.chip = chips[_i]});
    for (int i = 0; i < 3; i++) {
        MUST(boot());
        MUST(mg_gsp_unload(gsp, &err));
        mg_gsp_destroy(gsp);
    }
    ck_assert_uint_eq(dev.resets, 0);
    ck_assert_uint_eq(gpum_fault_count(dev.model), 0);
    unplug();
}
END_TEST

START_TEST(vram_of_any_size_boots)
{
    static const uint64_t mib[] = {1024, 1536, 3072, 8192, 11264, 24576, 49152};

    plug_in(&(struct model_device_options){.vram_bytes = mib[_i] << 20});
    MUST(boot());
    ck_assert_uint_eq(mg_gsp_info(gsp)->vram_bytes, mib[_i] << 20);
    MUST(mg_gsp_unload(gsp, &err));
    mg_gsp_destroy(gsp);
    ck_assert_uint_eq(gpum_fault_count(dev.model), 0);
    unplug();
}
END_TEST

START_TEST(too_little_vram_is_said_before_anything_is_touched)
{
    plug_in(&(struct model_device_options){.vram_bytes = 256u << 20});
    if (boot() == MAGMA_OK) { /* the synthetic image may be small enough */
        MUST(mg_gsp_unload(gsp, &err));
        mg_gsp_destroy(gsp);
    } else {
        ck_assert_int_eq(err.code, MAGMA_NOT_SUPPORTED);
        ck_assert_ptr_nonnull(strstr(err.text, "256 MiB"));
    }
    ck_assert_uint_eq(gpum_fault_count(dev.model), 0);
    unplug();
}
END_TEST

START_TEST(objects_are_allocated_controlled_and_freed)
{
    const uint32_t client = NV_RM_HANDLE_CLIENT, device = NV_RM_HANDLE_DEVICE;
    struct nvhw_r570_nv0000_alloc_params client_params = {.h_client = client,
                                                          .process_id = NV_RM_PROCESS_ID_KERNEL};
    struct nvhw_nv0080_alloc_params device_params = {.h_client_share = client};
    struct nvhw_nv2080_alloc_params subdevice_params = {0};
    struct nvhw_ctrl_fault_method_buffer_size fault = {0};
    uint64_t sent, received;
    struct mg_rpc *rpc;

    plug_in(NULL);
    MUST(boot());
    rpc = mg_gsp_rpc(gsp);
    MUST(mg_rpc_alloc(rpc, client, client, client, NV01_ROOT, &client_params, sizeof client_params,
                      &err));
    MUST(mg_rpc_alloc(rpc, client, client, device, NV01_DEVICE_0, &device_params,
                      sizeof device_params, &err));
    MUST(mg_rpc_alloc(rpc, client, device, NV_RM_HANDLE_SUBDEVICE, NV20_SUBDEVICE_0,
                      &subdevice_params, sizeof subdevice_params, &err));
    MUST(mg_rpc_control(rpc, client, NV_RM_HANDLE_SUBDEVICE,
                        NV2080_CTRL_CMD_CE_GET_FAULT_METHOD_BUFFER_SIZE, &fault, sizeof fault,
                        &err));
    ck_assert_uint_gt(fault.size, 0);
    /* The same handle again, an unknown parent, an unknown control: refused by name. */
    ck_assert_int_eq(mg_rpc_alloc(rpc, client, client, device, NV01_DEVICE_0, &device_params,
                                  sizeof device_params, &err),
                     MAGMA_FIRMWARE_REFUSED);
    ck_assert_ptr_nonnull(strstr(err.text, "DEVICE"));
    ck_assert_int_eq(mg_rpc_alloc(rpc, client, 0x1234, 0x1235, NV20_SUBDEVICE_0, &subdevice_params,
                                  sizeof subdevice_params, &err),
                     MAGMA_FIRMWARE_REFUSED);
    ck_assert_int_ne(mg_rpc_control(rpc, client, NV_RM_HANDLE_SUBDEVICE, 0x2080ffff, NULL, 0, &err),
                     MAGMA_OK);
    ck_assert(!mg_rpc_dead(rpc, NULL));
    MUST(mg_rpc_free(rpc, client, 0, device, &err));
    mg_rpc_stats(rpc, &sent, &received);
    ck_assert_uint_ge(sent, 10);
    ck_assert_uint_ge(received, 8);
    MUST(mg_gsp_unload(gsp, &err));
    mg_gsp_destroy(gsp);
    unplug();
}
END_TEST

START_TEST(messages_raise_the_interrupt_and_are_served)
{
    static struct nvhw_ctrl_intr_kernel_table table;
    uint32_t vector = NV_INTR_VECTOR_NONE, handled = 0, status;
    const struct mg_gsp_info *info;
    uint64_t served, empty;
    struct mg_irq *irq;

    plug_in(&(struct model_device_options){.chip = chips[_i]});
    MUST(boot());
    info = mg_gsp_info(gsp);
    MUST(mg_rpc_control(mg_gsp_rpc(gsp), info->internal_client, info->internal_subdevice,
                        NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE, &table, sizeof table,
                        &err));
    ck_assert_uint_le(table.table_len, NV_INTR_TABLE_COUNT_MAX);
    for (uint32_t i = 0; i < table.table_len; i++)
        if (table.table[i].engine_idx == NV_R570_MC_ENGINE_IDX_GSP)
            vector = table.table[i].vector_stall;
    ck_assert_uint_ne(vector, NV_INTR_VECTOR_NONE);
    MUST(mg_irq_create(hal, &(struct mg_irq_options){.leaf_count = gen->irq_leaf_count}, &irq,
                       &err));
    MUST(mg_gsp_attach_irq(gsp, irq, vector, &err));
    for (unsigned round = 1; round <= 3; round++) {
        MUST(mg_rpc_control(mg_gsp_rpc(gsp), info->internal_client, info->internal_subdevice,
                            NV2080_CTRL_CMD_INTERNAL_INTR_GET_KERNEL_TABLE, &table, sizeof table,
                            &err));
        model_device_run(&dev, 100000);
        MUST(mg_irq_service(irq, &handled, &err));
        mg_irq_stats(irq, &served, &empty);
        ck_assert_uint_eq(served, round);
        status = mg_mmio_rd32(hal, NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_IRQSTAT);
        ck_assert_uint_eq(NVHW_GET(NV_PFALCON_FALCON_IRQSTAT, SWGEN0, status), 0);
    }
    mg_gsp_detach_irq(gsp);
    MUST(mg_gsp_unload(gsp, &err));
    mg_irq_destroy(irq);
    mg_gsp_destroy(gsp);
    ck_assert_uint_eq(gpum_fault_count(dev.model), 0);
    unplug();
}
END_TEST

START_TEST(real_firmware_boots_too)
{
    struct mg_gsp_options options = {0};
    enum magma_code code;

    plug_in(&(struct model_device_options){.chip = chips[_i]});
    code = mg_gsp_boot(hal, gen, &options, &gsp, &err);
    if (code == MAGMA_FIRMWARE_MISSING) {
        printf("skipped: %s\n", err.text);
    } else {
        ck_assert_msg(code == MAGMA_OK, "%s", err.text);
        MUST(mg_gsp_unload(gsp, &err));
        mg_gsp_destroy(gsp);
        ck_assert_uint_eq(gpum_fault_count(dev.model), 0);
    }
    unplug();
}
END_TEST

START_TEST(ada_with_a_large_region_is_scrubbed_first)
{
    struct mg_gsp_options options = {.step = on_step};
    enum magma_code code;

    /* GSP-RM's heap grows with VRAM; with the real image its region passes 256 MiB here. */
    plug_in(&(struct model_device_options){.chip = "ad102", .vram_bytes = UINT64_C(768) << 30});
    scrubbed = false;
    code = mg_gsp_boot(hal, gen, &options, &gsp, &err);
    if (code == MAGMA_FIRMWARE_MISSING) {
        printf("skipped: %s\n", err.text);
    } else {
        ck_assert_msg(code == MAGMA_OK, "%s", err.text);
        ck_assert(scrubbed);
        MUST(mg_gsp_unload(gsp, &err));
        mg_gsp_destroy(gsp);
        ck_assert_uint_eq(gpum_fault_count(dev.model), 0);
    }
    unplug();
}
END_TEST

/* ---- A GPU that was left booted ---- */

START_TEST(a_gpu_left_booted_is_reset_and_boots)
{
    struct mg_gsp *lost;

    plug_in(&(struct model_device_options){.chip = chips[_i]});
    MUST(boot());
    /* The process dies: nothing is unloaded, its memory is unmapped. */
    lost = gsp;
    (void)lost;
    ck_assert(region_is_up());
    MUST(boot());
    ck_assert_uint_eq(dev.resets, 1);
    MUST(mg_gsp_unload(gsp, &err));
    mg_gsp_destroy(gsp);
    ck_assert(!region_is_up());
    /* What is left of the first one does no harm: it resets, as it does not know better. */
    mg_gsp_destroy(lost);
    unplug();
}
END_TEST

START_TEST(destroy_without_unload_resets)
{
    plug_in(NULL);
    MUST(boot());
    mg_gsp_destroy(gsp);
    ck_assert_uint_eq(dev.resets, 1);
    ck_assert(!region_is_up());
    unplug();
}
END_TEST

/* ---- Things that go wrong ---- */

START_TEST(missing_firmware_touches_nothing)
{
    struct mg_gsp_options options = {.firmware_path = "/no/such/folder"};
    uint64_t before;

    plug_in(NULL);
    before = dev.accesses;
    ck_assert_int_eq(mg_gsp_boot(hal, gen, &options, &gsp, &err), MAGMA_FIRMWARE_MISSING);
    ck_assert_ptr_null(gsp);
    ck_assert_ptr_nonnull(strstr(err.text, "/no/such/folder"));
    ck_assert_uint_le(dev.accesses - before, 4); /* identity only */
    unplug();
}
END_TEST

START_TEST(a_wrong_family_is_refused)
{
    plug_in(NULL);
    gen = &mg_gen_ad102;
    ck_assert_int_eq(boot(), MAGMA_INVALID_ARGUMENT);
    unplug();
}
END_TEST

START_TEST(a_device_that_leaves_the_bus_at_a_step_is_gone)
{
    static const char *const plans[] = {
        "die at fwsec-frts", "die at booter-load", "die at riscv",    "die at libos",
        "die at sysinfo",    "die at sequencer",   "die at init-done"};

    plug_in(&(struct model_device_options){.plan = plans[_i], .quiet = true});
    ck_assert_msg(boot() == MAGMA_DEVICE_GONE, "%s: %s", plans[_i], err.text);
    ck_assert_ptr_null(gsp);
    unplug();
}
END_TEST

START_TEST(a_device_that_leaves_during_unload_is_gone)
{
    static const char *const plans[] = {"die at unload", "die at fwsec-sb", "die at booter-unload"};

    plug_in(&(struct model_device_options){.plan = plans[_i], .quiet = true});
    MUST(boot());
    ck_assert_msg(mg_gsp_unload(gsp, &err) == MAGMA_DEVICE_GONE, "%s: %s", plans[_i], err.text);
    mg_gsp_destroy(gsp);
    unplug();
}
END_TEST

START_TEST(a_damaged_message_ends_the_conversation)
{
    plug_in(&(struct model_device_options){.plan = _i ? "rpc corrupt 2" : "rpc corrupt 1",
                                           .quiet = true});
    ck_assert_msg(boot() != MAGMA_OK, "a damaged message was accepted");
    ck_assert_msg(err.code == MAGMA_PROTOCOL || err.code == MAGMA_DEVICE_LOST, "%s", err.text);
    ck_assert_ptr_nonnull(strstr(err.text, "checksum"));
    ck_assert_uint_eq(dev.resets, 1); /* what was started is undone */
    ck_assert(!region_is_up());
    unplug();
}
END_TEST

START_TEST(slow_messages_only_cost_time)
{
    plug_in(&(struct model_device_options){.plan = "rpc delay 300 ms"});
    MUST(boot());
    MUST(mg_gsp_unload(gsp, &err));
    mg_gsp_destroy(gsp);
    unplug();
}
END_TEST

START_TEST(a_frozen_gsp_is_a_timeout_and_reset)
{
    plug_in(&(struct model_device_options){.plan = "freeze gsp at 1", .quiet = true});
    ck_assert_msg(boot() == MAGMA_TIMEOUT, "%s", err.text);
    ck_assert(!region_is_up());
    ck_assert_uint_eq(dev.resets, 1);
    unplug();
}
END_TEST

START_TEST(a_halted_gsp_is_told_with_its_log)
{
    struct nvhw_ctrl_fault_method_buffer_size fault = {0};
    char plan[32];

    /* The messages before are system info, registry, static info. */
    snprintf(plan, sizeof plan, "gsp halt at %d", _i);
    plug_in(&(struct model_device_options){.plan = plan, .quiet = true});
    if (boot() == MAGMA_OK) {
        const struct mg_gsp_info *info = mg_gsp_info(gsp);
        enum magma_code code = mg_rpc_control(
            mg_gsp_rpc(gsp), info->internal_client, info->internal_subdevice,
            NV2080_CTRL_CMD_CE_GET_FAULT_METHOD_BUFFER_SIZE, &fault, sizeof fault, &err);
        ck_assert_msg(code == MAGMA_DEVICE_LOST, "%s", err.text);
        ck_assert_ptr_nonnull(strstr(err.text, "halted"));
        /* And again, at once. */
        ck_assert_int_eq(mg_rpc_control(mg_gsp_rpc(gsp), 1, 2, 3, NULL, 0, &err),
                         MAGMA_DEVICE_LOST);
        ck_assert_int_eq(mg_gsp_unload(gsp, &err), MAGMA_DEVICE_LOST);
        ck_assert_ptr_nonnull(strstr(err.text, "reset"));
        mg_gsp_destroy(gsp);
    } else {
        ck_assert_msg(err.code == MAGMA_DEVICE_LOST || err.code == MAGMA_TIMEOUT, "%s", err.text);
    }
    ck_assert(!region_is_up());
    unplug();
}
END_TEST

/*
 * The device leaves the bus at the n-th register access, for every n that there is in a boot and
 * unload (a sample of them inside the ROM, where one read is like the next). Whatever n: no hang,
 * no crash, an error that says so, nothing left mapped.
 */
static void all_ones_from(const char *chip, uint64_t n)
{
    struct mg_hal_options hal_options = {0};
    char plan[64];

    snprintf(plan, sizeof plan, "ones from access %llu", (unsigned long long)n);
    ck_assert(model_device_open(
        &dev, &(struct model_device_options){
                  .chip = chip, .plan = plan, .quiet = true, .vram_bytes = 512u << 20}));
    hal_options.clock = &dev.clock;
    if (mg_hal_create(dev.device, &hal_options, &hal, &err) == MAGMA_OK) {
        if (boot() == MAGMA_OK) {
            enum magma_code code = mg_gsp_unload(gsp, &err);

            ck_assert_msg(code == MAGMA_DEVICE_GONE, "n = %llu: %s", (unsigned long long)n,
                          code == MAGMA_OK ? "unloaded" : err.text);
            mg_gsp_destroy(gsp);
        } else {
            ck_assert_msg(err.code == MAGMA_DEVICE_GONE, "n = %llu: %s %s", (unsigned long long)n,
                          magma_code_name(err.code), err.text);
        }
        mg_hal_destroy(hal);
    } else {
        ck_assert_int_eq(err.code, MAGMA_DEVICE_GONE);
    }
    ck_assert_msg(dev.map_count == 0, "n = %llu", (unsigned long long)n);
    model_device_close(&dev);
}

START_TEST(all_ones_from_any_access_on_is_a_gone_device)
{
    uint64_t total, rom_begin, rom_end;
    /* Turing loads its programs word by word: many accesses, all alike. */
    unsigned stride = getenv("MAGMA_TEST_ALL") ? 1 : strcmp(chips[_i], "tu102") == 0 ? 211 : 11;

    plug_in(&(struct model_device_options){.chip = chips[_i], .vram_bytes = 512u << 20});
    MUST(boot());
    MUST(mg_gsp_unload(gsp, &err));
    mg_gsp_destroy(gsp);
    total = dev.accesses;
    rom_begin = dev.rom_begin_access + 16;
    rom_end = dev.rom_end_access;
    unplug();
    for (uint64_t n = 1; n < total; n += stride) {
        if (rom_end && n > rom_begin && n + stride < rom_end) {
            n = rom_end - stride;
            continue;
        }
        all_ones_from(chips[_i], n);
    }
}
END_TEST

static void make_firmware(void)
{
    char text[256];

    if (!mkdtemp(firmware) || !gpum_firmware_write(firmware, text, sizeof text)) {
        fprintf(stderr, "firmware for the model: %s\n", text);
        exit(1);
    }
}

static void remove_firmware(void)
{
    char command[64];

    snprintf(command, sizeof command, "rm -rf %s", firmware);
    if (system(command) != 0)
        fprintf(stderr, "%s is left\n", firmware);
}

int main(void)
{
    Suite *suite = suite_create("boot");
    TCase *tc = tcase_create("boot"), *ones = tcase_create("all ones");
    SRunner *runner;
    int failed;

    make_firmware();
    tcase_set_timeout(tc, 60);
    tcase_set_timeout(ones, 240);
    tcase_add_loop_test(tc, gsp_boots_and_unloads_without_a_complaint, 0, CHIPS);
    tcase_add_loop_test(tc, a_gpu_boots_again_after_an_unload, 0, CHIPS);
    tcase_add_loop_test(tc, vram_of_any_size_boots, 0, 7);
    tcase_add_test(tc, too_little_vram_is_said_before_anything_is_touched);
    tcase_add_test(tc, objects_are_allocated_controlled_and_freed);
    tcase_add_loop_test(tc, messages_raise_the_interrupt_and_are_served, 0, CHIPS);
    tcase_add_loop_test(tc, real_firmware_boots_too, 0, CHIPS);
    tcase_add_test(tc, ada_with_a_large_region_is_scrubbed_first);
    tcase_add_loop_test(tc, a_gpu_left_booted_is_reset_and_boots, 0, CHIPS);
    tcase_add_test(tc, destroy_without_unload_resets);
    tcase_add_test(tc, missing_firmware_touches_nothing);
    tcase_add_test(tc, a_wrong_family_is_refused);
    tcase_add_loop_test(tc, a_device_that_leaves_the_bus_at_a_step_is_gone, 0, 7);
    tcase_add_loop_test(tc, a_device_that_leaves_during_unload_is_gone, 0, 3);
    tcase_add_loop_test(tc, a_damaged_message_ends_the_conversation, 0, 2);
    tcase_add_test(tc, slow_messages_only_cost_time);
    tcase_add_test(tc, a_frozen_gsp_is_a_timeout_and_reset);
    tcase_add_loop_test(tc, a_halted_gsp_is_told_with_its_log, 1, 5);
    tcase_add_loop_test(ones, all_ones_from_any_access_on_is_a_gone_device, 0, CHIPS);
    suite_add_tcase(suite, tc);
    suite_add_tcase(suite, ones);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    remove_firmware();
    return failed != 0;
}
