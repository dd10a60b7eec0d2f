/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* pread, pwrite */
#include "journal.h"

#include "alloc.h"
#include "file.h"
#include "file_id.h"
#include "hashed_line.h"
#include "journal_file.h"
#include "journal_line.h"
#include "os.h"
#include "question_places.h"

#include <inttypes.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Where a sample's line is in the file, plus 1. */
#define ABSENT 0
#define QUEUED UINT64_MAX

#define FORGET_BYTES ((uint64_t)16 << 20) /* of the file, that are read and need not stay in memory */

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

/* What a walk over the file's lines found. */
struct found {
    bool is_known;          /* a header line is whole */
    uint64_t fingerprint;   /* of that header */
    struct rft_bytes lines; /* its lines, escaped */
    uint64_t n_samples;     /* lines of this run */
    uint64_t n_unasked;     /* of them are of other questions, or beyond the number of samples */
    uint64_t first;         /* where the first of them begins */
    uint64_t n_damaged;     /* lines before the last of them that are neither header nor of this run */
};

/* Lines of samples that this run does not ask for stay, uncounted. */
static void take_sample(struct rft_journal *journal, const struct rft_question_places *places,
                        const struct rft_journal_line *line, uint64_t at, struct found *found)
{
    uint64_t place, *offset;
    if (!rft_question_places_find(places, line->question, &place) || line->sample >= journal->run.n_samples) {
        found->n_unasked++;
        return;
    }
    offset = offset_of(journal, place, line->sample);
    if (*offset != ABSENT)
        return;
    *offset = at + 1;
    journal->n_done++;
}

/* Indexes every whole line of this run, whatever stands before it: each carries the proof that it is this run's. */
static enum rft_status index_lines(struct rft_journal *journal, const struct rft_map *map, struct found *found)
{
    const struct rft_bytes text = {(const char *)map->data, (size_t)map->bytes};
    struct rft_question_places places = {0};
    uint64_t n_other = 0;
    *found = (struct found){0};
    for (uint64_t at = 0, end; at < text.len; at = end + 1) {
        const char *newline = memchr(text.data + at, '\n', (size_t)(text.len - at));
        struct rft_bytes line = {text.data + at,
                                 newline != NULL ? (size_t)(newline - (text.data + at)) : text.len - at},
                         lines;
        struct rft_journal_line sample;
        uint64_t fingerprint;
        end = at + line.len;
        if (at / FORGET_BYTES != end / FORGET_BYTES)
            rft_map_forget(map, at);
        if (newline != NULL && rft_journal_parse_sample(line, journal->fingerprint, &sample)) {
            if (places.slots == NULL)
                RFT_TRY(rft_question_places_init(&places, journal->run.questions, journal->run.n_questions));
            take_sample(journal, &places, &sample, at, found);
            found->first = found->n_samples++ == 0 ? at : found->first;
            found->n_damaged = n_other;
            journal->bytes = end + 1;
        } else if (newline != NULL && found->n_samples == 0 && rft_journal_parse_header(line, &fingerprint, &lines)) {
            if (!found->is_known)
                *found = (struct found){.is_known = true, .fingerprint = fingerprint, .lines = lines};
            journal->bytes = end + 1;
        } else {
            n_other++;
        }
    }
    rft_question_places_finish(&places);
    return RFT_OK;
}

static enum rft_status refuse_other(const struct rft_journal *journal, const struct rft_fingerprint *fingerprint,
                                    const struct found *found)
{
    struct rft_str lines = {0}, text = {0};
    enum rft_status status = rft_line_unescape(found->lines, &lines);
    if (status == RFT_OK)
        status = rft_fingerprint_explain(fingerprint, (struct rft_bytes){lines.data, lines.len}, &text);
    if (status == RFT_OK) {
        rft_log_error("%s: belongs to another run: %s; give another output path, or --force to start afresh",
                      journal->path, text.len ? text.data : "its fingerprint differs");
        status = RFT_ERR_INPUT;
    }
    rft_str_finish(&lines);
    rft_str_finish(&text);
    return status;
}

/* Not this run's: *fresh says that nothing in it counts and that it may be overwritten. */
static enum rft_status check_kind(struct rft_journal *journal, bool force, struct rft_bytes text, bool *fresh)
{
    enum rft_journal_kind kind = rft_journal_kind_of(text);
    *fresh = kind == RFT_JOURNAL_BLANK || (force && kind != RFT_JOURNAL_FOREIGN);
    if (*fresh)
        return RFT_OK;
    if (kind == RFT_JOURNAL_OLD)
        rft_log_error("%s: was written by an older rftgen; end that run with it, give another "
                      "output path, or --force to draw its samples again",
                      journal->path);
    else if (kind == RFT_JOURNAL_DAMAGED)
        rft_log_error("%s: is damaged, and nothing in it is known to be this run's; give another output path, or "
                      "--force to start afresh",
                      journal->path);
    else
        rft_log_error("%s: is no journal of rftgen, and is left alone, with --force too; move it away, or give another "
                      "output path",
                      journal->path);
    return RFT_ERR_INPUT;
}

/* Finds out whose the file is, and what in it counts. */
static enum rft_status index_file(struct rft_journal *journal, const struct rft_fingerprint *fingerprint, bool force,
                                  const struct rft_map *map, struct found *found, bool *fresh)
{
    const struct rft_bytes text = {(const char *)map->data, (size_t)map->bytes};
    RFT_TRY(index_lines(journal, map, found));
    *fresh = false;
    if (found->n_samples != 0 && journal->n_done == 0 && force) {
        journal->bytes = 0;
        *fresh = true;
        return RFT_OK;
    }
    if (found->n_samples != 0 && journal->n_done == 0) {
        rft_log_error("%s: belongs to another run: its %" PRIu64
                      " samples are of other questions; give another output path, or --force to start afresh",
                      journal->path, found->n_samples);
        return RFT_ERR_INPUT;
    }
    if (found->n_samples == 0 && !(found->is_known && found->fingerprint == fingerprint->hash)) {
        journal->bytes = 0;
        *fresh = force;
        if (found->is_known)
            return force ? RFT_OK : refuse_other(journal, fingerprint, found);
        return check_kind(journal, force, text, fresh);
    }
    if (found->n_unasked)
        rft_log_warn("%s: %" PRIu64
                     " samples in it are not asked for now; they are lost with it when this run is complete",
                     journal->path, found->n_unasked);
    if (found->n_damaged)
        rft_log_warn("%s: %" PRIu64 " damaged lines are passed over; what samples they held are made again",
                     journal->path, found->n_damaged);
    if (journal->bytes < text.len)
        rft_log_warn("%s: a torn end of %" PRIu64 " bytes is cut off; its samples are made again", journal->path,
                     (text.len - journal->bytes));
    return RFT_OK;
}

/* Puts the header where it belongs, which mends a damaged one: the same run's header always has the same bytes. One
 * that the damage has moved stays as it is, as the samples prove by themselves whose they are. */
static enum rft_status put_header(struct rft_journal *journal, const struct rft_str *header, const struct found *found)
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
static enum rft_status read_file(struct rft_journal *journal, const struct rft_fingerprint *fingerprint, bool force)
{
    struct rft_map map = {0};
    struct found found = {0};
    struct rft_str *header = &journal->line;
    bool fresh = true, is_whole = false;
    enum rft_status status;
    RFT_TRY(rft_journal_put_header(header, fingerprint));
    if (!journal->is_anonymous) {
        RFT_TRY(rft_map_open(journal->path, &map));
        status = index_file(journal, fingerprint, force, &map, &found, &fresh);
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
        status = read_file(journal, run->fingerprint, force);
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
