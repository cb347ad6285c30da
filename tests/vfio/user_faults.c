/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the vfio-user client promises when the server breaks the protocol: a status that names
 * the breach, no hang, no descriptor left open, and a dead connection afterwards. One table:
 * which reply is spoiled how, and what must come of it.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <mvfio.h>

#include "libmagma/core/clock.h"
#include "tests/vfio/fake_server.h"

#define MS UINT64_C(1000000)

/* ---- Ways to spoil a reply ---- */

static void wrong_id(struct fake_reply *r)
{
    r->header.id++;
}

static void wrong_command(struct fake_reply *r)
{
    r->header.command++;
}

static void unknown_flags(struct fake_reply *r)
{
    r->header.flags |= 0x100;
}

static void unknown_type(struct fake_reply *r)
{
    r->header.flags = 7;
}

static void size_below_header(struct fake_reply *r)
{
    r->header.size_bytes = 15;
    r->size_forced = true;
}

static void size_enormous(struct fake_reply *r)
{
    r->header.size_bytes = 0xfffffff0;
    r->size_forced = true;
}

static void body_short(struct fake_reply *r)
{
    r->body_bytes -= r->body_bytes ? 1 : 0;
}

static void body_long(struct fake_reply *r)
{
    r->body_bytes += 8;
}

static void body_missing(struct fake_reply *r)
{
    r->body_bytes = 0;
}

static void error_eio(struct fake_reply *r)
{
    r->header.flags |= USER_FLAG_ERROR;
    r->header.error = EIO;
    r->body_bytes = 0;
    r->fd_count = 0;
}

static void error_unsupported(struct fake_reply *r)
{
    error_eio(r);
    r->header.error = ENOTSUP;
}

static void error_invalid(struct fake_reply *r)
{
    error_eio(r);
    r->header.error = EINVAL;
}

static void error_number_absurd(struct fake_reply *r)
{
    error_eio(r);
    r->header.error = 0xffffffff;
}

static void error_with_body(struct fake_reply *r)
{
    r->header.flags |= USER_FLAG_ERROR;
    r->header.error = EIO;
}

static void death(struct fake_reply *r)
{
    r->die = true;
}

static void death_in_header(struct fake_reply *r)
{
    r->cut_bytes = 7;
}

static void death_in_body(struct fake_reply *r)
{
    r->cut_bytes = sizeof r->header + 3;
}

static void stall(struct fake_reply *r)
{
    r->stall = true;
}

static void fd_missing(struct fake_reply *r)
{
    r->fd_count = 0;
}

static void fd_extra(struct fake_reply *r)
{
    r->fds[r->fd_count++] = STDERR_FILENO;
}

static void fd_flood(struct fake_reply *r)
{
    while (r->fd_count < FAKE_FDS_MAX)
        r->fds[r->fd_count++] = STDERR_FILENO;
}

/* The first word after argsz and flags: the index of region and irq info. */
static void wrong_index(struct fake_reply *r)
{
    r->body[8] = 6;
}

static void argsz_small(struct fake_reply *r)
{
    memset(r->body, 0, 4);
}

static void echo_wrong(struct fake_reply *r)
{
    r->body[0] ^= 1;
}

/* In DMA_UNMAP's reply the address comes after argsz and flags. */
static void echo_wrong_iova(struct fake_reply *r)
{
    r->body[9] ^= 1;
}

static void major_1(struct fake_reply *r)
{
    r->body[0] = 1;
}

static void minor_1(struct fake_reply *r)
{
    r->body[2] = 1;
}

static void json_unterminated(struct fake_reply *r)
{
    r->body_bytes--;
}

static void set_json(struct fake_reply *r, const char *json)
{
    r->body_bytes = 4 + strlen(json) + 1;
    memcpy(r->body + 4, json, strlen(json) + 1);
}

static void json_broken(struct fake_reply *r)
{
    set_json(r, "{\"capabilities\":{\"max_msg_fds\":4}");
}

static void json_number_is_text(struct fake_reply *r)
{
    set_json(r, "{\"capabilities\":{\"max_msg_fds\":\"4\"}}");
}

static void json_number_overflows(struct fake_reply *r)
{
    set_json(r, "{\"capabilities\":{\"max_msg_fds\":99999999999999999999999}}");
}

static void json_deep(struct fake_reply *r)
{
    char json[256];

    memset(json, '[', sizeof json);
    memcpy(json, "{\"x\":", 5);
    json[sizeof json - 1] = 0;
    set_json(r, json);
}

