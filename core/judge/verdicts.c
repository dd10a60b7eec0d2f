/* SPDX-License-Identifier: MIT */
#include "verdicts.h"

#include "alloc.h"
#include "file.h"
#include "hashed_line.h"
#include "journal_file.h"
#include "os.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static const char magic[] = "rftgen-verdicts 1 ", any_magic[] = "rftgen-verdicts ";

/* Where an entry's line is in the file, plus 1. */
#define FREE 0
#define PENDING UINT64_MAX
#define N_SLOTS_MIN 64

struct entry {
    struct rft_judge_key key;
    uint64_t offset;
};

struct rft_verdicts {
    int fd;
    char *path; /* for messages, where is_anonymous */
    bool is_anonymous, skips_undecided;
    uint64_t settings_hash;
    uint64_t header_bytes; /* 0: not known whose the file is */
    uint64_t bytes;        /* end of the last line */
    uint64_t n_decided;
    struct entry *slots; /* [n_slots], a power of two, three quarters full at most */
    uint64_t n_slots, n_used;
    struct rft_str line; /* scratch */
};

/* ---- the index ---- */

/* The key's entry, or the free one where it belongs. */
static struct entry *entry_of(struct entry *slots, uint64_t n_slots, struct rft_judge_key key)
{
    uint64_t mask = n_slots - 1, i = key.low & mask;
    while (slots[i].offset != FREE && !rft_judge_key_is_same(slots[i].key, key))
        i = (i + 1) & mask;
    return &slots[i];
}

static enum rft_status make_room(struct rft_verdicts *v)
{
    if (4 * (v->n_used + 1) <= 3 * v->n_slots)
        return RFT_OK;
    uint64_t n_slots = v->n_slots != 0 ? 2 * v->n_slots : N_SLOTS_MIN;
    struct entry *slots = rft_alloc((size_t)n_slots, sizeof *slots);
    if (slots == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint64_t i = 0; i < v->n_slots; i++)
        if (v->slots[i].offset != FREE)
            *entry_of(slots, n_slots, v->slots[i].key) = v->slots[i];
    rft_free(v->slots);
    v->slots = slots;
    v->n_slots = n_slots;
    return RFT_OK;
}

static enum rft_status put_entry(struct rft_verdicts *v, struct rft_judge_key key, uint64_t offset)
{
    RFT_TRY(make_room(v));
    struct entry *entry = entry_of(v->slots, v->n_slots, key);
    v->n_used += entry->offset == FREE;
    v->n_decided += offset != PENDING && (entry->offset == FREE || entry->offset == PENDING);
    *entry = (struct entry){key, offset};
    return RFT_OK;
}

uint64_t rft_verdicts_n_decided(const struct rft_verdicts *v)
{
    return v->n_decided;
}

enum rft_verdict_state rft_verdicts_state(const struct rft_verdicts *v, struct rft_judge_key key)
{
    uint64_t offset = v->n_slots != 0 ? entry_of(v->slots, v->n_slots, key)->offset : FREE;
    return offset == FREE ? RFT_VERDICT_UNKNOWN : offset == PENDING ? RFT_VERDICT_PENDING : RFT_VERDICT_DECIDED;
}

enum rft_status rft_verdicts_note_pending(struct rft_verdicts *v, struct rft_judge_key key)
{
    return put_entry(v, key, PENDING);
}

/* ---- lines ---- */

/* "<key> <verdict> <cause> <score, or -> <reason> <hash>\n" */
static enum rft_status put_line(struct rft_str *out, uint64_t seed, struct rft_judge_key key,
                                const struct rft_judge_reply *reply)
{
    size_t from = out->len;
    RFT_TRY(rft_judge_put_key(out, key));
    RFT_TRY(rft_str_printf(out, " %s %d ", rft_judge_verdict_text(reply->verdict), (int)reply->cause));
    RFT_TRY(reply->has_score ? rft_str_append_double(out, reply->score) : rft_str_append_z(out, "-"));
    RFT_TRY(rft_str_append_z(out, " "));
    RFT_TRY(rft_line_put_escaped(out, reply->reason));
    return rft_line_put_hash(out, from, seed);
}

/* The next word and the space behind it, off the line. False if it does not fit. */
static bool take_word(struct rft_bytes *line, char *word, size_t size)
{
    const char *space = line->len != 0 ? memchr(line->data, ' ', line->len) : NULL;
    size_t n = space != NULL ? (size_t)(space - line->data) : size;
    if (n >= size)
        return false;
    memcpy(word, line->data, n);
    word[n] = '\0';
    *line = (struct rft_bytes){line->data + n + 1, line->len - n - 1};
    return true;
}

