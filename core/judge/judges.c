/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* eventfd */
#include "judges.h"

#include "alloc.h"
#include "judge_settings.h"
#include "judge_thread.h"
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define OWN_EXECUTABLE "/proc/self/exe"
/* How long a signal may go unnoticed. */
#define WAIT_NS 50000000

/* ---- what the thread left for us ---- */

/* Logs what the thread had to say, and why it gave up, once; its status. Under the lock. */
static enum rft_status listen(struct rft_judges *judges)
{
    for (; judges->n_said < judges->n_warnings; judges->n_said++)
        rft_log_warn("%s", judges->warnings[judges->n_said]);
    if (judges->write_error != 0)
        rft_verdicts_report(judges->verdicts, judges->write_error);
    else if (judges->start_error[0] != '\0')
        rft_log_error("verify.command: %s: %s", judges->command[0], judges->start_error);
    judges->write_error = 0;
    judges->start_error[0] = '\0';
    return judges->status;
}

/* A while, or until the thread says that something has changed. RFT_ERR_INTERRUPTED after a signal. Under the lock. */
static enum rft_status wait_a_while(struct rft_judges *judges)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&judges->changed, &judges->lock, &until);
    return rft_os_interrupted() ? RFT_ERR_INTERRUPTED : listen(judges);
}

static void wake(struct rft_judges *judges)
{
    const uint64_t one = 1;
    ssize_t n = write(judges->wake, &one, sizeof one);
    (void)n; /* a counter that is full wakes, too */
}

/* ---- open ---- */

static enum rft_status copy_command(struct rft_judges *judges, const struct rft_judge_options *options)
{
    judges->helper = rft_strdup(options->helper != NULL ? options->helper : OWN_EXECUTABLE);
    judges->command = rft_alloc(options->n_arguments + 2, sizeof *judges->command);
    if (judges->helper == NULL || judges->command == NULL)
        return RFT_ERR_HOST_MEMORY;
    RFT_TRY(rft_judge_find_command(options->command, &judges->command[0]));
    for (size_t i = 0; i < options->n_arguments; i++)
        if ((judges->command[i + 1] = rft_strdup(options->arguments[i])) == NULL)
            return RFT_ERR_HOST_MEMORY;
    return RFT_OK;
}

static enum rft_status make_places(struct rft_judges *judges)
{
    size_t n = judges->options.n_workers, batch = judges->options.batch;
    judges->workers = rft_alloc(n, sizeof *judges->workers);
    judges->places = rft_alloc(n * batch, sizeof *judges->places);
    judges->fds = rft_alloc(1 + n * RFT_JUDGE_N_POLLED, sizeof *judges->fds);
    if (judges->workers == NULL || judges->places == NULL || judges->fds == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < n; i++)
        rft_judge_worker_init(&judges->workers[i], judges->places + i * batch);
    return RFT_OK;
}

/* The lock, and a condition that is waited for by the clock that nobody sets. */
static enum rft_status make_lock(struct rft_judges *judges)
{
    pthread_condattr_t attributes;
    int error = pthread_condattr_init(&attributes);
    if (error == 0) {
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        error = pthread_cond_init(&judges->changed, &attributes);
        pthread_condattr_destroy(&attributes);
    }
    if (error == 0) {
        error = pthread_mutex_init(&judges->lock, NULL);
        if (error != 0)
            pthread_cond_destroy(&judges->changed);
    }
    judges->has_lock = error == 0;
    judges->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (error == 0 && judges->wake < 0)
        error = errno;
    if (error == 0)
        return RFT_OK;
    rft_log_error("verify.command: cannot make what the judges' thread needs: %s", strerror(error));
    return RFT_ERR_IO;
}

