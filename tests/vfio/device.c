/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Devices that a program supplies: what the interface checks before the implementation is asked,
 * that it is closed exactly once whatever fails, and what becomes of addresses when mapping or
 * unmapping fails.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <mvfio.h>

/* An implementation that counts, and fails the nth call. */
static struct {
    unsigned calls, fail_at; /* fail_at 0: never */
    enum magma_code fail_code;
    unsigned closed, accesses, maps, unmaps;
    struct mvfio_area areas[3];
    uint32_t area_count;
    struct mvfio_range ranges[3];
    uint32_t range_count;
} impl;

static enum magma_code step(struct magma_error *err)
{
    if (++impl.calls != impl.fail_at)
        return MAGMA_OK;
    if (err)
        strcpy(err->text, "made to fail");
    return impl.fail_code;
}

static void fake_close(void *ctx)
{
    (void)ctx;
    impl.closed++;
}

static enum magma_code fake_info(void *ctx, struct mvfio_device_info *out, struct magma_error *err)
{
    (void)ctx;
    *out = (struct mvfio_device_info){.region_count = 200, .irq_count = 200, .can_reset = true};
    return step(err);
}

static enum magma_code fake_region_info(void *ctx, uint32_t region, struct mvfio_region_info *out,
                                        struct magma_error *err)
{
    (void)ctx;
    ck_assert_uint_lt(region, MVFIO_REGION_COUNT);
    *out = (struct mvfio_region_info){.size_bytes = 0x10000};
    if (region == MVFIO_REGION_BAR0) {
        out->flags = MVFIO_REGION_FLAG_READ | MVFIO_REGION_FLAG_WRITE | MVFIO_REGION_FLAG_MMAP;
        out->area_count = impl.area_count;
        memcpy(out->areas, impl.areas, sizeof impl.areas);
    }
    if (region == MVFIO_REGION_ROM)
        out->flags = MVFIO_REGION_FLAG_READ;
    return step(err);
}

static enum magma_code fake_read(void *ctx, uint32_t region, uint64_t offset, void *data,
                                 size_t size_bytes, struct magma_error *err)
{
    (void)ctx, (void)region, (void)offset;
    memset(data, 0, size_bytes);
    impl.accesses++;
    return step(err);
}

static enum magma_code fake_write(void *ctx, uint32_t region, uint64_t offset, const void *data,
                                  size_t size_bytes, struct magma_error *err)
{
    (void)ctx, (void)region, (void)offset, (void)data, (void)size_bytes;
    impl.accesses++;
    return step(err);
}

static enum magma_code fake_irq_info(void *ctx, uint32_t irq, struct mvfio_irq_info *out,
                                     struct magma_error *err)
{
    (void)ctx;
    ck_assert_uint_lt(irq, MVFIO_IRQ_COUNT);
    *out = (struct mvfio_irq_info){4, MVFIO_IRQ_FLAG_EVENTFD};
    return step(err);
}

static enum magma_code fake_irq_set(void *ctx, uint32_t irq, uint32_t first, const int *fds,
                                    uint32_t count, struct magma_error *err)
{
    (void)ctx, (void)irq, (void)first, (void)fds, (void)count;
    return step(err);
}

static enum magma_code fake_dma_map(void *ctx, uint64_t iova, void *cpu, uint64_t size_bytes,
                                    int fd, uint64_t fd_offset, uint32_t flags,
                                    struct magma_error *err)
{
    (void)ctx, (void)iova, (void)cpu, (void)size_bytes, (void)fd, (void)fd_offset, (void)flags;
    impl.maps++;
    return step(err);
}

static enum magma_code fake_dma_unmap(void *ctx, uint64_t iova, uint64_t size_bytes,
                                      struct magma_error *err)
{
    (void)ctx, (void)iova, (void)size_bytes;
    impl.unmaps++;
    return step(err);
}

static enum magma_code fake_ranges(void *ctx, struct mvfio_range *out, uint32_t max,
                                   uint32_t *count, struct magma_error *err)
{
    (void)ctx;
    ck_assert_uint_ge(max, 3);
    memcpy(out, impl.ranges, sizeof impl.ranges);
    *count = impl.range_count;
    return step(err);
}

static const struct mvfio_ops ops = {
    .kind = "counting",
    .close = fake_close,
    .info = fake_info,
    .region_info = fake_region_info,
    .region_read = fake_read,
    .region_write = fake_write,
    .irq_info = fake_irq_info,
    .irq_set = fake_irq_set,
    .dma_map = fake_dma_map,
    .dma_unmap = fake_dma_unmap,
    .iova_ranges = fake_ranges,
};

