/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* pipe2 */
#include "judge_worker.h"

#include "alloc.h"
#include "process_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Read at once, and what is kept of read lines before the buffer moves. */
#define READ_BYTES ((size_t)64 << 10)
/* A helper that was told to end and does not within this time is killed. */
#define END_S 5.0

/* ---- start ---- */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void rft_judge_worker_init(struct rft_judge_worker *worker, struct rft_judge_item **items)
{
    *worker = (struct rft_judge_worker){.items = items, .input = -1, .output = -1, .errors = -1, .status = -1};
}

/* Four pipes: ours[i] and theirs[i] for descriptor i of the helper. */
static bool open_pipes(int ours[4], int theirs[4])
{
    for (int i = 0; i < 4; i++)
        ours[i] = theirs[i] = -1;
    for (int i = 0; i < 4; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            return false;
        ours[i] = ends[i == STDIN_FILENO];
        theirs[i] = ends[i != STDIN_FILENO];
        if (fcntl(ours[i], F_SETFL, O_NONBLOCK) != 0)
            return false;
    }
    return true;
}

/* Descriptors below 4 of the helper are made from theirs, which must not be among them: those of this process are its
 * standard streams, and one more at most. */
static int spawn_process(pid_t *pid, const char *helper, char *const *argv, int theirs[4])
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    int moved[4] = {-1, -1, -1, -1}, error = 0;
    for (int i = 0; i < 4 && error == 0; i++) {
        moved[i] = fcntl(theirs[i], F_DUPFD_CLOEXEC, 4);
        error = moved[i] < 0 ? errno : 0;
    }
    if (error == 0)
        error = posix_spawn_file_actions_init(&actions);
    if (error == 0) {
        error = posix_spawnattr_init(&attributes);
        for (int i = 0; i < 4 && error == 0; i++)
            error = posix_spawn_file_actions_adddup2(&actions, moved[i], i);
        if (error == 0) {
            sigfillset(&all);
            sigemptyset(&none);
            posix_spawnattr_setsigdefault(&attributes, &all);
            posix_spawnattr_setsigmask(&attributes, &none);
            error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        }
        if (error == 0)
            error = posix_spawn(pid, helper, &actions, &attributes, argv, environ);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
    }
    for (int i = 0; i < 4; i++)
        close_fd(&moved[i]);
    return error;
}

/* rftgen judge-worker <mode> <our process id> <command> <argument>... */
static enum rft_status spawn_helper(struct rft_judge_worker *worker, const char *helper, enum rft_judge_mode mode,
                                    char *const *command)
{
    enum { N_HEAD = 4 };
    char word[] = RFT_JUDGE_WORD, mode_word[16], parent[24], name[] = "rftgen";
    size_t n = 0;
    int ours[4], theirs[4], error;
    while (command[n] != NULL)
        n++;
    char **argv = rft_alloc(n + N_HEAD + 1, sizeof *argv);
    if (argv == NULL)
        return RFT_ERR_HOST_MEMORY;
    snprintf(mode_word, sizeof mode_word, "%s", rft_judge_mode_word(mode));
    snprintf(parent, sizeof parent, "%ld", (long)getpid());
    argv[0] = name;
    argv[1] = word;
    argv[2] = mode_word;
    argv[3] = parent;
    memcpy(argv + N_HEAD, command, n * sizeof *argv);
    error = open_pipes(ours, theirs) ? spawn_process(&worker->pid, helper, argv, theirs) : errno;
    rft_free(argv);
    for (int i = 0; i < 4; i++)
        close_fd(&theirs[i]);
    worker->input = ours[0];
    worker->output = ours[1];
    worker->errors = ours[2];
    worker->status = ours[3];
    errno = error;
    return error == 0 ? RFT_OK : RFT_ERR_IO;
}

static void close_pipes(struct rft_judge_worker *worker)
{
    close_fd(&worker->input);
    close_fd(&worker->output);
    close_fd(&worker->errors);
    close_fd(&worker->status);
}

enum rft_status rft_judge_worker_start(struct rft_judge_worker *worker, const char *helper, enum rft_judge_mode mode,
                                       char *const *command)
{
    worker->mode = mode;
    enum rft_status status = spawn_helper(worker, helper, mode, command);
    if (status == RFT_OK) {
        worker->state = RFT_JUDGE_WORKER_RUNNING;
        return RFT_OK;
    }
    int error = errno;
    close_pipes(worker);
    errno = error;
    return status;
}

