/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Threads that share a device and nothing else: each has its queue, its pool and its objects. */
#include "rig.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 3, ROUNDS = 40, BYTES = 64 * 1024 };

struct worker {
    pthread_t thread;
    VkQueue queue;
    uint32_t family;
    uint32_t seed;
    const char *problem;
};

/* One object of a worker's round; assertions of Check belong to the main thread. */
struct round {
    VkBuffer buffers[2];
    VkDeviceMemory memory;
    uint32_t *words;
    VkCommandBuffer commands;
    VkFence fence;
};

static bool round_create(struct round *r, VkCommandPool pool)
{
    const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                     .size = BYTES,
                                     .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                              VK_BUFFER_USAGE_TRANSFER_DST_BIT};
    const VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                         .allocationSize = 2 * BYTES,
                                         .memoryTypeIndex = rig_memory_type(RIG_HOST)};
    const VkCommandBufferAllocateInfo commands = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = pool,
        .commandBufferCount = 1};
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    void *map;
    if (vkAllocateMemory(rig.device, &memory, NULL, &r->memory) != VK_SUCCESS ||
        vkMapMemory(rig.device, r->memory, 0, VK_WHOLE_SIZE, 0, &map) != VK_SUCCESS ||
        vkAllocateCommandBuffers(rig.device, &commands, &r->commands) != VK_SUCCESS ||
        vkCreateFence(rig.device, &fence, NULL, &r->fence) != VK_SUCCESS)
        return false;
    r->words = map;
    for (uint32_t i = 0; i < 2; i++) {
        if (vkCreateBuffer(rig.device, &info, NULL, &r->buffers[i]) != VK_SUCCESS ||
            vkBindBufferMemory(rig.device, r->buffers[i], r->memory, i * BYTES) != VK_SUCCESS)
            return false;
    }
    return true;
}

static void round_destroy(struct round *r, VkCommandPool pool)
{
    vkDestroyFence(rig.device, r->fence, NULL);
    vkFreeCommandBuffers(rig.device, pool, 1, &r->commands);
    for (uint32_t i = 0; i < 2; i++)
        vkDestroyBuffer(rig.device, r->buffers[i], NULL);
    vkFreeMemory(rig.device, r->memory, NULL);
}

static bool round_run(struct round *r, VkQueue queue)
{
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    const VkBufferCopy all = {0, 0, BYTES};
    const VkSubmitInfo submit = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                                 .commandBufferCount = 1,
                                 .pCommandBuffers = &r->commands};
    if (vkBeginCommandBuffer(r->commands, &begin) != VK_SUCCESS)
        return false;
    vkCmdCopyBuffer(r->commands, r->buffers[0], r->buffers[1], 1, &all);
    return vkEndCommandBuffer(r->commands) == VK_SUCCESS &&
           vkQueueSubmit(queue, 1, &submit, r->fence) == VK_SUCCESS &&
           vkWaitForFences(rig.device, 1, &r->fence, VK_TRUE, RIG_TIMEOUT_NS) == VK_SUCCESS;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    const VkCommandPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = w->family,
    };
    VkCommandPool pool;
    if (vkCreateCommandPool(rig.device, &info, NULL, &pool) != VK_SUCCESS) {
        w->problem = "no pool";
        return NULL;
    }
    for (uint32_t n = 0; n < ROUNDS && !w->problem; n++) {
        struct round r = {0};
        if (!round_create(&r, pool)) {
            w->problem = "no objects";
        } else {
            for (uint32_t i = 0; i < BYTES / 4; i++)
                r.words[i] = (w->seed + n) * 2654435761u + i;
            if (!round_run(&r, w->queue))
                w->problem = "a submission failed";
            else if (memcmp(r.words, r.words + BYTES / 4, BYTES) != 0)
                w->problem = "a copy is wrong";
        }
        round_destroy(&r, pool);
    }
    vkDestroyCommandPool(rig.device, pool, NULL);
    return NULL;
}

START_TEST(threads_with_queues_of_their_own_do_not_disturb_each_other)
{
    struct worker workers[THREADS] = {
        {.queue = rig.queue, .family = 0, .seed = 1000},
        {.queue = rig.queue2, .family = 0, .seed = 2000},
        {.queue = rig.copy_queue, .family = 1, .seed = 3000},
    };
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < THREADS; i++)
        ck_assert_msg(!workers[i].problem, "thread %d: %s", i, workers[i].problem);
}
END_TEST

/* Instances come and go in several threads; all of them see the same GPU. */
static void *open_and_close(void *arg)
{
    atomic_int *failures = arg;
    for (int i = 0; i < 5; i++) {
        const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
        VkInstance instance;
        uint32_t count = 0;
        if (vkCreateInstance(&info, NULL, &instance) != VK_SUCCESS) {
            atomic_fetch_add(failures, 1);
            continue;
        }
        if (vkEnumeratePhysicalDevices(instance, &count, NULL) != VK_SUCCESS || count != 1)
            atomic_fetch_add(failures, 1);
        vkDestroyInstance(instance, NULL);
    }
    return NULL;
}

START_TEST(instances_come_and_go_in_several_threads)
{
    pthread_t threads[THREADS];
    atomic_int failures = 0;
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, open_and_close, &failures), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(atomic_load(&failures), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("threads");
    TCase *tc = tcase_create("threads");
    tcase_set_timeout(tc, 120);
    tcase_add_unchecked_fixture(tc, rig_open_plain, rig_close);
    tcase_add_checked_fixture(tc, rig_test_begin, rig_test_end);
    tcase_add_test(tc, threads_with_queues_of_their_own_do_not_disturb_each_other);
    tcase_add_test(tc, instances_come_and_go_in_several_threads);
    suite_add_tcase(suite, tc);
    return rig_main(suite);
}