static bool parse_words(const char *verdict, const char *cause, const char *score, struct rft_judge_reply *reply)
{
    uint64_t number;
    int v = RFT_JUDGE_RIGHT;
    while (v <= RFT_JUDGE_UNDECIDED && strcmp(verdict, rft_judge_verdict_text((enum rft_judge_verdict)v)) != 0)
        v++;
    if (v > RFT_JUDGE_UNDECIDED || !rft_parse_u64(cause, &number) || number >= RFT_JUDGE_N_CAUSES)
        return false;
    reply->verdict = (enum rft_judge_verdict)v;
    reply->cause = (enum rft_judge_cause)number;
    reply->has_score = strcmp(score, "-") != 0;
    return (reply->verdict == RFT_JUDGE_UNDECIDED) == (reply->cause != RFT_JUDGE_CAUSE_NONE) &&
           (!reply->has_score || rft_parse_double(score, &reply->score));
}

bool rft_verdicts_parse_line(struct rft_bytes line, uint64_t settings_hash, struct rft_judge_key *key,
                             struct rft_judge_reply *reply)
{
    char id[RFT_JUDGE_KEY_CHARS + 1], verdict[16], cause[4], score[40];
    *reply = (struct rft_judge_reply){0};
    if (!rft_line_take_hash(&line, settings_hash) || !take_word(&line, id, sizeof id) ||
        !take_word(&line, verdict, sizeof verdict) || !take_word(&line, cause, sizeof cause) ||
        !take_word(&line, score, sizeof score))
        return false;
    reply->reason = line;
    return rft_judge_parse_key(rft_bytes_z(id), key) && parse_words(verdict, cause, score, reply);
}

/* ---- the file ---- */

/* Twice: a journal with one damaged byte is still known to be one. */
static enum rft_status put_header(struct rft_str *out, uint64_t settings_hash)
{
    for (int copy = 0; copy < 2; copy++) {
        size_t from = out->len;
        RFT_TRY(rft_str_printf(out, "%s%016" PRIx64, magic, settings_hash));
        RFT_TRY(rft_line_put_hash(out, from, settings_hash));
    }
    return RFT_OK;
}

/* Whether one of the header's two places holds the beginning of a text, as far as the file goes. */
static bool header_begins(struct rft_bytes text, size_t header_len, const char *start, size_t n)
{
    size_t left = text.len > header_len / 2 ? text.len - header_len / 2 : 0;
    return memcmp(text.data, start, text.len < n ? text.len : n) == 0 ||
           (left >= n && memcmp(text.data + header_len / 2, start, n) == 0);
}

/* Indexes every whole line of these settings, whatever stands before it. */
static enum rft_status index_lines(struct rft_verdicts *v, struct rft_bytes text, size_t header_len,
                                   uint64_t *n_damaged)
{
    uint64_t n_other = 0;
    *n_damaged = 0;
    for (uint64_t at = 0, end; at < text.len; at = end + 1) {
        const char *newline = memchr(text.data + at, '\n', (size_t)(text.len - at));
        struct rft_bytes line = {text.data + at,
                                 newline != NULL ? (size_t)(newline - (text.data + at)) : text.len - at};
        struct rft_judge_key key;
        struct rft_judge_reply reply;
        end = at + line.len;
        if (newline != NULL && rft_verdicts_parse_line(line, v->settings_hash, &key, &reply)) {
            if (!v->skips_undecided || reply.verdict != RFT_JUDGE_UNDECIDED)
                RFT_TRY(put_entry(v, key, at + 1));
            *n_damaged = n_other;
            v->bytes = end + 1;
        } else {
            n_other += end >= header_len;
        }
    }
    return RFT_OK;
}

/* Ours, or nobody's: empty, zeros, or the beginning of a header (the machine died when it was made). */
static bool may_overwrite(struct rft_bytes text, size_t header_len)
{
    while (text.len != 0 && text.data[text.len - 1] == '\0')
        text.len--;
    return text.len == 0 || header_begins(text, header_len, any_magic, sizeof any_magic - 1);
}

/* Finds out whose the file is; v->bytes says how much of it is kept, 0 = nothing. */
static enum rft_status index_file(struct rft_verdicts *v, struct rft_bytes text, const struct rft_str *header)
{
    uint64_t n_damaged;
    bool is_ours = text.len >= header->len && header_begins(text, header->len, header->data, header->len / 2);
    RFT_TRY(index_lines(v, text, header->len, &n_damaged));
    if (is_ours && v->bytes < header->len)
        v->bytes = header->len;
    if (v->bytes == 0 && !may_overwrite(text, header->len)) {
        rft_log_error("%s: is no journal of verdicts, and is left alone; move it away, or give another output path",
                      v->path);
        return RFT_ERR_INPUT;
    }
    if (v->bytes == 0 && text.len > header->len)
        rft_log_info("%s: was written by another judge, under other settings or by another version of rftgen; it is "
                     "started afresh",
                     v->path);
    else if (n_damaged != 0 || v->bytes < text.len)
        rft_log_warn("%s: damaged lines or a torn end are passed over; what verdicts they held are asked again",
                     v->path);
    return RFT_OK;
}

