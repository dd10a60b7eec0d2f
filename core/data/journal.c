/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* flock */
#include "journal.h"

#include "alloc.h"
#include "journal_line.h"
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where a sample's line is in the file. The header stands at 0, so 0 is free for "not there". */
#define ABSENT 0
#define QUEUED UINT64_MAX

struct pending {
    uint64_t slot;
    uint64_t offset; /* in the queue */
};

struct rft_journal {
    int fd;
    char *path;
    uint64_t bytes; /* end of the last committed line: everything is written there */
    uint64_t n_done;
    uint64_t n_questions;
    uint32_t n_samples;
    uint64_t *offsets; /* [n_questions][n_samples] */
    struct rft_str queue;
    struct pending *pending;
    size_t n_pending, pending_cap;
    struct rft_str line; /* scratch of read */
};

static enum rft_status io_error(const char *path, const char *verb)
{
    rft_log_error("%s: cannot %s: %s; what is finished stays, the same command goes on from there", path, verb,
                  strerror(errno));
    return RFT_ERR_IO;
}

/* Writes at the end of what counts and syncs; on a failure the file is as before. */
static enum rft_status write_synced(struct rft_journal *journal, const char *data, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t wrote = pwrite(journal->fd, data + done, n - done, (off_t)(journal->bytes + done));
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            break;
        done += (size_t)wrote;
    }
    if (done == n && fsync(journal->fd) == 0)
        return RFT_OK;
    enum rft_status status = io_error(journal->path, "write");
    /* Should this fail too, the torn line is cut off when the journal is opened next. */
    if (ftruncate(journal->fd, (off_t)journal->bytes) != 0)
        rft_log_warn("%s: cannot cut off a torn line: %s", journal->path, strerror(errno));
    return status;
}

static bool in_range(const struct rft_journal *journal, uint64_t question, uint32_t sample)
{
    return question < journal->n_questions && sample < journal->n_samples;
}

static uint64_t *offset_of(const struct rft_journal *journal, uint64_t question, uint32_t sample)
{
    return &journal->offsets[question * journal->n_samples + sample];
}

/* Indexes every whole line. Lines of samples that this run does not ask for stay, uncounted. */
static void index_lines(struct rft_journal *journal, const char *text, uint64_t n)
{
    uint64_t at = journal->bytes, n_damaged = 0, n_damaged_before = 0;
    while (at < n) {
        const char *newline = memchr(text + at, '\n', (size_t)(n - at));
        uint64_t end = newline ? (uint64_t)(newline - text) : n;
        struct rft_sample sample;
        if (newline && rft_journal_parse_sample((struct rft_bytes){ text + at, (size_t)(end - at) }, &sample)) {
            bool counts = in_range(journal, sample.question, sample.sample);
            uint64_t *offset = counts ? offset_of(journal, sample.question, sample.sample) : NULL;
            if (counts && *offset == ABSENT) {
                *offset = at;
                journal->n_done++;
            }
            journal->bytes = end + 1;
            n_damaged_before = n_damaged;
        } else {
            n_damaged++;
        }
        at = end + 1;
    }
    if (n_damaged_before)
        rft_log_warn("%s: %llu damaged lines are passed over; their samples are made again", journal->path,
                     (unsigned long long)n_damaged_before);
    if (journal->bytes < n)
        rft_log_warn("%s: a torn end of %llu bytes is cut off; its samples are made again", journal->path,
                     (unsigned long long)(n - journal->bytes));
}