static void no_transfer(struct fake_reply *r)
{
    set_json(r, "{\"capabilities\":{\"max_data_xfer_size\":0}}");
}

static void no_small_pages(struct fake_reply *r)
{
    set_json(r, "{\"capabilities\":{\"pgsizes\":65536}}");
}

static void not_pci(struct fake_reply *r)
{
    r->body[4] = VFIO_DEVICE_FLAGS_RESET;
}

/* The size of BAR1 as the reply says it: more than the descriptor holds. */
static void region_longer_than_fd(struct fake_reply *r)
{
    uint64_t size = UINT64_C(1) << 40;

    memcpy(r->body + 16, &size, sizeof size);
}

static void region_offset_overflows(struct fake_reply *r)
{
    uint64_t offset = UINT64_MAX - 0xfff;

    memcpy(r->body + 24, &offset, sizeof offset);
}

static void cap_offset_outside(struct fake_reply *r)
{
    r->body[12] = 0xff;
    r->body[13] = 0xff;
}

static void cap_offset_inside_info(struct fake_reply *r)
{
    r->body[12] = 4;
}

static void cap_chain_loops(struct fake_reply *r)
{
    r->body[32] = 9; /* another id than sparse mmap */
    r->body[36] = 32;
}

static void sparse_count_absurd(struct fake_reply *r)
{
    memset(r->body + 40, 0xff, 4);
}

static void sparse_area_outside(struct fake_reply *r)
{
    memset(r->body + 48, 0xf0, 8);
}

static void sparse_areas_overlap(struct fake_reply *r)
{
    memcpy(r->body + 48, r->body + 64, 8);
}

static void vectors_absurd(struct fake_reply *r)
{
    memset(r->body + 12, 0xff, 4);
}

/* ---- The table ---- */

enum step { OPEN, READ, WRITE, BIG_READ, SET_IRQ, MAP, UNMAP, RESET };