static enum rft_status read_file(struct rft_verdicts *v)
{
    struct rft_map map = {0};
    struct rft_str *header = &v->line;
    RFT_TRY(put_header(header, v->settings_hash));
    if (!v->is_anonymous) {
        RFT_TRY(rft_map_open(v->path, &map));
        enum rft_status status = index_file(v, (struct rft_bytes){(const char *)map.data, (size_t)map.bytes}, header);
        if (status == RFT_OK)
            status = rft_map_check(&map);
        rft_map_close(&map);
        RFT_TRY(status);
    }
    if (ftruncate(v->fd, (off_t)v->bytes) != 0)
        return rft_os_error(v->path, "cut");
    if (v->bytes == 0) {
        if (!rft_journal_file_write(v->fd, 0, header->data, header->len))
            return rft_os_error(v->path, "write");
        v->bytes = header->len;
    }
    v->header_bytes = header->len;
    return RFT_OK;
}

enum rft_status rft_verdicts_open(const char *path, uint64_t settings_hash, bool skips_undecided,
                                  struct rft_verdicts **verdicts)
{
    *verdicts = NULL;
    struct rft_verdicts *v = rft_alloc(1, sizeof *v);
    if (v == NULL)
        return RFT_ERR_HOST_MEMORY;
    *v = (struct rft_verdicts){.fd = -1, .is_anonymous = path == NULL, .skips_undecided = skips_undecided};
    v->settings_hash = settings_hash;
    v->path = rft_strdup(path != NULL ? path : "the temporary journal of verdicts");
    enum rft_status status = v->path == NULL ? RFT_ERR_HOST_MEMORY
                             : path != NULL  ? rft_journal_file_open(path, &v->fd)
                                             : rft_journal_file_open_anonymous(&v->fd);
    if (status == RFT_OK)
        status = read_file(v);
    if (status != RFT_OK) {
        rft_verdicts_close(v, false);
        return status;
    }
    *verdicts = v;
    return RFT_OK;
}

void rft_verdicts_close(struct rft_verdicts *v, bool is_done)
{
    if (v == NULL)
        return;
    is_done =
        is_done || (v->header_bytes != 0 && v->bytes == v->header_bytes); /* one that holds nothing is of no use */
    if (is_done && !v->is_anonymous && rft_journal_file_is_in_place(v->path, v->fd) && unlink(v->path) != 0)
        rft_log_warn("%s: cannot remove: %s; remove it by hand", v->path, strerror(errno));
    if (v->fd >= 0)
        close(v->fd);
    rft_free(v->path);
    rft_free(v->slots);
    rft_str_finish(&v->line);
    rft_free(v);
}

enum rft_status rft_verdicts_decide(struct rft_verdicts *v, struct rft_judge_key key,
                                    const struct rft_judge_reply *reply)
{
    rft_str_clear(&v->line);
    RFT_TRY(put_line(&v->line, v->settings_hash, key, reply));
    if (!rft_journal_file_write(v->fd, v->bytes, v->line.data, v->line.len))
        return RFT_ERR_IO;
    RFT_TRY(put_entry(v, key, v->bytes + 1));
    v->bytes += v->line.len;
    return RFT_OK;
}

void rft_verdicts_report(const struct rft_verdicts *v, int error)
{
    rft_log_error("%s: cannot write: %s; the verdicts in it are kept, and the same command goes on from there", v->path,
                  strerror(error));
}

enum rft_status rft_verdicts_read(struct rft_verdicts *v, struct rft_judge_key key, struct rft_str *text,
                                  struct rft_judge_reply *reply)
{
    struct rft_judge_key found;
    uint64_t offset = entry_of(v->slots, v->n_slots, key)->offset;
    RFT_TRY(rft_journal_file_read_line(v->fd, v->path, offset - 1, &v->line));
    if (!rft_verdicts_parse_line((struct rft_bytes){v->line.data, v->line.len}, v->settings_hash, &found, reply) ||
        !rft_judge_key_is_same(found, key)) {
        rft_log_error("%s: was changed while this run had it open; run the same command again", v->path);
        return RFT_ERR_INPUT;
    }
    RFT_TRY(rft_line_unescape(reply->reason, text));
    reply->reason = (struct rft_bytes){text->data, text->len};
    return RFT_OK;
}
