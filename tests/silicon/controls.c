/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Controls that only read, as a client without privileges: which answer, and with what. */
#include "tests/silicon/silicon.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libmagma/cmd/device.h"
#include "libmagma/winsys/nvidia_private.h"

#define PARAMS_MAX 0x1000u /* words */
#define BRANCH     580u

/* What branch 580 answers, to root no better than to others. */
static const struct {
    const char *name;
    uint32_t command;
    size_t size_bytes;
    enum magma_code expect;
} controls[] = {
    {"interrupt table", 0x20800a5c, 0x814, MAGMA_FIRMWARE_REFUSED},
    {"device info table", 0x20801112, 0xc8c, MAGMA_PERMISSION},
    {"context buffers", 0x20800a32, 0x680, MAGMA_NOT_SUPPORTED},
    {"GMMU static info", 0x20800a59, 0x10, MAGMA_NOT_SUPPORTED},
    {"memory system config", 0x20800a1c, 0x28, MAGMA_NOT_SUPPORTED},
    {"graphics info, internal", 0x20800a2a, 0xe80, MAGMA_NOT_SUPPORTED},
    {"fault method buffer size", 0x20802a08, 4, MAGMA_PERMISSION},
    {"ZCULL info", 0x20801206, 0x28, MAGMA_OK},
    {"graphics TPCs", 0x20801239, 0x18, MAGMA_OK},
    {"GPC mask", 0x2080122a, 0x18, MAGMA_OK},
    {"timer", 0x20800403, 8, MAGMA_OK},
    {"engines", 0x20800170, 0x154, MAGMA_OK},
};

void check_controls(struct silicon *s)
{
    struct mg_winsys *ws = mg_gpu_device(s->gpu)->ws;
    static uint32_t params[PARAMS_MAX];

    if (strcmp(ws->ops->kind, "nvidia") != 0) {
        report("controls", true, "skipped: only nvidia.ko has them");
        return;
    }
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        struct mg_nvidia *nv = mg_nvidia_of(ws);
        struct magma_error err = {0};
        enum magma_code code;
        char head[160] = "";

        memset(params, 0, sizeof params);
        code = mg_rmi_control(&nv->rmi, nv->subdevice, controls[i].command, params,
                              controls[i].size_bytes, &err);
        for (size_t k = 0; k < 14 && k * 4 < controls[i].size_bytes; k++)
            snprintf(head + strlen(head), sizeof head - strlen(head), " %x", params[k]);
        report(controls[i].name, nv->rmi.branch != BRANCH || code == controls[i].expect,
               "uid %u, 0x%08x:%s", (unsigned)getuid(), controls[i].command,
               code == MAGMA_OK ? head : err.text);
    }
}
