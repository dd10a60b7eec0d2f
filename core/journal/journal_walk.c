/* SPDX-License-Identifier: MIT */
#include "journal_walk.h"

#include "hashed_line.h"
#include "journal_line.h"
#include "log.h"
#include "question_places.h"

#include <inttypes.h>
#include <string.h>

#define FORGET_BYTES ((uint64_t)16 << 20) /* of the file, that are read and need not stay in memory */

struct walk {
    const struct rft_journal_run *run;
    void (*take)(void *user, uint64_t question, uint32_t sample, uint64_t at);
    void *user;
    struct rft_question_places places; /* of the run's questions, once a sample was found */
    struct rft_journal_found *found;
    uint64_t n_other; /* lines that are neither header nor of this run */
};

/* Lines of samples that the run does not ask for stay, uncounted. */
static enum rft_status take_sample(struct walk *w, const struct rft_journal_line *line, uint64_t at)
{
    struct rft_journal_found *found = w->found;
    uint64_t question;
    if (w->places.slots == NULL)
        RFT_TRY(rft_question_places_init(&w->places, w->run->questions, w->run->n_questions));
    found->first = found->n_samples++ == 0 ? at : found->first;
    found->n_damaged = w->n_other;
    if (rft_question_places_find(&w->places, line->question, &question) && line->sample < w->run->n_samples)
        w->take(w->user, question, line->sample, at);
    else
        found->n_unasked++;
    return RFT_OK;
}

static enum rft_status take_line(struct walk *w, struct rft_bytes line, uint64_t at)
{
    struct rft_journal_found *found = w->found;
    struct rft_journal_line sample;
    struct rft_bytes lines;
    uint64_t fingerprint;
    bool is_sample = rft_journal_parse_sample(line, w->run->fingerprint->hash, &sample);
    if (!is_sample && (found->n_samples != 0 || !rft_journal_parse_header(line, &fingerprint, &lines))) {
        w->n_other++;
        return RFT_OK;
    }
    if (is_sample)
        RFT_TRY(take_sample(w, &sample, at));
    else if (!found->is_known)
        *found = (struct rft_journal_found){.is_known = true, .fingerprint = fingerprint, .lines = lines};
    found->end = at + line.len + 1;
    return RFT_OK;
}

enum rft_status rft_journal_walk(const struct rft_map *map, const struct rft_journal_run *run,
                                 void (*take)(void *user, uint64_t question, uint32_t sample, uint64_t at), void *user,
                                 struct rft_journal_found *found)
{
    const char *text = (const char *)map->data, *newline;
    struct walk w = {.run = run, .take = take, .user = user, .found = found};
    enum rft_status status = RFT_OK;
    *found = (struct rft_journal_found){0};
    for (uint64_t at = 0, end; at < map->bytes && status == RFT_OK; at = end) {
        newline = memchr(text + at, '\n', (size_t)(map->bytes - at));
        if (newline == NULL)
            break;
        end = (uint64_t)(newline - text) + 1;
        if (at / FORGET_BYTES != end / FORGET_BYTES)
            rft_map_forget(map, at);
        status = take_line(&w, (struct rft_bytes){text + at, (size_t)(end - at - 1)}, at);
    }
    rft_question_places_finish(&w.places);
    return status;
}

static enum rft_status refuse_other(const char *path, const struct rft_journal_run *run,
                                    const struct rft_journal_found *found)
{
    struct rft_str lines = {0}, text = {0};
    enum rft_status status = rft_line_unescape(found->lines, &lines);
    if (status == RFT_OK)
        status = rft_fingerprint_explain(run->fingerprint, (struct rft_bytes){lines.data, lines.len}, &text);
    if (status == RFT_OK) {
        rft_log_error("%s: belongs to another run: %s; give another output path, or --force to start afresh", path,
                      text.len ? text.data : "its fingerprint differs");
        status = RFT_ERR_INPUT;
    }
    rft_str_finish(&lines);
    rft_str_finish(&text);
    return status;
}

/* No line of it is known: *fresh says that it may be overwritten. */
static enum rft_status check_kind(const char *path, bool force, struct rft_bytes text, bool *fresh)
{
    enum rft_journal_kind kind = rft_journal_kind_of(text);
    *fresh = kind == RFT_JOURNAL_BLANK || (force && kind != RFT_JOURNAL_FOREIGN);
    if (*fresh)
        return RFT_OK;
    if (kind == RFT_JOURNAL_OLD)
        rft_log_error(
            "%s: was written by an older rftgen; end that run with it, give another output path, or --force to "
            "draw its samples again",
            path);
    else if (kind == RFT_JOURNAL_DAMAGED)
        rft_log_error("%s: is damaged, and nothing in it is known to be this run's; give another output path, or "
                      "--force to start afresh",
                      path);
    else
        rft_log_error("%s: is no journal of rftgen, and is left alone, with --force too; move it away, or give another "
                      "output path",
                      path);
    return RFT_ERR_INPUT;
}

static void warn(const char *path, const struct rft_map *map, const struct rft_journal_found *found)
{
    if (found->n_unasked)
        rft_log_warn("%s: %" PRIu64
                     " samples in it are not asked for now; they are lost with it when this run is complete",
                     path, found->n_unasked);
    if (found->n_damaged)
        rft_log_warn("%s: %" PRIu64 " damaged lines are passed over; what samples they held are made again", path,
                     found->n_damaged);
    if (found->end < map->bytes)
        rft_log_warn("%s: a torn end of %" PRIu64 " bytes is cut off; its samples are made again", path,
                     map->bytes - found->end);
}

enum rft_status rft_journal_judge(const char *path, const struct rft_journal_run *run, const struct rft_map *map,
                                  const struct rft_journal_found *found, uint64_t n_asked, bool force, bool *fresh)
{
    const bool is_own = found->is_known && found->fingerprint == run->fingerprint->hash;
    *fresh = false;
    if (found->n_samples == 0 && !found->is_known)
        return check_kind(path, force, (struct rft_bytes){(const char *)map->data, (size_t)map->bytes}, fresh);
    *fresh = force && n_asked == 0 && (found->n_samples != 0 || !is_own);
    if (*fresh)
        return RFT_OK;
    if (found->n_samples == 0 && !is_own)
        return refuse_other(path, run, found);
    if (found->n_samples != 0 && n_asked == 0) {
        rft_log_error("%s: belongs to another run: its %" PRIu64
                      " samples are of other questions; give another output path, or --force to start afresh",
                      path, found->n_samples);
        return RFT_ERR_INPUT;
    }
    warn(path, map, found);
    return RFT_OK;
}
