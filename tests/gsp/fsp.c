/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The packets to FSP and the wait for the FMC, against a scripted FSP behind BAR0: its EMEM with
 * auto increment, its queues, and the GSP's registers as they look while it is locked.
 */
#include <check.h>
#include <mvfio.h>
#include <stdlib.h>

#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <nvhw/wpr.h>

#include "libmagma/gsp/priv.h"

enum { BAR0_BYTES = 16 << 20, EMEM_WORDS = 256, COT_BYTES = 0x364 };

static struct {
    uint32_t emem[EMEM_WORDS], at;
    bool write_step, read_step;
    uint32_t head, tail, msg_head, msg_tail;
    unsigned packets;
    uint32_t packet[EMEM_WORDS], packet_bytes;
    /* The answer. */
    bool mute;
    uint32_t answer[8], answer_words, answer_tail;
    bool odd_tail;
    /* The GSP. */
    uint64_t unlock_ns, visible_ns;
    uint32_t mailbox0, mailbox1, os;
    bool gone;
} fsp;

static uint64_t now;
static struct magma_error err;

static void answer(void)
{
    if (fsp.mute)
        return;
    memcpy(fsp.emem, fsp.answer, sizeof fsp.answer);
    fsp.msg_head = 0;
    fsp.msg_tail = fsp.odd_tail ? fsp.answer_tail : (fsp.answer_words - 1) * 4;
}

static uint32_t read_register(uint64_t offset)
{
    bool locked = offset >= NV_FALCON_GSP_BASE && offset < NV_FALCON_GSP_BASE + 0x1000;

    if (fsp.gone)
        return UINT32_MAX;
    if (locked && now < fsp.visible_ns)
        return NV_PRI_GSP_LOCKED | 0x20;
    switch (offset) {
    case NV_PMC_BOOT_0:
        return 0x180000a1;
    case NV_PFSP_QUEUE_HEAD(0):
        return fsp.head;
    case NV_PFSP_QUEUE_TAIL(0):
        return fsp.tail;
    case NV_PFSP_MSGQ_HEAD(0):
        return fsp.msg_head;
    case NV_PFSP_MSGQ_TAIL(0):
        return fsp.msg_tail;
    case NV_PFSP_EMEMD(0): {
        uint32_t word = fsp.emem[fsp.at % EMEM_WORDS];

        fsp.at += fsp.read_step;
        return word;
    }
    case NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_HWCFG2:
        return 1u << NV_PFALCON_FALCON_HWCFG2_RISCV__LO |
               (uint32_t)(now < fsp.unlock_ns)
                   << NV_PFALCON_FALCON_HWCFG2_RISCV_BR_PRIV_LOCKDOWN__LO;
    case NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_MAILBOX0:
        return fsp.mailbox0;
    case NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_MAILBOX1:
        return fsp.mailbox1;
    default:
        return 0;
    }
}

static void write_register(uint64_t offset, uint32_t value)
{
    switch (offset) {
    case NV_PFSP_EMEMC(0):
        fsp.at = NVHW_GET(NV_PFSP_EMEMC, OFFS, value) + NVHW_GET(NV_PFSP_EMEMC, BLK, value) * 64;
        fsp.write_step = NVHW_GET(NV_PFSP_EMEMC, AINCW, value);
        fsp.read_step = NVHW_GET(NV_PFSP_EMEMC, AINCR, value);
        break;
    case NV_PFSP_EMEMD(0):
        fsp.emem[fsp.at % EMEM_WORDS] = value;
        fsp.at += fsp.write_step;
        break;
    case NV_PFSP_QUEUE_TAIL(0):
        fsp.tail = value;
        break;
    case NV_PFSP_QUEUE_HEAD(0):
        fsp.packet_bytes = fsp.tail - value + 4;
        memcpy(fsp.packet, fsp.emem, sizeof fsp.packet);
        fsp.packets++;
        fsp.head = fsp.tail; /* taken */
        answer();
        break;
    case NV_PFSP_MSGQ_TAIL(0):
        fsp.msg_tail = value;
        break;
    case NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_OS:
        fsp.os = value;
        break;
    default:
        break;
    }
}

/* ---- The device around it ---- */

