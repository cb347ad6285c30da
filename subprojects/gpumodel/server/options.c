/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *gpum_options_help(void)
{
    return "usage: gpumodel [options] SOCKET\n"
           "       gpumodel [options] --fd N\n"
           "A software NVIDIA GPU, served over the vfio-user protocol.\n"
           "\n"
           "  --chip NAME        ga102 (default), ad102, tu102\n"
           "  --vram SIZE        video memory, e.g. 4G or 512M; default: the chip's\n"
           "  --seed N           varies what real boards vary; default 0\n"
           "  --plan FILE        fault plan (see gpumodel/plan.h)\n"
           "  --trace FILE       register accesses and steps, one line each; '-': standard error\n"
           "  --fd N             serve a connected socket that was inherited, then exit\n"
           "  --once             exit when the first client leaves\n"
           "  --strict           exit status 3 when the client did what hardware would refuse\n"
           "  --no-bar1-mmap     BAR1 by messages only, through the GPU's page tables\n"
           "  --ask-iommu        accesses to memory that is not mapped go to the client too, for "
           "its\n"
           "                     IOMMU to see and refuse\n"
           "  --reset-on-close   reset the function when a client leaves, as VFIO does\n"
           "  --help             this text\n";
}

static bool parse_number(const char *text, bool with_unit, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    uint64_t value = strtoull(text, &end, 0);
    unsigned shift = 0;
    if (with_unit && *end) {
        const char *units = "KMGT", *unit = strchr(units, *end);
        if (!unit)
            return false;
        shift = 10 * (unsigned)(unit - units + 1);
        end++;
    }
    if (text[0] < '0' || text[0] > '9' || *end || errno || value > UINT64_MAX >> shift)
        return false;
    *out = value << shift;
    return true;
}

static bool set_value(struct gpum_options *o, const char *name, const char *value)
{
    uint64_t number;
    if (strcmp(name, "--chip") == 0) {
        o->chip = value;
        return true;
    }
    if (strcmp(name, "--plan") == 0) {
        o->plan_path = value;
        return true;
    }
    if (strcmp(name, "--trace") == 0) {
        o->trace_path = value;
        return true;
    }
    if (strcmp(name, "--vram") == 0)
        return parse_number(value, true, &o->vram_bytes);
    if (strcmp(name, "--seed") == 0)
        return parse_number(value, false, &o->seed);
    if (strcmp(name, "--fd") == 0 && parse_number(value, false, &number) && number < 1u << 20) {
        o->fd = (int)number;
        return true;
    }
    return false;
}

static bool *flag(struct gpum_options *o, const char *name)
{
    return strcmp(name, "--once") == 0             ? &o->once
           : strcmp(name, "--strict") == 0         ? &o->strict
           : strcmp(name, "--no-bar1-mmap") == 0   ? &o->no_bar1_map
           : strcmp(name, "--ask-iommu") == 0      ? &o->ask_iommu
           : strcmp(name, "--reset-on-close") == 0 ? &o->reset_on_close
           : strcmp(name, "--help") == 0           ? &o->help
                                                   : NULL;
}

bool gpum_options_parse(int argc, char **argv, struct gpum_options *out, char *error,
                        size_t error_size_bytes)
{
    *out = (struct gpum_options){.chip = "ga102", .fd = -1};
    for (int i = 1; i < argc; i++) {
        bool *f = flag(out, argv[i]);
        if (f) {
            *f = true;
        } else if (argv[i][0] != '-' && !out->socket_path) {
            out->socket_path = argv[i];
        } else if (argv[i][0] != '-' || i + 1 == argc || !set_value(out, argv[i], argv[i + 1])) {
            snprintf(error, error_size_bytes, "wrong argument: %s (see --help)", argv[i]);
            return false;
        } else {
            i++;
        }
    }
    if (!out->help && (out->socket_path != NULL) == (out->fd >= 0)) {
        snprintf(error, error_size_bytes, "give either a socket path or --fd N (see --help)");
        return false;
    }
    return true;
}
