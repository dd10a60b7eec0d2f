/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem */
#include "generate.h"

#include "alloc.h"
#include "chunk.h"
#include "log.h"
#include "os.h"
#include "progress.h"

#include <string.h>

/* A kill loses what ended since the last commit and in the burst that it falls into: well below 5 seconds. */
#define COMMIT_SECONDS 1.0

struct generation {
    const struct rft_config *config;
    struct rft_inputs *inputs;
    struct rft_journal *journal;
    struct rft_judging *judging;
    struct rft_engine *engine;
    struct rft_generated *generated;
    struct rft_plan plan; /* the setup's, until memory turns out short */
    uint32_t *n_left;     /* [questions]: samples to draw */
    uint64_t n_accepted;  /* when they ended, or before */
    struct rft_progress progress;
    struct rft_progress_state state;
    struct rft_prefix prefix; /* of all prompts */
    struct rft_str text;      /* of a sample, while it is looked at */
    double commit_seconds;    /* when the journal was last committed, or a chunk begun */
    bool commit_failed;       /* within a chunk, and said: it is not tried again */
    uint64_t first_question;  /* all before it are done */
    uint32_t n_lost;          /* times the device was lost since the last chunk that ended well */
};

/* Where the first stop string begins in the text; false if there is none. */
static bool find_stop(const struct generation *g, const struct rft_str *text, size_t *at)
{
    bool found = false;
    for (size_t i = 0; i < g->config->generate_stop.n; i++) {
        const char *stop = g->config->generate_stop.items[i];
        const char *hit = text->len == 0 ? NULL : memmem(text->data, text->len, stop, strlen(stop));
        if (hit != NULL && (!found || (size_t)(hit - text->data) < *at)) {
            *at = (size_t)(hit - text->data);
            found = true;
        }
    }
    return found;
}

static enum rft_status decode_text(struct generation *g, const uint32_t *tokens, uint32_t n)
{
    rft_str_clear(&g->text);
    return rft_tokenizer_decode(g->inputs->tokenizer, tokens, n, &g->text);
}

/* Every beginning of the tokens is looked at by itself, so that the answer does not depend on where bursts end. */
static enum rft_status cut(void *user, const uint32_t *tokens, uint32_t n_before, uint32_t n, uint32_t *n_kept)
{
    struct generation *g = user;
    *n_kept = 0;
    if (g->config->generate_stop.n == 0)
        return RFT_OK;
    for (uint32_t k = n_before + 1; k <= n && *n_kept == 0; k++) {
        size_t at;
        RFT_TRY(decode_text(g, tokens, k));
        if (find_stop(g, &g->text, &at))
            *n_kept = k;
    }
    return RFT_OK;
}

/* Counts a sample that is in the journal or just went there. */
static enum rft_status count_sample(struct generation *g, const struct rft_sample *sample)
{
    struct rft_verdict verdict;
    RFT_TRY(rft_judging_judge(g->judging, &g->inputs->dataset.questions[sample->question], sample, &verdict));
    g->state.samples_done++;
    g->state.questions_done += --g->n_left[sample->question] == 0;
    g->n_accepted += verdict.reason == RFT_REASON_ACCEPTED;
    return RFT_OK;
}

static enum rft_status ended(void *user, const struct rft_drawn *drawn)
{
    struct generation *g = user;
    struct rft_sample record = {.question = drawn->flight->question,
                                .sample = drawn->sample,
                                .n_tokens = drawn->n_tokens,
                                .finish = drawn->finish};
    size_t end;
    RFT_TRY(decode_text(g, drawn->tokens, drawn->n_text));
    end = g->text.len;
    (void)find_stop(g, &g->text, &end);
    record.text = (struct rft_bytes){g->text.data != NULL ? g->text.data : "", end};
    RFT_TRY(rft_journal_append(g->journal, &record));
    g->generated->n_tokens += drawn->n_tokens;
    return count_sample(g, &record);
}

/* Commits what has ended when the last commit is some time ago: a kill may come at any moment, a chunk may last for
 * hours. */