static enum magma_code op_info(void *impl, struct mvfio_device_info *out, struct magma_error *e)
{
    (void)impl;
    (void)e;
    *out = (struct mvfio_device_info){.region_count = MVFIO_REGION_CONFIG + 1};
    return MAGMA_OK;
}

static enum magma_code op_region_info(void *impl, uint32_t region, struct mvfio_region_info *out,
                                      struct magma_error *e)
{
    (void)impl;
    (void)e;
    memset(out, 0, sizeof *out);
    out->size_bytes = region == 0 ? BAR0_BYTES : region == MVFIO_REGION_CONFIG ? 4096 : 0;
    out->flags = MVFIO_REGION_FLAG_READ | MVFIO_REGION_FLAG_WRITE;
    return MAGMA_OK;
}

static enum magma_code op_read(void *impl, uint32_t region, uint64_t offset, void *data,
                               size_t size_bytes, struct magma_error *e)
{
    uint32_t value = region == 0 ? read_register(offset) : 0;

    (void)impl;
    (void)e;
    memset(data, 0, size_bytes);
    memcpy(data, &value, size_bytes < 4 ? size_bytes : 4);
    return MAGMA_OK;
}

static enum magma_code op_write(void *impl, uint32_t region, uint64_t offset, const void *data,
                                size_t size_bytes, struct magma_error *e)
{
    uint32_t value = 0;

    (void)impl;
    (void)e;
    memcpy(&value, data, size_bytes < 4 ? size_bytes : 4);
    if (region == 0)
        write_register(offset, value);
    return MAGMA_OK;
}

static enum magma_code op_irq_info(void *impl, uint32_t irq, struct mvfio_irq_info *out,
                                   struct magma_error *e)
{
    (void)impl;
    (void)irq;
    (void)e;
    memset(out, 0, sizeof *out);
    return MAGMA_OK;
}

static enum magma_code op_irq_set(void *impl, uint32_t irq, uint32_t first, const int *fds,
                                  uint32_t count, struct magma_error *e)
{
    (void)impl;
    (void)irq;
    (void)first;
    (void)fds;
    (void)count;
    (void)e;
    return MAGMA_OK;
}

static enum magma_code op_dma_map(void *impl, uint64_t iova, void *cpu, uint64_t size_bytes, int fd,
                                  uint64_t fd_offset, uint32_t flags, struct magma_error *e)
{
    (void)impl;
    (void)iova;
    (void)cpu;
    (void)size_bytes;
    (void)fd;
    (void)fd_offset;
    (void)flags;
    (void)e;
    return MAGMA_OK;
}

static enum magma_code op_dma_unmap(void *impl, uint64_t iova, uint64_t size_bytes,
                                    struct magma_error *e)
{
    (void)impl;
    (void)iova;
    (void)size_bytes;
    (void)e;
    return MAGMA_OK;
}

static const struct mvfio_ops ops = {.kind = "scripted FSP",
                                     .info = op_info,
                                     .region_info = op_region_info,
                                     .region_read = op_read,
                                     .region_write = op_write,
                                     .irq_info = op_irq_info,
                                     .irq_set = op_irq_set,
                                     .dma_map = op_dma_map,
                                     .dma_unmap = op_dma_unmap};

static uint64_t clock_now(void *ctx)
{
    (void)ctx;
    return now;
}

static void clock_sleep(void *ctx, uint64_t ns)
{
    (void)ctx;
    now += ns;
}

static const struct mg_clock test_clock = {clock_now, clock_sleep, NULL};

/* ---- A boot that has come as far as FSP ---- */

static struct mvfio_device *device;
static struct mg_hal *hal;
static struct mg_gsp *gsp;
static const uint8_t image[64] = "image", hash[48] = "hash", key[97] = "key", sig[96] = "signature";

