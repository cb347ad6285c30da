/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * gpumodel: a model behind a socket. One thread: it reads messages and lets the model work a bit.
 * The model's clock moves with the wall clock, and a little more for each access and each piece
 * of work: what a client waits is never shorter for the model.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "serve.h"

#define STEP_BUDGET        4096
#define IDLE_MS            1
#define LONG_IDLE_MS       10
#define LONG_IDLE_AFTER_NS UINT64_C(1000000000)
#define PLAN_MAX_BYTES     65536

enum { EXIT_USAGE = 2, EXIT_FAULTS = 3 };

static volatile sig_atomic_t stopping;

struct app {
    struct gpum_options options;
    struct gpum_serve *serve;
    struct gpum *m;
    FILE *trace;
    int listener;
    uint64_t last_ns, last_work_ns;
};

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* ---- What the model calls ----------------------------------------------------------------------
 */

static void on_interrupt(void *ctx, unsigned vector)
{
    struct app *app = ctx;
    gpum_serve_interrupt(app->serve, vector);
}

static bool on_translate(void *ctx, uint64_t iova, bool write, uint8_t **ptr, uint64_t *run_bytes)
{
    struct app *app = ctx;
    return gpum_serve_translate(app->serve, iova, write, ptr, run_bytes);
}

static void on_report(void *ctx, enum gpum_severity severity, const char *text)
{
    (void)ctx;
    fprintf(stderr, "gpumodel: %s: %s\n", severity == GPUM_FAULT ? "fault" : "note", text);
}

static void on_trace(void *ctx, uint64_t time_ns, const char *text)
{
    struct app *app = ctx;
    if (app->trace)
        fprintf(app->trace, "%llu.%09llu %s\n", (unsigned long long)(time_ns / 1000000000),
                (unsigned long long)(time_ns % 1000000000), text);
}

/* ---- Setting up --------------------------------------------------------------------------------
 */

static char *read_plan(const char *path)
{
    char *text = calloc(1, PLAN_MAX_BYTES + 1);
    FILE *file = fopen(path, "r");
    bool ok = text && file && fread(text, 1, PLAN_MAX_BYTES, file) < PLAN_MAX_BYTES;
    if (!ok) {
        fprintf(stderr, "gpumodel: cannot read the plan %s\n", path);
        free(text);
        text = NULL;
    }
    if (file)
        fclose(file);
    return text;
}

static bool create_model(struct app *app)
{
    char error[256] = "";
    char *plan = NULL;
    if (app->options.plan_path && !(plan = read_plan(app->options.plan_path)))
        return false;
    struct gpum_config config = {
        .chip = app->options.chip,
        .vram_bytes = app->options.vram_bytes,
        .seed = app->options.seed,
        .plan = plan,
        .trace = app->trace != NULL,
        .cb = {app, on_interrupt, on_translate, on_report, on_trace},
    };
    app->m = gpum_create(&config, error, sizeof(error));
    free(plan);
    if (!app->m)
        fprintf(stderr, "gpumodel: %s\n", error);
    return app->m != NULL;
}

static bool open_trace(struct app *app)
{
    const char *path = app->options.trace_path;
    if (!path)
        return true;
    app->trace = strcmp(path, "-") == 0 ? stderr : fopen(path, "w");
    if (!app->trace)
        fprintf(stderr, "gpumodel: cannot write %s: %s\n", path, strerror(errno));
    return app->trace != NULL;
}

/* A socket file that nobody listens on is left over from a server that was killed. */
static void remove_stale(const struct sockaddr_un *address)
{
    struct stat st;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe >= 0 && stat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
        connect(probe, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
        errno == ECONNREFUSED)
        unlink(address->sun_path);
    if (probe >= 0)
        close(probe);
}