static struct mvfio_device *device;
static struct magma_error err;

static void setup(void)
{
    memset(&impl, 0, sizeof impl);
    memset(&err, 0, sizeof err);
    impl.range_count = 1;
    impl.ranges[0] = (struct mvfio_range){0x10000, 0x12fff}; /* three pages */
    device = NULL;
}

static enum magma_code open_device(const struct mvfio_ops *with)
{
    return mvfio_device_wrap(with, &impl, "own", NULL, &device, &err);
}

START_TEST(whatever_fails_at_opening_it_is_closed_once)
{
    unsigned total;

    ck_assert_int_eq(open_device(&ops), MAGMA_OK);
    total = impl.calls;
    ck_assert_uint_eq(total, 1 + MVFIO_REGION_COUNT + MVFIO_IRQ_COUNT + 1);
    mvfio_device_close(device);
    ck_assert_uint_eq(impl.closed, 1);
    for (unsigned n = 1; n <= total; n++) {
        setup();
        impl.fail_at = n;
        impl.fail_code = MAGMA_SYSTEM;
        ck_assert_int_eq(open_device(&ops), MAGMA_SYSTEM);
        ck_assert_str_eq(err.text, "made to fail");
        ck_assert_ptr_null(device);
        ck_assert_uint_eq(impl.closed, 1);
    }
}
END_TEST

START_TEST(a_table_with_holes_is_refused)
{
    struct mvfio_ops holes = ops;

    holes.dma_map = NULL;
    ck_assert_int_eq(open_device(&holes), MAGMA_INVALID_ARGUMENT);
    ck_assert_uint_eq(impl.closed, 1);
    ck_assert_uint_eq(impl.calls, 0);
}
END_TEST

START_TEST(areas_and_ranges_that_make_no_sense_are_refused)
{
    impl.area_count = 2;
    impl.areas[0] = (struct mvfio_area){0x1000, 0x2000};
    impl.areas[1] = (struct mvfio_area){0x2000, 0x1000};
    ck_assert_int_eq(open_device(&ops), MAGMA_PROTOCOL);
    setup();
    impl.area_count = MVFIO_AREAS_MAX + 1;
    ck_assert_int_eq(open_device(&ops), MAGMA_PROTOCOL);
    setup();
    impl.range_count = 2;
    impl.ranges[0] = (struct mvfio_range){0x20000, 0x2ffff};
    impl.ranges[1] = (struct mvfio_range){0x10000, 0x1ffff};
    ck_assert_int_eq(open_device(&ops), MAGMA_PROTOCOL);
    ck_assert_uint_eq(impl.closed, 1);
}
END_TEST

START_TEST(ranges_beyond_the_devices_address_width_are_cut)
{
    struct mvfio_options options = {.iova_bits = 32};
    struct mvfio_range got[4];

    impl.range_count = 3;
    impl.ranges[0] = (struct mvfio_range){0, 0xffff}; /* wholly below what is handed out */
    impl.ranges[1] = (struct mvfio_range){0x10000000, UINT64_C(0x1ffffffff)};
    impl.ranges[2] = (struct mvfio_range){UINT64_C(0x200000000), UINT64_MAX};
    ck_assert_int_eq(mvfio_device_wrap(&ops, &impl, "own", &options, &device, &err), MAGMA_OK);
    ck_assert_uint_eq(mvfio_iova_ranges(device, got, 4), 1);
    ck_assert_uint_eq(got[0].first, 0x10000000);
    ck_assert_uint_eq(got[0].last, 0xffffffff);
    mvfio_device_close(device);
}
END_TEST

START_TEST(what_a_region_forbids_is_never_asked_for)
{
    uint32_t value = 0;
    void *cpu;

    ck_assert_int_eq(open_device(&ops), MAGMA_OK);
    ck_assert_int_eq(mvfio_region_write(device, MVFIO_REGION_ROM, 0, &value, 4, &err),
                     MAGMA_NOT_SUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.text, "ROM cannot be written"));
    ck_assert_int_eq(mvfio_region_read(device, MVFIO_REGION_BAR1, 0, &value, 4, &err),
                     MAGMA_NOT_SUPPORTED);
    ck_assert_int_eq(mvfio_region_read(device, MVFIO_REGION_BAR0, 0, &value, 0, &err),
                     MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mvfio_region_map(device, MVFIO_REGION_BAR0, 0, 4096, &cpu, &err),
                     MAGMA_NOT_SUPPORTED); /* the implementation has no region_map */
    ck_assert_int_eq(mvfio_irq_unmask(device, MVFIO_IRQ_INTX, 0, &err), MAGMA_NOT_SUPPORTED);
    ck_assert_int_eq(mvfio_device_reset(device, &err), MAGMA_NOT_SUPPORTED);
    ck_assert_int_eq(mvfio_irq_disable(device, (enum mvfio_irq)7, &err), MAGMA_INVALID_ARGUMENT);
    ck_assert_uint_eq(impl.accesses, 0);
    ck_assert_int_eq(mvfio_device_poll_fd(device, NULL), -1);
    ck_assert_int_eq(mvfio_device_service(device, &err), MAGMA_OK);
    mvfio_device_close(device);
}
END_TEST

