/* SPDX-License-Identifier: MIT */
#include "judge_thread.h"

#include "alloc.h"
#include "os.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How often the memory of workers is looked at, and how long an idle one may take to end by itself. */
#define LOOK_S 0.05
#define LEAVE_S 1.0
/* A worker that closed a pipe may be ending: so long to tell. */
#define CLOSED_S 0.25
/* Blank lines, and answers to what is answered already: so many in a row are no mistake. */
#define N_IDLE_LINES_MAX 1000

void rft_judge_list_append(struct rft_judge_list *list, struct rft_judge_item *item)
{
    struct rft_judge_item **end = list->first != NULL ? list->end : &list->first;
    item->next = NULL;
    *end = item;
    list->end = &item->next;
    list->n++;
}

struct rft_judge_item *rft_judge_list_take(struct rft_judge_list *list)
{
    struct rft_judge_item *item = list->first;
    if (item == NULL)
        return NULL;
    list->first = item->next;
    list->n--;
    return item;
}

void rft_judge_item_free(struct rft_judge_item *item)
{
    if (item == NULL)
        return;
    rft_str_finish(&item->line);
    rft_free(item);
}

/* For the caller's side to log; the first few. */
static void warn(struct rft_judges *judges, const char *format, ...) RFT_PRINTF(2, 3);
static void warn(struct rft_judges *judges, const char *format, ...)
{
    va_list args;
    if (judges->n_warnings == RFT_JUDGE_N_WARNINGS)
        return;
    va_start(args, format);
    vsnprintf(judges->warnings[judges->n_warnings++], RFT_JUDGE_MESSAGE_BYTES, format, args);
    va_end(args);
    pthread_cond_broadcast(&judges->changed);
}

/* ---- verdicts; all under the lock ---- */

/* The item is given back in any case. */
static enum rft_status decide(struct rft_judges *judges, struct rft_judge_item *item,
                              const struct rft_judge_reply *reply)
{
    enum rft_status status = rft_verdicts_decide(judges->verdicts, item->key, reply);
    if (status == RFT_ERR_IO)
        judges->write_error = errno;
    judges->n_items--;
    judges->n_bytes -= item->line.len;
    judges->counts.n_decided += status == RFT_OK;
    judges->counts.n_verdicts[reply->verdict] += status == RFT_OK;
    judges->counts.n_undecided[reply->cause] += status == RFT_OK;
    rft_judge_item_free(item);
    pthread_cond_broadcast(&judges->changed);
    return status;
}

/* What a worker that failed had not answered is tried once more, or is undecided. */
static enum rft_status settle_items(struct rft_judges *judges, struct rft_judge_worker *worker)
{
    const struct rft_judge_reply undecided = {
        .verdict = RFT_JUDGE_UNDECIDED, .cause = worker->cause, .reason = rft_bytes_z(worker->failure)};
    enum rft_status status = RFT_OK;
    for (size_t i = 0; i < worker->n_items; i++) {
        struct rft_judge_item *item = worker->items[i];
        if (status == RFT_OK && item->is_lone) {
            status = decide(judges, item, &undecided);
            continue;
        }
        item->is_lone = true;
        rft_judge_list_append(&judges->again, item);
    }
    worker->n_items = 0;
    return status;
}

/* A line that brings nothing. */
static void check_idle_lines(struct rft_judge_worker *worker)
{
    if (++worker->n_idle_lines > N_IDLE_LINES_MAX)
        rft_judge_worker_fail(worker, RFT_JUDGE_CAUSE_OUTPUT, "lines without end");
}

static enum rft_status take_answer(struct rft_judges *judges, struct rft_judge_worker *worker,
                                   const struct rft_judge_line *line, double now)
{
    for (size_t i = 0; i < worker->n_items; i++) {
        struct rft_judge_item *item = worker->items[i];
        if (!rft_judge_key_is_same(item->key, line->key))
            continue;
        worker->items[i] = worker->items[--worker->n_items];
        worker->n_answers++;
        worker->n_idle_lines = 0;
        worker->deadline = now + judges->options.time_limit_s;
        return decide(judges, item, &line->reply);
    }
    if (rft_verdicts_state(judges->verdicts, line->key) != RFT_VERDICT_DECIDED) {
        rft_judge_worker_fail(worker, RFT_JUDGE_CAUSE_OUTPUT, "an answer to what was not asked");
        return RFT_OK;
    }
    check_idle_lines(worker);
    if (!judges->warned_duplicate)
        warn(judges, "verify.command: the judge answered a request twice; the first answer counts");
    judges->warned_duplicate = true;
    return RFT_OK;
}