enum rft_judge_mode rft_judge_worker_probe(const char *helper)
{
    static char *const nothing[] = {NULL};
    struct rft_judge_worker worker;
    rft_judge_worker_init(&worker, NULL);
    int status, mode = RFT_JUDGE_MODE_PLAIN;
    if (spawn_helper(&worker, helper, RFT_JUDGE_MODE_PROBE, nothing) == RFT_OK) {
        while (waitpid(worker.pid, &status, 0) < 0 && errno == EINTR)
            ;
        mode = WIFEXITED(status) ? WEXITSTATUS(status) - RFT_JUDGE_PROBED : mode;
    }
    close_pipes(&worker);
    return mode == RFT_JUDGE_MODE_PID || mode == RFT_JUDGE_MODE_USER ? (enum rft_judge_mode)mode : RFT_JUDGE_MODE_PLAIN;
}

/* ---- requests and answers ---- */

enum rft_status rft_judge_worker_send(struct rft_judge_worker *worker, struct rft_judge_item *item)
{
    if (worker->n_sent == worker->to_send.len) {
        rft_str_clear(&worker->to_send);
        worker->n_sent = 0;
    }
    RFT_TRY(rft_str_append(&worker->to_send, item->line.data, item->line.len));
    worker->items[worker->n_items++] = item;
    return RFT_OK;
}

void rft_judge_worker_poll(const struct rft_judge_worker *worker, struct pollfd *fds)
{
    bool is_running = worker->state == RFT_JUDGE_WORKER_RUNNING;
    bool is_sending = is_running && worker->n_sent < worker->to_send.len;
    /* poll passes over negative descriptors. */
    fds[0] = (struct pollfd){.fd = is_running ? worker->input : -1, .events = is_sending ? POLLOUT : 0};
    fds[1] = (struct pollfd){.fd = worker->output, .events = POLLIN};
    fds[2] = (struct pollfd){.fd = worker->errors, .events = POLLIN};
    fds[3] = (struct pollfd){.fd = worker->status, .events = POLLIN};
}

