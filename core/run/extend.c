/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem */
#include "extend.h"

#include "alloc.h"
#include "json.h"
#include "log.h"
#include "os.h"
#include "question_choice.h"
#include "question_places.h"

#include <inttypes.h>
#include <string.h>

#define COMMIT_SAMPLES 4096

struct extension {
    const char *path;
    const struct rft_inputs *inputs;
    struct rft_journal *journal;
    struct rft_completions records;
    struct rft_question_places places; /* of this run's questions */
    float *logprobs;                   /* [logprobs_cap] of the sample at hand */
    size_t logprobs_cap;
    struct rft_str why;
    uint64_t n_known; /* samples of questions that this run asks for */
    uint64_t n_taken, n_lossy, n_pending;
};

static enum rft_status refuse(const struct extension *e, const struct rft_completion *c)
{
    rft_log_error("generate.extend: %s:%" PRIu64 ": sample %" PRIu32 ": %s", e->path, c->line, c->sample, e->why.data);
    return RFT_ERR_INPUT;
}

/* Whether this run would draw the same. */
static enum rft_status check(struct extension *e, const struct rft_completion *c)
{
    bool is_known;
    rft_str_clear(&e->why);
    RFT_TRY(rft_provenance_compare(&e->inputs->provenance, &c->origin, c->sample, &is_known, &e->why));
    if (e->why.len == 0 && (!is_known || !c->has_tokens || !c->has_finish))
        RFT_TRY(rft_str_append_z(&e->why,
                                 "it does not say how it was drawn; only records that rftgen wrote, of format 5 "
                                 "or later, can be extended"));
    else if (e->why.len != 0)
        RFT_TRY(rft_str_append_z(&e->why, "; a run can only be extended by what shapes no text"));
    return e->why.len == 0 ? RFT_OK : refuse(e, c);
}

static enum rft_status lack_logprobs(struct extension *e, const struct rft_completion *c)
{
    rft_str_clear(&e->why);
    RFT_TRY(rft_str_append_z(&e->why, "it lacks the log-probabilities that output.logprobs asks for; set that key as "
                                      "it was, or leave generate.extend out"));
    return refuse(e, c);
}

/* Numbers of a JSON array; their bits are those that were written. */
static enum rft_status read_logprobs(struct extension *e, const struct rft_completion *c, const json_t *list,
                                     struct rft_sample *sample)
{
    const size_t n = json_array_size(list);
    void *room = e->logprobs;
    if (n != c->n_tokens)
        return lack_logprobs(e, c);
    if (rft_grow(&room, &e->logprobs_cap, n + 1, sizeof *e->logprobs) != 0)
        return RFT_ERR_HOST_MEMORY;
    e->logprobs = room;
    for (size_t i = 0; i < n; i++) {
        if (!json_is_number(json_array_get(list, i)))
            return lack_logprobs(e, c);
        e->logprobs[i] = (float)json_number_value(json_array_get(list, i));
    }
    sample->logprobs = n != 0 ? e->logprobs : NULL;
    sample->n_logprobs = (uint32_t)n;
    return RFT_OK;
}

static enum rft_status read_json(struct rft_bytes text, json_t **tree)
{
    struct rft_json_problem problem;
    enum rft_status status = RFT_OK;
    *tree = NULL;
    if (text.data != NULL)
        status = rft_json_try(text, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, tree, &problem);
    return status == RFT_ERR_INPUT ? RFT_OK : status;
}

/* What the run keeps of them; a sample without a token has none. */
static enum rft_status take_logprobs(struct extension *e, const struct rft_completion *c, struct rft_sample *sample)
{
    const enum rft_logprobs kept = e->inputs->provenance.logprobs;
    json_t *list = NULL;
    if (kept == RFT_LOGPROBS_NONE || c->n_tokens == 0)
        return RFT_OK;
    if (!c->has_logprob)
        return lack_logprobs(e, c);
    sample->has_logprob = true;
    sample->logprob = c->logprob;
    if (kept == RFT_LOGPROBS_SUM)
        return RFT_OK;
    RFT_TRY(read_json(c->origin.logprobs, &list));
    enum rft_status status = read_logprobs(e, c, list, sample);
    json_decref(list);
    return status;
}

static enum rft_status take(struct extension *e, const struct rft_completion *c, uint64_t question)
{
    struct rft_sample sample = {
        .question = question, .sample = c->sample, .n_tokens = c->n_tokens, .finish = c->finish, .text = c->text};
    if (c->is_not_drawn || !rft_journal_lacks(e->journal, question, c->sample))
        return RFT_OK;
    RFT_TRY(check(e, c));
    if (c->text.len != 0 &&
        memmem(c->text.data, c->text.len, RFT_UTF8_REPLACEMENT, strlen(RFT_UTF8_REPLACEMENT)) != NULL) {
        /* bytes may have stood there that are no UTF-8 */
        e->n_lossy++;
        return RFT_OK;
    }
    RFT_TRY(take_logprobs(e, c, &sample));
    RFT_TRY(rft_journal_append(e->journal, &sample));
    e->n_taken++;
    if (++e->n_pending < COMMIT_SAMPLES)
        return RFT_OK;
    e->n_pending = 0;
    return rft_os_interrupted() ? RFT_ERR_INTERRUPTED : rft_journal_commit(e->journal);
}

static enum rft_status take_all(struct extension *e)
{
    const struct rft_dataset *own = &e->inputs->dataset;
    uint64_t question;
    RFT_TRY(rft_records_read(e->path, &e->records));
    RFT_TRY(rft_question_places_init(&e->places, own->questions, own->n));
    for (size_t i = 0; i < e->records.n; i++) {
        const struct rft_completion *c = &e->records.items[i];
        const uint64_t identity = rft_question_identity(&e->records.dataset.questions[c->question]);
        if (!rft_question_places_find(&e->places, identity, &question))
            continue;
        e->n_known++;
        RFT_TRY(take(e, c, question));
    }
    RFT_TRY(rft_journal_commit(e->journal));
    if (e->n_known == 0)
        rft_log_warn(
            "generate.extend: %s holds no sample of a question of this run, and everything is drawn: a question "
            "is known by its text and its id (data.id_field)",
            e->path);
    rft_log_info("generate.extend: %" PRIu64 " of the %zu samples in %s are taken over%s", e->n_taken, e->records.n,
                 e->path, e->n_lossy != 0 ? "; some hold U+FFFD and are drawn again" : "");
    return RFT_OK;
}

enum rft_status rft_extend(const struct rft_config *config, const struct rft_inputs *inputs,
                           struct rft_journal *journal)
{
    struct extension e = {.path = config->generate_extend, .inputs = inputs, .journal = journal};
    if (*e.path == '\0')
        return RFT_OK;
    enum rft_status status = take_all(&e);
    rft_completions_finish(&e.records);
    rft_question_places_finish(&e.places);
    rft_str_finish(&e.why);
    rft_free(e.logprobs);
    return status;
}