static enum rft_status commit_in_time(struct generation *g)
{
    enum rft_status status;
    if (!rft_journal_is_pending(g->journal) || rft_os_seconds() - g->commit_seconds < COMMIT_SECONDS)
        return RFT_OK;
    status = rft_journal_commit(g->journal);
    g->commit_seconds = rft_os_seconds(); /* behind the commit, which a slow disk may take seconds for */
    g->commit_failed = status != RFT_OK;
    return status;
}

static enum rft_status go_on(void *user, uint32_t n_tokens)
{
    struct generation *g = user;
    g->state.tokens += n_tokens;
    g->state.memory_bytes = g->engine->dev.live_bytes;
    g->state.accepted = g->n_accepted + rft_judging_n_later(g->judging);
    rft_progress_update(&g->progress, &g->state);
    RFT_TRY(commit_in_time(g));
    return rft_os_interrupted() ? RFT_ERR_INTERRUPTED : RFT_OK;
}

/* Counts what an earlier run left, and what there is to do. */
static enum rft_status count_resumed(struct generation *g)
{
    struct rft_str text = {0};
    enum rft_status status = RFT_OK;
    g->n_left = rft_alloc(g->inputs->dataset.n, sizeof *g->n_left);
    if (g->n_left == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (uint64_t q = 0; q < g->inputs->dataset.n; q++) {
        g->n_left[q] = g->config->generate_samples;
        for (uint32_t s = 0; s < g->config->generate_samples && status == RFT_OK; s++) {
            struct rft_sample sample;
            if (!rft_journal_has(g->journal, q, s))
                continue;
            status = rft_journal_read(g->journal, q, s, &text, &sample);
            if (status == RFT_OK)
                status = count_sample(g, &sample);
        }
    }
    rft_str_finish(&text);
    return status;
}

static enum rft_status add_question(struct generation *g, uint64_t q, struct rft_group *group)
{
    struct rft_ids ids = {0};
    enum rft_status status = rft_inputs_encode(g->inputs, q, &ids);
    if (status == RFT_OK)
        status = rft_group_add(group, q, &ids);
    rft_ids_finish(&ids);
    return status;
}

/* The next questions with samples to draw, as many as the plan has in flight; group->n = 0 when there are none. */
static enum rft_status next_group(struct generation *g, struct rft_group *group)
{
    enum rft_status status = rft_group_init(group, g->plan.n_questions, g->plan.sizes.config.dim);
    for (uint64_t q = g->first_question; status == RFT_OK && q < g->inputs->dataset.n && group->n < g->plan.n_questions;
         q++) {
        if (g->n_left[q] != 0)
            status = add_question(g, q, group);
        else if (group->n == 0)
            g->first_question = q + 1;
    }
    if (status != RFT_OK)
        rft_group_finish(group);
    return status;
}

static struct rft_request request_for(const struct generation *g, const struct rft_group *group, uint32_t flight,
                                      uint32_t sample)
{
    const struct rft_question *question = &g->inputs->dataset.questions[group->flights[flight].question];
    const struct rft_draw draw = rft_draw_of(&g->inputs->drawn, sample);
    return (struct rft_request){.flight = flight,
                                .sample = sample,
                                .key = rft_question_key(question, draw.seed),
                                .temperature = (float)draw.temperature};
}

/* One chunk: samples [first, first + chunk) of every question of the group, as far as they are missing. */
static enum rft_status run_chunk(struct generation *g, struct rft_group *group, uint32_t first,
                                 struct rft_request *requests)
{
    const struct rft_chunk_sink sink = {g, cut, ended, go_on};
    uint32_t n_requests = 0;
    enum rft_status status, commit;
    for (uint32_t f = 0; f < group->n; f++)
        for (uint32_t s = first; s < first + g->plan.chunk && s < g->config->generate_samples; s++)
            if (!rft_journal_has(g->journal, group->flights[f].question, s))
                requests[n_requests++] = request_for(g, group, f, s);
    if (n_requests == 0)
        return RFT_OK;
    g->commit_seconds = rft_os_seconds();
    g->commit_failed = false;
    status = rft_chunk_run(g->engine, &g->plan, group, requests, n_requests, &sink);
    if (g->commit_failed) /* which was said; trying again would say it twice */
        return status;
    commit = rft_journal_commit(g->journal); /* also after a failure: what has ended is kept */
    if (commit != RFT_OK)
        return commit;
    if (status == RFT_OK)
        g->n_lost = 0;
    return status;
}

static enum rft_status run_group(struct generation *g, struct rft_group *group)
{
    struct rft_request *requests = rft_alloc((size_t)group->n * g->plan.chunk, sizeof *requests);
    uint64_t n_rows = 0;
    enum rft_status status = requests == NULL ? RFT_ERR_HOST_MEMORY : RFT_OK;
    if (status == RFT_OK)
        status = rft_group_prefill(group, g->engine, &g->plan, &g->prefix, &n_rows);
    g->generated->n_prompt_tokens += n_rows;
    for (uint32_t first = 0; first < g->config->generate_samples && status == RFT_OK; first += g->plan.chunk)
        status = run_chunk(g, group, first, requests);
    rft_group_release(group);
    rft_free(requests);
    return status;
}

/* The prefix of all prompts, if the plan has room for it. */
static enum rft_status init_prefix(struct generation *g)
{
    struct rft_ids ids = {0};
    enum rft_status status = RFT_OK;
    uint32_t n_shared = g->plan.prefix_bytes != 0 ? g->inputs->n_prompt_shared : 0;
    if (n_shared != 0)
        status = rft_inputs_encode(g->inputs, 0, &ids);
    if (status == RFT_OK)
        status = rft_prefix_init(&g->prefix, ids.ids, n_shared);
    rft_ids_finish(&ids);
    return status;
}

/* What a failure asks for: a smaller plan, the device again, or giving up. RFT_OK: go on. */
static enum rft_status recover(struct generation *g, enum rft_status status)
{
    if (status == RFT_ERR_DEVICE_MEMORY) {
        rft_log_warn("%s: memory is short; going on with a smaller plan", g->engine->dev.info.name);
        RFT_TRY(rft_plan_shrink(&g->plan));
        if (g->plan.prefix_bytes == 0)
            rft_prefix_finish(&g->prefix);
        return RFT_OK;
    }
    while (status == RFT_ERR_DEVICE_LOST && g->n_lost++ < RFT_DEVICE_LOST_MAX) {
        rft_log_warn("%s: the device was lost; opening it again", g->engine->dev.info.name);
        status = rft_engine_revive(g->engine);
    }
    return status;
}

/* Group after group, until nothing is left to draw. */
static enum rft_status run_groups(struct generation *g)
{
    enum rft_status status = RFT_OK;
    while (status == RFT_OK) {
        struct rft_group group;
        RFT_TRY(next_group(g, &group));
        if (group.n == 0) {
            rft_group_finish(&group);
            break;
        }
        status = rft_os_interrupted() ? RFT_ERR_INTERRUPTED : run_group(g, &group);
        rft_group_finish(&group);
        if (status != RFT_OK)
            status = recover(g, status);
        if (status == RFT_OK)
            (void)go_on(g, 0);
    }
    return status;
}

enum rft_status rft_generate(const struct rft_config *config, struct rft_setup *setup, struct rft_journal *journal,
                             struct rft_judging *judging, bool is_quiet, struct rft_generated *generated)
{
    struct generation g = {.config = config,
                           .inputs = &setup->inputs,
                           .journal = journal,
                           .judging = judging,
                           .engine = &setup->engine,
                           .generated = generated,
                           .plan = setup->plan,
                           .state = {.budget_bytes = setup->plan.budget_bytes}};
    const double start = rft_os_seconds();
    enum rft_status status;
    *generated = (struct rft_generated){0};
    status = count_resumed(&g);
    if (status == RFT_OK)
        status = init_prefix(&g);
    rft_progress_start(&g.progress, g.inputs->dataset.n, (uint64_t)g.inputs->dataset.n * config->generate_samples,
                       rft_journal_n_done(journal), is_quiet);
    if (status == RFT_OK)
        status = run_groups(&g);
    generated->seconds = rft_os_seconds() - start;
    rft_progress_finish(&g.progress);
    rft_str_finish(&g.text);
    rft_prefix_finish(&g.prefix);
    rft_free(g.n_left);
    return status;
}