static bool listen_at(struct app *app)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = app->options.socket_path;
    if (strlen(path) >= sizeof(address.sun_path)) {
        fprintf(stderr, "gpumodel: the socket path is longer than %zu bytes\n",
                sizeof(address.sun_path) - 1);
        return false;
    }
    memcpy(address.sun_path, path, strlen(path));
    remove_stale(&address);
    app->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(077);
    bool ok = app->listener >= 0 &&
              bind(app->listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
              listen(app->listener, 4) == 0;
    umask(mask);
    if (!ok)
        fprintf(stderr, "gpumodel: cannot listen at %s: %s\n", path, strerror(errno));
    return ok;
}

/* ---- Running -----------------------------------------------------------------------------------
 */

static void keep_time(void *ctx)
{
    struct app *app = ctx;
    uint64_t now = now_ns();
    gpum_advance_ns(app->m, now - app->last_ns);
    app->last_ns = now;
}

static void lose_client(struct app *app)
{
    gpum_serve_disconnect(app->serve);
    if (app->options.reset_on_close)
        gpum_reset(app->m);
    if (app->options.once || app->options.fd >= 0)
        stopping = 1;
}

static void accept_client(struct app *app)
{
    int fd = accept4(app->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        gpum_serve_connect(app->serve, fd);
}

static int wait_ms(struct app *app, bool more)
{
    uint64_t now = now_ns();
    if (more) {
        app->last_work_ns = now;
        return 0;
    }
    return now - app->last_work_ns > LONG_IDLE_AFTER_NS ? LONG_IDLE_MS : IDLE_MS;
}

static void turn(struct app *app)
{
    keep_time(app);
    bool more = gpum_step(app->m, STEP_BUDGET);
    struct pollfd p = {.fd = app->serve->fd >= 0 ? app->serve->fd : app->listener,
                       .events = POLLIN};
    bool writing = gpum_serve_wants_write(app->serve);
    if (writing)
        p.events = POLLOUT;
    if (poll(&p, 1, wait_ms(app, more)) <= 0)
        return;
    app->last_work_ns = now_ns();
    if (app->serve->fd < 0)
        accept_client(app);
    else if (writing ? !gpum_serve_write(app->serve) : !gpum_serve_read(app->serve))
        lose_client(app);
}

static int finish(struct app *app, int status)
{
    unsigned faults = app->m ? gpum_fault_count(app->m) : 0;
    if (faults)
        fprintf(stderr, "gpumodel: %u accesses that hardware would refuse\n", faults);
    if (status == 0 && faults && app->options.strict)
        status = EXIT_FAULTS;
    gpum_serve_destroy(app->serve);
    gpum_destroy(app->m);
    if (app->listener >= 0) {
        close(app->listener);
        unlink(app->options.socket_path);
    }
    if (app->trace && app->trace != stderr)
        fclose(app->trace);
    return status;
}

int main(int argc, char **argv)
{
    struct app app = {.listener = -1};
    char error[256];
    if (!gpum_options_parse(argc, argv, &app.options, error, sizeof(error))) {
        fprintf(stderr, "gpumodel: %s\n", error);
        return EXIT_USAGE;
    }
    if (app.options.help) {
        fputs(gpum_options_help(), stdout);
        return 0;
    }
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    app.serve = gpum_serve_create();
    if (!app.serve || !open_trace(&app) || !create_model(&app))
        return finish(&app, EXIT_FAILURE);
    app.serve->m = app.m;
    app.serve->tick = keep_time;
    app.serve->tick_ctx = &app;
    app.serve->no_bar1_map = app.options.no_bar1_map;
    app.serve->ask_iommu = app.options.ask_iommu;
    if (app.options.socket_path && !listen_at(&app))
        return finish(&app, EXIT_FAILURE);
    if (app.options.fd >= 0)
        gpum_serve_connect(app.serve, app.options.fd);
    app.last_ns = app.last_work_ns = now_ns();
    while (!stopping)
        turn(&app);
    return finish(&app, 0);
}