static void write_requests(struct rft_judge_worker *worker)
{
    while (worker->n_sent < worker->to_send.len) {
        ssize_t n = write(worker->input, worker->to_send.data + worker->n_sent, worker->to_send.len - worker->n_sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nothing at the moment, or nobody reads: poll says so */
        worker->n_sent += (size_t)n;
    }
}

static void note_closed(struct rft_judge_worker *worker, const char *what, double now)
{
    if (worker->closed != NULL)
        return;
    worker->closed = what;
    worker->closed_at = now;
}

/* It reads no more. That is no failure as long as it has read everything. */
static void end_input(struct rft_judge_worker *worker, double now)
{
    int n_unread = 0;
    if (worker->n_sent < worker->to_send.len || (ioctl(worker->input, FIONREAD, &n_unread) == 0 && n_unread != 0))
        note_closed(worker, "closed its input", now);
    close_fd(&worker->input);
}

/* Reads once; false: there is nothing at the moment, or, with *fd closed, nothing any more. */
static bool read_some(int *fd, char *buffer, size_t size, size_t *n)
{
    ssize_t got;
    do
        got = read(*fd, buffer, size);
    while (got < 0 && errno == EINTR);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        close_fd(fd);
    *n = got > 0 ? (size_t)got : 0;
    return got > 0;
}

static enum rft_status read_answers(struct rft_judge_worker *worker, double now)
{
    char buffer[4096];
    size_t n, n_taken = 0;
    bool counts = worker->state == RFT_JUDGE_WORKER_RUNNING;
    if (worker->n_read != 0) {
        worker->received.len -= worker->n_read;
        memmove(worker->received.data, worker->received.data + worker->n_read, worker->received.len);
        worker->n_read = 0;
    }
    while (n_taken < READ_BYTES && read_some(&worker->output, buffer, sizeof buffer, &n)) {
        n_taken += n;
        if (counts)
            RFT_TRY(rft_str_append(&worker->received, buffer, n));
    }
    if (worker->output < 0)
        note_closed(worker, "closed its output", now);
    return RFT_OK;
}

/* Keeps the last of it. */
static void read_errors(struct rft_judge_worker *worker)
{
    char buffer[4096];
    size_t n, n_taken = 0;
    while (n_taken < READ_BYTES && read_some(&worker->errors, buffer, sizeof buffer, &n)) {
        n_taken += n;
        size_t n_new = n < sizeof worker->words ? n : sizeof worker->words;
        size_t n_old = worker->n_words < sizeof worker->words - n_new ? worker->n_words : sizeof worker->words - n_new;
        memmove(worker->words, worker->words + worker->n_words - n_old, n_old);
        memcpy(worker->words + n_old, buffer + n - n_new, n_new);
        worker->n_words = n_old + n_new;
    }
}

static void read_status(struct rft_judge_worker *worker)
{
    struct rft_judge_event event;
    size_t n;
    while (read_some(&worker->status, (char *)&event, sizeof event, &n) && n == sizeof event) {
        if (event.kind == RFT_JUDGE_STARTED) {
            worker->has_started = true;
            worker->group = event.value;
        } else {
            worker->end = event;
        }
    }
}

enum rft_status rft_judge_worker_move(struct rft_judge_worker *worker, const struct pollfd *fds, double now)
{
    if ((fds[0].revents & POLLERR) != 0 && worker->input >= 0)
        end_input(worker, now);
    else if (fds[0].revents != 0 && worker->input >= 0)
        write_requests(worker);
    if (fds[2].revents != 0 && worker->errors >= 0)
        read_errors(worker);
    if (fds[3].revents != 0 && worker->status >= 0)
        read_status(worker);
    /* Last: the end is told behind all that was written before it. */
    return fds[1].revents != 0 && worker->output >= 0 ? read_answers(worker, now) : RFT_OK;
}

bool rft_judge_worker_next_line(struct rft_judge_worker *worker, struct rft_bytes *line)
{
    size_t n = worker->received.len - worker->n_read;
    const char *from = n != 0 ? worker->received.data + worker->n_read : NULL;
    const char *newline = n != 0 ? memchr(from, '\n', n) : NULL;
    size_t len = newline != NULL ? (size_t)(newline - from) : n;
    if (len > RFT_JUDGE_LINE_BYTES)
        rft_judge_worker_fail(worker, RFT_JUDGE_CAUSE_OUTPUT, "a line of more than %zu bytes", RFT_JUDGE_LINE_BYTES);
    if (newline == NULL || len > RFT_JUDGE_LINE_BYTES)
        return false;
    *line = (struct rft_bytes){from, len};
    worker->n_read += len + 1;
    return true;
}

/* ---- end ---- */

void rft_judge_worker_fail(struct rft_judge_worker *worker, enum rft_judge_cause cause, const char *format, ...)
{
    va_list args;
    if (worker->cause != RFT_JUDGE_CAUSE_NONE)
        return;
    worker->cause = cause;
    va_start(args, format);
    vsnprintf(worker->failure, sizeof worker->failure, format, args);
    va_end(args);
}

void rft_judge_worker_fail_by_end(struct rft_judge_worker *worker)
{
    int value = worker->end.value;
    if (worker->end.kind == RFT_JUDGE_EXITED)
        rft_judge_worker_fail(worker, RFT_JUDGE_CAUSE_ENDED, "exited with code %d", value);
    else if (worker->end.kind == RFT_JUDGE_KILLED)
        rft_judge_worker_fail(worker, RFT_JUDGE_CAUSE_ENDED, "killed by signal %d", value);
    else if (worker->end.kind == RFT_JUDGE_NOT_STARTED)
        rft_judge_worker_fail(worker, RFT_JUDGE_CAUSE_ENDED, "cannot be started: %s%s", strerror(value),
                              value == ENOEXEC  ? "; if it is a script, begin it with #! and its interpreter"
                              : value == ENOENT ? "; is the interpreter there that its #! names?"
                                                : "");
    else
        rft_judge_worker_fail(worker, RFT_JUDGE_CAUSE_ENDED, "its parent process was killed");
}

void rft_judge_worker_kill(struct rft_judge_worker *worker, double now)
{
    if (worker->state != RFT_JUDGE_WORKER_RUNNING)
        return;
    worker->state = RFT_JUDGE_WORKER_ENDING;
    worker->deadline = now + END_S;
    close_fd(&worker->input);
    kill(worker->pid, SIGTERM);
}

void rft_judge_worker_kill_hard(struct rft_judge_worker *worker)
{
    struct rft_process_tree tree = {0};
    if (worker->mode == RFT_JUDGE_MODE_PLAIN && rft_process_tree_read(&tree, worker->pid) == RFT_OK)
        rft_process_tree_kill(&tree);
    rft_process_tree_finish(&tree);
    kill(worker->pid, SIGKILL); /* its namespace follows it */
    worker->deadline += END_S;
}

void rft_judge_worker_close_input(struct rft_judge_worker *worker)
{
    close_fd(&worker->input);
}

bool rft_judge_worker_has_ended(struct rft_judge_worker *worker)
{
    if (worker->state == RFT_JUDGE_WORKER_NONE || worker->status >= 0)
        return false;
    if (worker->pid > 0 && worker->mode == RFT_JUDGE_MODE_PLAIN && worker->group > 1 && worker->end.kind == 0)
        kill(-worker->group, SIGKILL); /* a judge that killed its helper: what is left of its group */
    if (worker->pid > 0)
        while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    worker->pid = 0;
    if (worker->errors >= 0)
        read_errors(worker); /* its last words */
    return true;
}

void rft_judge_worker_finish(struct rft_judge_worker *worker)
{
    close_pipes(worker);
    rft_str_finish(&worker->to_send);
    rft_str_finish(&worker->received);
    rft_judge_worker_init(worker, worker->items);
}
