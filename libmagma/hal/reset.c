/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The resets of a GPU, one after the other, until one helps. */
#include "libmagma/hal/reset.h"

#include <stdio.h>
#include <string.h>

#include "libmagma/hal/hal_priv.h"

#define BUS "bus"

struct recovery {
    struct mg_hal *hal;
    const struct mg_hal_recover_options *options;
    struct mvfio_reset_methods methods;
    bool selected; /* the kernel's own order has to be brought back */
    char story[320];
};

static void tell(struct recovery *r, const char *method, enum magma_code code, const char *text)
{
    size_t length = strlen(r->story);

    mg_log(r->hal->log, code == MAGMA_OK ? MG_LOG_INFO : MG_LOG_WARN, "reset '%s': %s", method,
           code == MAGMA_OK ? "helped" : text);
    if (r->options->report)
        r->options->report(r->options->ctx, method, code, code == MAGMA_OK ? "" : text);
    snprintf(r->story + length, sizeof r->story - length, "%s%s: %.100s", length ? "; " : "",
             method, text);
}

/* After a reset that was carried out: is the GPU there, and fit? */
static enum magma_code judge(struct recovery *r, struct magma_error *err)
{
    struct mg_hal *hal = r->hal;
    enum magma_code code;

    atomic_store_explicit(&hal->gone, false, memory_order_release);
    code = mg_config_bus_master(hal, true, err);
    if (code == MAGMA_OK && r->options->check)
        code = r->options->check(r->options->ctx, hal, err);
    if (code == MAGMA_OK)
        code = mg_hal_check(hal, err);
    return code;
}

/* The text without the device's name in front, which all of them would repeat. */
static const char *bare_text(const struct recovery *r, const struct magma_error *err)
{
    const char *name = mvfio_device_name(r->hal->device);
    size_t length = strlen(name);

    return strncmp(err->text, name, length) == 0 && strncmp(err->text + length, ": ", 2) == 0
               ? err->text + length + 2
               : err->text;
}

static bool attempt(struct recovery *r, const char *method,
                    enum magma_code (*reset)(struct mvfio_device *, struct magma_error *))
{
    struct magma_error error = {0};
    enum magma_code code = reset(r->hal->device, &error);

    if (code == MAGMA_OK)
        code = judge(r, &error);
    else if (code != MAGMA_NOT_SUPPORTED && code != MAGMA_PERMISSION && judge(r, NULL) == MAGMA_OK)
        code = MAGMA_OK; /* carried out, whatever the kernel thought of the outcome */
    tell(r, method, code, bare_text(r, &error));
    return code == MAGMA_OK;
}

/* A kind that the kernel would not take by itself: chosen for the moment. */
static bool attempt_selected(struct recovery *r, const char *method)
{
    const char *name = mvfio_device_name(r->hal->device);
    struct magma_error error = {0};
    enum magma_code code = mvfio_reset_select(r->hal->sysfs_root, name, method, &error);

    if (code != MAGMA_OK) {
        tell(r, method, code,
             code == MAGMA_PERMISSION ? "only root can choose it" : bare_text(r, &error));
        return false;
    }
    r->selected = true;
    return attempt(r, method, mvfio_device_reset);
}

static bool offers(const struct recovery *r, const char *method)
{
    for (uint32_t i = 0; i < r->methods.count; i++)
        if (strcmp(r->methods.names[i], method) == 0)
            return true;
    return false;
}

static bool try_all(struct recovery *r)
{
    const struct mvfio_reset_methods *m = &r->methods;

    if (attempt(r, m->count ? m->names[0] : "function", mvfio_device_reset))
        return true;
    for (uint32_t i = 1; i < m->count; i++)
        if (strcmp(m->names[i], BUS) != 0 && attempt_selected(r, m->names[i]))
            return true;
    if (attempt(r, BUS, mvfio_device_hot_reset))
        return true;
    /* The kernel's own reset of the bus asks nobody for the other functions' owners. */
    return m->count > 1 && offers(r, BUS) && attempt_selected(r, BUS);
}

/* The kernel's list as it was, which somebody may have chosen. */
static void restore_methods(const struct recovery *r)
{
    char list[MVFIO_RESET_METHODS_MAX * sizeof r->methods.names[0]] = "";

    for (uint32_t i = 0; i < r->methods.count; i++) {
        size_t length = strlen(list);

        snprintf(list + length, sizeof list - length, "%s%s", i ? " " : "", r->methods.names[i]);
    }
    (void)mvfio_reset_select(r->hal->sysfs_root, mvfio_device_name(r->hal->device), list, NULL);
}

enum magma_code mg_hal_recover(struct mg_hal *hal, const struct mg_hal_recover_options *options,
                               struct magma_error *err)
{
    static const struct mg_hal_recover_options none;
    struct recovery r = {.hal = hal, .options = options ? options : &none};
    const char *name = mvfio_device_name(hal->device);
    bool helped;

    /* Not a device of the kernel's, or a kernel that does not say: then there is no list. */
    (void)mvfio_reset_methods(hal->sysfs_root, name, &r.methods, NULL);
    helped = try_all(&r);
    if (r.selected)
        restore_methods(&r);
    if (helped)
        return MAGMA_OK;
    return mg_fail(err, MAGMA_BUSY,
                   "%s: no reset brings it back (%s); reboot the machine, and where that does not "
                   "help either, switch it off and on",
                   name, r.story);
}
