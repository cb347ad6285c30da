/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the files of the tests' host share: how long to wait, time, the hook. */
#ifndef TEST_GPUMODEL_HOST_INSIDE_H
#define TEST_GPUMODEL_HOST_INSIDE_H

#include "host.h"

#define POLLS   20000
#define POLL_NS 1000
#define PAGE    0x1000u

/* The model's clock goes on, and the model works a little. */
void host_pass_time(struct host *h, uint64_t ns);
/* Gives the test's hook, where there is one, `data` to change. */
void host_call_hook(struct host *h, enum host_point point, void *data);

#endif
