/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One opened GPU per process and name. A GPU can be opened once, yet a process may hold several
 * VkInstances (a library's beside the application's), so they share what is open here: the only
 * state of this driver that outlives its objects. Any thread.
 *
 * After fork() the child owns none of the parent's GPUs: it opens its own, and releasing an
 * inherited one drops the record without touching the device.
 */
#ifndef MVK_GPU_SHARE_H
#define MVK_GPU_SHARE_H

#include <magma-nv/gpu.h>

/* Opens the GPU of that name, or takes another reference to it. One that is lost is not shared any
 * more. Errors: those of magma_gpu_open(). */
enum magma_code mvk_gpu_acquire(const char *name, struct magma_gpu **out, struct magma_error *err);

/* Gives a reference back; the last one closes the GPU. NULL is fine. */
void mvk_gpu_release(struct magma_gpu *gpu);

#endif
