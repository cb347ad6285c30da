/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Opening a GPU. One struct magma_gpu owns the device: it was booted (or reached through the kernel
 * driver), has one address space for everything that the process allocates, and is closed with
 * everything on it. All functions here may be called from any thread; the objects of one GPU may
 * be used from several threads unless their own header says otherwise.
 */
#ifndef MAGMA_NV_GPU_H
#define MAGMA_NV_GPU_H

#include <magma-nv/address.h>
#include <magma-nv/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct magma_gpu;

/* Levels of struct magma_gpu_options.log. */
enum magma_log_level { MAGMA_LOG_ERROR, MAGMA_LOG_WARN, MAGMA_LOG_INFO, MAGMA_LOG_DEBUG };

struct magma_gpu_options {
    /* Folder that holds nvidia/CHIP/gsp/; NULL: MAGMA_FIRMWARE_PATH, then the usual folders. */
    const char *firmware_path;
    /* Words as in the variable MAGMA_DEBUG; NULL: that variable. */
    const char *debug;
    /* Receives log lines; NULL: standard error. May be called from any thread. */
    void (*log)(void *ctx, enum magma_log_level level, const char *line);
    /* Called after each step of opening and closing, with its duration. May be NULL. */
    void (*step)(void *ctx, const char *name, const char *detail, uint64_t duration_ns);
    void *ctx; /* for log and step */
};

/* What a GPU is. Sizes in bytes; constant from open to close. */
struct magma_gpu_info {
    char name[64];     /* "NVIDIA GeForce RTX 3090 (GA102)" */
    char address[64];  /* the name it was opened by, made full: "pci:0000:01:00.0", "model:ga102" */
    char chip[16];     /* "ga102" */
    char firmware[32]; /* "570.144" */
    uint32_t chipset;  /* 0x172 */
    uint16_t vendor_id, device_id, subsystem_vendor_id, subsystem_id;
    uint8_t uuid[16];
    bool is_model; /* the software GPU: for people and tests, not for speed */
    uint64_t vram_bytes;          /* all of it */
    uint64_t vram_usable_bytes;   /* what remains beside firmware and page tables */
    uint64_t system_usable_bytes; /* how much system memory may be pinned for the GPU */
    uint64_t bar1_bytes;          /* how much VRAM the CPU can reach */
    bool vram_cpu_access;         /* any VRAM allocation can be mapped for the CPU */
    unsigned sm_version;          /* 86 */
    uint32_t sm_count;
    uint32_t shared_bytes_max; /* shared memory of one workgroup */
    uint32_t threads_max;      /* of one workgroup */
    uint32_t host_class, copy_class, compute_class;
    uint64_t timestamp_hz; /* rate of the GPU's timestamps */
};

/*
 * Opens and boots a GPU by name:
 *   pci:0000:01:00.0    bound to vfio-pci
 *   nvidia:0            /dev/nvidia0, in the hands of the kernel driver nvidia.ko
 *   vfio-user:SOCKET    served by another process
 *   nvidia:0            owned by nvidia.ko: no boot, its resource manager is asked instead
 *   model:ga102         starts the software GPU as a child process and opens that
 *   NULL or ""          MAGMA_DEVICE, else the only VFIO-bound NVIDIA GPU there is
 * options may be NULL. On success *out is owned by the caller. Blocks until the GPU is up, at
 * most until the deadlines of each step pass (a few seconds each). Errors: NO_DEVICE, PERMISSION,
 * BUSY, FIRMWARE_MISSING, BAD_FIRMWARE, BAD_VBIOS, TIMEOUT, DEVICE_GONE, NOT_SUPPORTED, ...; err says
 * what to do.
 */
enum magma_code magma_gpu_open(const char *name, const struct magma_gpu_options *options,
                               struct magma_gpu **out, struct magma_error *err);

/*
 * Unloads the firmware, gives the device back as it was found, frees everything. Objects created
 * on the GPU must have been destroyed before; what is left is reported in the log and freed.
 * NULL is fine. Safe on a lost GPU.
 */
void magma_gpu_close(struct magma_gpu *gpu);

/* Facts about an open GPU; valid until it is closed. */
const struct magma_gpu_info *magma_gpu_get_info(const struct magma_gpu *gpu);

/* True once the GPU or its connection failed for good. Every later call that needs the GPU returns
 * MAGMA_DEVICE_LOST. Cheap: reads one flag, after looking at what interrupts have brought. */
bool magma_gpu_is_lost(struct magma_gpu *gpu);

/* One decoded line or more on why the GPU is lost; "" while it is not. Valid until close. */
const char *magma_gpu_lost_reason(struct magma_gpu *gpu);

/* Bytes allocated now in VRAM and in system memory. Either pointer may be NULL. */
void magma_gpu_memory_used(struct magma_gpu *gpu, uint64_t *vram_bytes, uint64_t *system_bytes);

/* The GPU's clock in nanoseconds, as its timestamps show it. */
enum magma_code magma_gpu_timestamp_ns(struct magma_gpu *gpu, uint64_t *time_ns);

/* A device that magma_gpu_open() might take. */
struct magma_gpu_entry {
    char name[64];   /* to give to magma_gpu_open() */
    char driver[32]; /* kernel driver bound now, "" if none */
    char what[64];   /* ids and chip as far as known without opening */
    bool ready;      /* bound to vfio-pci or nvidia, and accessible to this process */
    char hint[160];  /* what to do when it is not ready */
};

/*
 * Lists the machine's NVIDIA GPUs into entries (at most count) and returns how many there are. Models
 * are not listed: they exist by being named.
 */
size_t magma_gpu_list(struct magma_gpu_entry *entries, size_t count);

#ifdef __cplusplus
}
#endif
#endif
