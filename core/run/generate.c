/* SPDX-License-Identifier: MIT */
#include "generate.h"

#include "alloc.h"
#include "log.h"
#include "os.h"
#include "progress.h"

/* A kill loses what ended since the last commit and in the burst that it falls into: well below 5 seconds. */
#define COMMIT_SECONDS 1.0

struct generation {
    const struct rft_config *config;
    struct rft_inputs *inputs;
    struct rft_journal *journal;
    struct rft_judging *judging;
    const struct rft_engine *engine;
    uint32_t *n_left;    /* [questions]: samples to draw */
    uint64_t n_accepted; /* when they ended, or before */
    struct rft_progress progress;
    struct rft_progress_state state;
    double commit_seconds; /* when the journal was last committed */
    bool commit_failed;    /* within a chunk, and said: it is not tried again */
};

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

static enum rft_status ended(void *user, const struct rft_drawn *drawn, struct rft_bytes text)
{
    struct generation *g = user;
    const struct rft_sample record = {.question = drawn->flight->question,
                                      .sample = drawn->sample,
                                      .n_tokens = drawn->n_tokens,
                                      .finish = drawn->finish,
                                      .text = text};
    RFT_TRY(rft_journal_append(g->journal, &record));
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
    return commit_in_time(g);
}

static enum rft_status end_chunk(void *user, enum rft_status status)
{
    struct generation *g = user;
    if (g->commit_failed) /* which was said; trying again would say it twice */
        return status;
    RFT_TRY(rft_journal_commit(g->journal)); /* also after a failure: what has ended is kept */
    g->commit_seconds = rft_os_seconds();
    return status;
}

static bool next(void *user, uint64_t question, struct rft_request *request)
{
    const struct generation *g = user;
    uint32_t sample = g->n_left[question] != 0 ? request->sample : g->config->generate_samples;
    while (sample < g->config->generate_samples && rft_journal_has(g->journal, question, sample))
        sample++;
    if (sample >= g->config->generate_samples)
        return false;
    const struct rft_draw draw = rft_draw_of(&g->inputs->drawn, sample);
    request->sample = sample;
    request->key = rft_question_key(&g->inputs->dataset.questions[question], draw.seed);
    request->temperature = (float)draw.temperature;
    return true;
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

enum rft_status rft_generate(const struct rft_config *config, struct rft_setup *setup, struct rft_journal *journal,
                             struct rft_judging *judging, bool is_quiet, struct rft_generated *generated)
{
    struct generation g = {.config = config,
                           .inputs = &setup->inputs,
                           .journal = journal,
                           .judging = judging,
                           .engine = &setup->engine,
                           .commit_seconds = rft_os_seconds(),
                           .state = {.budget_bytes = setup->plan.budget_bytes}};
    const struct rft_draw_job job = {&g, next, ended, end_chunk, go_on};
    const double start = rft_os_seconds();
    enum rft_status status;
    *generated = (struct rft_generated){0};
    status = count_resumed(&g);
    rft_progress_start(&g.progress, g.inputs->dataset.n, (uint64_t)g.inputs->dataset.n * config->generate_samples,
                       rft_journal_n_done(journal), is_quiet);
    if (status == RFT_OK)
        status = rft_draw(setup, &job, &generated->drawn);
    generated->seconds = rft_os_seconds() - start;
    rft_progress_finish(&g.progress);
    rft_free(g.n_left);
    return status;
}
