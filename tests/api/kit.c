/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See kit.h. The firmware files are made once per process, in a folder that goes at exit. */
#include "tests/api/kit.h"

#include <ftw.h>
#include <magma-nv/cc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libmagma/api/gpu.h"

static char folder[64];
static pid_t folder_owner;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_folder(void)
{
    if (getpid() == folder_owner)
        nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *firmware(void)
{
    char command[600];

    if (folder[0])
        return folder;
    snprintf(folder, sizeof folder, "/tmp/magma-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    folder_owner = getpid();
    atexit(remove_folder);
    snprintf(command, sizeof command, "'%s' '%s'", getenv("MAGMA_TEST_MKFW"), folder);
    ck_assert_int_eq(system(command), 0);
    return folder;
}

static void on_log(void *ctx, enum magma_log_level level, const char *line)
{
    struct kit *kit = ctx;

    if (level > MAGMA_LOG_WARN)
        return;
    kit->warnings++;
    snprintf(kit->last_line, sizeof kit->last_line, "%s", line);
    if (!kit->model.quiet)
        printf("%s\n", line);
}

enum magma_code kit_try_open(struct kit *kit, const struct model_device_options *options,
                             struct magma_error *err)
{
    struct model_device_options defaults = {.vram_bytes = UINT64_C(512) << 20};
    struct magma_gpu_options gpu_options = {.log = on_log, .ctx = kit};
    struct mg_gpu_setup setup = {.options = &gpu_options,
                                 .clock = &kit->model.clock,
                                 .address = "model:ga102",
                                 .firmware_path = firmware(),
                                 .is_model = true};
    enum magma_code code;

    memset(kit, 0, sizeof *kit);
    ck_assert(model_device_open(&kit->model, options ? options : &defaults));
    code = mg_gpu_open_device(kit->model.device, &setup, &kit->gpu, err);
    kit->model.device = NULL; /* the GPU's now, or closed */
    return code;
}

void kit_open(struct kit *kit, const struct model_device_options *options)
{
    struct magma_error err = {0};

    ck_assert_msg(kit_try_open(kit, options, &err) == MAGMA_OK, "open: %s", err.text);
    ck_assert_msg(magma_channel_create(kit->gpu, MAGMA_ENGINE_COMPUTE, &kit->channel, &err) ==
                      MAGMA_OK,
                  "channel: %s", err.text);
    ck_assert_int_eq(magma_push_create(kit->gpu, &kit->push, &err), MAGMA_OK);
}

void kit_close_faulty(struct kit *kit)
{
    magma_push_destroy(kit->push);
    magma_channel_destroy(kit->channel);
    magma_gpu_close(kit->gpu);
    model_device_close(&kit->model);
}

void kit_close(struct kit *kit)
{
    unsigned faults;

    magma_push_destroy(kit->push);
    magma_channel_destroy(kit->channel);
    magma_gpu_close(kit->gpu);
    faults = gpum_fault_count(kit->model.model);
    ck_assert_msg(faults == 0, "the model complains: %s", kit->model.last_fault);
    model_device_close(&kit->model);
}

void kit_run(struct kit *kit)
{
    struct magma_submit submit = {.pushes = &kit->push, .push_count = 1};

    ck_assert_int_eq(magma_channel_submit(kit->channel, &submit), MAGMA_OK);
    ck_assert_msg(magma_channel_wait_idle(kit->channel, 20 * SECOND) == MAGMA_OK, "%s",
                  magma_gpu_lost_reason(kit->gpu));
    magma_push_reset(kit->push);
}

struct magma_bo *kit_bo(struct kit *kit, uint64_t size_bytes, enum magma_domain domain)
{
    struct magma_error err = {0};
    struct magma_bo *bo;

    ck_assert_msg(magma_bo_create(kit->gpu, size_bytes, 0, domain, 0, &bo, &err) == MAGMA_OK, "%s",
                  err.text);
    return bo;
}

static uint32_t *read_words(const char *name, size_t *count)
{
    char path[512];
    uint32_t *words;
    long size;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s.spv", getenv("MAGMA_TEST_SPV"), name);
    f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s cannot be opened", path);
    fseek(f, 0, SEEK_END);
    size = ftell(f);
    rewind(f);
    words = malloc((size_t)size);
    *count = fread(words, 4, (size_t)size / 4, f);
    fclose(f);
    return words;
}

struct magma_kernel *kit_kernel(struct kit *kit, const char *name)
{
    struct magma_cc_options options = {.sm = magma_gpu_get_info(kit->gpu)->sm_version};
    struct magma_cc_shader *shader = NULL;
    struct magma_kernel *kernel = NULL;
    struct magma_kernel_desc desc;
    struct magma_error err = {0};
    char text[256] = "";
    size_t count;
    uint32_t *words = read_words(name, &count);

    ck_assert_msg(magma_cc_compile(words, count, &options, &shader, text, sizeof text), "%s: %s",
                  name, text);
    free(words);
    desc = (struct magma_kernel_desc){
        .code = shader->code,
        .code_size_bytes = shader->code_size_bytes,
        .register_count = shader->register_count,
        .barrier_count = shader->barrier_count,
        .shared_size_bytes = shader->shared_size_bytes,
        .local_size_bytes = shader->local_size_bytes,
        .workgroup_size = {shader->workgroup_size[0], shader->workgroup_size[1],
                           shader->workgroup_size[2]},
    };
    ck_assert_msg(magma_kernel_create(kit->gpu, &desc, &kernel, &err) == MAGMA_OK, "%s", err.text);
    magma_cc_shader_destroy(shader);
    return kernel;
}

void kit_dispatch(struct kit *kit, const struct magma_kernel *kernel, uint32_t groups,
                  struct magma_bo *const *buffers, unsigned count, magma_gpu_va indirect)
{
    uint8_t root[MAGMA_CC_ROOT_SIZE_BYTES] = {0};
    struct magma_cc_buffer_descriptor *set;
    magma_gpu_va va = {0};

    set = magma_push_data(kit->push, count * sizeof *set, 16, &va);
    ck_assert_ptr_nonnull(set);
    for (unsigned i = 0; i < count; i++)
        set[i] = (struct magma_cc_buffer_descriptor){magma_bo_address(buffers[i]).raw,
                                                     (uint32_t)magma_bo_size(buffers[i]), 0};
    memcpy(root + MAGMA_CC_ROOT_GROUP_COUNT, (uint32_t[]){groups, 1, 1}, 12);
    memcpy(root + MAGMA_CC_ROOT_SET_ADDRESS, &va.raw, 8);
    magma_dispatch(kit->push, &(struct magma_dispatch){.kernel = kernel,
                                                       .groups = {groups, 1, 1},
                                                       .root = root,
                                                       .root_size_bytes = sizeof root,
                                                       .indirect = indirect});
}
