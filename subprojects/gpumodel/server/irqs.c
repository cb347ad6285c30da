/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Eventfds per interrupt, and the kernel's part: the MSI-X table follows them. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "serve.h"

uint32_t gpum_serve_irq_count(const struct gpum_serve *s, uint32_t index)
{
    switch (index) {
    case NV_VFIO_USER_IRQ_MSIX:
        return gpum_msix_count(s->m);
    case NV_VFIO_USER_IRQ_MSI:
    case NV_VFIO_USER_IRQ_ERROR:
    case NV_VFIO_USER_IRQ_REQUEST:
        return 1;
    default:
        return 0; /* no INTx */
    }
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Never waits: the other end chose what kind of descriptor this is. */
static void signal_fd(int fd)
{
    const uint64_t one = 1;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    if (fd >= 0 && poll(&p, 1, 0) == 1 && p.revents & POLLOUT) {
        ssize_t written = write(fd, &one, sizeof(one));
        (void)written; /* a counter that is full is signalled already */
    }
}

void gpum_serve_interrupt(struct gpum_serve *s, unsigned vector)
{
    int fd = vector < GPUM_SERVE_VECTORS_MAX ? s->eventfd[NV_VFIO_USER_IRQ_MSIX][vector] : -1;
    if (fd < 0 && vector == 0)
        fd = s->eventfd[NV_VFIO_USER_IRQ_MSI][0];
    signal_fd(fd);
}

/* Programs the device for the eventfds there are. */
static void follow(struct gpum_serve *s, uint32_t index)
{
    if (index == NV_VFIO_USER_IRQ_MSI)
        gpum_msi_connect(s->m, s->eventfd[index][0] >= 0);
    if (index != NV_VFIO_USER_IRQ_MSIX)
        return;
    bool any = false;
    for (uint32_t i = 0; i < gpum_msix_count(s->m); i++)
        any |= s->eventfd[index][i] >= 0;
    if (!any) {
        gpum_msix_connect(s->m, 0, gpum_msix_count(s->m), false);
        return;
    }
    for (uint32_t i = gpum_msix_count(s->m); i > 1; i--)
        gpum_msix_connect(s->m, i - 1, 1, s->eventfd[index][i - 1] >= 0);
    if (s->eventfd[index][0] >= 0)
        gpum_msix_connect(s->m, 0, 1, true);
}

static void drop(struct gpum_serve *s, uint32_t index)
{
    for (unsigned i = 0; i < GPUM_SERVE_VECTORS_MAX; i++)
        close_fd(&s->eventfd[index][i]);
    follow(s, index);
}

void gpum_serve_irqs_drop_all(struct gpum_serve *s)
{
    for (uint32_t index = 0; index < NV_VFIO_USER_IRQ_COUNT; index++)
        drop(s, index);
}

void gpum_serve_irqs_restore(struct gpum_serve *s)
{
    for (uint32_t index = 0; index < NV_VFIO_USER_IRQ_COUNT; index++)
        if (s->eventfd[index][0] >= 0 || index == NV_VFIO_USER_IRQ_MSIX)
            follow(s, index);
}

static int attach(struct gpum_serve *s, const struct nvhw_vfio_user_irq_set *set)
{
    if (s->fd_count != 0 && s->fd_count != set->count)
        return EINVAL;
    for (uint32_t i = 0; i < set->count; i++) {
        int *slot = &s->eventfd[set->index][set->start + i];
        close_fd(slot);
        if (s->fd_count) {
            *slot = s->fds[i];
            s->fds[i] = -1;
        }
    }
    follow(s, set->index);
    return 0;
}

static int trigger(struct gpum_serve *s, const struct nvhw_vfio_user_irq_set *set,
                   const uint8_t *data)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (!data || data[i])
            signal_fd(s->eventfd[set->index][set->start + i]);
    return 0;
}

int gpum_serve_set_irqs(struct gpum_serve *s, const struct nvhw_vfio_user_irq_set *set,
                        const uint8_t *data, uint32_t data_bytes)
{
    uint32_t kind = NVHW_GET(NV_VFIO_USER_IRQ_SET_FLAGS, DATA, set->flags);
    uint32_t action = NVHW_GET(NV_VFIO_USER_IRQ_SET_FLAGS, ACTION, set->flags);
    uint32_t count = gpum_serve_irq_count(s, set->index);
    uint32_t known =
        NVHW_MASK(NV_VFIO_USER_IRQ_SET_FLAGS, DATA) | NVHW_MASK(NV_VFIO_USER_IRQ_SET_FLAGS, ACTION);
    if (set->argsz < sizeof(*set) || set->flags & ~known || set->index >= NV_VFIO_USER_IRQ_COUNT ||
        set->start > count || set->count > count - set->start)
        return EINVAL;
    if (action != NV_VFIO_USER_IRQ_SET_FLAGS_ACTION_TRIGGER)
        return ENOTSUP; /* no kind here can be masked */
    switch (kind) {
    case NV_VFIO_USER_IRQ_SET_FLAGS_DATA_NONE:
        if (set->count)
            return trigger(s, set, NULL);
        drop(s, set->index);
        return 0;
    case NV_VFIO_USER_IRQ_SET_FLAGS_DATA_BOOL:
        return data_bytes < set->count ? EINVAL : trigger(s, set, data);
    case NV_VFIO_USER_IRQ_SET_FLAGS_DATA_EVENTFD:
        return set->count ? attach(s, set) : EINVAL;
    default:
        return EINVAL;
    }
}
