/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The GPU is lost, because the software GPU's process is killed or because a shader goes where no
 * memory is: every call ends, with the right code. */
#include "kit.h"

#include "address.spv.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Kills this process's child of that name; whichever thread made it. */
static bool kill_child(const char *name)
{
    bool killed = false;
    DIR *tasks = opendir("/proc/self/task");
    ck_assert_ptr_nonnull(tasks);
    for (struct dirent *t = readdir(tasks); t; t = readdir(tasks)) {
        char path[600], comm[64] = "";
        snprintf(path, sizeof(path), "/proc/self/task/%s/children", t->d_name);
        FILE *children = fopen(path, "r");
        int pid;
        while (children && fscanf(children, "%d", &pid) == 1) {
            snprintf(path, sizeof(path), "/proc/%d/comm", pid);
            FILE *f = fopen(path, "r");
            if (f && fgets(comm, sizeof(comm), f) && strncmp(comm, name, strlen(name)) == 0)
                killed |= kill(pid, SIGKILL) == 0;
            if (f)
                fclose(f);
        }
        if (children)
            fclose(children);
    }
    closedir(tasks);
    return killed;
}

/* ---- Ways to lose it ------------------------------------------------------------------------- */

static bool is_model(void)
{
    const char *device = getenv("MAGMA_DEVICE");
    return device && strncmp(device, "model:", 6) == 0;
}

#define NOWHERE UINT64_C(0x7000000000) /* nothing is ever mapped here */

/* A dispatch that reads there, ready to be submitted. */
struct stray {
    VkDescriptorSetLayout layout;
    VkDescriptorPool pool;
    struct rig_buffer out;
    struct kit_program program;
    VkCommandBuffer commands;
};

static struct stray stray_create(void)
{
    const uint64_t push = NOWHERE;
    struct stray s = {.layout = kit_storage_layout(1),
                      .pool = kit_pool(0, 1, 1),
                      .out = rig_buffer_create(64, RIG_HOST)};
    VkDescriptorSet set = kit_set(s.pool, s.layout);
    kit_write(set, 0, 0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, s.out.buffer, 0, VK_WHOLE_SIZE);
    s.program = kit_program_create(KIT_SPIRV(address), 1, &s.layout);
    s.commands = rig_begin();
    vkCmdBindPipeline(s.commands, VK_PIPELINE_BIND_POINT_COMPUTE, s.program.pipeline);
    vkCmdBindDescriptorSets(s.commands, VK_PIPELINE_BIND_POINT_COMPUTE, s.program.layout, 0, 1,
                            &set, 0, NULL);
    vkCmdPushConstants(s.commands, s.program.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(push),
                       &push);
    vkCmdDispatch(s.commands, 1, 1, 1);
    OK(vkEndCommandBuffer(s.commands));
    return s;
}

static void stray_destroy(struct stray *s)
{
    vkFreeCommandBuffers(rig.device, rig.pool, 1, &s->commands);
    kit_program_destroy(&s->program);
    rig_buffer_destroy(&s->out);
    vkDestroyDescriptorPool(rig.device, s->pool, NULL);
    vkDestroyDescriptorSetLayout(rig.device, s->layout, NULL);
}

static const char *stray_submit(const struct stray *s)
{
    const VkSubmitInfo submit = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                                 .commandBufferCount = 1,
                                 .pCommandBuffers = &s->commands};
    VkResult result = vkQueueSubmit(rig.queue2, 1, &submit, VK_NULL_HANDLE);
    return result == VK_SUCCESS || result == VK_ERROR_DEVICE_LOST ? NULL : "the submit failed";
}

/* arg: a stray to submit to the other queue; NULL: kill the software GPU. */
static void *lose_later(void *arg)
{
    const struct timespec pause = {0, 50000000};
    nanosleep(&pause, NULL);
    if (arg)
        return (void *)(uintptr_t)stray_submit(arg);
    return kill_child("gpumodel") ? NULL : "no child was found";
}

/* Loop tests: first the shader, then the process. */
static bool skip_process(int i)
{
    if (i == 0 || is_model())
        return false;
    printf("skipped: only the software GPU is a process to kill\n");
    return true;
}

/* ---- Work that is under way ------------------------------------------------------------------ */

/* A submission that never completes by itself: it waits for an event that nobody sets. */
struct stuck {
    VkEvent event;
    VkCommandBuffer commands;
    VkFence fence;
    VkSemaphore semaphore;
};