static const struct fault {
    const char *name;
    enum step step;
    uint16_t command;
    unsigned index;
    void (*spoil)(struct fake_reply *reply);
    enum magma_code code;
    const char *text;
    bool survives; /* the connection goes on */
} faults[] = {
    {"version: wrong id", OPEN, USER_VERSION, 0, wrong_id, MAGMA_PROTOCOL, "id", false},
    {"version: wrong command", OPEN, USER_VERSION, 0, wrong_command, MAGMA_PROTOCOL, "answered by",
     false},
    {"version: too short", OPEN, USER_VERSION, 0, body_missing, MAGMA_PROTOCOL, "0 bytes", false},
    {"version: major", OPEN, USER_VERSION, 0, major_1, MAGMA_PROTOCOL, "speaks 1.0", false},
    {"version: minor", OPEN, USER_VERSION, 0, minor_1, MAGMA_PROTOCOL, "speaks 0.1", false},
    {"version: unterminated", OPEN, USER_VERSION, 0, json_unterminated, MAGMA_PROTOCOL, "JSON",
     false},
    {"version: broken JSON", OPEN, USER_VERSION, 0, json_broken, MAGMA_PROTOCOL, "JSON", false},
    {"version: text for a number", OPEN, USER_VERSION, 0, json_number_is_text, MAGMA_PROTOCOL,
     "JSON", false},
    {"version: number overflows", OPEN, USER_VERSION, 0, json_number_overflows, MAGMA_PROTOCOL,
     "JSON", false},
    {"version: deep nesting", OPEN, USER_VERSION, 0, json_deep, MAGMA_PROTOCOL, "JSON", false},
    {"version: no transfer", OPEN, USER_VERSION, 0, no_transfer, MAGMA_PROTOCOL, "no data", false},
    {"version: page sizes", OPEN, USER_VERSION, 0, no_small_pages, MAGMA_PROTOCOL, "4096", false},
    {"version: descriptor", OPEN, USER_VERSION, 0, fd_extra, MAGMA_PROTOCOL, "descriptors", false},
    {"version: death", OPEN, USER_VERSION, 0, death, MAGMA_DEVICE_GONE, "closed", false},
    {"version: stall", OPEN, USER_VERSION, 0, stall, MAGMA_TIMEOUT, "VERSION", false},
    {"version: refused", OPEN, USER_VERSION, 0, error_invalid, MAGMA_INVALID_ARGUMENT, "refused",
     false},
    {"device info: short", OPEN, USER_DEVICE_GET_INFO, 0, body_short, MAGMA_PROTOCOL, "15 bytes",
     false},
    {"device info: long", OPEN, USER_DEVICE_GET_INFO, 0, body_long, MAGMA_PROTOCOL, "24 bytes",
     false},
    {"device info: argsz", OPEN, USER_DEVICE_GET_INFO, 0, argsz_small, MAGMA_PROTOCOL, "argsz",
     false},
    {"device info: not PCI", OPEN, USER_DEVICE_GET_INFO, 0, not_pci, MAGMA_NOT_SUPPORTED, "PCI",
     false},
    {"region info: short", OPEN, USER_GET_REGION_INFO, 0, body_short, MAGMA_PROTOCOL, "31 bytes",
     false},
    {"region info: index", OPEN, USER_GET_REGION_INFO, 1, wrong_index, MAGMA_PROTOCOL, "for 6",
     false},
    {"region info: argsz", OPEN, USER_GET_REGION_INFO, 0, argsz_small, MAGMA_PROTOCOL, "argsz",
     false},
    {"region info: no descriptor", OPEN, USER_GET_REGION_INFO, 1, fd_missing, MAGMA_PROTOCOL,
     "0 descriptors", false},
    {"region info: two descriptors", OPEN, USER_GET_REGION_INFO, 1, fd_extra, MAGMA_PROTOCOL,
     "2 descriptors", false},
    {"region info: flood of descriptors", OPEN, USER_GET_REGION_INFO, 1, fd_flood, MAGMA_PROTOCOL,
     "descriptors", false},
    {"region info: longer than its memory", OPEN, USER_GET_REGION_INFO, 1, region_longer_than_fd,
     MAGMA_PROTOCOL, "shorter", false},
    {"region info: offset overflows", OPEN, USER_GET_REGION_INFO, 1, region_offset_overflows,
     MAGMA_PROTOCOL, "shorter", false},
    {"region info: caps outside", OPEN, USER_GET_REGION_INFO, 3, cap_offset_outside, MAGMA_PROTOCOL,
     "capabilities", false},
    {"region info: caps inside", OPEN, USER_GET_REGION_INFO, 3, cap_offset_inside_info,
     MAGMA_PROTOCOL, "capabilities", false},
    {"region info: caps loop", OPEN, USER_GET_REGION_INFO, 3, cap_chain_loops, MAGMA_PROTOCOL,
     "capabilities", false},
    {"region info: area count", OPEN, USER_GET_REGION_INFO, 3, sparse_count_absurd, MAGMA_PROTOCOL,
     "capabilities", false},
    {"region info: area outside", OPEN, USER_GET_REGION_INFO, 3, sparse_area_outside,
     MAGMA_PROTOCOL, "overlap or leave", false},
    {"region info: areas overlap", OPEN, USER_GET_REGION_INFO, 3, sparse_areas_overlap,
     MAGMA_PROTOCOL, "overlap", false},
    {"irq info: index", OPEN, USER_GET_IRQ_INFO, 0, wrong_index, MAGMA_PROTOCOL, "for 6", false},
    {"irq info: vectors", OPEN, USER_GET_IRQ_INFO, 2, vectors_absurd, MAGMA_PROTOCOL, "vectors",
     false},
    {"irq info: death", OPEN, USER_GET_IRQ_INFO, 2, death_in_body, MAGMA_DEVICE_GONE, "closed",
     false},
    {"read: wrong id", READ, USER_REGION_READ, 0, wrong_id, MAGMA_PROTOCOL, "id", false},
    {"read: unknown flags", READ, USER_REGION_READ, 0, unknown_flags, MAGMA_PROTOCOL, "flags",
     false},
    {"read: unknown type", READ, USER_REGION_READ, 0, unknown_type, MAGMA_PROTOCOL, "flags", false},
    {"read: size below a header", READ, USER_REGION_READ, 0, size_below_header, MAGMA_PROTOCOL,
     "15 bytes", false},
    {"read: enormous size", READ, USER_REGION_READ, 0, size_enormous, MAGMA_PROTOCOL, "bytes",
     false},
    {"read: short", READ, USER_REGION_READ, 0, body_short, MAGMA_PROTOCOL, "19 bytes", false},
    {"read: long", READ, USER_REGION_READ, 0, body_long, MAGMA_PROTOCOL, "28 bytes", false},
    {"read: other offset", READ, USER_REGION_READ, 0, echo_wrong, MAGMA_PROTOCOL, "other bytes",
     false},
    {"read: descriptor", READ, USER_REGION_READ, 0, fd_extra, MAGMA_PROTOCOL, "descriptors", false},
    {"read: flood of descriptors", READ, USER_REGION_READ, 0, fd_flood, MAGMA_PROTOCOL,
     "descriptors", false},
    {"read: error", READ, USER_REGION_READ, 0, error_eio, MAGMA_SYSTEM, "Input/output", true},
    {"read: unsupported", READ, USER_REGION_READ, 0, error_unsupported, MAGMA_NOT_SUPPORTED,
     "REGION_READ", true},
    {"read: absurd errno", READ, USER_REGION_READ, 0, error_number_absurd, MAGMA_SYSTEM, "refused",
     true},
    {"read: error with a body", READ, USER_REGION_READ, 0, error_with_body, MAGMA_PROTOCOL,
     "carries more", false},
    {"read: death", READ, USER_REGION_READ, 0, death, MAGMA_DEVICE_GONE, "closed", false},
    {"read: death in the header", READ, USER_REGION_READ, 0, death_in_header, MAGMA_DEVICE_GONE,
     "closed", false},
    {"read: death in the body", READ, USER_REGION_READ, 0, death_in_body, MAGMA_DEVICE_GONE,
     "closed", false},
    {"read: stall", READ, USER_REGION_READ, 0, stall, MAGMA_TIMEOUT, "REGION_READ", false},
    {"big read: other offset", BIG_READ, USER_REGION_READ, 0, echo_wrong, MAGMA_PROTOCOL,
     "other bytes", false},
    {"write: other offset", WRITE, USER_REGION_WRITE, 0, echo_wrong, MAGMA_PROTOCOL, "other bytes",
     false},
    {"write: long", WRITE, USER_REGION_WRITE, 0, body_long, MAGMA_PROTOCOL, "24 bytes", false},
    {"irqs: body", SET_IRQ, USER_SET_IRQS, 0, body_long, MAGMA_PROTOCOL, "bytes", false},
    {"irqs: refused", SET_IRQ, USER_SET_IRQS, 0, error_invalid, MAGMA_INVALID_ARGUMENT, "SET_IRQS",
     true},
    {"map: body", MAP, USER_DMA_MAP, 0, body_long, MAGMA_PROTOCOL, "bytes", false},
    {"map: descriptor", MAP, USER_DMA_MAP, 0, fd_extra, MAGMA_PROTOCOL, "descriptors", false},
    {"map: refused", MAP, USER_DMA_MAP, 0, error_eio, MAGMA_SYSTEM, "DMA_MAP", true},
    {"map: death", MAP, USER_DMA_MAP, 0, death, MAGMA_DEVICE_GONE, "closed", false},
    {"unmap: other address", UNMAP, USER_DMA_UNMAP, 0, echo_wrong_iova, MAGMA_OK, "", false},
    {"unmap: death", UNMAP, USER_DMA_UNMAP, 0, death, MAGMA_OK, "", false},
    {"reset: refused", RESET, USER_DEVICE_RESET, 0, error_eio, MAGMA_SYSTEM, "DEVICE_RESET", true},
    {"reset: body", RESET, USER_DEVICE_RESET, 0, body_long, MAGMA_PROTOCOL, "bytes", false},
};

