/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* pread, pwrite */
#include "journal.h"

#include "alloc.h"
#include "file_id.h"
#include "hashed_line.h"
#include "journal_file.h"
#include "journal_line.h"
#include "journal_walk.h"
#include "os.h"

#include <inttypes.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Where a sample's line is in the file, plus 1. */
#define ABSENT 0
#define QUEUED UINT64_MAX

struct pending {
    uint64_t slot;
    uint64_t offset; /* in the queue */
};

struct rft_journal {
    int fd;
    char *path; /* for messages, where is_anonymous */
    bool is_anonymous;
    bool is_displaced; /* something else stands under its name, or nothing; said already */
    uint64_t fingerprint;
    struct rft_journal_run run;
    uint64_t bytes; /* end of the last committed line: everything is written there */
    uint64_t n_done;
    uint64_t *offsets; /* [run.n_questions][run.n_samples] */
    struct rft_str queue;
    struct pending *pending;
    size_t n_pending, pending_cap;
    struct rft_str line; /* scratch of read */
    float *logprobs;     /* [logprobs_cap] of the sample that was read last */
    size_t logprobs_cap;
};

static enum rft_status io_error(const struct rft_journal *journal, const char *verb)
{
    const char *why = strerror(errno);
    if (journal->is_anonymous || journal->n_done == 0)
        rft_log_error("%s: cannot %s: %s; no sample is kept%s", journal->path, verb, why,
                      journal->is_anonymous ? "" : " yet");
    else
        rft_log_error("%s: cannot %s: %s; the %" PRIu64
                      " samples in it are kept, and the same command goes on from there",
                      journal->path, verb, why, journal->n_done);
    return RFT_ERR_IO;
}

/* Writes at journal->bytes and syncs; on a failure the file has `bytes_before` bytes again. */
static enum rft_status write_synced(struct rft_journal *journal, const char *data, size_t n, uint64_t bytes_before)
{
    if (rft_journal_file_write(journal->fd, journal->bytes, data, n) && fsync(journal->fd) == 0)
        return RFT_OK;
    enum rft_status status = io_error(journal, "write");
    /* Should this fail too, the torn line is cut off when the journal is opened next. */
    if (ftruncate(journal->fd, (off_t)bytes_before) != 0)
        rft_log_warn("%s: cannot cut off a torn line: %s", journal->path, strerror(errno));
    return status;
}

static bool in_range(const struct rft_journal *journal, uint64_t question, uint32_t sample)
{
    return question < journal->run.n_questions && sample < journal->run.n_samples;
}

static uint64_t *offset_of(const struct rft_journal *journal, uint64_t question, uint32_t sample)
{
    return &journal->offsets[question * journal->run.n_samples + sample];
}

/* Of a sample that stands there twice the first line counts. */
static void take_sample(void *user, uint64_t question, uint32_t sample, uint64_t at)
{
    struct rft_journal *journal = user;
    uint64_t *offset = offset_of(journal, question, sample);
    if (*offset != ABSENT)
        return;
    *offset = at + 1;
    journal->n_done++;
}

/* Finds out whose the file is, and what in it counts. */
static enum rft_status index_file(struct rft_journal *journal, bool force, const struct rft_map *map,
                                  struct rft_journal_found *found, bool *fresh)
{
    RFT_TRY(rft_journal_walk(map, &journal->run, take_sample, journal, found));
    RFT_TRY(rft_journal_judge(journal->path, &journal->run, map, found, journal->n_done, force, fresh));
    journal->bytes = *fresh ? 0 : found->end;
    return RFT_OK;
}

/* Puts the header where it belongs, which mends a damaged one: the same run's header always has the same bytes. One
 * that the damage has moved stays as it is, as the samples prove by themselves whose they are. */
static enum rft_status put_header(struct rft_journal *journal, const struct rft_str *header,
                                  const struct rft_journal_found *found)
{
    uint64_t bytes = journal->bytes;
    enum rft_status status;
    if (found->n_samples != 0 && found->first < header->len)
        return RFT_OK;
    journal->bytes = 0;
    status = write_synced(journal, header->data, header->len, bytes);
    journal->bytes = bytes > header->len ? bytes : header->len;
    return status;
}