static struct stuck submit_stuck(void)
{
    struct stuck s = {.fence = rig_fence(false), .semaphore = rig_semaphore(true, 0)};
    const VkEventCreateInfo info = {.sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO};
    OK(vkCreateEvent(rig.device, &info, NULL, &s.event));
    s.commands = rig_begin();
    vkCmdWaitEvents(s.commands, 1, &s.event, VK_PIPELINE_STAGE_HOST_BIT,
                    VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, NULL, 0, NULL, 0, NULL);
    OK(vkEndCommandBuffer(s.commands));
    const uint64_t one = 1;
    const VkTimelineSemaphoreSubmitInfo values = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .signalSemaphoreValueCount = 1,
        .pSignalSemaphoreValues = &one,
    };
    const VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext = &values,
        .commandBufferCount = 1,
        .pCommandBuffers = &s.commands,
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &s.semaphore,
    };
    OK(vkQueueSubmit(rig.queue, 1, &submit, s.fence));
    return s;
}

static void destroy_stuck(struct stuck *s)
{
    vkDestroyFence(rig.device, s->fence, NULL);
    vkDestroySemaphore(rig.device, s->semaphore, NULL);
    vkFreeCommandBuffers(rig.device, rig.pool, 1, &s->commands);
    vkDestroyEvent(rig.device, s->event, NULL);
}

static VkResult wait_semaphore(VkSemaphore semaphore)
{
    const uint64_t one = 1;
    const VkSemaphoreWaitInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                      .semaphoreCount = 1,
                                      .pSemaphores = &semaphore,
                                      .pValues = &one};
    return vkWaitSemaphores(rig.device, &info, UINT64_MAX);
}

START_TEST(every_wait_ends_when_the_gpu_goes)
{
    if (skip_process(_i))
        return;
    rig_open_plain();
    rig_test_begin();
    struct stray stray = stray_create();
    struct stuck s = submit_stuck();
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, lose_later, _i == 0 ? &stray : NULL), 0);
    ck_assert_int_eq(vkWaitForFences(rig.device, 1, &s.fence, VK_TRUE, UINT64_MAX),
                     VK_ERROR_DEVICE_LOST);
    void *problem;
    pthread_join(thread, &problem);
    ck_assert_ptr_null(problem);
    ck_assert_int_eq(vkGetFenceStatus(rig.device, s.fence), VK_ERROR_DEVICE_LOST);
    ck_assert_int_eq(wait_semaphore(s.semaphore), VK_ERROR_DEVICE_LOST);
    ck_assert_int_eq(vkQueueWaitIdle(rig.queue), VK_ERROR_DEVICE_LOST);
    ck_assert_int_eq(vkDeviceWaitIdle(rig.device), VK_ERROR_DEVICE_LOST);
    ck_assert_int_eq(vkQueueSubmit(rig.queue, 0, NULL, s.fence), VK_ERROR_DEVICE_LOST);
    ck_assert_int_eq(rig_driver_messages(), 1); /* told once, with its reason */
    ck_assert_ptr_nonnull(strstr(rig_last_driver_message(), "the device is lost: "));
    ck_assert_uint_gt(strlen(rig_last_driver_message()), strlen("the device is lost: "));
    if (_i == 0)
        ck_assert_ptr_nonnull(strstr(rig_last_driver_message(), "0x7000000000"));
    destroy_stuck(&s);
    stray_destroy(&stray);
    rig_close();
}
END_TEST

START_TEST(a_process_that_lost_its_gpu_can_open_it_again)
{
    if (skip_process(_i))
        return;
    rig_open_plain();
    struct stray stray = stray_create();
    if (_i == 0)
        ck_assert_ptr_null(stray_submit(&stray));
    else
        ck_assert(kill_child("gpumodel"));
    struct rig lost = rig;
    while (vkDeviceWaitIdle(rig.device) == VK_SUCCESS) /* until the driver has noticed */
        ;
    rig_forget_messages();
    rig_open_plain(); /* beside the lost one */
    struct rig_buffer b = rig_buffer_create(4096, RIG_HOST);
    VkCommandBuffer c = rig_begin();
    vkCmdFillBuffer(c, b.buffer, 0, VK_WHOLE_SIZE, 42);
    rig_barrier(c);
    rig_run(c);
    ck_assert_uint_eq(b.words[0], 42);
    rig_buffer_destroy(&b);
    rig_close();
    rig = lost;
    stray_destroy(&stray);
    rig_close();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lost");
    TCase *tc = tcase_create("lost");
    tcase_add_loop_test(tc, every_wait_ends_when_the_gpu_goes, 0, 2);
    tcase_add_loop_test(tc, a_process_that_lost_its_gpu_can_open_it_again, 0, 2);
    suite_add_tcase(suite, tc);
    return rig_main(suite);
}
