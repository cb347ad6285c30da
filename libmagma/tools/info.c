/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* `magma info`: opens a GPU and shows what it is. */
#include "libmagma/tools/tool.h"

#include <inttypes.h>
#include <stdio.h>

static const char usage[] =
    "usage: magma info [--json] [DEVICE]\n\n"
    "Opens (and so boots) DEVICE and shows what it is. DEVICE is pci:ADDRESS,\n"
    "vfio-user:SOCKET, nvidia:N or model:CHIP; without it MAGMA_DEVICE, else the only\n"
    "GPU that is bound to vfio-pci.\n";

static void print_json(const struct magma_gpu_info *i)
{
    tool_print_json(json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:b, s:I, s:I, s:I, s:I, s:i, s:i, s:i, s:i, s:i}",
        "name", i->name, "address", i->address, "chip", i->chip, "firmware", i->firmware, "chipset",
        (int)i->chipset, "vendor_id", (int)i->vendor_id, "device_id", (int)i->device_id, "model",
        (int)i->is_model, "vram_bytes", (json_int_t)i->vram_bytes, "vram_usable_bytes",
        (json_int_t)i->vram_usable_bytes, "system_usable_bytes", (json_int_t)i->system_usable_bytes,
        "bar1_bytes", (json_int_t)i->bar1_bytes, "sm_version", (int)i->sm_version, "sm_count",
        (int)i->sm_count, "host_class", (int)i->host_class, "copy_class", (int)i->copy_class,
        "compute_class", (int)i->compute_class));
}

static void print_text(const struct magma_gpu_info *i)
{
    char a[16], b[16];

    printf("%s\n", i->name);
    printf("  address      %s%s\n", i->address, i->is_model ? " (software GPU)" : "");
    printf("  chip         %s (chipset 0x%" PRIx32 "), PCI id %04x:%04x\n", i->chip, i->chipset,
           i->vendor_id, i->device_id);
    printf("  firmware     GSP-RM %s\n", i->firmware);
    printf("  video memory %s, %s usable\n", tool_size(i->vram_bytes, a),
           tool_size(i->vram_usable_bytes, b));
    printf("  BAR1         %s%s\n", tool_size(i->bar1_bytes, a),
           i->vram_cpu_access ? ", all of the video memory" : "");
    printf("  compute      sm_%u, %" PRIu32 " SMs, %s shared memory per workgroup\n", i->sm_version,
           i->sm_count, tool_size(i->shared_bytes_max, a));
    printf("  classes      host %04" PRIx32 ", copy %04" PRIx32 ", compute %04" PRIx32 "\n",
           i->host_class, i->copy_class, i->compute_class);
}

int tool_info(int argc, char **argv)
{
    struct magma_error err = {0};
    struct magma_gpu *gpu = NULL;
    struct tool_args args;

    if (!tool_parse(argc, argv, usage, TOOL_TAKES_DEVICE, &args))
        return 2;
    if (args.help)
        return 0;
    if (magma_gpu_open(args.device, NULL, &gpu, &err) != MAGMA_OK)
        return tool_failed(&err);
    if (args.json)
        print_json(magma_gpu_get_info(gpu));
    else
        print_text(magma_gpu_get_info(gpu));
    magma_gpu_close(gpu);
    return 0;
}