static enum rft_status take_lines(struct rft_judges *judges, struct rft_judge_worker *worker, double now)
{
    struct rft_bytes text;
    struct rft_judge_line line;
    while (worker->cause == RFT_JUDGE_CAUSE_NONE && rft_judge_worker_next_line(worker, &text)) {
        RFT_TRY(rft_judge_parse_line(text, &line));
        if (line.kind == RFT_JUDGE_LINE_ANSWER) {
            pthread_mutex_lock(&judges->lock);
            enum rft_status status = take_answer(judges, worker, &line, now);
            pthread_mutex_unlock(&judges->lock);
            RFT_TRY(status);
        } else if (line.kind == RFT_JUDGE_LINE_READY && !worker->is_ready && worker->n_answers == 0) {
            worker->is_ready = true;
            worker->deadline = now + judges->options.time_limit_s;
        } else if (line.kind == RFT_JUDGE_LINE_BLANK) {
            check_idle_lines(worker);
        } else {
            rft_judge_worker_fail(worker, RFT_JUDGE_CAUSE_OUTPUT, "%s",
                                  line.problem != NULL ? line.problem : "more than one line that says it is ready");
        }
    }
    return RFT_OK;
}

/* ---- workers ---- */

static enum rft_status start(struct rft_judges *judges, struct rft_judge_worker *worker)
{
    enum rft_status status = rft_judge_worker_start(worker, judges->helper, judges->mode, judges->command);
    if (status == RFT_ERR_IO)
        snprintf(judges->start_error, sizeof judges->start_error, "cannot start a process: %s", strerror(errno));
    judges->counts.n_started += status == RFT_OK;
    return status;
}

/* Under the lock. A worker without work gets some: a second try if its process is fresh, or if nothing else is left. */
static enum rft_status give_work(struct rft_judges *judges, struct rft_judge_worker *worker, double now)
{
    size_t n = 1, n_workers = judges->options.n_workers;
    bool is_fresh = worker->n_answers == 0;
    bool is_lone = judges->again.first != NULL && (is_fresh || judges->queue.first == NULL);
    struct rft_judge_list *list = is_lone ? &judges->again : &judges->queue;
    if (list->first == NULL)
        return RFT_OK;
    bool is_of_no_use = worker->closed != NULL || worker->input < 0 || (is_lone && !is_fresh);
    if (worker->state == RFT_JUDGE_WORKER_RUNNING && is_of_no_use) {
        rft_judge_worker_kill(worker, now);
        return RFT_OK;
    }
    if (worker->state == RFT_JUDGE_WORKER_NONE)
        RFT_TRY(start(judges, worker));
    worker->is_lone = is_lone;
    if (!is_lone) /* everybody gets a share */
        n = (list->n + n_workers - 1) / n_workers;
    for (; n != 0 && list->first != NULL && worker->n_items < (is_lone ? 1 : judges->options.batch); n--) {
        RFT_TRY(rft_judge_worker_send(worker, list->first));
        rft_judge_list_take(list);
    }
    worker->deadline = now + judges->options.time_limit_s;
    if (worker->n_answers == 0 && !worker->is_ready)
        worker->deadline += judges->options.start_limit_s;
    return RFT_OK;
}

/* Its last words, on one line. */
static void report_failure(struct rft_judges *judges, const struct rft_judge_worker *worker)
{
    char words[RFT_JUDGE_WORDS_BYTES + 1];
    memcpy(words, worker->words, worker->n_words);
    words[worker->n_words] = '\0';
    for (char *c = words; c < words + worker->n_words; c++)
        *c = *c == '\0' ? ' ' : *c;
    judges->counts.n_failed++;
    warn(judges, "verify.command: a worker failed: %s; requests %s: %zu%s%s%s", worker->failure,
         worker->is_lone ? "undecided" : "tried once more", worker->n_items, worker->n_words != 0 ? "; it said: " : "",
         words, judges->n_warnings + 1 == RFT_JUDGE_N_WARNINGS ? " (more of these are only counted)" : "");
}

