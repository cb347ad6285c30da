/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Compute pipelines: SPIR-V through the compiler, or from the pipeline cache, into a kernel. */
#include "pipeline.h"

#include "device.h"
#include "instance.h"
#include "kernel_image.h"
#include "pipeline_cache.h"
#include "pipeline_layout.h"
#include "shader_module.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* What goes into the compiler, and is hashed into the key of the cache. */
struct job {
    struct mvk_device *device;
    const struct mvk_shader_module *module;
    struct magma_cc_options options;
    struct magma_cc_binding *bindings;
    struct magma_cc_spec *specs;
    uint8_t key[MVK_CACHE_KEY_BYTES];
};

static void fill_specs(struct job *job, const VkSpecializationInfo *info)
{
    size_t count = 0;
    for (uint32_t i = 0; info && i < info->mapEntryCount; i++) {
        const VkSpecializationMapEntry *entry = &info->pMapEntries[i];
        struct magma_cc_spec spec = {.id = entry->constantID, .size_bytes = (uint32_t)entry->size};
        if (entry->size > sizeof(spec.value) || entry->offset > info->dataSize ||
            entry->size > info->dataSize - entry->offset)
            continue; /* not valid usage; the shader keeps its default */
        memcpy(&spec.value, (const uint8_t *)info->pData + entry->offset, entry->size);
        job->specs[count++] = spec;
    }
    job->options.specs = job->specs;
    job->options.spec_count = count;
}

static void hash_u32(struct mvk_sha256 *hash, uint32_t value)
{
    mvk_sha256_update(hash, &value, sizeof(value));
}

static void make_key(struct job *job)
{
    const struct magma_cc_options *o = &job->options;
    struct mvk_sha256 hash;
    mvk_sha256_init(&hash);
    mvk_sha256_update(&hash, job->module->digest, sizeof(job->module->digest));
    mvk_sha256_update(&hash, o->entry, strlen(o->entry) + 1);
    hash_u32(&hash, o->sm);
    hash_u32(&hash, o->robust_buffers);
    hash_u32(&hash, (uint32_t)o->binding_count);
    for (size_t i = 0; i < o->binding_count; i++) {
        const struct magma_cc_binding *b = &o->bindings[i];
        hash_u32(&hash, b->set);
        hash_u32(&hash, b->binding);
        hash_u32(&hash, (uint32_t)b->kind);
        hash_u32(&hash, b->offset_bytes);
        hash_u32(&hash, b->stride_bytes);
        hash_u32(&hash, b->count);
    }
    for (size_t i = 0; i < o->spec_count; i++) {
        hash_u32(&hash, o->specs[i].id);
        hash_u32(&hash, o->specs[i].size_bytes);
        mvk_sha256_update(&hash, &o->specs[i].value, sizeof(o->specs[i].value));
    }
    mvk_sha256_finish(&hash, job->key);
}