/* Checks the header. *fresh: nothing in the file counts. */
static enum rft_status check_header(struct rft_journal *journal, const char *fingerprint, bool force,
                                    struct rft_bytes text, bool *fresh)
{
    const char *newline = text.len ? memchr(text.data, '\n', text.len) : NULL;
    struct rft_bytes header = { text.data, newline ? (size_t)(newline - text.data) : text.len }, other;
    *fresh = !text.len || (!newline && rft_journal_is_torn_header(header));
    if (*fresh)
        return RFT_OK;
    bool known = newline && rft_journal_parse_header(header, &other);
    if (known && rft_bytes_equal(other, rft_bytes_z(fingerprint))) {
        journal->bytes = header.len + 1;
        return RFT_OK;
    }
    *fresh = force;
    if (force)
        return RFT_OK;
    if (known)
        rft_log_error(
            "%s: belongs to another run (%.*s, not %s): model, questions or a key that changes text differ; give "
            "another output path, or --force to start afresh",
            journal->path, (int)(other.len < 80 ? other.len : 80), other.data, fingerprint);
    else
        rft_log_error(
            "%s: is no journal that this rftgen can read; give another output path, or --force to overwrite it",
            journal->path);
    return RFT_ERR_INPUT;
}

/* Brings index and file to the same state: what counts, and nothing behind it. */
static enum rft_status read_file(struct rft_journal *journal, const char *fingerprint, bool force)
{
    struct rft_map map;
    bool fresh;
    RFT_TRY(rft_map_open(journal->path, &map));
    struct rft_bytes text = { (const char *)map.data, (size_t)map.bytes };
    enum rft_status status = check_header(journal, fingerprint, force, text, &fresh);
    if (status == RFT_OK && !fresh)
        index_lines(journal, text.data, text.len);
    rft_map_close(&map);
    RFT_TRY(status);
    if (ftruncate(journal->fd, (off_t)journal->bytes) != 0)
        return io_error(journal->path, "cut");
    if (!fresh)
        return RFT_OK;
    status = rft_journal_put_header(&journal->line, fingerprint);
    if (status == RFT_OK)
        status = write_synced(journal, journal->line.data, journal->line.len);
    if (status == RFT_OK)
        journal->bytes = journal->line.len;
    return status;
}