/* A worker whose helper is gone: what is open is settled, and the place is free. */
static enum rft_status end_worker(struct rft_judges *judges, struct rft_judge_worker *worker)
{
    enum rft_status status = RFT_OK;
    if (worker->n_items != 0)
        rft_judge_worker_fail_by_end(worker);
    pthread_mutex_lock(&judges->lock);
    if (worker->end.kind == RFT_JUDGE_NOT_STARTED) {
        rft_judge_worker_fail_by_end(worker);
        snprintf(judges->start_error, sizeof judges->start_error, "%s", worker->failure);
        status = RFT_ERR_CONFIG;
    } else if (worker->cause != RFT_JUDGE_CAUSE_NONE) {
        report_failure(judges, worker);
        status = settle_items(judges, worker);
    }
    pthread_mutex_unlock(&judges->lock);
    for (size_t i = 0; i < worker->n_items; i++)
        rft_judge_item_free(worker->items[i]);
    rft_judge_worker_finish(worker);
    return status;
}

/* Whether it holds more than it may: looked at by the whole tree of its processes, but for ours. */
static enum rft_status check_memory(struct rft_judges *judges, struct rft_judge_worker *worker)
{
    uint32_t depth_of_judge = worker->mode == RFT_JUDGE_MODE_PLAIN ? 1 : 2;
    RFT_TRY(rft_process_tree_read(&judges->tree, worker->pid));
    if (rft_process_tree_bytes_over(&judges->tree, depth_of_judge, judges->options.memory_limit_bytes) != 0)
        rft_judge_worker_fail(worker, RFT_JUDGE_CAUSE_MEMORY, "memory limit");
    return RFT_OK;
}

/* What time has brought about, and what the worker has written. */
static enum rft_status step_worker(struct rft_judges *judges, struct rft_judge_worker *worker, double now, bool looks)
{
    if (worker->state == RFT_JUDGE_WORKER_NONE)
        return RFT_OK;
    if (worker->state == RFT_JUDGE_WORKER_RUNNING) {
        RFT_TRY(take_lines(judges, worker, now));
        if (worker->n_items != 0 && now > worker->deadline)
            rft_judge_worker_fail(worker, RFT_JUDGE_CAUSE_TIME, "time limit");
        if (worker->n_items != 0 && worker->closed != NULL && worker->status >= 0 && now > worker->closed_at + CLOSED_S)
            rft_judge_worker_fail(worker, RFT_JUDGE_CAUSE_ENDED, "%s", worker->closed);
        if (looks && worker->n_items != 0 && worker->has_started)
            RFT_TRY(check_memory(judges, worker));
        if (worker->cause != RFT_JUDGE_CAUSE_NONE)
            rft_judge_worker_kill(worker, now);
    } else if (now > worker->deadline) {
        rft_judge_worker_kill_hard(worker);
    }
    /* Behind its end everything that it wrote can be read. */
    bool is_read = worker->output < 0 || worker->n_items == 0 || worker->state == RFT_JUDGE_WORKER_ENDING;
    return is_read && rft_judge_worker_has_ended(worker) ? end_worker(judges, worker) : RFT_OK;
}

/* ---- the loop ---- */

static enum rft_status step(struct rft_judges *judges, double now)
{
    bool looks = judges->watches_memory && now >= judges->next_look;
    if (looks)
        judges->next_look = now + LOOK_S;
    for (uint32_t i = 0; i < judges->options.n_workers; i++) {
        struct rft_judge_worker *worker = &judges->workers[i];
        RFT_TRY(step_worker(judges, worker, now, looks));
        if (worker->state == RFT_JUDGE_WORKER_ENDING || worker->n_items != 0)
            continue;
        pthread_mutex_lock(&judges->lock);
        enum rft_status status = give_work(judges, worker, now);
        pthread_mutex_unlock(&judges->lock);
        RFT_TRY(status);
    }
    return RFT_OK;
}

/* Seconds until something is due; negative: nothing is. */
static double next_due(const struct rft_judges *judges, double now)
{
    double due = -1;
    for (uint32_t i = 0; i < judges->options.n_workers; i++) {
        const struct rft_judge_worker *worker = &judges->workers[i];
        if (worker->state == RFT_JUDGE_WORKER_NONE || (worker->state == RFT_JUDGE_WORKER_RUNNING && !worker->n_items))
            continue;
        double at = worker->deadline;
        if (judges->watches_memory && worker->state == RFT_JUDGE_WORKER_RUNNING && judges->next_look < at)
            at = judges->next_look;
        if (worker->state == RFT_JUDGE_WORKER_RUNNING && worker->closed != NULL && worker->closed_at + CLOSED_S < at)
            at = worker->closed_at + CLOSED_S;
        double left = at > now ? at - now : 0;
        due = due < 0 || left < due ? left : due;
    }
    return due;
}