static VkResult job_init(struct job *job, struct mvk_device *device,
                         const VkComputePipelineCreateInfo *info)
{
    const struct mvk_pipeline_layout *layout = mvk_pipeline_layout_from(info->layout);
    const VkSpecializationInfo *spec = info->stage.pSpecializationInfo;
    size_t bindings_bytes = layout->binding_count * sizeof(struct magma_cc_binding);
    size_t specs_bytes = (spec ? spec->mapEntryCount : 0) * sizeof(struct magma_cc_spec);
    *job = (struct job){.device = device, .module = mvk_shader_module_from(info->stage.module)};
    uint8_t *memory = mvk_zalloc(&device->alloc, NULL, bindings_bytes + specs_bytes + 1,
                                 VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
    if (!memory)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    job->bindings = (struct magma_cc_binding *)memory;
    job->specs = (struct magma_cc_spec *)(memory + bindings_bytes);
    mvk_pipeline_layout_bindings(layout, job->bindings);
    job->options.sm = device->physical_device->info->sm_version;
    job->options.entry = info->stage.pName;
    job->options.robust_buffers = device->robust;
    job->options.bindings = job->bindings;
    job->options.binding_count = layout->binding_count;
    fill_specs(job, spec);
    make_key(job);
    return VK_SUCCESS;
}

static void job_finish(struct job *job)
{
    mvk_free(&job->device->alloc, NULL, job->bindings);
}

static VkResult report_compiler(struct job *job, const char *text)
{
    mvk_report(job->device->physical_device->instance,
               VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT, VK_OBJECT_TYPE_SHADER_MODULE,
               (uint64_t)(uintptr_t)job->module, "entry point %s: %s", job->options.entry, text);
    return VK_ERROR_UNKNOWN; /* Vulkan has no code for a shader that a driver cannot compile */
}

/* Compiles into a new image, in memory of the device's callbacks. */
static VkResult compile(struct job *job, uint8_t **image, size_t *image_bytes)
{
    struct magma_cc_shader *shader = NULL;
    char error[512];
    if (!magma_cc_compile(job->module->words, job->module->word_count, &job->options, &shader,
                          error, sizeof(error)))
        return report_compiler(job, error);
    *image_bytes = mvk_kernel_image_bytes(shader);
    *image =
        mvk_zalloc(&job->device->alloc, NULL, *image_bytes, VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
    if (*image)
        mvk_kernel_image_write(shader, *image);
    magma_cc_shader_destroy(shader);
    return *image ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
}

static VkResult load(struct job *job, const uint8_t *image, size_t image_bytes,
                     struct magma_kernel **kernel)
{
    struct magma_kernel_desc desc;
    struct magma_error err = {0};
    if (!mvk_kernel_image_read(image, image_bytes, &desc))
        return report_compiler(job, "the compiled kernel exceeds what the GPU can launch");
    err.code = magma_kernel_create(job->device->gpu, &desc, kernel, &err);
    if (err.code == MAGMA_OK)
        return VK_SUCCESS;
    return mvk_device_fail(job->device, VK_OBJECT_TYPE_SHADER_MODULE,
                           (uint64_t)(uintptr_t)job->module, &err);
}

/* Takes the kernel from the cache, if it is there and sound. */
static bool load_cached(struct job *job, struct mvk_pipeline_cache *cache,
                        struct magma_kernel **kernel)
{
    const struct mvk_cache_entry *e = cache ? mvk_pipeline_cache_find(cache, job->key) : NULL;
    struct magma_kernel_desc desc;
    return e && mvk_kernel_image_read(e->image, e->image_bytes, &desc) &&
           magma_kernel_create(job->device->gpu, &desc, kernel, NULL) == MAGMA_OK;
}

static VkResult build(struct job *job, struct mvk_pipeline_cache *cache, bool may_compile,
                      bool *cached, struct magma_kernel **kernel)
{
    *cached = load_cached(job, cache, kernel);
    if (*cached)
        return VK_SUCCESS;
    if (!may_compile)
        return VK_PIPELINE_COMPILE_REQUIRED;
    uint8_t *image = NULL;
    size_t image_bytes = 0;
    VkResult result = compile(job, &image, &image_bytes);
    if (result != VK_SUCCESS)
        return result;
    result = load(job, image, image_bytes, kernel);
    if (result == VK_SUCCESS && cache) /* a cache without memory only costs time */
        (void)mvk_pipeline_cache_add(cache, job->key, image, (uint32_t)image_bytes);
    mvk_free(&job->device->alloc, NULL, image);
    return result;
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void tell_feedback(const VkComputePipelineCreateInfo *info, uint64_t start_ns, bool cached,
                          bool done)
{
    const VkPipelineCreationFeedbackCreateInfo *feedback =
        mvk_chain_find(info->pNext, VK_STRUCTURE_TYPE_PIPELINE_CREATION_FEEDBACK_CREATE_INFO);
    if (!feedback)
        return;
    VkPipelineCreationFeedback f = {0};
    if (done) {
        f.flags = VK_PIPELINE_CREATION_FEEDBACK_VALID_BIT;
        f.duration = now_ns() - start_ns;
        if (cached)
            f.flags |= VK_PIPELINE_CREATION_FEEDBACK_APPLICATION_PIPELINE_CACHE_HIT_BIT;
    }
    *feedback->pPipelineCreationFeedback = f;
    for (uint32_t i = 0; i < feedback->pipelineStageCreationFeedbackCount; i++)
        feedback->pPipelineStageCreationFeedbacks[i] = f;
}

static VkResult create_one(struct mvk_device *device, struct mvk_pipeline_cache *cache,
                           const VkComputePipelineCreateInfo *info,
                           const VkAllocationCallbacks *own, VkPipeline *out)
{
    uint64_t start_ns = now_ns();
    bool may_compile = !(info->flags & VK_PIPELINE_CREATE_FAIL_ON_PIPELINE_COMPILE_REQUIRED_BIT);
    bool cached = false;
    struct job job;
    struct mvk_pipeline *pipeline = mvk_object_zalloc(device, own, sizeof(*pipeline));
    VkResult result = pipeline ? job_init(&job, device, info) : VK_ERROR_OUT_OF_HOST_MEMORY;
    if (result == VK_SUCCESS) {
        result = build(&job, cache, may_compile, &cached, &pipeline->kernel);
        job_finish(&job);
    }
    tell_feedback(info, start_ns, cached, result == VK_SUCCESS);
    if (result != VK_SUCCESS) {
        mvk_object_free(device, own, pipeline);
        return result;
    }
    pipeline->root_bytes = mvk_pipeline_layout_from(info->layout)->root_bytes;
    *out = mvk_pipeline_to(pipeline);
    return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
mvk_CreateComputePipelines(VkDevice handle, VkPipelineCache pipelineCache, uint32_t createInfoCount,
                           const VkComputePipelineCreateInfo *pCreateInfos,
                           const VkAllocationCallbacks *pAllocator, VkPipeline *pPipelines)
{
    struct mvk_device *device = mvk_device_from(handle);
    VkResult first = VK_SUCCESS;
    bool stop = false;
    for (uint32_t i = 0; i < createInfoCount; i++) {
        pPipelines[i] = VK_NULL_HANDLE;
        if (stop)
            continue;
        VkResult result = create_one(device, mvk_pipeline_cache_from(pipelineCache),
                                     &pCreateInfos[i], pAllocator, &pPipelines[i]);
        if (result == VK_SUCCESS)
            continue;
        if (first == VK_SUCCESS || first == VK_PIPELINE_COMPILE_REQUIRED)
            first = result;
        stop = pCreateInfos[i].flags & VK_PIPELINE_CREATE_EARLY_RETURN_ON_FAILURE_BIT;
    }
    return first;
}

VKAPI_ATTR void VKAPI_CALL mvk_DestroyPipeline(VkDevice device, VkPipeline handle,
                                               const VkAllocationCallbacks *pAllocator)
{
    struct mvk_pipeline *pipeline = mvk_pipeline_from(handle);
    if (!pipeline)
        return;
    magma_kernel_destroy(pipeline->kernel);
    mvk_object_free(mvk_device_from(device), pAllocator, pipeline);
}