static void set_up(void)
{
    struct mg_hal_options options = {.clock = &test_clock};

    memset(&fsp, 0, sizeof fsp);
    now = 0;
    fsp.answer[0] = 0xc0000000;
    fsp.answer[1] = 0x1510de7e;
    fsp.answer[3] = 0x14;
    fsp.answer_words = 5;
    ck_assert_int_eq(mvfio_device_wrap(&ops, NULL, "fsp", NULL, &device, &err), MAGMA_OK);
    ck_assert_msg(mg_hal_create(device, &options, &hal, &err) == MAGMA_OK, "%s", err.text);
    gsp = calloc(1, sizeof *gsp);
    gsp->hal = hal;
    gsp->gen = &mg_gen_gb202;
    mg_falcon_init_gsp(&gsp->falcon, hal, &gsp->gen->boot);
    gsp->fw_fmc = (struct mg_fw_fmc){.image = {image, sizeof image},
                                     .hash = {hash, sizeof hash},
                                     .public_key = {key, sizeof key},
                                     .signature = {sig, sizeof sig}};
    gsp->fw_bootloader.app_version = 0x77;
    gsp->wpr_meta.iova.raw = 0x1122334455000;
    gsp->libos.page.iova.raw = 0x6677889900000;
    ck_assert_msg(mg_gsp_fill_fmc(gsp, &err) == MAGMA_OK, "%s", err.text);
}

static void tear_down(void)
{
    mg_dma_finish(&gsp->fmc_image);
    mg_dma_finish(&gsp->fmc_params);
    free(gsp);
    mg_hal_destroy(hal);
    mvfio_device_close(device);
}

START_TEST(the_packet_describes_the_fmc)
{
    uint8_t bytes[COT_BYTES];
    uint64_t address;
    uint32_t word;

    ck_assert_msg(mg_gsp_send_cot(gsp, &err) == MAGMA_OK, "%s", err.text);
    ck_assert_uint_eq(fsp.packets, 1);
    ck_assert_uint_eq(fsp.packet_bytes, COT_BYTES);
    ck_assert_uint_eq(fsp.tail, 0x360);
    ck_assert_uint_eq(fsp.packet[0], 0xc0000000);
    ck_assert_uint_eq(fsp.packet[1], 0x1410de7e);
    memcpy(bytes, fsp.packet, sizeof bytes);
    memcpy(&word, bytes + 8, 4);
    ck_assert_uint_eq(word, 0x035c0002); /* version 2, size */
    memcpy(&address, bytes + 8 + 4, 8);
    ck_assert_uint_eq(address, gsp->fmc_image.iova.raw);
    memcpy(&address, bytes + 8 + 0x18, 8);
    ck_assert_uint_eq(address, 0x1c00000);
    memcpy(&word, bytes + 8 + 0x20, 4);
    ck_assert_uint_eq(word, 0x100000);
    ck_assert_mem_eq(bytes + 8 + 0x24, hash, sizeof hash);
    ck_assert_mem_eq(bytes + 8 + 0x54, key, sizeof key);
    for (size_t i = sizeof key; i < 384; i++)
        ck_assert_uint_eq(bytes[8 + 0x54 + i], 0);
    ck_assert_mem_eq(bytes + 8 + 0x1d4, sig, sizeof sig);
    memcpy(&address, bytes + 8 + 0x354, 8);
    ck_assert_uint_eq(address, gsp->fmc_params.iova.raw);
    ck_assert_uint_eq(fsp.msg_head, fsp.msg_tail); /* the answer was acknowledged */
}
END_TEST

START_TEST(the_arguments_lead_to_meta_and_libos)
{
    uint8_t *bytes = gsp->fmc_params.cpu;
    uint64_t address;
    uint32_t word;

    memcpy(&word, bytes + 0x08, 4);
    ck_assert_uint_eq(word, 1);
    memcpy(&word, bytes + 0x0c, 4);
    ck_assert_uint_eq(word, 0x100);
    memcpy(&address, bytes + 0x10, 8);
    ck_assert_uint_eq(address, 0x1122334455000);
    ck_assert_uint_eq(bytes[0x24], 1);
    memcpy(&address, bytes + 0x30, 8);
    ck_assert_uint_eq(address, 0x6677889900000);
    ck_assert_mem_eq(gsp->fmc_image.cpu, image, sizeof image);
}
END_TEST

START_TEST(a_refusal_of_fsp_is_told)
{
    fsp.answer[4] = 0x9e;
    ck_assert_int_eq(mg_gsp_send_cot(gsp, &err), MAGMA_FIRMWARE_REFUSED);
    ck_assert_ptr_nonnull(strstr(err.text, "0x9e"));
}
END_TEST

