/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A resource manager behind struct mg_rmi_os: knows which sizes each driver branch takes, refuses
 * others as the kernel does, counts what is alive, fails on demand.
 */
#ifndef TESTS_WINSYS_FAKE_RM_H
#define TESTS_WINSYS_FAKE_RM_H

#include <stdbool.h>
#include <stdint.h>

#include "libmagma/winsys/nvidia_rmi.h"

enum { FAKE_CALLS_MAX = 4096 };

struct fake_rm {
    struct mg_rmi_os os; /* give &os to the driver */
    unsigned branch;
    unsigned fail_at;    /* the n-th ioctl from now fails, 0: none */
    bool fail_by_status; /* with a status in its block where it has one; else by errno */
    bool moves_mappings; /* maps at other addresses than asked for */
    bool sm_fails;       /* an SM says why */
    int event_fd;        /* an eventfd: written to, it is an event */
    uint32_t next_handle;
    int objects, fds, views, mappings; /* alive */
    unsigned ioctls;
    unsigned wrong_sizes;           /* requests that no kernel of the branch would take */
    uint32_t order[FAKE_CALLS_MAX]; /* classes allocated and controls called */
    unsigned order_count;
    void *last_system_view; /* of a view through the control node */
};

/* A machine with one GH100 as nvidia:0. */
void fake_rm_init(struct fake_rm *rm, unsigned branch);

#endif
