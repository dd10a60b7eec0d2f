/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getaffinity */
#include "os.h"

#include "alloc.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS 100

enum rft_status rft_os_error(const char *path, const char *verb)
{
    rft_log_error("%s: cannot %s: %s", path, verb, strerror(errno));
    return RFT_ERR_IO;
}

char *rft_path_join(const char *dir, const char *name)
{
    struct rft_str s = {0};
    enum rft_status status = name[0] == '/' ? rft_str_append_z(&s, name) : rft_str_printf(&s, "%s/%s", dir, name);
    if (status != RFT_OK)
        rft_str_finish(&s);
    return s.data;
}

char *rft_path_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return rft_strdup(".");
    return rft_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

char *rft_path_expand(const char *path)
{
    static const char cache[] = "$XDG_CACHE_HOME/";
    const char *home = getenv("HOME"), *xdg = getenv("XDG_CACHE_HOME");
    struct rft_str s = {0};
    enum rft_status status;
    if (home == NULL)
        home = "";
    if (strncmp(path, "~/", 2) == 0)
        status = rft_str_printf(&s, "%s/%s", home, path + 2);
    else if (strncmp(path, cache, sizeof cache - 1) != 0)
        status = rft_str_append_z(&s, path);
    else if (xdg != NULL && *xdg)
        status = rft_str_printf(&s, "%s/%s", xdg, path + sizeof cache - 1);
    else
        status = rft_str_printf(&s, "%s/.cache/%s", home, path + sizeof cache - 1);
    if (status != RFT_OK)
        rft_str_finish(&s);
    return s.data;
}

uint32_t rft_os_n_cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (uint32_t)CPU_COUNT(&set);
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (uint32_t)n : 1;
}

double rft_os_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

enum rft_status rft_os_open_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* The lowest free number is taken, which is this one. Opened the wrong way round, so that its use is an
         * error. */
        int flags = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (open("/dev/null", flags) < 0 && open("/", O_RDONLY | O_DIRECTORY) < 0)
            return RFT_ERR_IO;
    }
    return RFT_OK;
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    if (interrupted) {
        signal(number, SIG_DFL);
        raise(number);
    }
    interrupted = 1;
}

void rft_os_catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a reader that went away: write() says so */
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit: write() says so, with a message of ours */
}

bool rft_os_interrupted(void)
{
    return interrupted != 0;
}

void rft_os_set_interrupted(bool on)
{
    interrupted = on;
}

enum rft_status rft_os_wait(int fd, const char *path, bool for_writing)
{
    struct pollfd poll_fd = {.fd = fd, .events = for_writing ? POLLOUT : POLLIN};
    for (;;) {
        if (rft_os_interrupted())
            return RFT_ERR_INTERRUPTED;
        int n = poll(&poll_fd, 1, POLL_MS);
        if (n > 0)
            return RFT_OK;
        if (n < 0 && errno != EINTR)
            return rft_os_error(path, for_writing ? "write" : "read");
    }
}

void rft_os_rest(void)
{
    (void)poll(NULL, 0, POLL_MS);
}

enum rft_status rft_os_flush_stdout(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return RFT_OK;
    rft_log_error("cannot write to the standard output");
    return RFT_ERR_IO;
}