/* Waits for what may be read or written, for work, and until the time is up; then reads and writes. */
static enum rft_status wait_and_move(struct rft_judges *judges, double seconds)
{
    uint32_t n_workers = judges->options.n_workers;
    uint64_t count;
    judges->fds[0] = (struct pollfd){.fd = judges->wake, .events = POLLIN};
    for (uint32_t i = 0; i < n_workers; i++)
        rft_judge_worker_poll(&judges->workers[i], judges->fds + 1 + i * RFT_JUDGE_N_POLLED);
    int ms = seconds < 0 ? -1 : seconds > 60 ? 60000 : (int)(seconds * 1e3) + 1;
    if (poll(judges->fds, 1 + n_workers * RFT_JUDGE_N_POLLED, ms) < 0)
        return RFT_OK; /* EINTR, or a shortage that passes */
    if (judges->fds[0].revents != 0 && read(judges->wake, &count, sizeof count) < 0)
        return RFT_OK;
    double now = rft_os_seconds();
    for (uint32_t i = 0; i < n_workers; i++)
        if (judges->workers[i].state != RFT_JUDGE_WORKER_NONE)
            RFT_TRY(rft_judge_worker_move(&judges->workers[i], judges->fds + 1 + i * RFT_JUDGE_N_POLLED, now));
    return RFT_OK;
}

/* Ends every worker: those that have nothing to do may end by themselves, as their input is closed. */
static void end_all(struct rft_judges *judges)
{
    double leave_until = rft_os_seconds() + LEAVE_S;
    bool is_one_left = true;
    while (is_one_left) {
        double now = rft_os_seconds();
        is_one_left = false;
        for (uint32_t i = 0; i < judges->options.n_workers; i++) {
            struct rft_judge_worker *worker = &judges->workers[i];
            if (worker->state == RFT_JUDGE_WORKER_NONE)
                continue;
            if (worker->n_items != 0 || now > leave_until)
                rft_judge_worker_kill(worker, now);
            else
                rft_judge_worker_close_input(worker);
            if (worker->state == RFT_JUDGE_WORKER_ENDING && now > worker->deadline)
                rft_judge_worker_kill_hard(worker);
            for (; worker->n_items != 0; worker->n_items--)
                rft_judge_item_free(worker->items[worker->n_items - 1]);
            if (rft_judge_worker_has_ended(worker))
                rft_judge_worker_finish(worker);
            else
                is_one_left = true;
        }
        if (is_one_left && wait_and_move(judges, LOOK_S) != RFT_OK)
            leave_until = 0; /* memory is short: what a worker still writes is lost with it */
    }
}

static bool is_stopped(struct rft_judges *judges)
{
    pthread_mutex_lock(&judges->lock);
    bool stops = judges->stops;
    pthread_mutex_unlock(&judges->lock);
    return stops;
}

/* Starts the first worker, so that a command that cannot run is known before anything is asked. */
static enum rft_status begin(struct rft_judges *judges)
{
    struct rft_judge_worker *worker = &judges->workers[0];
    pthread_mutex_lock(&judges->lock);
    enum rft_status status = start(judges, worker);
    pthread_mutex_unlock(&judges->lock);
    while (status == RFT_OK && !worker->has_started && worker->end.kind == 0 && worker->status >= 0 &&
           !is_stopped(judges))
        status = wait_and_move(judges, LOOK_S);
    if (status != RFT_OK || worker->has_started || is_stopped(judges))
        return status;
    rft_judge_worker_fail_by_end(worker);
    pthread_mutex_lock(&judges->lock);
    snprintf(judges->start_error, sizeof judges->start_error, "%s", worker->failure);
    pthread_mutex_unlock(&judges->lock);
    return RFT_ERR_CONFIG;
}

static void tell(struct rft_judges *judges, enum rft_status status)
{
    pthread_mutex_lock(&judges->lock);
    judges->has_begun = true;
    judges->status = status;
    pthread_cond_broadcast(&judges->changed);
    pthread_mutex_unlock(&judges->lock);
}

void *rft_judge_thread(void *user)
{
    struct rft_judges *judges = user;
    enum rft_status status = begin(judges);
    if (status == RFT_OK)
        tell(judges, RFT_OK);
    while (status == RFT_OK && !is_stopped(judges)) {
        double now = rft_os_seconds();
        status = step(judges, now);
        if (status == RFT_OK)
            status = wait_and_move(judges, next_due(judges, now));
    }
    end_all(judges);
    tell(judges, status);
    return NULL;
}