START_TEST(a_malformed_answer_is_refused)
{
    static const struct {
        unsigned word;
        uint32_t value;
    } spoils[] = {{0, 0x80000000}, {0, 0x40000000}, {1, 0x1510de7f},
                  {1, 0x1510df7e}, {1, 0x1410de7e}, {3, 0x15}};
    static const uint32_t tails[] = {4, 12, 0x12, 0x400, 0xfffffffc};

    if (_i < 6) {
        fsp.answer[spoils[_i].word] = spoils[_i].value;
    } else {
        fsp.odd_tail = true;
        fsp.answer_tail = tails[_i - 6];
    }
    ck_assert_int_eq(mg_gsp_send_cot(gsp, &err), MAGMA_PROTOCOL);
}
END_TEST

START_TEST(a_silent_fsp_is_a_timeout)
{
    fsp.mute = true;
    ck_assert_int_eq(mg_gsp_send_cot(gsp, &err), MAGMA_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(err.text, "FSP's answer"));
    fsp.head = fsp.tail + 4; /* and one that does not take the packet before */
    ck_assert_int_eq(mg_gsp_send_cot(gsp, &err), MAGMA_TIMEOUT);
    ck_assert_uint_eq(fsp.packets, 1);
}
END_TEST

START_TEST(a_device_that_leaves_is_gone)
{
    fsp.gone = true;
    ck_assert_int_eq(mg_gsp_send_cot(gsp, &err), MAGMA_DEVICE_GONE);
    ck_assert_int_eq(mg_gsp_wait_lockdown(gsp, &err), MAGMA_DEVICE_GONE);
}
END_TEST

START_TEST(an_oversized_key_is_refused)
{
    gsp->fw_fmc.public_key.size = 385;
    ck_assert_int_eq(mg_gsp_send_cot(gsp, &err), MAGMA_BAD_FIRMWARE);
    ck_assert_uint_eq(fsp.packets, 0);
}
END_TEST

START_TEST(the_gsp_is_awaited_while_it_is_locked)
{
    fsp.visible_ns = 30000000;
    fsp.unlock_ns = 80000000;
    fsp.mailbox0 = (uint32_t)gsp->fmc_params.iova.raw; /* its argument is no error ... */
    fsp.mailbox1 = (uint32_t)(gsp->fmc_params.iova.raw >> 32);
    ck_assert_int_eq(mg_gsp_wait_lockdown(gsp, &err), MAGMA_FIRMWARE_REFUSED);
    ck_assert_uint_ge(now, 80000000); /* ... until it is left there at the end */
    fsp.mailbox0 = 0;
    ck_assert_msg(mg_gsp_wait_lockdown(gsp, &err) == MAGMA_OK, "%s", err.text);
    ck_assert_uint_eq(fsp.os, 0x77);
}
END_TEST

START_TEST(an_error_of_the_fmc_is_told_at_once)
{
    fsp.visible_ns = 1000000;
    fsp.unlock_ns = UINT64_MAX;
    fsp.mailbox0 = 0xdead;
    ck_assert_int_eq(mg_gsp_wait_lockdown(gsp, &err), MAGMA_FIRMWARE_REFUSED);
    ck_assert_ptr_nonnull(strstr(err.text, "0xdead"));
    ck_assert_uint_lt(now, 20000000);
    fsp.mailbox0 = 0;
    ck_assert_int_eq(mg_gsp_wait_lockdown(gsp, &err), MAGMA_TIMEOUT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fsp");
    TCase *tc = tcase_create("fsp");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, the_packet_describes_the_fmc);
    tcase_add_test(tc, the_arguments_lead_to_meta_and_libos);
    tcase_add_test(tc, a_refusal_of_fsp_is_told);
    tcase_add_loop_test(tc, a_malformed_answer_is_refused, 0, 11);
    tcase_add_test(tc, a_silent_fsp_is_a_timeout);
    tcase_add_test(tc, a_device_that_leaves_is_gone);
    tcase_add_test(tc, an_oversized_key_is_refused);
    tcase_add_test(tc, the_gsp_is_awaited_while_it_is_locked);
    tcase_add_test(tc, an_error_of_the_fmc_is_told_at_once);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