static enum rft_status open_locked(struct rft_journal *journal)
{
    struct stat info;
    journal->fd = open(journal->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (journal->fd < 0)
        return io_error(journal->path, "open");
    /* A file system without locks is no reason to stop. */
    bool taken = flock(journal->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fstat(journal->fd, &info) != 0)
        return io_error(journal->path, "read");
    if (!S_ISREG(info.st_mode)) {
        rft_log_error("%s: not a regular file; give another output path", journal->path);
        return RFT_ERR_INPUT;
    }
    /* No links: the other process ended, and removed it, between our open and our lock. */
    if (taken || info.st_nlink == 0) {
        rft_log_error("%s: another rftgen is writing it; wait for it to end, or give another output path",
                      journal->path);
        return RFT_ERR_IO;
    }
    return RFT_OK;
}

enum rft_status rft_journal_open(const char *path, const char *fingerprint, uint64_t n_questions, uint32_t n_samples,
                                 bool force, struct rft_journal **out)
{
    *out = NULL;
    struct rft_journal *journal = rft_alloc(1, sizeof *journal);
    if (!journal)
        return RFT_ERR_HOST_MEMORY;
    journal->fd = -1;
    journal->n_questions = n_questions;
    journal->n_samples = n_samples;
    journal->path = rft_strdup(path);
    enum rft_status status = journal->path ? RFT_OK : RFT_ERR_HOST_MEMORY;
    if (status == RFT_OK && n_samples && n_questions > SIZE_MAX / n_samples) {
        rft_log_error("%llu questions of %u samples are too many", (unsigned long long)n_questions, n_samples);
        status = RFT_ERR_CONFIG;
    }
    if (status == RFT_OK) {
        journal->offsets = rft_alloc((size_t)n_questions * n_samples, sizeof *journal->offsets);
        status = journal->offsets ? open_locked(journal) : RFT_ERR_HOST_MEMORY;
    }
    if (status == RFT_OK)
        status = read_file(journal, fingerprint, force);
    if (status == RFT_OK)
        *out = journal;
    else
        rft_journal_close(journal);
    return status;
}

void rft_journal_close(struct rft_journal *journal)
{
    if (!journal)
        return;
    if (journal->fd >= 0)
        close(journal->fd);
    rft_free(journal->path);
    rft_free(journal->offsets);
    rft_free(journal->pending);
    rft_str_finish(&journal->queue);
    rft_str_finish(&journal->line);
    rft_free(journal);
}

enum rft_status rft_journal_remove(struct rft_journal *journal)
{
    enum rft_status status = RFT_OK;
    if (unlink(journal->path) != 0) {
        rft_log_error("%s: cannot remove: %s; the output is complete, remove the journal by hand", journal->path,
                      strerror(errno));
        status = RFT_ERR_IO;
    }
    rft_journal_close(journal);
    return status;
}

enum rft_status rft_journal_append(struct rft_journal *journal, const struct rft_sample *sample)
{
    bool valid = in_range(journal, sample->question, sample->sample);
    uint64_t *offset = valid ? offset_of(journal, sample->question, sample->sample) : NULL;
    if (!valid || *offset != ABSENT) {
        rft_log_error("%s: sample %u of question %llu is %s", journal->path, sample->sample,
                      (unsigned long long)sample->question, valid ? "there already" : "beyond the run's");
        return RFT_ERR_INPUT;
    }
    void *pending = journal->pending;
    if (rft_grow(&pending, &journal->pending_cap, journal->n_pending + 1, sizeof *journal->pending) != 0)
        return RFT_ERR_HOST_MEMORY;
    journal->pending = pending;
    size_t before = journal->queue.len;
    enum rft_status status = rft_journal_put_sample(&journal->queue, sample);
    if (status != RFT_OK) {
        journal->queue.len = before;
        return status;
    }
    journal->pending[journal->n_pending++] = (struct pending){ (uint64_t)(offset - journal->offsets), before };
    *offset = QUEUED;
    return RFT_OK;
}

enum rft_status rft_journal_commit(struct rft_journal *journal)
{
    if (!journal->n_pending)
        return RFT_OK;
    RFT_TRY(write_synced(journal, journal->queue.data, journal->queue.len));
    for (size_t i = 0; i < journal->n_pending; i++)
        journal->offsets[journal->pending[i].slot] = journal->bytes + journal->pending[i].offset;
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

uint64_t rft_journal_n_done(const struct rft_journal *journal)
{
    return journal->n_done;
}

/* The line at `offset`, without its newline, into journal->line. */
static enum rft_status read_line(struct rft_journal *journal, uint64_t offset)
{
    char buffer[4096];
    rft_str_clear(&journal->line);
    for (;;) {
        ssize_t n = pread(journal->fd, buffer, sizeof buffer, (off_t)(offset + journal->line.len));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return io_error(journal->path, "read");
        const char *newline = n ? memchr(buffer, '\n', (size_t)n) : NULL;
        RFT_TRY(rft_str_append(&journal->line, buffer, newline ? (size_t)(newline - buffer) : (size_t)n));
        if (newline || !n)
            return RFT_OK;
    }
}

enum rft_status rft_journal_read(struct rft_journal *journal, uint64_t question, uint32_t sample, struct rft_str *text,
                                 struct rft_sample *out)
{
    *out = (struct rft_sample){ 0 };
    rft_str_clear(text);
    if (!rft_journal_has(journal, question, sample)) {
        rft_log_error("%s: holds no sample %u of question %llu; run the same command again to make it", journal->path,
                      sample, (unsigned long long)question);
        return RFT_ERR_INPUT;
    }
    RFT_TRY(read_line(journal, *offset_of(journal, question, sample)));
    struct rft_sample found;
    if (!rft_journal_parse_sample((struct rft_bytes){ journal->line.data, journal->line.len }, &found) ||
        found.question != question || found.sample != sample) {
        rft_log_error(
            "%s: sample %u of question %llu was changed while this run had it open; run the same command again",
            journal->path, sample, (unsigned long long)question);
        return RFT_ERR_INPUT;
    }
    RFT_TRY(rft_journal_unescape(found.text, text));
    *out = found;
    out->text = (struct rft_bytes){ text->data, text->len };
    return RFT_OK;
}