static unsigned open_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static enum magma_code do_step(struct mvfio_device *device, enum step step, struct magma_error *err)
{
    unsigned char data[512];
    struct mvfio_dma *dma;
    enum magma_code code = MAGMA_OK;
    int fd;

    switch (step) {
    case OPEN:
        break;
    case READ:
        return mvfio_region_read(device, 0, 0x40, data, 4, err);
    case BIG_READ:
        return mvfio_region_read(device, 0, 0x40, data, sizeof data, err);
    case WRITE:
        return mvfio_region_write(device, 0, 0x40, "abcd", 4, err);
    case SET_IRQ:
        fd = eventfd(0, EFD_CLOEXEC);
        code = mvfio_irq_set(device, MVFIO_IRQ_MSIX, 0, &fd, 1, err);
        close(fd);
        break;
    case MAP:
    case UNMAP:
        code = mvfio_dma_create(device, 4096, 0, MVFIO_DMA_RW, &dma, err);
        if (!code)
            mvfio_dma_destroy(dma);
        break;
    case RESET:
        return mvfio_device_reset(device, err);
    }
    return code;
}

static void check_afterlife(struct mvfio_device *device, const struct fault *fault)
{
    struct magma_error err = {0};
    uint32_t value;
    enum magma_code code = mvfio_region_read(device, 0, 0, &value, 4, &err);

    if (fault->survives)
        ck_assert_msg(code == MAGMA_OK, "%s: dead afterwards: %s", fault->name, err.text);
    else
        ck_assert_msg(code == MAGMA_DEVICE_GONE, "%s: %s afterwards", fault->name,
                      magma_code_name(code));
}

