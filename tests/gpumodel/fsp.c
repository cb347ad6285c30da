/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hopper and Blackwell: the chain of trust, and each rule of it broken once. */
#include <check.h>
#include <nvhw/boot.h>
#include <nvhw/falcon.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "sha384.h"

static struct host h;
static const char *const chips[] = {"gh100", "gb202"};

START_TEST(the_chain_of_trust_boots_and_unloads)
{
    host_init(&h, chips[_i], NULL, 0);
    ck_assert_msg(host_boot(&h), "%s", h.fault);
    struct nvhw_r570_gsp_static_info info = {0};
    ck_assert(host_call(&h, NV_RPC_FUNCTION_GET_GSP_STATIC_INFO, &info, sizeof(info)));
    memcpy(&info, h.payload, sizeof(info));
    ck_assert_uint_ne(info.fw_wpr_frts_offset, 0);
    ck_assert_uint_eq(info.fb_region_info.region[0].limit + 1, info.fw_wpr_non_wpr_heap_offset);
    ck_assert(host_unload(&h));
    ck_assert_msg(h.faults == 0, "%s", h.fault);
    /* And again: nothing of the first run is left. */
    h.command_write = h.sequence_out = h.status_read = h.sequence_in = 0;
    memset(&h.meta, 0, sizeof(h.meta));
    ck_assert_msg(host_boot(&h), "%s", h.fault);
    ck_assert_uint_eq(
        host_rd(&h, NV_FALCON2_GSP_BASE + NV_PRISCV_RISCV_CPUCTL) & (1u << 4 | 1u << 7), 1u << 7);
    host_finish(&h);
}
END_TEST

START_TEST(fsp_boots_once_until_the_gpu_is_given_back)
{
    host_init(&h, chips[_i], NULL, 0);
    ck_assert(host_boot(&h));
    ck_assert(!host_send_cot(&h));
    ck_assert_uint_ne(h.fsp_error, 0);
    ck_assert_ptr_nonnull(strstr(h.fault, "chain of trust while"));
    host_finish(&h);
}
END_TEST

struct spoil {
    const char *name;
    enum host_point point;
    void (*act)(struct host *host, void *data);
    const char *says;
};
static const struct spoil *current;

static void spoil_now(struct host *host, enum host_point point, void *data)
{
    if (point == current->point)
        current->act(host, data);
}

#define ACT(name, type, statement)                                                                 \
    static void name(struct host *host, void *data)                                                \
    {                                                                                              \
        type *d = data;                                                                            \
        (void)host;                                                                                \
        statement;                                                                                 \
    }
#define PACKET(name, statement)     ACT(name, struct host_packet, statement)
#define PARAMETERS(name, statement) ACT(name, struct nvhw_gsp_fmc_boot_params, statement)
#define META(name, statement)       ACT(name, struct nvhw_wpr_meta, statement)

PACKET(mctp, d->headers[0] = 0x80000000)
PACKET(nvdm, d->headers[1] ^= 0x10)
PACKET(vendor, d->headers[1] ^= 0x100)
PACKET(too_short, d->size_bytes -= 4)
PACKET(pad, d->size_bytes += 4)
PACKET(version, d->cot.version++)
PACKET(size, d->cot.size--)
PACKET(frts_sysmem, d->cot.frts_sysmem_size = 0x1000)
PACKET(frts_place, d->cot.frts_vidmem_offset_lo += 0x100000)
PACKET(hash, d->cot.hash384[47] ^= 1)
PACKET(image, ((uint8_t *)host_at(host, (uint64_t)d->cot.gsp_fmc_sysmem_offset_hi << 32 |
                                            d->cot.gsp_fmc_sysmem_offset_lo))[0x1234] ^= 1)
PACKET(key, d->cot.public_key[0] ^= 1)
PACKET(signature, d->cot.signature[5] ^= 1)
PACKET(place, d->cot.gsp_fmc_sysmem_offset_hi = 0)
PACKET(no_parameters, d->cot.gsp_boot_args_sysmem_offset_hi = 0)
PARAMETERS(target, d->boot_target = 0)
PARAMETERS(descriptor_size, d->gsp_rm_desc_size = 0x80)
PARAMETERS(carve_out, d->wpr_carveout_size = 1)
PARAMETERS(not_rm, d->is_gsp_rm_boot = 0)
PARAMETERS(rm_target, d->rm_target = 0)
PARAMETERS(descriptor, d->gsp_rm_desc_offset = 0x1000)
PARAMETERS(arguments, d->rm_boot_args_offset = 0x1000)
META(meta_magic, d->magic = 0)
META(meta_place, d->frts_offset = 0x1000000)
META(meta_non_wpr, d->non_wpr_heap_size = 0x100000)
META(meta_heap, d->gsp_fw_heap_size = 0x1000000)
META(meta_heap_large, d->gsp_fw_heap_size = 0x20000000)
META(meta_frts, d->frts_size = 0)
META(meta_vga, d->vga_workspace_size = 0x100000)
META(meta_pmu, d->pmu_reserved_size ^= 0x1000)
META(meta_image, d->size_of_radix3_elf -= 0x1000)
META(meta_huge, d->size_of_radix3_elf = UINT64_MAX - 0xfff)