/* Brings index and file to the same state: what counts, and nothing behind it. */
static enum rft_status read_file(struct rft_journal *journal, bool force)
{
    struct rft_map map = {0};
    struct rft_journal_found found = {0};
    struct rft_str *header = &journal->line;
    bool fresh = true, is_whole = false;
    enum rft_status status;
    RFT_TRY(rft_journal_put_header(header, journal->run.fingerprint));
    if (!journal->is_anonymous) {
        RFT_TRY(rft_map_open(journal->path, &map));
        status = index_file(journal, force, &map, &found, &fresh);
        is_whole =
            status == RFT_OK && !fresh && map.bytes >= header->len && memcmp(map.data, header->data, header->len) == 0;
        if (status == RFT_OK)
            status = rft_map_check(&map);
        rft_map_close(&map);
        RFT_TRY(status);
    }
    if (ftruncate(journal->fd, (off_t)journal->bytes) != 0)
        return io_error(journal, "cut");
    return is_whole ? RFT_OK : put_header(journal, header, &found);
}

enum rft_status rft_journal_open(const char *path, const struct rft_journal_run *run, bool force,
                                 struct rft_journal **out)
{
    const uint64_t n_questions = run->n_questions;
    const uint32_t n_samples = run->n_samples;
    bool is_locked = false;
    *out = NULL;
    struct rft_journal *journal = rft_alloc(1, sizeof *journal);
    if (journal == NULL)
        return RFT_ERR_HOST_MEMORY;
    journal->fd = -1;
    journal->is_anonymous = path == NULL;
    journal->run = *run;
    journal->fingerprint = run->fingerprint->hash;
    journal->path = rft_strdup(path != NULL ? path : "the temporary journal");
    enum rft_status status = journal->path != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
    if (status == RFT_OK && n_samples && n_questions > SIZE_MAX / n_samples) {
        rft_log_error("%" PRIu64 " questions of %u samples are too many", n_questions, n_samples);
        status = RFT_ERR_CONFIG;
    }
    if (status == RFT_OK) {
        journal->offsets = rft_alloc((size_t)n_questions * n_samples, sizeof *journal->offsets);
        status = journal->offsets == NULL ? RFT_ERR_HOST_MEMORY
                 : path != NULL           ? rft_journal_file_open(path, &journal->fd)
                                          : rft_journal_file_open_anonymous(&journal->fd);
        is_locked = path != NULL && status == RFT_OK;
    }
    if (status == RFT_OK)
        status = read_file(journal, force);
    if (status == RFT_OK) {
        *out = journal;
        return RFT_OK;
    }
    if (is_locked && rft_file_id_of_fd(journal->fd).bytes == 0 &&
        rft_journal_file_is_in_place(journal->path, journal->fd))
        unlink(journal->path); /* its first write failed: an empty file is of no use */
    rft_journal_close(journal);
    return status;
}

uint64_t rft_journal_index_bytes(uint64_t n_questions, uint32_t n_samples)
{
    return n_questions * n_samples * sizeof(uint64_t);
}

void rft_journal_close(struct rft_journal *journal)
{
    if (journal == NULL)
        return;
    if (journal->fd >= 0)
        close(journal->fd);
    rft_free(journal->path);
    rft_free(journal->offsets);
    rft_free(journal->pending);
    rft_str_finish(&journal->queue);
    rft_str_finish(&journal->line);
    rft_free(journal->logprobs);
    rft_free(journal);
}

enum rft_status rft_journal_remove(struct rft_journal *journal)
{
    enum rft_status status = RFT_OK;
    if (!journal->is_anonymous && rft_journal_file_is_in_place(journal->path, journal->fd) &&
        unlink(journal->path) != 0) {
        rft_log_error("%s: cannot remove: %s; the output is complete, remove the journal by hand", journal->path,
                      strerror(errno));
        status = RFT_ERR_IO;
    }
    rft_journal_close(journal);
    return status;
}

static uint64_t identity_of(const struct rft_journal *journal, uint64_t question)
{
    return rft_question_identity(&journal->run.questions[question]);
}

enum rft_status rft_journal_append(struct rft_journal *journal, const struct rft_sample *sample)
{
    bool valid = in_range(journal, sample->question, sample->sample);
    uint64_t *offset = valid ? offset_of(journal, sample->question, sample->sample) : NULL;
    if (!valid || *offset != ABSENT) {
        rft_log_error("%s: sample %u of question %" PRIu64 " is %s", journal->path, sample->sample, sample->question,
                      valid ? "there already" : "beyond the run's");
        return RFT_ERR_INPUT;
    }
    void *pending = journal->pending;
    if (rft_grow(&pending, &journal->pending_cap, journal->n_pending + 1, sizeof *journal->pending) != 0)
        return RFT_ERR_HOST_MEMORY;
    journal->pending = pending;
    size_t before = journal->queue.len;
    enum rft_status status =
        rft_journal_put_sample(&journal->queue, journal->fingerprint, identity_of(journal, sample->question), sample);
    if (status != RFT_OK) {
        journal->queue.len = before;
        return status;
    }
    journal->pending[journal->n_pending++] = (struct pending){(uint64_t)(offset - journal->offsets), before};
    *offset = QUEUED;
    return RFT_OK;
}