START_TEST(a_breach_is_named_and_nothing_leaks)
{
    const struct fault *fault = &faults[_i];
    struct mvfio_options options = {.reply_timeout_ns = 200 * MS};
    struct fake_server *server = calloc(1, sizeof *server);
    struct mvfio_fds fds = {.kind = MVFIO_FDS_USER};
    struct mvfio_device *device = NULL;
    struct magma_error err = {0};
    unsigned before = open_fds();
    uint64_t start;
    enum magma_code code;

    server->spoil_command = fault->command;
    server->spoil_index = fault->index;
    server->spoil = fault->spoil;
    fds.device = fake_server_start(server);
    start = mg_now_ns(&mg_clock_system);
    code = mvfio_device_open_fds(&fds, "fake", &options, &device, &err);
    if (fault->step == OPEN) {
        ck_assert_ptr_null(device);
        ck_assert_int_eq(close(fds.device), 0); /* still ours */
    } else {
        ck_assert_msg(code == MAGMA_OK, "%s: open: %s", fault->name, err.text);
        code = do_step(device, fault->step, &err);
    }
    ck_assert_msg(code == fault->code, "%s: %s: %s", fault->name, magma_code_name(code), err.text);
    ck_assert_msg(strstr(err.text, fault->text), "%s: '%s' lacks '%s'", fault->name, err.text,
                  fault->text);
    if (fault->code)
        ck_assert_msg(strstr(err.text, "fake"), "%s: '%s' has no subject", fault->name, err.text);
    ck_assert_uint_le(mg_now_ns(&mg_clock_system) - start, 5000 * MS);
    if (device)
        check_afterlife(device, fault);
    mvfio_device_close(device);
    fake_server_stop(server);
    free(server);
    ck_assert_msg(open_fds() == before, "%s: %u descriptors, %u before", fault->name, open_fds(),
                  before);
}
END_TEST

START_TEST(a_server_that_leaves_is_noticed_without_a_request)
{
    struct fake_server *server = calloc(1, sizeof *server);
    struct mvfio_fds fds = {.kind = MVFIO_FDS_USER};
    struct mvfio_device *device;
    struct magma_error err = {0};

    fds.device = fake_server_start(server);
    ck_assert_int_eq(mvfio_device_open_fds(&fds, "fake", NULL, &device, &err), MAGMA_OK);
    fake_server_stop(server);
    ck_assert_int_eq(mvfio_device_service(device, &err), MAGMA_DEVICE_GONE);
    ck_assert_ptr_nonnull(strstr(err.text, "closed"));
    ck_assert_int_eq(mvfio_device_reset(device, &err), MAGMA_DEVICE_GONE);
    mvfio_device_close(device);
    free(server);
}
END_TEST

START_TEST(a_socket_that_is_not_there_is_explained)
{
    struct mvfio_device *device;
    struct magma_error err = {0};
    char longer[200];

    ck_assert_int_eq(mvfio_device_open("vfio-user:/nonexistent/gpu", NULL, &device, &err),
                     MAGMA_NO_DEVICE);
    ck_assert_ptr_nonnull(strstr(err.text, "start the server"));
    ck_assert_int_eq(mvfio_device_open("vfio-user:", NULL, &device, &err), MAGMA_INVALID_ARGUMENT);
    memset(longer, 'a', sizeof longer);
    memcpy(longer, "vfio-user:", 10);
    longer[sizeof longer - 1] = 0;
    ck_assert_int_eq(mvfio_device_open(longer, NULL, &device, &err), MAGMA_INVALID_ARGUMENT);
    ck_assert_int_eq(mvfio_device_open("gpu", NULL, &device, &err), MAGMA_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.text, "pci:0000:01:00.0"));
    ck_assert_ptr_null(device);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vfio-user faults");
    TCase *tc = tcase_create("bad server");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tc, a_breach_is_named_and_nothing_leaks, 0,
                        (int)(sizeof faults / sizeof faults[0]));
    tcase_add_test(tc, a_server_that_leaves_is_noticed_without_a_request);
    tcase_add_test(tc, a_socket_that_is_not_there_is_explained);
    tcase_set_timeout(tc, 20);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