/* Signals are the caller's, but for those of a thread's own mistakes. */
static enum rft_status start_thread(struct rft_judges *judges)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        sigdelset(&blocked, own[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int error = pthread_create(&judges->thread, NULL, rft_judge_thread, judges);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    judges->has_thread = error == 0;
    if (error == 0)
        return RFT_OK;
    rft_log_error("verify.command: cannot start the judges' thread: %s", strerror(error));
    return RFT_ERR_IO;
}

/* Says once what the system does not allow. */
static void choose_mode(struct rft_judges *judges)
{
    const struct rft_judge_options *options = &judges->options;
    judges->mode = options->without_namespace ? RFT_JUDGE_MODE_PLAIN : rft_judge_worker_probe(judges->helper);
    judges->counts.has_namespace = judges->mode != RFT_JUDGE_MODE_PLAIN;
    judges->watches_memory = options->memory_limit_bytes != 0 && rft_process_tree_is_available();
    if (!judges->counts.has_namespace && !options->without_namespace)
        rft_log_warn("verify.command: this system gives judges no PID namespace: they run in a session of their own; a "
                     "judge that starts processes and kills their parents could leave some behind");
    if (options->memory_limit_bytes != 0 && !judges->watches_memory)
        rft_log_warn("verify.memory_limit: this system does not tell which processes a judge has: there is no limit");
}

static enum rft_status open_judges(struct rft_judges *judges, const struct rft_judge_options *options)
{
    enum rft_status status = RFT_OK;
    RFT_TRY(copy_command(judges, options));
    RFT_TRY(rft_judge_settings_hash(options, judges->command[0], &judges->seed));
    RFT_TRY(make_places(judges));
    RFT_TRY(make_lock(judges));
    RFT_TRY(rft_verdicts_open(options->journal_path, judges->seed, options->asks_undecided_again, &judges->verdicts));
    judges->counts.n_known = rft_verdicts_n_decided(judges->verdicts);
    choose_mode(judges);
    RFT_TRY(start_thread(judges));
    pthread_mutex_lock(&judges->lock);
    while (status == RFT_OK && !judges->has_begun)
        status = wait_a_while(judges);
    if (status == RFT_OK)
        status = listen(judges);
    pthread_mutex_unlock(&judges->lock);
    return status;
}

enum rft_status rft_judges_open(const struct rft_judge_options *options, struct rft_judges **out)
{
    *out = NULL;
    struct rft_judges *judges = rft_alloc(1, sizeof *judges);
    if (judges == NULL)
        return RFT_ERR_HOST_MEMORY;
    judges->options = *options;
    judges->wake = -1;
    enum rft_status status = open_judges(judges, options);
    if (status != RFT_OK) {
        rft_judges_close(judges, false);
        return status;
    }
    *out = judges;
    return RFT_OK;
}

/* ---- requests ---- */

/* A queue smaller than what the workers hold at once would let some of them idle. */
static bool has_room(const struct rft_judges *judges, const struct rft_judge_item *item)
{
    const struct rft_judge_options *options = &judges->options;
    uint64_t n_held = (uint64_t)options->n_workers * options->batch;
    uint64_t n_max = options->n_queue > n_held ? options->n_queue : n_held;
    return judges->n_items == 0 || (judges->n_items < n_max && item->line.len <= options->queue_bytes &&
                                    judges->n_bytes <= options->queue_bytes - item->line.len);
}

/* Under the lock. *item is taken over, and NULL then, if it is queued. */
static enum rft_status queue_item(struct rft_judges *judges, struct rft_judge_item **item)
{
    RFT_TRY(rft_verdicts_note_pending(judges->verdicts, (*item)->key));
    judges->n_items++;
    judges->n_bytes += (*item)->line.len;
    judges->counts.n_asked++;
    rft_judge_list_append(&judges->queue, *item);
    *item = NULL;
    wake(judges);
    return RFT_OK;
}

static enum rft_status make_item(struct rft_judges *judges, const struct rft_judge_request *request,
                                 struct rft_judge_item **out)
{
    struct rft_judge_item *item = rft_alloc(1, sizeof *item);
    enum rft_status status =
        item != NULL ? rft_judge_put_request(judges->seed, request, &item->line, &item->key) : RFT_ERR_HOST_MEMORY;
    if (status != RFT_OK) {
        rft_judge_item_free(item);
        item = NULL;
    }
    *out = item;
    return status;
}

static enum rft_status take(struct rft_judges *judges, const struct rft_judge_request *request, bool waits,
                            bool *is_taken)
{
    struct rft_judge_item *item;
    *is_taken = false;
    RFT_TRY(make_item(judges, request, &item));
    pthread_mutex_lock(&judges->lock);
    enum rft_status status = listen(judges);
    bool is_known = rft_verdicts_state(judges->verdicts, item->key) != RFT_VERDICT_UNKNOWN;
    while (status == RFT_OK && !is_known && waits && !has_room(judges, item))
        status = wait_a_while(judges);
    if (status == RFT_OK)
        *is_taken = is_known || has_room(judges, item);
    if (*is_taken && !is_known)
        status = queue_item(judges, &item);
    pthread_mutex_unlock(&judges->lock);
    rft_judge_item_free(item);
    *is_taken = *is_taken && status == RFT_OK;
    return status;
}

enum rft_status rft_judges_offer(struct rft_judges *judges, const struct rft_judge_request *request, bool *is_taken)
{
    return take(judges, request, false, is_taken);
}

enum rft_status rft_judges_push(struct rft_judges *judges, const struct rft_judge_request *request)
{
    bool is_taken;
    return take(judges, request, true, &is_taken);
}

enum rft_status rft_judges_drain(struct rft_judges *judges)
{
    pthread_mutex_lock(&judges->lock);
    enum rft_status status = rft_os_interrupted() ? RFT_ERR_INTERRUPTED : listen(judges);
    while (status == RFT_OK && judges->n_items != 0)
        status = wait_a_while(judges);
    pthread_mutex_unlock(&judges->lock);
    return status;
}

enum rft_status rft_judges_look_up(struct rft_judges *judges, const struct rft_judge_request *request,
                                   struct rft_str *text, bool *is_decided, struct rft_judge_reply *reply)
{
    struct rft_judge_item *item;
    *is_decided = false;
    *reply = (struct rft_judge_reply){0};
    RFT_TRY(make_item(judges, request, &item));
    pthread_mutex_lock(&judges->lock);
    enum rft_status status = RFT_OK;
    if (rft_verdicts_state(judges->verdicts, item->key) == RFT_VERDICT_DECIDED) {
        status = rft_verdicts_read(judges->verdicts, item->key, text, reply);
        *is_decided = status == RFT_OK;
    }
    pthread_mutex_unlock(&judges->lock);
    rft_judge_item_free(item);
    return status;
}

void rft_judges_count(struct rft_judges *judges, struct rft_judge_counts *counts)
{
    pthread_mutex_lock(&judges->lock);
    *counts = judges->counts;
    pthread_mutex_unlock(&judges->lock);
}

/* ---- close ---- */

static void free_list(struct rft_judge_list *list)
{
    for (struct rft_judge_item *item; (item = rft_judge_list_take(list)) != NULL;)
        rft_judge_item_free(item);
}

void rft_judges_close(struct rft_judges *judges, bool is_done)
{
    if (judges == NULL)
        return;
    if (judges->has_thread) {
        pthread_mutex_lock(&judges->lock);
        judges->stops = true;
        pthread_mutex_unlock(&judges->lock);
        wake(judges);
        pthread_join(judges->thread, NULL);
        listen(judges);
    }
    if (judges->has_lock) {
        pthread_cond_destroy(&judges->changed);
        pthread_mutex_destroy(&judges->lock);
    }
    if (judges->wake >= 0)
        close(judges->wake);
    free_list(&judges->queue);
    free_list(&judges->again);
    rft_verdicts_close(judges->verdicts, is_done);
    rft_process_tree_finish(&judges->tree);
    for (char **word = judges->command; word != NULL && *word != NULL; word++)
        rft_free(*word);
    rft_free(judges->command);
    rft_free(judges->helper);
    rft_free(judges->workers);
    rft_free(judges->places);
    rft_free(judges->fds);
    rft_free(judges);
}
