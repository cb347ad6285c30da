/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The GPU goes away (the software GPU's process is killed): every call ends, with the right code.
 */
#include "rig.h"

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

static void *kill_later(void *arg)
{
    (void)arg;
    const struct timespec pause = {0, 50000000};
    nanosleep(&pause, NULL);
    return kill_child("gpumodel") ? NULL : "no child was found";
}

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
    rig_open_plain();
    rig_test_begin();
    struct stuck s = submit_stuck();
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, kill_later, NULL), 0);
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
    destroy_stuck(&s);
    rig_close();
}
END_TEST

START_TEST(a_process_that_lost_its_gpu_can_open_it_again)
{
    rig_open_plain();
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
    rig_close();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lost");
    TCase *tc = tcase_create("lost");
    tcase_add_test(tc, every_wait_ends_when_the_gpu_goes);
    tcase_add_test(tc, a_process_that_lost_its_gpu_can_open_it_again);
    suite_add_tcase(suite, tc);
    return rig_main(suite);
}