START_TEST(a_mapping_that_fails_gives_its_address_back)
{
    struct mvfio_dma *dma;

    ck_assert_int_eq(open_device(&ops), MAGMA_OK);
    for (int i = 0; i < 5; i++) {
        impl.fail_at = impl.calls + 1;
        impl.fail_code = MAGMA_SYSTEM;
        ck_assert_int_eq(mvfio_dma_create(device, 0x3000, 0, MVFIO_DMA_RW, &dma, &err),
                         MAGMA_SYSTEM);
        ck_assert_ptr_null(dma);
    }
    ck_assert_int_eq(mvfio_dma_create(device, 0x3000, 0, MVFIO_DMA_RW, &dma, &err), MAGMA_OK);
    mvfio_dma_destroy(dma);
    ck_assert_uint_eq(impl.unmaps, 1);
    mvfio_device_close(device);
}
END_TEST

START_TEST(an_address_that_could_not_be_unmapped_is_not_used_again)
{
    struct mvfio_dma *dma, *other;

    ck_assert_int_eq(open_device(&ops), MAGMA_OK);
    ck_assert_int_eq(mvfio_dma_create(device, 0x2000, 0, MVFIO_DMA_RW, &dma, &err), MAGMA_OK);
    impl.fail_at = impl.calls + 1;
    impl.fail_code = MAGMA_SYSTEM;
    mvfio_dma_destroy(dma);
    ck_assert_int_eq(mvfio_dma_create(device, 0x2000, 0, MVFIO_DMA_RW, &dma, &err),
                     MAGMA_OUT_OF_HOST_MEMORY);
    ck_assert_ptr_nonnull(strstr(err.text, "0x1000 bytes are free"));
    ck_assert_int_eq(mvfio_dma_create(device, 0x1000, 0, MVFIO_DMA_RW, &other, &err), MAGMA_OK);
    mvfio_dma_destroy(other);
    mvfio_device_close(device);
}
END_TEST

START_TEST(a_device_once_gone_is_asked_nothing_more)
{
    struct mvfio_dma *dma;
    uint32_t value;

    ck_assert_int_eq(open_device(&ops), MAGMA_OK);
    ck_assert_int_eq(mvfio_dma_create(device, 0x1000, 0, MVFIO_DMA_RW, &dma, &err), MAGMA_OK);
    impl.fail_at = impl.calls + 1;
    impl.fail_code = MAGMA_DEVICE_GONE;
    ck_assert_int_eq(mvfio_region_read(device, 0, 0, &value, 4, &err), MAGMA_DEVICE_GONE);
    ck_assert_int_eq(mvfio_region_read(device, 0, 0, &value, 4, &err), MAGMA_DEVICE_GONE);
    ck_assert_ptr_nonnull(strstr(err.text, "own: the device went away earlier"));
    ck_assert_uint_eq(impl.accesses, 1);
    mvfio_dma_destroy(dma);
    ck_assert_int_eq(mvfio_dma_create(device, 0x1000, 0, MVFIO_DMA_RW, &dma, &err),
                     MAGMA_DEVICE_GONE);
    mvfio_device_close(device);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices");
    TCase *tc = tcase_create("own implementation");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, whatever_fails_at_opening_it_is_closed_once);
    tcase_add_test(tc, a_table_with_holes_is_refused);
    tcase_add_test(tc, areas_and_ranges_that_make_no_sense_are_refused);
    tcase_add_test(tc, ranges_beyond_the_devices_address_width_are_cut);
    tcase_add_test(tc, what_a_region_forbids_is_never_asked_for);
    tcase_add_test(tc, a_mapping_that_fails_gives_its_address_back);
    tcase_add_test(tc, an_address_that_could_not_be_unmapped_is_not_used_again);
    tcase_add_test(tc, a_device_once_gone_is_asked_nothing_more);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