bool rft_journal_is_in_place(struct rft_journal *journal)
{
    return !journal->is_anonymous && !journal->is_displaced && rft_journal_file_is_in_place(journal->path, journal->fd);
}

/* Says once that the file has been moved, removed or replaced: it cannot be gone on from. */
static void check_place(struct rft_journal *journal)
{
    if (journal->is_anonymous || journal->is_displaced || rft_journal_is_in_place(journal))
        return;
    journal->is_displaced = true;
    rft_log_warn("%s: was moved, removed or replaced while the run goes on; the run can end, but it cannot be resumed "
                 "from there",
                 journal->path);
}

enum rft_status rft_journal_commit(struct rft_journal *journal)
{
    if (!journal->n_pending)
        return RFT_OK;
    check_place(journal);
    RFT_TRY(write_synced(journal, journal->queue.data, journal->queue.len, journal->bytes));
    for (size_t i = 0; i < journal->n_pending; i++)
        journal->offsets[journal->pending[i].slot] = journal->bytes + journal->pending[i].offset + 1;
    journal->bytes += journal->queue.len;
    journal->n_done += journal->n_pending;
    journal->n_pending = 0;
    rft_str_clear(&journal->queue);
    return RFT_OK;
}

bool rft_journal_has(const struct rft_journal *journal, uint64_t question, uint32_t sample)
{
    if (!in_range(journal, question, sample))
        return false;
    uint64_t offset = *offset_of(journal, question, sample);
    return offset != ABSENT && offset != QUEUED;
}

bool rft_journal_lacks(const struct rft_journal *journal, uint64_t question, uint32_t sample)
{
    return in_range(journal, question, sample) && *offset_of(journal, question, sample) == ABSENT;
}

bool rft_journal_is_pending(const struct rft_journal *journal)
{
    return journal->n_pending != 0;
}

uint64_t rft_journal_n_done(const struct rft_journal *journal)
{
    return journal->n_done;
}

static enum rft_status read_logprobs(struct rft_journal *journal, const struct rft_journal_line *line,
                                     struct rft_sample *out)
{
    void *room = journal->logprobs;
    if (rft_grow(&room, &journal->logprobs_cap, line->logprobs.len / 8 + 1, sizeof *journal->logprobs) != 0)
        return RFT_ERR_HOST_MEMORY;
    journal->logprobs = room;
    if (rft_journal_take_logprobs(line, journal->logprobs, out))
        return RFT_OK;
    rft_log_error("%s: the log-probabilities of a sample are not what rftgen writes; give another output path",
                  journal->path);
    return RFT_ERR_INPUT;
}

enum rft_status rft_journal_read(struct rft_journal *journal, uint64_t question, uint32_t sample, struct rft_str *text,
                                 struct rft_sample *out)
{
    *out = (struct rft_sample){0};
    rft_str_clear(text);
    if (!rft_journal_has(journal, question, sample)) {
        rft_log_error("%s: holds no sample %u of question %" PRIu64 "; run the same command again to make it",
                      journal->path, sample, question);
        return RFT_ERR_INPUT;
    }
    RFT_TRY(rft_journal_file_read_line(journal->fd, journal->path, *offset_of(journal, question, sample) - 1,
                                       &journal->line));
    struct rft_journal_line found;
    if (!rft_journal_parse_sample((struct rft_bytes){journal->line.data, journal->line.len}, journal->fingerprint,
                                  &found) ||
        found.question != identity_of(journal, question) || found.sample != sample) {
        rft_log_error("%s: sample %u of question %" PRIu64
                      " was changed while this run had it open; run the same command again",
                      journal->path, sample, question);
        return RFT_ERR_INPUT;
    }
    RFT_TRY(rft_line_unescape(found.text, text));
    *out = (struct rft_sample){.question = question,
                               .sample = sample,
                               .n_tokens = found.n_tokens,
                               .finish = found.finish,
                               .text = {text->data, text->len}};
    return read_logprobs(journal, &found, out);
}

static uint32_t n_of(void *user, uint64_t question)
{
    const struct rft_journal *journal = user;
    (void)question;
    return journal->run.n_samples;
}

static enum rft_status read_sample(void *user, uint64_t question, uint32_t i, struct rft_str *text,
                                   struct rft_sample *out)
{
    return rft_journal_read(user, question, i, text, out);
}

struct rft_samples rft_journal_as_samples(struct rft_journal *journal)
{
    return (struct rft_samples){journal, journal->run.n_samples, n_of, read_sample};
}