#define SPOIL(act, point, says)                                                                    \
    {                                                                                              \
#act, HOST_##point, act, says                                                              \
    }
static const struct spoil spoils[] = {
    SPOIL(mctp, PACKET, "packet with headers"),
    SPOIL(nvdm, PACKET, "packet with headers"),
    SPOIL(vendor, PACKET, "packet with headers"),
    SPOIL(too_short, PACKET, "chain-of-trust message of"),
    SPOIL(version, PACKET, "wrong version"),
    SPOIL(size, PACKET, "wrong size"),
    SPOIL(frts_sysmem, PACKET, "FRTS in system memory"),
    SPOIL(frts_place, PACKET, "FRTS in video memory"),
    SPOIL(hash, PACKET, "another hash"),
    SPOIL(image, PACKET, "another hash"),
    SPOIL(key, PACKET, "public key does not fit"),
    SPOIL(signature, PACKET, "signature does not fit"),
    SPOIL(place, PACKET, "cannot be read"),
    SPOIL(no_parameters, PACKET, "it is not mapped"),
    SPOIL(target, PARAMETERS, "target of the descriptor"),
    SPOIL(descriptor_size, PARAMETERS, "size of the descriptor"),
    SPOIL(carve_out, PARAMETERS, "carve-out"),
    SPOIL(not_rm, PARAMETERS, "bIsGspRmBoot"),
    SPOIL(rm_target, PARAMETERS, "target of the RM arguments"),
    SPOIL(descriptor, PARAMETERS, "it is not mapped"),
    SPOIL(arguments, PARAMETERS, "no mapped page"),
    SPOIL(meta_magic, META, "magic"),
    SPOIL(meta_place, META, "place that is not 0"),
    SPOIL(meta_non_wpr, META, "non_wpr_heap_size"),
    SPOIL(meta_heap, META, "gsp_fw_heap_size"),
    SPOIL(meta_heap_large, META, "gsp_fw_heap_size"),
    SPOIL(meta_frts, META, "frts_size"),
    SPOIL(meta_vga, META, "vga_workspace_size"),
    SPOIL(meta_pmu, META, "pmu_reserved_size"),
    SPOIL(meta_image, META, "does not fit its signature"),
    SPOIL(meta_huge, META, "do not fit video memory"),
};
#define SPOIL_COUNT ((int)(sizeof(spoils) / sizeof(*spoils)))

START_TEST(a_boot_with_one_thing_wrong_does_not_get_through)
{
    current = &spoils[_i / 2];
    host_init(&h, chips[_i % 2], NULL, 0);
    h.hook = spoil_now;
    ck_assert_msg(!host_boot(&h), "%s: the boot got through", current->name);
    ck_assert_msg(strstr(h.first_fault, current->says) != NULL, "%s: the model says: %s",
                  current->name, h.first_fault);
    host_finish(&h);
}
END_TEST

START_TEST(a_padding_word_behind_the_message_is_let_pass)
{
    static const struct spoil s = {"pad", HOST_PACKET, pad, ""};
    current = &s;
    host_init(&h, "gh100", NULL, 0);
    h.hook = spoil_now;
    ck_assert_msg(host_boot(&h), "%s", h.fault);
    host_finish(&h);
}
END_TEST

START_TEST(the_gsp_is_locked_before_it_is_trusted)
{
    host_init(&h, "gh100", NULL, 0);
    host_power_up(&h);
    ck_assert(host_wait_devinit(&h));
    ck_assert_uint_ne(host_rd(&h, NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_HWCFG2) & 1u << 13, 0);
    host_set_flush_page(&h);
    host_make_memory(&h);
    ck_assert(host_send_cot(&h));
    ck_assert_uint_eq(host_rd(&h, NV_FALCON_GSP_BASE + NV_PFALCON_FALCON_HWCFG2) & 0xffffff00,
                      NV_PRI_GSP_LOCKED);
    host_finish(&h);
}
END_TEST

START_TEST(sha384_has_the_values_of_the_standard)
{
    static const uint8_t abc[8] = {0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b};
    static const uint8_t empty[8] = {0x38, 0xb0, 0x60, 0xa7, 0x51, 0xac, 0x96, 0x38};
    uint8_t out[GPUM_SHA384_BYTES];
    gpum_sha384("abc", 3, out);
    ck_assert_mem_eq(out, abc, sizeof(abc));
    gpum_sha384("", 0, out);
    ck_assert_mem_eq(out, empty, sizeof(empty));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fsp");
    TCase *t = tcase_create("fsp");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, the_chain_of_trust_boots_and_unloads, 0, 2);
    tcase_add_loop_test(t, fsp_boots_once_until_the_gpu_is_given_back, 0, 2);
    tcase_add_loop_test(t, a_boot_with_one_thing_wrong_does_not_get_through, 0, 2 * SPOIL_COUNT);
    tcase_add_test(t, a_padding_word_behind_the_message_is_let_pass);
    tcase_add_test(t, the_gsp_is_locked_before_it_is_trusted);
    tcase_add_test(t, sha384_has_the_values_of_the_standard);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
